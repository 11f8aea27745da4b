"""The kinds of layer that Transformers are written with; a text is T tokens of d_model numbers, the shape (T, d_model).

Symbols
    T  tokens     d_model  numbers of a token     d_ff  width of the feed-forward network     V  words of the vocabulary
    P  side of a patch in pixels     H  heads, which divide d_model

Source: an attention has 4·d_model·d_model weights and 4·d_model biases and takes as many multiply-adds for each token,
and T·T·d_model twice, for the scores and for the averages; see `mlcli.core.transformer`. Vaswani et al. (2017), Devlin
et al., "BERT" (2019), Radford et al., "Language models are unsupervised multitask learners" (GPT-2, 2019), Dosovitskiy
et al., "An image is worth 16×16 words" (2021).
"""

from dataclasses import dataclass
from typing import Literal

from mlcli.core.architecture_layers import Product, Shape
from mlcli.core.errors import InputError
from mlcli.core.multi_head_attention import refuse_uneven
from mlcli.core.transformer_weights import DECODER, ENCODER, count_weights
from mlcli.core.windows import Window


@dataclass(frozen=True)
class OfText:
    """What these kinds share: a token has no rows and columns, and most of them cost and learn nothing."""

    @property
    def what(self) -> str:
        """The name of the kind."""
        return type(self).__name__.lower()

    def output(self, shape: Shape) -> Shape:
        """The same, of a text."""
        return text_shape(shape)

    def weights(self, shape: Shape) -> tuple[Product, ...]:
        """None."""
        return ()

    def multiply_adds(self, shape: Shape) -> tuple[Product, ...]:
        """None."""
        return ()

    def window(self, shape: Shape) -> Window | None:
        """None: there are no rows and columns."""
        return None


@dataclass(frozen=True)
class Embed(OfText):
    """A row of a table for each token: from (T,) to (T, d_model)."""

    vocabulary: int
    d_model: int

    def output(self, shape: Shape) -> Shape:
        """(T, d_model)."""
        if len(shape) != 1:
            raise InputError("it needs a row of tokens", hint="input 512 for 512 tokens, then embed as the first layer")
        return shape[0], self.d_model

    def weights(self, shape: Shape) -> tuple[Product, ...]:
        """V·d_model."""
        return ((self.vocabulary, self.d_model),)


@dataclass(frozen=True)
class Table(OfText):
    """A learned vector added to each token: for its place, or for the segment that it is of."""

    of: Literal["positions", "segments"]
    rows: int

    @property
    def what(self) -> str:
        """Positions or segments."""
        return self.of

    def output(self, shape: Shape) -> Shape:
        """The same."""
        T, d_model = text_shape(shape)
        if self.of == "positions" and T > self.rows:
            raise InputError(f"{T:,} tokens need {T:,} positions, not {self.rows:,}", hint="use a shorter input")
        return T, d_model

    def weights(self, shape: Shape) -> tuple[Product, ...]:
        """rows·d_model."""
        return ((self.rows, shape[1]),)


@dataclass(frozen=True)
class Patches(OfText):
    """A picture cut into patches, each projected to a token: from (C, H, W) to (T, d_model)."""

    side: int
    d_model: int

    def output(self, shape: Shape) -> Shape:
        """(H/P · W/P, d_model)."""
        if len(shape) != 3 or shape[1] < self.side or shape[2] < self.side:
            raise InputError(f"it needs a picture of at least {self.side}×{self.side}", hint="put it first")
        return (shape[1] // self.side) * (shape[2] // self.side), self.d_model

    def weights(self, shape: Shape) -> tuple[Product, ...]:
        """d_model·C·P·P + d_model."""
        return (self.d_model, shape[0], self.side, self.side), (self.d_model,)

    def multiply_adds(self, shape: Shape) -> tuple[Product, ...]:
        """Each weight once for each patch."""
        return ((self.output(shape)[0], *self.weights(shape)[0]),)


@dataclass(frozen=True)
class ClassToken(OfText):
    """A learned token before the others."""

    @property
    def what(self) -> str:
        """In two words."""
        return "class token"

    def output(self, shape: Shape) -> Shape:
        """(T + 1, d_model)."""
        T, d_model = text_shape(shape)
        return T + 1, d_model

    def weights(self, shape: Shape) -> tuple[Product, ...]:
        """d_model."""
        return ((shape[1],),)


@dataclass(frozen=True)
class Layer(OfText):
    """A whole layer of an encoder, a decoder, or a decoder alone."""

    of: Literal["encoder", "decoder", "decoder-alone"]
    heads: int
    d_ff: int

    @property
    def what(self) -> str:
        """With its heads."""
        return f"{self.of.partition('-')[0]} layer, {self.heads} heads" + (
            ", alone" if self.of == "decoder-alone" else ""
        )

    def output(self, shape: Shape) -> Shape:
        """The same."""
        T, d_model = text_shape(shape)
        refuse_uneven(d_model, self.heads)
        return T, d_model

    def weights(self, shape: Shape) -> tuple[Product, ...]:
        """Those of its attentions, its feed-forward network and its norms."""
        kinds = DECODER if self.of == "decoder" else ENCODER
        return tuple(product for part in count_weights(kinds, shape[1], self.d_ff).parts for product in part.summands)

    def multiply_adds(self, shape: Shape) -> tuple[Product, ...]:
        """Each matrix once for each token, and two products of all tokens with all others; the memory is as long."""
        T, d_model = shape
        attentions = 2 if self.of == "decoder" else 1
        return (attentions * 4, T, d_model, d_model), (attentions * 2, T, T, d_model), (2, T, d_model, self.d_ff)


@dataclass(frozen=True)
class Norm(OfText):
    """LayerNorm: a gain and a shift for each of a token's numbers."""

    @property
    def what(self) -> str:
        """As torch calls it."""
        return "layernorm"

    def weights(self, shape: Shape) -> tuple[Product, ...]:
        """2·d_model."""
        return ((2, text_shape(shape)[1]),)


@dataclass(frozen=True)
class Target(OfText):
    """From here on the decoder's own text, as long as the encoder's, embedded by the same table."""


@dataclass(frozen=True)
class First(OfText):
    """The first token alone: (d_model,)."""

    def output(self, shape: Shape) -> Shape:
        """(d_model,)."""
        return (text_shape(shape)[1],)


@dataclass(frozen=True)
class Tied(OfText):
    """A score for each word of the vocabulary, by the embeddings' own table: no weights of its own."""

    vocabulary: int

    @property
    def what(self) -> str:
        """With what it is tied to."""
        return "dense, tied to embed"

    def output(self, shape: Shape) -> Shape:
        """(T, V)."""
        return text_shape(shape)[0], self.vocabulary

    def multiply_adds(self, shape: Shape) -> tuple[Product, ...]:
        """T·d_model·V."""
        return ((*shape, self.vocabulary),)


def text_shape(shape: Shape) -> tuple[int, int]:
    """(T, d_model).

    Raises:
        InputError: it is the shape of something else.
    """
    if len(shape) != 2:
        raise InputError("it needs tokens of d_model numbers", hint="embed V D or patches P D makes them")
    return shape[0], shape[1]
