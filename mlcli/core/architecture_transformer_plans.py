"""The Transformers that have a name, written as anyone may write their own.

Source: the base model of Vaswani et al. (2017); BERT base, uncased, with its pooler (Devlin et al., 2019); the smallest
GPT-2 (Radford et al., 2019); ViT-B/16 for 1,000 classes (Dosovitskiy et al., 2021).
"""

from collections.abc import Iterator

from mlcli.core.architectures import Plan, build, totals


def _layers(word: str, count: int, heads: int, d_ff: int) -> Iterator[str]:
    return (f"{word.partition('-')[0]}{i}: {word} {heads} {d_ff}" for i in range(1, count + 1))


def _transformer_base() -> Iterator[str]:
    yield "input 128                  # tokens of a sentence; the sinusoidal positions learn nothing"
    yield "embed: embed 37000 512"
    yield from _layers("encoder", 6, 8, 2048)
    yield "target: target             # the translation so far, embedded by the same table"
    yield from _layers("decoder", 6, 8, 2048)
    yield "output: tied 37000"


def _bert_base() -> Iterator[str]:
    yield "input 512"
    yield from ("embed: embed 30522 768", "positions: positions 512", "segments: segments 2", "norm: layernorm")
    yield from _layers("encoder", 12, 12, 3072)
    yield from ("first: first               # the token [CLS]", "pooler: dense 768 tanh")


def _gpt2() -> Iterator[str]:
    yield "input 1024"
    yield from ("embed: embed 50257 768", "positions: positions 1024")
    yield from _layers("decoder-alone", 12, 12, 3072)
    yield from ("norm: layernorm", "output: tied 50257")


def _vit_b16() -> Iterator[str]:
    yield "input 3x224x224"
    yield from ("patches: patches 16 768", "class: class-token", "positions: positions 197")
    yield from _layers("encoder", 12, 12, 3072)
    yield from ("norm: layernorm", "first: first               # the class token", "head: dense 1000")


def base_notice(plan: Plan) -> str:
    """What the paper says of its size."""
    return (
        f"One table of 37,000 words for both languages and the output: {totals(build(plan)).weights:,} weights, which "
        "the paper gives as 65 million."
    )


TRANSFORMERS = {
    "transformer-base": "\n".join(_transformer_base()),
    "bert-base": "\n".join(_bert_base()),
    "vit-b16": "\n".join(_vit_b16()),
    "gpt2": "\n".join(_gpt2()),
}
