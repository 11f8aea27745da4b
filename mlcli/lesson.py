"""A lesson: what was computed, in the order of telling. Plain data that any renderer can draw.

A lesson answers, in this order: what is computed, by which rule, from which numbers, giving what,
what to notice, and what to try next. Its figures are a closed set (`Figure`): a renderer has one
draw function for each, and a type checker proves that none is forgotten.

Values are never rounded here; a renderer rounds when it draws.
"""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

Values = NDArray[Any]
Cell = str | int | float | tuple[float, ...] | None


@dataclass(frozen=True, eq=False)
class Tensor:
    """Numbers with named axes: a scalar, a vector, a matrix, or a stack of matrices.

    Args:
        name: the slide's symbol, with its range where it is a part: `A[0:3, 0:3]`.
        axes: a name for each axis, first axis first.
        labels: for each axis its labels, or None; empty for no labels at all.
        letters: the same cells as letters, for the symbolic form.
        marked: the cells that take part now, as indices.
        sign: the operator that stands before it in a row of figures: `×`, `=`.
    """

    name: str
    values: Values
    axes: tuple[str, ...] = ()
    labels: tuple[tuple[str, ...] | None, ...] = ()
    letters: Values | None = None
    marked: tuple[tuple[int, ...], ...] = ()
    sign: str = ""


@dataclass(frozen=True)
class Term:
    """One product of a sum: `value · coefficient = product`; `label` is the letter of `value`."""

    label: str
    value: float
    coefficient: float
    product: float


@dataclass(frozen=True)
class Part:
    """The terms that are summed first (a channel), and their sum."""

    label: str
    terms: tuple[Term, ...]
    value: float


@dataclass(frozen=True)
class Worked:
    """A sum of products as a person writes it: parts of terms, a bias, the total.

    Args:
        bias: None where the rule has none.
        letters: write the labels first (`a×1 + b×2 + …`), then the numbers.
        after: what is then done to the total: ("tanh", 0.64); None for nothing.
    """

    symbol: str
    parts: tuple[Part, ...]
    total: float
    bias: float | None = None
    letters: bool = False
    after: tuple[str, float] | None = None


@dataclass(frozen=True)
class Graph:
    """Nodes and edges; edges are pairs of positions in `nodes`.

    Args:
        weights: one number an edge (attention, distance), or empty.
        groups: one name a node (its class), or empty.
        marked_nodes, marked_edges: positions of what takes part now.
    """

    name: str
    nodes: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    weights: tuple[float, ...] = ()
    groups: tuple[str, ...] = ()
    directed: bool = False
    marked_nodes: tuple[int, ...] = ()
    marked_edges: tuple[int, ...] = ()


@dataclass(frozen=True)
class Tree:
    """A computation tree: a label, the vector at that place, and what flows into it."""

    label: str
    values: tuple[float, ...] = ()
    children: tuple["Tree", ...] = ()
    marked: bool = False


@dataclass(frozen=True, eq=False)
class Series:
    """One line of a curve.

    Args:
        reference: what the series before it is held against (a bound, what theory says); where it can be, it is dashed.
    """

    name: str
    values: Values
    reference: bool = False


@dataclass(frozen=True, eq=False)
class Curve:
    """Named series over one axis.

    Args:
        x: positions, shared by all series.
        log_y: draw the values on a logarithmic axis.
        marks: positions on x worth a line, each with its name: (271, "best").
    """

    name: str
    x: Values
    series: tuple[Series, ...]
    x_label: str
    y_label: str
    log_y: bool = False
    marks: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, eq=False)
class Scatter:
    """Labelled points in two dimensions: `points` is (N, 2); `groups` names each point's class, or is empty."""

    name: str
    points: Values
    labels: tuple[str, ...]
    groups: tuple[str, ...] = ()
    x_label: str = ""
    y_label: str = ""


@dataclass(frozen=True, eq=False)
class Picture:
    """An image: `values` is (H, W) or (H, W, 3); `low` is drawn darkest, `high` brightest.

    Args:
        signed: values below zero count as much as those above: it is their size that is drawn.
        labels: names of the rows and of the columns, of a heat map; else empty.
    """

    name: str
    values: Values
    low: float = 0.0
    high: float = 1.0
    signed: bool = False
    labels: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Table:
    """Rows of cells under named columns; a tuple is a vector. Numbers stand to the right; `marked` are rows.

    Args:
        whole: every row is wanted, however many there are.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    marked: tuple[int, ...] = ()
    whole: bool = False


@dataclass(frozen=True)
class Text:
    """A sentence or two between figures, or a drawing in characters: line breaks are kept."""

    text: str


Figure = Tensor | Worked | Graph | Tree | Curve | Scatter | Picture | Table | Text


@dataclass(frozen=True)
class Step:
    """One turn of the computation: the general rule (`formula`), and the figures that show its numbers.

    Args:
        symbol: what it gives, in the slide's notation: `B[0][0]`, `scores`.
        note: what to see in it, in a sentence; empty for nothing.
    """

    symbol: str
    title: str
    formula: str
    figures: tuple[Figure, ...]
    note: str = ""


@dataclass(frozen=True)
class Result:
    """The answer: its exact values, and how they are best looked at where numbers would be too many."""

    answer: Tensor | Table
    drawn: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class Check:
    """The same answer computed another way.

    Args:
        measure: what `difference` is.
    """

    name: str
    difference: float
    tolerance: float
    measure: str = "largest difference"

    @property
    def passed(self) -> bool:
        """False for NaN too."""
        return bool(self.difference <= self.tolerance)


@dataclass(frozen=True)
class Lesson:
    """Everything a renderer gets.

    Args:
        title: what is computed, on what: one line.
        command: the mlcli command that tells it.
        rules: named lines above the numbers: ("rule", "B[h][w] = …"), ("size", "… = 26").
        inputs: what the numbers come from.
        read: what was done to the input while reading it, a sentence each.
        steps: the first few turns in full.
        left_out: how many turns are not shown, and how to see them; empty for none.
        notice: what to see in the answer, a sentence each.
        next: options or commands to try next.
        seed: None where nothing is drawn at random.
    """

    title: str
    command: str
    rules: tuple[tuple[str, str], ...]
    inputs: tuple[Figure, ...]
    steps: tuple[Step, ...]
    result: Result
    read: tuple[str, ...] = ()
    left_out: str = ""
    notice: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    next: tuple[str, ...] = ()
    seed: int | None = None
