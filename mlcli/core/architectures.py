"""A network as a table: what each layer gives, what it costs, and how much of the input one of its cells sees.

    H_l = ⌊(H_{l−1} + 2·p − d·(k − 1) − 1) / s⌋ + 1
    r_l = r_{l−1} + d·(k − 1)·j_{l−1}      j_l = j_{l−1}·s      start_l = start_{l−1} − p·j_{l−1}

Symbols
    k s p d  kernel, stride, padding, dilation of layer l    j  jump: input cells from one cell of the layer to the next
    r        receptive field: rows or columns of the input that one cell sees; i is a cell: it sees the input from
             start + i·j on

Source: LeCun et al. (1998), Krizhevsky et al. (2012), Simonyan and Zisserman (2014), He et al. (2015) for the networks;
Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks" (Distill, 2019) for r, j, start.
"""

from dataclasses import dataclass, replace
from math import prod

from mlcli.core.architecture_layers import Add, Conv, Dense, Kind, Product, Shape
from mlcli.core.errors import InputError
from mlcli.core.windows import Pair, Window

MOST_CELLS = 100_000_000  # of the input: a map of what a cell sees has as many


@dataclass(frozen=True)
class Written:
    """A layer as it was written.

    Args:
        after: what follows at once: `batchnorm`, `relu`.
        where: its place in a file, for errors.
    """

    name: str
    kind: Kind
    after: tuple[str, ...] = ()
    where: str = ""


@dataclass(frozen=True)
class Plan:
    """A network before it is computed."""

    name: str
    input: Shape
    layers: tuple[Written, ...]


@dataclass(frozen=True)
class View:
    """What cell (h, w) of a map sees of the input: rows start + h·jump to start + h·jump + field − 1; columns alike."""

    field: Pair
    jump: Pair
    start: Pair


@dataclass(frozen=True)
class Layer:
    """A row of the table.

    Args:
        before, shape: what goes in, what comes out.
        weights, multiply_adds: products to be summed; the last ones may be biases and batch normalisation.
        window: what of the layer before one cell sees; None where there are no rows and columns.
        view: what of the input one cell sees; None likewise.
    """

    name: str
    kind: Kind
    after: tuple[str, ...]
    before: Shape
    shape: Shape
    weights: tuple[Product, ...]
    multiply_adds: tuple[Product, ...]
    window: Window | None
    view: View | None

    @property
    def weight_count(self) -> int:
        """The sum of the products."""
        return sum(map(prod, self.weights))

    @property
    def multiply_add_count(self) -> int:
        """The sum of the products."""
        return sum(map(prod, self.multiply_adds))


@dataclass(frozen=True)
class Architecture:
    """All layers of a network, first to last."""

    name: str
    input: Shape
    layers: tuple[Layer, ...]

    def position(self, name: str) -> int:
        """Which layer is called so.

        Raises:
            InputError: none is.
        """
        for i, layer in enumerate(self.layers):
            if layer.name == name:
                return i
        names = ", ".join(layer.name for layer in self.layers)
        raise InputError(f'no layer of {self.name} is called "{name}"', "--at", f"its layers are {names}")


@dataclass(frozen=True)
class Totals:
    """Sums over all layers; `dense` is the part of the fully-connected ones, each share a fraction of 1."""

    weights: int
    multiply_adds: int
    dense_weights: int
    dense_weight_share: float
    dense_multiply_add_share: float


def build(plan: Plan, shape: Shape | None = None) -> Architecture:
    """Every layer worked out from the one before.

    Args:
        shape: that of the input, in the place of the plan's.

    Raises:
        InputError: a layer does not fit what comes before it; it says which and where.
    """
    before = given = shape or plan.input
    if prod(given[-2:]) > MOST_CELLS:
        raise InputError(f"an input of {prod(given[-2:]):,} cells is too large", hint=f"at most {MOST_CELLS:,}")
    view: View | None = View((1, 1), (1, 1), (0, 0)) if len(given) == 3 else None
    layers: list[Layer] = []
    for written in plan.layers:
        try:
            layer = _layer(written, before, view, layers)
        except InputError as error:
            where = f"{written.where} ({written.name})" if written.where else written.name
            raise InputError(f"{error.message}; its input is {times(before)}", where, error.hint) from error
        layers.append(layer)
        before, view = layer.shape, layer.view
    return Architecture(plan.name, given, tuple(layers))


def _layer(written: Written, before: Shape, view: View | None, earlier: list[Layer]) -> Layer:
    kind = written.kind
    shape, window, on = kind.output(before), kind.window(before), before
    seen = _through(view, window)
    if isinstance(kind, Add):
        source = _source(kind.source, earlier)
        on, added = source.shape, kind.added(source.shape)
        if added != before:
            raise InputError(
                f"{kind.source} gives {times(added)} to add to it", hint="a shortcut may bring it to the same shape"
            )
        seen = _union(seen, _through(source.view, kind.shortcut_window))
    normalised = ((2, shape[0]),) if "batchnorm" in written.after and not isinstance(kind, Add) else ()
    weights = (*kind.weights(on), *normalised)
    return Layer(written.name, kind, written.after, before, shape, weights, kind.multiply_adds(on), window, seen)


def _source(name: str, earlier: list[Layer]) -> Layer:
    for layer in earlier:
        if layer.name == name:
            return layer
    names = ", ".join(layer.name for layer in earlier)
    raise InputError(f'no layer before it is called "{name}"', hint=f"those before it are {names}" if names else None)


def _through(view: View | None, window: Window | None) -> View | None:
    """r + d·(k − 1)·j, j·s, start − p·j: the view of a window's cell from that of the cells it looks at."""
    if view is None or window is None:
        return None
    field, jump, start = zip(
        *(
            (r + (reach - 1) * j, j * s, at - before * j)
            for r, j, at, reach, s, (before, _) in zip(
                view.field, view.jump, view.start, window.reach, window.stride, window.padding, strict=True
            )
        ),
        strict=True,
    )
    return View(field, jump, start)


def _union(one: View | None, other: View | None) -> View | None:
    """From the smaller start to the larger end; the jumps are the same where two maps may be added."""
    if one is None or other is None:
        return None
    if one.jump != other.jump:
        raise InputError("the two maps come from windows that step differently, so their cells do not lie together")
    start = (min(one.start[0], other.start[0]), min(one.start[1], other.start[1]))
    ends = [max(a.start[i] + a.field[i] for a in (one, other)) for i in (0, 1)]
    return View((ends[0] - start[0], ends[1] - start[1]), one.jump, start)


def totals(network: Architecture) -> Totals:
    """Weights and multiply-adds of all layers, and the part of the fully-connected ones."""
    dense = [layer for layer in network.layers if isinstance(layer.kind, Dense)]
    weights, dense_weights = (sum(layer.weight_count for layer in layers) for layers in (network.layers, dense))
    adds, dense_adds = (sum(layer.multiply_add_count for layer in layers) for layers in (network.layers, dense))
    return Totals(weights, adds, dense_weights, dense_weights / (weights or 1), dense_adds / (adds or 1))


def ungrouped(plan: Plan) -> Plan:
    """The same network with every convolution over all channels."""
    layers = [
        replace(written, kind=replace(written.kind, groups=1)) if isinstance(written.kind, Conv) else written
        for written in plan.layers
    ]
    return replace(plan, layers=tuple(layers))


def times(shape: Shape) -> str:
    """64×55×55."""
    return "×".join(map(str, shape))
