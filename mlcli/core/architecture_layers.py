"""The kinds of layer that an architecture is written with: what each makes of a shape, and what it costs.

Every kind answers the same four questions (`Kind`), so that a table of layers asks nothing else; a new kind is a class
here, or in a file beside it, and a word in `architecture_text.py`.

Symbols
    C H W  channels, rows, columns of a map; a shape without rows and columns is (F,)

Source: a convolution has C_out·(C_in / groups)·kH·kW weights and C_out biases, and as many multiply-adds as it has
weights for each place (h, w) of its output; a dense layer F_out·F_in weights and F_out biases. Biases, pooling,
normalisation and activation functions are not counted as multiply-adds, as is the custom.
"""

from dataclasses import dataclass
from math import prod
from typing import Literal, Protocol, runtime_checkable

from mlcli.core.errors import InputError
from mlcli.core.windows import Pair, Window

Shape = tuple[int, ...]
Product = tuple[int, ...]


@runtime_checkable  # the tests check every annotation
class Kind(Protocol):
    """What a table of layers asks."""

    @property
    def what(self) -> str:
        """The layer in a word or two: `conv`, `max pool`."""
        ...

    def output(self, shape: Shape) -> Shape:
        """Its output for an input of `shape`; an InputError where they do not fit."""
        ...

    def weights(self, shape: Shape) -> tuple[Product, ...]:
        """The products whose sum is how many numbers training adjusts: ((64, 3, 11, 11), (64,))."""
        ...

    def multiply_adds(self, shape: Shape) -> tuple[Product, ...]:
        """The products whose sum is how many multiplications one input takes."""
        ...

    def window(self, shape: Shape) -> Window | None:
        """What of the layer below one of its cells sees; None where there are no rows and columns."""
        ...


@dataclass(frozen=True)
class Conv:
    """A convolution.

    Args:
        links: pairs (maps, inputs): so many output maps see so many input maps each; empty where all see all.
    """

    channels: int
    over: Window
    groups: int = 1
    bias: bool = True
    links: tuple[Pair, ...] = ()

    @property
    def what(self) -> str:
        """With its groups, where there are several."""
        return "conv" + (f", {self.groups} groups" if self.groups > 1 else "")

    def output(self, shape: Shape) -> Shape:
        """(C_out, H_out, W_out)."""
        C, H, W = _map(shape)
        if C % self.groups or self.channels % self.groups:
            raise InputError(
                f"{C} input and {self.channels} output channels cannot both be parted into {self.groups} groups",
                hint="groups has to divide both",
            )
        if self.links and (sum(maps for maps, _ in self.links) != self.channels or max(n for _, n in self.links) > C):
            raise InputError(
                f"the links are for {sum(maps for maps, _ in self.links)} maps that see up to "
                f"{max(n for _, n in self.links)} inputs; there are {self.channels} maps and {C} inputs",
                hint="links 6x3 9x4 1x6: 6 maps see 3 inputs each, 9 see 4, 1 sees 6",
            )
        return self.channels, *self.over.output((H, W))

    def _kernels(self, shape: Shape) -> tuple[Product, ...]:
        if self.links:
            return tuple((maps, inputs, *self.over.kernel) for maps, inputs in self.links)
        return ((self.channels, shape[0] // self.groups, *self.over.kernel),)

    def weights(self, shape: Shape) -> tuple[Product, ...]:
        """C_out·(C_in / groups)·kH·kW + C_out."""
        return *self._kernels(shape), *(((self.channels,),) if self.bias else ())

    def multiply_adds(self, shape: Shape) -> tuple[Product, ...]:
        """Each weight once for each place of the output."""
        places = self.output(shape)[1:]
        return tuple((*kernel, *places) for kernel in self._kernels(shape))

    def window(self, shape: Shape) -> Window:
        """The kernel's."""
        return self.over


@dataclass(frozen=True)
class Pool:
    """The largest or the mean of each window; `over` None takes the whole map. `learned` is LeNet-5's subsampling."""

    how: Literal["max", "avg"]
    over: Window | None
    learned: bool = False

    @property
    def what(self) -> str:
        """With what it takes of the window."""
        return "subsample" if self.learned else f"{self.how} pool" + (", global" if self.over is None else "")

    def output(self, shape: Shape) -> Shape:
        """(C, H_out, W_out)."""
        C, H, W = _map(shape)
        window = self.window(shape)
        if any(2 * p > k for sides, k in zip(window.padding, window.kernel, strict=True) for p in sides):
            raise InputError("the padding is more than half of the window", hint="with less, no window lies outside")
        return C, *window.output((H, W))

    def weights(self, shape: Shape) -> tuple[Product, ...]:
        """None; subsampling learns a factor and a bias for each map."""
        return ((2, shape[0]),) if self.learned else ()

    def multiply_adds(self, shape: Shape) -> tuple[Product, ...]:
        """None; subsampling multiplies each output by its map's factor."""
        return (self.output(shape),) if self.learned else ()

    def window(self, shape: Shape) -> Window:
        """That of the pool, or the whole map."""
        return self.over or Window((shape[1], shape[2]))


@dataclass(frozen=True)
class Dense:
    """A fully-connected layer; a map is flattened first. `fixed` weights are not trained, and not counted."""

    features: int
    bias: bool = True
    fixed: bool = False

    @property
    def what(self) -> str:
        """Dense, the short word for fully-connected."""
        return "dense" + (", fixed" if self.fixed else "")

    def output(self, shape: Shape) -> Shape:
        """(F_out,)."""
        return (self.features,)

    def weights(self, shape: Shape) -> tuple[Product, ...]:
        """F_out·F_in + F_out."""
        return () if self.fixed else ((self.features, *shape), *(((self.features,),) if self.bias else ()))

    def multiply_adds(self, shape: Shape) -> tuple[Product, ...]:
        """F_out·F_in."""
        return ((self.features, *shape),)

    def window(self, shape: Shape) -> Window:
        """The whole map."""
        return _whole(shape)


@dataclass(frozen=True)
class Flatten:
    """The cells of all maps in one row."""

    what: str = "flatten"

    def output(self, shape: Shape) -> Shape:
        """(C·H·W,)."""
        return (prod(shape),)

    def weights(self, shape: Shape) -> tuple[Product, ...]:
        """None."""
        return ()

    def multiply_adds(self, shape: Shape) -> tuple[Product, ...]:
        """None."""
        return ()

    def window(self, shape: Shape) -> Window:
        """The whole map: the row holds all of it."""
        return _whole(shape)


@dataclass(frozen=True)
class CellByCell:
    """What leaves the shape as it is: an activation function, normalisation, dropout."""

    what: str

    def output(self, shape: Shape) -> Shape:
        """The same."""
        return shape

    def weights(self, shape: Shape) -> tuple[Product, ...]:
        """None; batch normalisation learns a factor and a shift for each channel."""
        return ((2, shape[0]),) if self.what == "batchnorm" else ()

    def multiply_adds(self, shape: Shape) -> tuple[Product, ...]:
        """None."""
        return ()

    def window(self, shape: Shape) -> Window:
        """One cell."""
        return Window((1, 1))


@dataclass(frozen=True)
class Add:
    """The map of an earlier layer added to this one: a residual connection.

    Args:
        source: the earlier layer's name.
        shortcut: the convolution that the earlier map passes on its way; None for none.
        batchnorm: whether that is followed by batch normalisation.
    """

    source: str
    shortcut: Conv | None = None
    batchnorm: bool = False

    @property
    def what(self) -> str:
        """With what is added."""
        return f"add {self.source}" + (", conv" if self.shortcut else "")

    def output(self, shape: Shape) -> Shape:
        """The same."""
        return shape

    def added(self, shape: Shape) -> Shape:
        """What becomes of the earlier map of `shape` on its way."""
        return self.shortcut.output(shape) if self.shortcut else shape

    def weights(self, shape: Shape) -> tuple[Product, ...]:
        """Those of the shortcut, whose input has `shape`."""
        if self.shortcut is None:
            return ()
        return *self.shortcut.weights(shape), *(((2, self.shortcut.channels),) if self.batchnorm else ())

    def multiply_adds(self, shape: Shape) -> tuple[Product, ...]:
        """Those of the shortcut, whose input has `shape`."""
        return self.shortcut.multiply_adds(shape) if self.shortcut else ()

    def window(self, shape: Shape) -> Window:
        """One cell of the layer before; what the earlier map adds is `shortcut_window`."""
        return Window((1, 1))

    @property
    def shortcut_window(self) -> Window:
        """What of the earlier map one cell sees."""
        return self.shortcut.over if self.shortcut else Window((1, 1))


def _map(shape: Shape) -> tuple[int, int, int]:
    if len(shape) != 3:
        raise InputError(
            f"it needs a map of channels, rows and columns; the layer before gives {'×'.join(map(str, shape))}",
            hint="put it before the first dense layer",
        )
    return shape[0], shape[1], shape[2]


def _whole(shape: Shape) -> Window:
    return Window((shape[1], shape[2]) if len(shape) == 3 else (1, 1))
