"""How a network is told as a table: the rules, a few layers worked out, every layer's maps, weights and cost."""

from mlcli.core.architecture_layers import Add, Conv, Product
from mlcli.core.architecture_transformers import OfText
from mlcli.core.architectures import Architecture, Layer, Totals, View
from mlcli.core.windows import Window
from mlcli.lesson import Cell, Check, Lesson, Result, Step, Table
from mlcli.lessons.windows import by, left_over, padded_by, size_formula, times

AXES = ("H", "W")
FIRST = View((1, 1), (1, 1), (0, 0))  # what a cell of the input sees: itself


def tell(
    network: Architecture,
    totals: Totals,
    *,
    first: int,
    read: tuple[str, ...] = (),
    notice: tuple[str, ...] = (),
    checks: tuple[Check, ...] = (),
) -> Lesson:
    """The lesson of a whole network.

    Args:
        first: how many layers to work out.
        read, notice: sentences to add: how it was read, what is special about it.
    """
    L = len(network.layers)
    views = (FIRST, *(layer.view for layer in network.layers))
    return Lesson(
        title=f"{network.name} ({times(network.input)}): {L} layers, {totals.weights:,} weights",
        command="architecture",
        rules=_rules(network),
        read=read,
        inputs=(),
        steps=tuple(_step(network, i, views[i]) for i in range(min(first, L))),
        left_out=f"{L - first:,} more layers worked out: --show {L}" if first < L else "",
        result=Result(_whole(network), (_maps(network), _costs(network, totals))),
        notice=(*_share(network, totals), *notice),
        checks=checks,
        next=_next(network),
    )


def _rules(network: Architecture) -> tuple[tuple[str, str], ...]:
    if _of_text(network):
        return (
            ("size", "T×d_model: T tokens of d_model numbers each, which every layer keeps"),
            ("weights", "attention: 4·d·d + 4·d;  feed-forward: d·d_ff + d_ff + d_ff·d + d;  norm: 2·d;  d is d_model"),
            ("cost", "multiply-adds: each of these matrices once for each token, and T·T·d twice in each attention, "
             "for the scores and for the averages"),
        )  # fmt: skip
    return (
        ("size", "H_out = ⌊(H + 2·p − d·(k−1) − 1) / s⌋ + 1;  W_out alike"),
        ("weights", "conv: C_out·C_in/groups·kH·kW + C_out;  dense: F_out·F_in + F_out"),
        ("cost", "multiply-adds: each weight, biases aside, once for each place of the output"),
        ("field", "r = r' + d·(k−1)·j',  j = j'·s:  r' and j' of the layer before, 1 and 1 at the input"),
        ("field", "a cell sees r rows of the input; the next cell sees the same j rows further on"),
    )


def _of_text(network: Architecture) -> bool:
    """Whether it is a Transformer: its cells are tokens, not places of a map."""
    return any(isinstance(layer.kind, OfText) for layer in network.layers)


def _step(network: Architecture, i: int, before: View | None) -> Step:
    layer = network.layers[i]
    rows = [*_size(layer), *_counts(layer), *_view(layer, before)]
    what = f"{layer.kind.what}{', then ' if layer.after else ''}{', '.join(layer.after)}"
    return Step(
        symbol=layer.name,
        title=f"layer {i + 1} of {len(network.layers)}   {layer.name}: {what}, on {times(layer.before)}",
        formula="",
        figures=(Table("", ("", "worked out", "gives"), tuple(rows)),),
        note=_dropped(layer),
    )


def _size(layer: Layer) -> list[tuple[Cell, ...]]:
    if layer.window is None or len(layer.shape) != 3:
        return [("size", "", times(layer.shape))]
    rows: list[tuple[Cell, ...]] = [
        (f"size {AXES[axis]}", size_formula(layer.window, axis, layer.before[1 + axis]), layer.shape[1 + axis])
        for axis in (0, 1)
    ]
    return rows[:1] if rows[0][1:] == rows[1][1:] else rows


def _counts(layer: Layer) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    if layer.weights:
        rows.append(("weights", written(layer.weights), layer.weight_count))
    if layer.multiply_adds:
        rows.append(("multiply-adds", written(layer.multiply_adds), layer.multiply_add_count))
    return rows


def written(products: tuple[Product, ...]) -> str:
    """64·3·11·11 + 64."""
    return " + ".join("·".join(map(str, product)) for product in products)


def _view(layer: Layer, before: View | None) -> list[tuple[Cell, ...]]:
    if layer.view is None or before is None or layer.window is None or len(layer.shape) != 3:
        return []
    if isinstance(layer.kind, Add):
        return [("field", "the larger of the two paths", layer.view.field[0])]
    r, j, k, d, s = (pair[0] for pair in (before.field, before.jump, layer.window.kernel, layer.window.dilation,
                                          layer.window.stride))  # fmt: skip
    return [
        ("field", f"{r} + {d}·({k}−1)·{j}", layer.view.field[0]),
        ("jump", f"{j}·{s}", layer.view.jump[0]),
    ]


def _dropped(layer: Layer) -> str:
    if layer.window is None or len(layer.shape) != 3:
        return ""
    return left_over(*layer.window.dropped((layer.before[1], layer.before[2])))


def _whole(network: Architecture) -> Table:
    """Every layer, exactly: of pairs the rows come first; padding is above, below, left, right."""
    columns = ("layer", "what", "then", "output", "kernel", "stride", "padding", "dilation", "weights", "multiply-adds",
               "receptive field", "jump")  # fmt: skip
    rows = tuple(
        (layer.name, layer.kind.what, " ".join(layer.after), layer.shape, *_exactly(_window(layer)),
         layer.weight_count, layer.multiply_add_count,
         layer.view and layer.view.field, layer.view and layer.view.jump) for layer in network.layers
    )  # fmt: skip
    return Table("layers", columns, rows)


def _exactly(window: Window | None) -> tuple[tuple[int, ...] | None, ...]:
    if window is None:
        return None, None, None, None
    return window.kernel, window.stride, (*window.padding[0], *window.padding[1]), window.dilation


def _window(layer: Layer) -> Window | None:
    return layer.kind.shortcut_window if isinstance(layer.kind, Add) else layer.window


def _maps(network: Architecture) -> Table:
    if _of_text(network):
        shapes = tuple((layer.name, layer.kind.what, times(layer.shape)) for layer in network.layers)
        return Table("the layers", ("layer", "what", "output"), shapes, whole=True)
    columns = ("layer", "what", "kernel", "stride", "pad", "output", "field", "jump")
    rows = tuple(
        (layer.name, layer.kind.what, *_settings(layer), times(layer.shape), *_seen(layer)) for layer in network.layers
    )
    return Table("the maps", columns, rows, whole=True)


def _settings(layer: Layer) -> tuple[str, str, str]:
    window = _window(layer)
    if window is None or len(layer.shape) != 3 or (not layer.weights and window == Window((1, 1))):
        return "", "", ""
    return times(window.kernel), by(window.stride), padded_by(window)


def _seen(layer: Layer) -> tuple[str, str]:
    if layer.view is None:
        return "", ""
    return (by(layer.view.field), by(layer.view.jump)) if len(layer.shape) == 3 else ("all", "")


def _costs(network: Architecture, totals: Totals) -> Table:
    first_of_kind = {layer.kind: layer.name for layer in reversed(network.layers)}
    rows = [
        (layer.name, _sum_of(layer, first_of_kind[layer.kind]), layer.weight_count, layer.multiply_add_count)
        for layer in network.layers
        if layer.weights or layer.multiply_adds
    ]
    rows.append(("sum", "", totals.weights, totals.multiply_adds))
    columns = ("layer", "weights, written out", "weights", "multiply-adds")
    return Table("weights and multiply-adds", columns, tuple(rows), marked=(len(rows) - 1,), whole=True)


def _sum_of(layer: Layer, first: str) -> str:
    """Written out; a Transformer's later layers are as the first one."""
    return f"as {first}" if isinstance(layer.kind, OfText) and layer.name != first else written(layer.weights)


def _share(network: Architecture, totals: Totals) -> tuple[str, ...]:
    if not totals.dense_weights or _of_text(network):
        return ()
    shared = any(isinstance(layer.kind, Conv) for layer in network.layers)
    weights, multiply_adds = _percent(totals.dense_weight_share), _percent(totals.dense_multiply_add_share)
    return (
        f"The fully-connected (dense) layers hold {totals.dense_weights:,} of the {totals.weights:,} weights "
        f"({weights}) and do {multiply_adds} of the multiply-adds"
        + (": a dense weight is used once, a convolution's at every place of its map." if shared else "."),
    )


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else f"{share:.2%}"


def _next(network: Architecture) -> tuple[str, ...]:
    maps = [layer for layer in network.layers if isinstance(layer.kind, Conv) and max(layer.shape[1:]) > 1]
    cells = [f"--at {layer.name},{layer.shape[1] // 2},{layer.shape[2] // 2} (what it sees)" for layer in maps[-1:]]
    return (*cells, *("--image FILE", "--input CxHxW") * bool(maps), "--check (the same by torch)", "--json")
