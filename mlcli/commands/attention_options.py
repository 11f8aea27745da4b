"""The options of mlcli attention, in groups."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

from mlcli.core.errors import InputError
from mlcli.render.show import option

D_MODEL, D_MODEL_OF_PICTURE = 4, 8


@dataclass(frozen=True)
class Source:
    """What attends, and to what."""

    file: str | None = option(None, "Read the text from FILE; - is stdin.", metavar="FILE")
    qkv: str | None = option(
        None, "Matrices Q, K, V in the place of a text: .npz, .csv, or Q.csv,K.csv,V.csv.", metavar="FILE"
    )
    image: str | None = option(None, "A picture in the place of a text, cut into patches as ViT does.", metavar="FILE")
    patch: int = option(8, "Pixels on a side of a patch of --image.", min=1)
    size: int | None = option(None, "Bring --image to SIZE×SIZE pixels first; ViT takes 224.", min=1, max=4096)
    by: Literal["word", "character"] = option("word", "What a token of the text is.")
    context: str | None = option(None, "Another text, whose keys and values are looked at: cross-attention.")
    embeddings: str | None = option(
        None, "Vectors of the tokens, a line each: word2vec, GloVe or CSV; else drawn.", metavar="FILE"
    )
    d_model: int | None = option(
        None, f"Numbers that stand for a token: {D_MODEL}, of a patch {D_MODEL_OF_PICTURE}.", min=1, max=2048
    )
    positions: bool | None = option(
        None, "Add the waves that tell places apart; they are on in a --block.", flags=["--positions/--no-positions"]
    )


@dataclass(frozen=True)
class Rule:
    """How scores become weights."""

    heads: int = option(1, "Split d_model among this many heads.", min=1)
    mask: list[str] = option(
        [], "What a query may see: causal, padding:N, band:W, a file of ones and zeros. May be repeated.",
        metavar="MASK",
    )  # fmt: skip
    fill: Literal["-inf", "-9e15"] = option("-inf", "The score of what it may not see.")
    scale: bool = option(True, "Divide the scores by √d_k.", flags=["--scale/--no-scale"])
    temperature: float = option(1.0, "Divide them by this too: below 1 sharpens the weights.", min=1e-6, max=1e6)

    def refuse_but_heads_and_masks(self, where: str) -> None:
        """For what has its own rule.

        Raises:
            InputError: fill, scale or temperature were changed.
        """
        changed = {"--fill": self.fill != "-inf", "--no-scale": not self.scale, "--temperature": self.temperature != 1}
        for name, given in changed.items():
            if given:
                raise InputError(f"is for a single attention, not for {where}", name, f"leave {name} or {where} out")

    def refuse_heads(self, where: str) -> None:
        """For what one head is enough to show.

        Raises:
            InputError: there are several.
        """
        if self.heads > 1:
            raise InputError(f"one head is enough for {where}", "--heads", "leave --heads out")


@dataclass(frozen=True)
class Block:
    """Layers of a Transformer in the place of a single attention."""

    block: Literal["encoder", "decoder"] | None = option(None, "Whole layers of a Transformer.")
    layers: int = option(1, "How many, one after the other, in a --block.", min=1, max=96)
    layer: int = option(1, "The one to show in full, counted from 1.", min=1)
    d_ff: int | None = option(None, "Width of the feed-forward network; 4 d_model.", min=1, max=16384)
    pre_norm: bool = option(
        False, "Normalise before each sublayer, as GPT and ViT, or after, as the paper.",
        flags=["--pre-norm/--post-norm"],
    )  # fmt: skip
    activation: Literal["relu", "gelu"] = option("relu", "Of the feed-forward network.")
    context_mask: list[str] = option(
        [], "What a decoder's query may see of --context; as --mask, which is for its own text.", metavar="MASK"
    )

    def refuse_without_block(self) -> None:
        """Options that only a block has.

        Raises:
            InputError: one was given without --block.
        """
        for field in fields(self):
            if self.block is None and getattr(self, field.name) not in (field.default, []):
                name = f"--{field.name.replace('_', '-')}"
                block = "decoder" if field.name == "context_mask" else "encoder"
                raise InputError("is for layers of a Transformer", name, f"add --block {block}, or leave {name} out")


@dataclass(frozen=True)
class Proof:
    """What is said of attention, shown by running it."""

    prove: Literal["shuffle", "hull", "graph", "split", "fill"] | None = option(
        None, "Show by running: order, averages, graphs, the confused reshape, queries that see nothing."
    )
    edges: str | None = option(None, "The graph of --prove graph; else the lecture's.", metavar="FILE")


@dataclass(frozen=True)
class View:
    """What is shown of it, and from which draw."""

    weights: Path | None = option(
        None, "What train transformer or train vit has saved: it answers the text, the set, the --image.", metavar="DIR"
    )
    number: int | None = option(
        None, "Of a saved run on sets of pictures: which test set, counted from 0; else one drawn by --seed.",
        flags=["--set"], min=0, metavar="K",
    )  # fmt: skip
    query: str | None = option(None, "Write this token, or position, out as sums of products.")
    head: int | None = option(None, "Show this head only, counted from 0.", min=0)
    check: bool = option(False, "Compute it with torch too and compare.", flags=["--check"])
    seed: int = option(0, "For the embeddings and the weights.", min=0)

    def heads_shown(self, H: int, most: int) -> int:
        """How many of H heads are told in numbers, all queries of them: none where one query is written out."""
        if self.query is not None:
            return 0
        return 1 if self.head is not None else min(H, most)

    def refuse_without_weights(self) -> None:
        """Options that only a saved run has.

        Raises:
            InputError: one was given without --weights.
        """
        if self.number is not None and self.weights is None:
            raise InputError("is for a saved run on sets of pictures", "--set", "add --weights RUN, or leave --set out")
