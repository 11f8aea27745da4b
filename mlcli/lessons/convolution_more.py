"""How it is told what surrounds a convolution: loops, the turned kernel, activation, pooling, cost, the shift test."""

from mlcli.core.activations import Activated
from mlcli.core.convolution import Convolution
from mlcli.core.convolution_cost import Cost
from mlcli.core.convolution_loops import Loops
from mlcli.core.convolution_shift import ShiftTest, Stage
from mlcli.core.pooling import PooledCell, Pooling
from mlcli.lesson import Cell, Figure, Step, Table, Tensor, Text
from mlcli.lessons.convolution_maps import MOST_NUMBERS, map_figures, size_of
from mlcli.lessons.windows import by, left_over, size_formula, times

FORMULAS = {
    "relu": "relu(z) = z where z > 0, else 0",
    "sigmoid": "σ(z) = 1 / (1 + exp(−z))",
    "tanh": "tanh(z) = (exp(z) − exp(−z)) / (exp(z) + exp(−z))",
}


def loops_step(record: Convolution, loops: Loops) -> Step:
    """The lecture's five loops: the code with this record's bounds, and its first turns."""
    C_out, H_out, W_out = record.B.shape
    _, C, kH, kW = record.W.shape
    several, bias = C_out > 1, " + b" if record.b.any() else ""
    lines = [f"for co = 0 … {C_out - 1}"] if several else []
    for head in (f"h = 0 … {H_out - 1}", f"w = 0 … {W_out - 1}"):
        lines.append("  " * len(lines) + f"for {head}")
    outer = len(lines)
    lines.append("  " * outer + "sum = 0")
    for i, head in enumerate((f"ci = 0 … {C - 1}", f"m = 0 … {kH - 1}", f"n = 0 … {kW - 1}")):
        lines.append("  " * (outer + i) + f"for {head}")
    co = "[co]" if several else ""
    lines.append("  " * (outer + 3) + f"sum += A[ci][h+m][w+n] · W{co}[ci][m][n]")
    lines.append("  " * outer + f"B{co}[h][w] = sum{bias}")
    rows = tuple(
        (*((turn.co,) if several else ()), turn.h, turn.w, turn.ci, turn.m, turn.n, turn.a, turn.weight, turn.product,
         turn.sum, turn.operations) for turn in loops.first
    )  # fmt: skip
    columns = (*(("co",) if several else ()), "h", "w", "ci", "m", "n", "A", "W", "A·W", "sum", "operations")
    left = loops.operations - len(loops.first)
    return Step(
        "sum",
        "the loops, running",
        "with a stride, padding or dilation: A[ci][s·h+d·m−p][s·w+d·n−p]",
        (Text("\n".join(lines)), Table("", columns, rows)),
        f"{left:,} more turns follow: {record.B.size:,} outputs × {record.W[0].size:,} terms = {loops.operations:,} "
        "multiply-adds. The slide's loops write 5×5 outputs and read A[ci][h+m][w+n] up to row 6: they need an A of "
        "7×7 (--example letters-3); its 5×5 letters have room for 3×3 outputs.",
    )


def turned_step(record: Convolution, turned: Convolution) -> Step:
    """The mathematician's convolution beside the cross-correlation."""
    small = max(record.B.shape[1:]) <= MOST_NUMBERS
    B = record.B[0] if len(record.B) == 1 else record.B
    other = turned.B[0] if len(turned.B) == 1 else turned.B
    W, flipped = (values[0, 0] if values.shape[:2] == (1, 1) else values for values in (record.W, turned.W))
    axes = ("m", "n") if W.ndim == 2 else ("co", "ci", "m", "n")
    maps = (
        (Tensor("B, cross-correlation", B, ("h", "w")), Tensor("convolution", other, ("h", "w"), sign="|"))
        if small and B.ndim == 2
        else (*map_figures("B", record.B, "cross-correlation"), *map_figures("", turned.B, "convolution"))
    )
    return Step(
        "W turned",
        "convolution as mathematics has it: the kernel turned by 180°",
        "(A * W)[h][w] = Σ_ci Σ_m Σ_n A[ci][h+m][w+n] · W[ci][kH−1−m][kW−1−n]",
        (Tensor("W", W, axes), Tensor("turned", flipped, axes, sign="→"), *maps) if W.ndim == 2 else maps,
        "Deep learning leaves the kernel as it is: its weights are learned, turned or not. For a kernel that looks the "
        "same when turned (box, gaussian, laplacian) both agree.",
    )


def activated_step(record: Activated) -> Step:
    """The activation function, cell by cell."""
    changed = (
        f"{record.zeroed:,} of {record.z.size:,} cells were below 0 and are 0 now." if record.name == "relu" else ""
    )
    figures = map_figures(f"{record.name}(B)", record.a, "") if max(record.a.shape[1:]) <= MOST_NUMBERS else ()
    return Step(record.name, f"activation: {record.name} of every cell", FORMULAS[record.name], figures, changed)


def pooled_step(record: Pooling, cell: PooledCell, symbol: str) -> Step:
    """Pooling: the rule, the size, and the first window."""
    word = "max" if record.how == "max" else "mean"
    where = f"{cell.rows.start}:{cell.rows.stop}, {cell.columns.start}:{cell.columns.stop}"
    sizes = tuple(
        (f"size {axis}", size_formula(record.over, i, record.B.shape[1 + i]), record.P.shape[1 + i])
        for i, axis in enumerate("HW")
    )
    small = max(cell.window.shape) <= MOST_NUMBERS
    marked = (cell.marked,) if cell.marked else ()
    figures: list[Figure] = []
    if small:
        figures.append(Tensor(f"first window {symbol}[{where}]", cell.window, ("m", "n"), marked=marked))
    figures.append(Tensor("P[0][0][0]", record.P[0, 0, 0].reshape(())))
    if not record.whole:
        figures.append(Table("", ("", "worked out", "gives"), sizes))
    kind = f"pooling: the {word} of each window of {times(record.over.kernel)}, stride {by(record.over.stride)}"
    (sH, sW), dropped = record.over.stride, record.over.dropped((record.B.shape[1], record.B.shape[2]))
    return Step(
        "P",
        f"global pooling: the {word} of the whole map" if record.whole else kind,
        f"P[c][h][w] = {word}_m,n {symbol}[c][{sH}·h+m][{sW}·w+n]",
        tuple(figures),
        f"P is {size_of(record.P)}. No weights. {left_over(*dropped)}".rstrip(),
    )


def dense_step(own: Cost, costs: list[Cost], nodes: list[tuple[int, int]], channels: int) -> Step:
    """This convolution beside a dense layer, for this image and for others."""
    rows: list[tuple[Cell, ...]] = [
        (f"{of.size[0]}×{of.size[1]}", of.node, of.outputs, of.dense_weights, of.weights, of.multiply_adds)
        for of in costs
    ]
    at = [i for i, of in enumerate(costs) if of == own]
    columns = ("image", "one node", "outputs", "dense", "conv", "multiply-adds")
    return Step(
        "weights",
        "why convolution: weights of a dense layer and of this one",
        "dense: (C_in·H·W) · outputs, as many multiply-adds;  conv: C_out·C_in/G·kH·kW, each used H_out·W_out times",
        (
            Table(
                "weights: of one dense node, of a dense layer, of the convolution, with its multiply-adds",
                columns,
                tuple(rows),
                tuple(at),
                whole=True,
            ),
            Table(f"more hidden nodes, on this image of {own.node:,} numbers", ("nodes", "weights"), tuple(nodes)),
        ),
        "The lecture speaks of 224×224 and counts 250×250 = 62,500 weights a node; 224×224 is 50,176 pixels, and "
        f"150,528 numbers in 3 colours. Yours: {own.size[0]}×{own.size[1]}"
        + (f", {channels} channels" if channels > 1 else "")
        + f" = {own.node:,}. The convolution's {own.weights:,} weights do not grow with the image.",
    )


def shift_step(test: ShiftTest, record: Convolution) -> Step:
    """The shifted image's maps against the shifted maps, stage by stage and by padding mode."""
    dy, dx = test.shift
    stages = tuple(
        (stage.what, _moved(stage), stage.inside, stage.border, stage.unmoved, _verdict(stage, test.tolerance))
        for stage in test.stages
    )
    columns = ("after", "moved by", "inside", "border", "unmoved", "so it is")
    modes = tuple((mode, stage.inside, stage.border) for mode, stage in test.by_mode)
    return Step(
        "t",
        f"the shift test: the image moved by {dy} down, {dx} to the right",
        "equivariant: f(shift A) = shift f(A);  invariant: f(shift A) = f(A).  Largest differences: to the moved map "
        "inside and at the border, to the unmoved map",
        (
            Table(f"this convolution, what enters at the edge: {record.pad_mode}", columns, stages),
            Table("the same kernel with padding same, stride 1", ("padding mode", "inside", "border"), modes),
        ),
        _shown(test),
    )


def _moved(stage: Stage) -> str:
    if stage.moved is None:
        return "" if stage.step == (0, 0) else "not whole"
    return f"{stage.moved[0]}, {stage.moved[1]}"


def _verdict(stage: Stage, tolerance: float) -> str:
    if stage.unmoved <= tolerance:
        return "invariant"
    if stage.moved is not None and stage.inside is not None and stage.inside <= tolerance:
        exact = stage.border is None or stage.border <= tolerance
        return "equivariant" if exact else "equivariant inside"
    return "neither"


def _shown(test: ShiftTest) -> str:
    convolution, *others = test.stages
    first = _verdict(convolution, test.tolerance)
    pooled = [f"{stage.what}: {_verdict(stage, test.tolerance)}" for stage in others]
    said = {
        "equivariant": "the map follows the image" + ("" if convolution.border is None else ", border included"),
        "equivariant inside": "the map follows the image, except at the border, where something else came in",
        "invariant": "the map is the same as before",
        "neither": "the map does not follow: the shift is no whole number of its cells, or nothing of it is inside",
    }[first]
    return (
        f"Shown: this convolution is {first}: {said}. {'; '.join(pooled)}. The slide says translation invariant: a "
        "convolution is equivariant (the detector fires at the new place); what stays the same comes from pooling, for "
        "small shifts, or from global pooling as long as nothing leaves the image."
    )
