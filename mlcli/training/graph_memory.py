"""Memory that a graph network takes to train, estimated before any of it is taken.

    to get ready   12 · cells + 160 · E + parts                           features and arcs, put in order
    ready          4 · cells + 30 · E + parts                             what stays of it, for all runs
    in each run    10 · cells + N · 24 · C + deep · hidden                what a step keeps for the way back
    parts          24 · E · (L − 2)                                       what each further layer reads of the arcs
    hidden         N · a · K · H + E · K · (b + c · H)
    deep           (2 · L − 1) / 3                                        1 for two layers, ⅔ for each further one

Symbols: N nodes, E arcs, the loop of each node among them, C classes, K heads of H numbers (1 of a hidden vector's size
where a model has none), L layers, counted as two where there is one; `cells` of the features, a stored value of sparse
ones counting as three. In bytes; the numbers were found by measuring, rather too large. Where few nodes are trained on,
a step reads only those that they hear, in as many steps as there are layers.
"""

from dataclasses import dataclass

from scipy import sparse

from mlcli.core.errors import InputError
from mlcli.core.labelled_graphs import LabelledGraph
from mlcli.core.matrices import rows_and_columns
from mlcli.training.graph_settings import GATSettings, GCNSettings, GINSettings, GraphSettings, SAGESettings
from mlcli.training.memory import LARGE, free_memory, gigabytes
from mlcli.training.settings import Settings

PARTS = {"gcn": (40, 0, 0), "sage": (48, 0, 0), "gin": (64, 0, 0), "gat": (33, 35, 0), "gatv2": (33, 35, 4)}  # a, b, c


@dataclass(frozen=True)
class Need:
    """Bytes: to get ready, of which `kept` stay for all runs; and for each run."""

    ready: float
    kept: float
    run: float

    @property
    def most(self) -> float:
        """Of one run."""
        return max(self.ready, self.kept + self.run)


def needed(graph: LabelledGraph, settings: Settings) -> Need | None:
    """What training takes beyond the graph as it was read; None for a model that is no graph network."""
    if not isinstance(settings, GCNSettings | GATSettings | SAGESettings | GINSettings):
        return None
    X, (N, F) = graph.features, rows_and_columns(graph.features)
    cells = 3 * X.nnz if isinstance(X, sparse.csr_array) else N * F
    E = graph.graph.edges.shape[1] * (1 if graph.graph.directed else 2) + N
    K = settings.heads if isinstance(settings, GATSettings) else 1
    a, b, c = PARTS[settings.model]
    L = max(2, settings.layers)
    hidden = N * a * K * settings.hidden + E * K * (b + c * settings.hidden)
    run = 10 * cells + N * 24 * len(graph.classes) + (2 * L - 1) / 3 * hidden
    heard = E / max(N, 1)  # arcs into a node: those it hears, and those whom they hear, are at most 1 + heard + heard²
    share = min(1.0, len(graph.train) * sum(heard**step for step in range(L + 1)) / max(N, 1))
    parts = 24 * E * (L - 2)
    return Need(12 * cells + 160 * E + parts, 4 * cells + 30 * E + parts, run * share)


def refuse_too_large(graph: LabelledGraph, settings: Settings) -> None:
    """Nothing, where training fits into the memory that is free.

    Raises:
        InputError: it does not.
    """
    need, free = needed(graph, settings), free_memory()
    if need is None or (need.ready if getattr(settings, "batch", 0) else need.most) <= free:
        return
    smaller = "fewer --heads" if isinstance(settings, GATSettings) else "a smaller --hidden"
    if isinstance(settings, GraphSettings) and settings.layers > 2:
        smaller = f"fewer --layers, {smaller}"
    sampled = "a few neighbours at a time: mlcli train sage --batch 512 --fanout 10,10"
    raise InputError(
        f"training {settings.model} on {graph.graph.edges.shape[1]:,} edges takes about {gigabytes(need.most)}"
        f" of memory, and {gigabytes(free)} are free",
        hint=f"{smaller}, or {sampled}" if need.ready <= free else "fewer features, or a part of the graph",
    )


def told(graph: LabelledGraph, settings: Settings) -> str:
    """The estimate in words, where it is large; else nothing."""
    need = needed(graph, settings)
    if need is None or need.most < LARGE:
        return ""
    return f"about {gigabytes(need.most)} of memory, of {gigabytes(free_memory())} that are free"


def runs_that_fit(graph: LabelledGraph, settings: Settings, most: int) -> int:
    """How many runs may go on side by side once the graph is ready, at least one and at most `most`."""
    need = needed(graph, settings)
    return most if need is None else int(max(1, min(most, free_memory() // max(need.run, 1.0))))
