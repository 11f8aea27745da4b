"""How a trained Transformer's answer is told: what goes in, where each head looks, each symbol as it is chosen."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlcli.core.attention_heads import weights_of
from mlcli.core.multi_head_attention import MultiHead
from mlcli.core.tokens import label
from mlcli.core.transformer import Sublayer
from mlcli.core.translation import Translation, Translator
from mlcli.lesson import Check, Lesson, Picture, Result, Step, Table
from mlcli.lessons.attention_heads import heads_step, more_heads
from mlcli.lessons.attention_steps import Names

MOST_HEADS = 2


def tell_translation(
    record: Translation,
    model: Translator,
    due: NDArray[np.int64],
    *,
    source: str,
    folder: str,
    rule: str,
    head: int | None = None,
    checks: tuple[Check, ...] = (),
) -> Lesson:
    """The lesson of one answer.

    Args:
        due: the answer that the rule gives.
        rule: what was learned: reverse, sort or copy.
        head: the only one to show; None for the first few.
    """
    tokens, written = (label(tuple(model.symbols[i] for i in row)) for row in (record.x, record.y))
    heads = tuple(range(min(model.H, MOST_HEADS))) if head is None else (head,)
    reads, writes = Names(tokens, tokens, heads, model.H), Names(written, tokens, heads, model.H)
    exact = np.array_equal(record.y, due)
    looks = Picture("mean of the heads", record.looks, 0.0, 1.0, labels=(written, tokens))
    L = len(model.encoder.layers)
    x, y = (f"{name}, {len(tokens)} symbols" for name in ("x", "y"))
    return Lesson(
        title=f'"{source}": the answer of {folder}, trained to {rule}',
        command="attention",
        rules=(
            ("rule", "M = encoder(E[x] + P),  logits_t = decoder(E[start, y_0 … y_{t−1}] + P, M)_t W + b"),
            ("chosen", "y_t = argmax logits_t, one after the other: greedy decoding"),
            ("size", f"T = {len(tokens)}, d_model = {model.E.shape[1]}, {model.H} heads, L = {L} + {L} layers"),
            ("weights", f"learned, from {folder}"),
        ),
        inputs=(),
        steps=(
            heads_step(weights_of(record.encoder, "self-attention"), f"rows and columns of each map: {x}", "encoder"),
            Step("encoder", f"encoder, layer {L}, self-attention: each symbol looks at all",
                 "weights = softmax(Q Kᵀ / √d_k)", _heads(record.encoder.layers[-1], "self-attention", reads)),
            Step("y", "y: the answer, symbol by symbol", "probabilities_t = softmax(logits_t)",
                 (_chosen(record, model.symbols),)),
            heads_step(weights_of(record.decoder, "cross-attention"), f"rows: the answer {y};  columns: {x}",
                       "cross-attention"),
            Step("cross", f"decoder, layer {L}, cross-attention: where it looks while it writes (rows) in x (columns)",
                 "weights = softmax(Q Kᵀ / √d_k),  Q from the answer so far, K from M",
                 (looks, *_heads(record.decoder.layers[-1], "cross-attention", writes)),
                 "The row of a symbol is where the decoder looked when it chose that symbol."),
        ),
        left_out=more_heads(model.H, heads, L),
        result=Result(Table("", ("x", "y", f"by the rule {rule}"),
                            ((_joined(record.x, model), _joined(record.y, model), _joined(due, model)),))),
        notice=(
            "The answer is what the rule gives." if exact else "The answer is not what the rule gives.",
            "These weights are learned: where a head looks has a meaning now.",
        ),
        checks=checks,
        next=(f"--head {model.H - 1}", "--plot looks.png", "--check (the same by torch)", "--json"),
    )  # fmt: skip


def _heads(layer: Sequence[Sublayer], kind: str, names: Names) -> tuple[Picture, ...]:
    [work] = [sublayer.work for sublayer in layer if sublayer.kind == kind]
    assert isinstance(work, MultiHead)
    return tuple(names.heat_map(w) for w in names.each_head(names.by_key("weights", work.heads.weights)))


def _chosen(record: Translation, symbols: tuple[str, ...]) -> Table:
    order = np.argsort(-record.probabilities, axis=1, kind="stable")
    rows = tuple(
        (t, symbols[record.y[t]], float(p[record.y[t]]), symbols[order[t, 1]], float(p[order[t, 1]]))
        for t, p in enumerate(record.probabilities)
    )
    return Table("", ("t", "y_t", "probability", "next likely", "probability "), rows)


def _joined(row: NDArray[np.int64], model: Translator) -> str:
    return " ".join(model.symbols[i] for i in row)
