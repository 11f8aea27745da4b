"""How node2vec is told: where the walks lead and why, what is learned from them, and the vectors that come of it."""

from mlcli.core.embedding import Similar
from mlcli.core.node2vec import Settings, Trace
from mlcli.core.skipgram import Embedding
from mlcli.core.walks import Visits
from mlcli.lesson import Cell, Check, Lesson, Result, Scatter, Step, Table, Tensor
from mlcli.lessons.node2vec_trace import steps_of


def tell(
    embedding: Embedding,
    map: Scatter,
    similar: tuple[Similar, ...],
    visits: Visits,
    settings: Settings,
    trace: Trace | None = None,
    *,
    source: str,
    nodes: tuple[str, ...],
    edges: int,
    weighted: bool,
    more: tuple[Step, ...] = (),
    first: int = 2,
    racing: int = 0,
    written: tuple[str, ...] = (),
    read: tuple[str, ...] = (),
    checks: tuple[Check, ...] = (),
    seed: int,
) -> Lesson:
    """The lesson of walks on a graph and the vectors fitted to them.

    Args:
        map: the vectors on a plane, see `principal_map`, `tsne_map`.
        similar: for a few nodes, those most like them.
        trace: None where no single numbers are asked for.
        source: what the user calls the graph.
        nodes: what each node is called.
        edges: how many there are; `weighted` if their weights differ.
        more: what else was asked for: an audit, a sweep, an evaluation.
        first: how many steps of the traced walk to show.
        racing: threads that write to the vectors at once, so that no two runs are alike; 0 for none.
        written: the files that hold the vectors.
        read: what the reader did, a sentence each.
    """
    return Lesson(
        title=f"{source}, p {settings.p:g}, q {settings.q:g}",
        command="node2vec",
        rules=_rules(visits, settings, len(nodes), edges),
        inputs=(),
        read=read,
        steps=(*(() if trace is None else steps_of(trace, trace.steps[:first], nodes, weighted)), *more),
        left_out=f"{len(trace.steps) - first:,} more steps of this walk: --show {len(trace.steps)}"
        if trace and len(trace.steps) > first
        else "",
        result=Result(
            Tensor("X", embedding.vectors, ("node", "dimension"), (nodes, None)),
            (map, _similar(similar, nodes)),
        ),
        notice=_notice(embedding, visits, settings, racing, written, trace is not None),
        checks=checks,
        next=_next(settings, trace, written, checks),
        seed=seed,
    )


def _rules(visits: Visits, settings: Settings, nodes: int, edges: int) -> tuple[tuple[str, str], ...]:
    fitted = "nodes near in a walk score high, k others low"
    if settings.cbow:
        fitted = "x is the mean of a window's vectors, o the node in its middle (CBOW)"
    return (
        ("walk", "P(x | t, v) = α(t, x) · w(v, x) / Z: from v, having come from t, to x"),
        ("walk", "α = 1/p if x is t, 1 if x is a neighbour of t, 1/q if it is neither; w is the edge's weight"),
        ("vectors", f"L = − log σ(x · y_o) − Σ_j log σ(− x · y_j): {fitted}"),
        ("size", f"{nodes:,} nodes, {edges:,} edge{'s' * (edges != 1)}; {visits.walks:,} walks, {settings.walks} from "
                 f"each node, of up to {settings.length} nodes: {visits.total:,} visits"),
        ("size", f"{settings.dimensions} number{'s' * (settings.dimensions != 1)} a node; window {settings.window}, "
                 f"{settings.negative} negatives, {settings.epochs} epoch{'s' * (settings.epochs != 1)}"),
    )  # fmt: skip


def _similar(similar: tuple[Similar, ...], nodes: tuple[str, ...]) -> Table:
    """The most alike of each in two columns, its name and its cosine."""
    columns: list[str] = []
    cells: list[list[Cell]] = []
    for one in similar:
        columns += [f"like {nodes[one.node]}", "cosine"]
        cells += [[nodes[other] for other in one.others], one.cosines.tolist()]
    return Table("most similar nodes", tuple(columns), tuple(zip(*cells, strict=True)))


def _notice(
    embedding: Embedding, visits: Visits, settings: Settings, racing: int, written: tuple[str, ...], traced: bool
) -> tuple[str, ...]:
    notice = []
    if settings.p == settings.q == 1:
        notice.append("p = q = 1: α is 1 everywhere, a step goes by weight alone, as in DeepWalk.")
    if settings.p != 1:
        notice.append(
            f"p = {settings.p:g}: " + ("walks seldom turn back." if settings.p > 1 else "walks often turn back.")
        )
    if settings.q != 1:
        way = "walks stay near where they came from" if settings.q > 1 else "walks lead away from where they came from"
        notice.append(f"q = {settings.q:g}: {way}.")
    if visits.ended:
        notice.append(f"{visits.ended:,} of {visits.walks:,} walks ended early, at a node that no edge leads on from.")
    if embedding.engine:
        notice.append(f"Fitted by {embedding.engine}; on another machine the last digits may differ.")
    if racing:
        notice.append(f"{racing} workers write to the vectors at once: another run gives others; --workers 1 does not.")
    if not traced:
        notice.append("The walk, the pairs and an update in numbers: --trace.")
    if written:
        notice.append(f"The vectors of all nodes are in {' and '.join(written)}.")
    return tuple(notice)


def _next(
    settings: Settings, trace: Trace | None, written: tuple[str, ...], checks: tuple[Check, ...]
) -> tuple[str, ...]:
    options = ["--p 4 --q 0.5" if settings.p == settings.q == 1 else "--p 1 --q 1 (no bias)"]
    if trace:
        options.append("--start NODE --came-from NODE (another step)")
    if not checks:
        options.append("--check (sampled steps against these probabilities)")
    if not written:
        options.append("--out vectors.csv")
    return tuple(options)
