"""mlcli node2vec: walks over a graph, the vectors fitted to them, and what they are good for."""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Annotated

import numpy as np
import typer

from mlcli.commands.node2vec_graph import Given, Source, graph_of
from mlcli.commands.options import command, program, refuse_given
from mlcli.core.arcs import Arcs, arcs_of
from mlcli.core.classification import SHARES, classify, refuse_few
from mlcli.core.embedding import Similar, most_similar, principal_plane
from mlcli.core.errors import InputError
from mlcli.core.graphs import Graph
from mlcli.core.link_prediction import hide_edges
from mlcli.core.node2vec import Settings, trace
from mlcli.core.skipgram import Embedding
from mlcli.core.walks import weigh
from mlcli.lesson import Check, Scatter, Step
from mlcli.lessons.node2vec import tell
from mlcli.lessons.node2vec_evaluation import tell_classes, tell_links
from mlcli.lessons.node2vec_map import principal_map, tsne_map
from mlcli.models.skipgram import Engine
from mlcli.render.progress import WorkProgress
from mlcli.render.show import option, say, show
from mlcli.render.vectors import VectorOutput, refuse_names, write_vectors
from mlcli.training.node2vec import SWEPT, Fitter, evaluate_links, memory_told, sweep

MOST_TRACED = 200  # nodes below which a walk is told step by step without being asked
FIRST_NODES, FEW, MANY = 3, 5, 10  # without --node: of how many nodes how many similar; with it: how many

DEFAULT = Settings()
MOST = 10**8  # of whatever is counted
SEED = {"walk": 1, "check": 2, "audit": 3, "classes": 5, "links": 6}  # streams of their own; `training.node2vec` has 4

app = program()


class Evaluation(StrEnum):
    """What vectors can be tried on."""

    CLASSIFY = "classify"
    LINKS = "links"


class Map(StrEnum):
    """How the vectors come onto a plane."""

    PCA = "pca"
    TSNE = "tsne"


@dataclass(frozen=True)
class Fitting:
    """The walks and the vectors; the defaults are those of node2vec's authors."""

    p: float = option(DEFAULT.p, "Return: above 1, walks seldom turn back.", flags=["--p"])
    q: float = option(DEFAULT.q, "In-out: above 1, walks stay near; below 1, they lead away.", flags=["--q"])
    dimensions: int = option(DEFAULT.dimensions, "Numbers that stand for a node.")
    walk_length: int = option(DEFAULT.length, "Nodes of a walk.")
    walks: int = option(DEFAULT.walks, "Walks from each node.")
    window: int = option(DEFAULT.window, "Steps up to which nodes of a walk are near.")
    negative: int = option(DEFAULT.negative, "Nodes drawn at random against each near one.")
    epochs: int = option(DEFAULT.epochs, "Passes over the walks.")
    sg: int = option(1, "1 is skip-gram; 0 is CBOW: a window's mean predicts its centre (gensim).", min=0, max=1)
    engine: Engine | None = option(None, "What fits the vectors.  [default: torch; gensim for --sg 0]")
    seed: int = option(0, "For the walks and the vectors.", min=0, max=2**32 - 1)
    workers: int = option(1, "Threads; with more than one gensim's vectors differ each time.", max=1024)

    @property
    def settings(self) -> Settings:
        """As core has them."""
        return Settings(self.p, self.q, self.walks, self.walk_length, self.dimensions, self.window, self.negative,
                        self.epochs, cbow=not self.sg)  # fmt: skip

    def fitter(self, progress: WorkProgress) -> Fitter:
        """With the engine that was asked for, or that can do what was."""
        engine = self.engine or (Engine.TORCH if self.sg else Engine.GENSIM)
        return Fitter(self.settings, engine, self.workers, self.seed, progress)


@dataclass(frozen=True)
class Looking:
    """What is looked at more closely."""

    node: str | None = option(None, "Tell which nodes are most like this one.", metavar="NAME")
    traced: bool | None = option(
        None, f"One walk in numbers; else below {MOST_TRACED} nodes only.", flags=["--trace/--no-trace"]
    )
    start: str | None = option(None, "Where that walk starts.", metavar="NAME")
    came_from: str | None = option(None, "The node that it came from.", metavar="NAME")
    first: int = option(2, "Steps of it to show.", flags=["--show"], min=0)
    check: bool = option(False, "Sample steps and test them against P (chi-square).", is_flag=True)
    audit: int | None = option(None, "Show N sampled steps beside what P makes expected, with a p-value.", metavar="N")
    sweep: str | None = option(
        None, f"p, q or p,q: what each changes, at {', '.join(f'{value:g}' for value in SWEPT)}.", metavar="p,q"
    )
    map: Map = option(Map.PCA, "How the vectors come onto the plane.")


@dataclass(frozen=True)
class Trying:
    """What the vectors are tried on."""

    evaluate: list[Evaluation] = option([], "classify: read classes off them; links: find hidden edges. Both: twice.")
    repeats: int = option(10, "Random splits of each evaluation.", min=1)
    hide: float = option(0.5, "The share of the edges that links hides.", min=0.01, max=0.99)


@command(app, examples=("mlcli node2vec sample_data/edges.csv", "mlcli node2vec --example karate --p 4 --q 0.5"))
def node2vec(
    edges: Annotated[
        str | None, typer.Argument(help="An edge a line: a,b or a,b,weight; - is stdin.", show_default=False)
    ] = None,
    source: Source = Source(),
    fitting: Fitting = Fitting(),
    looking: Looking = Looking(),
    trying: Trying = Trying(),
    output: VectorOutput = VectorOutput(),
) -> None:
    """Walk over a graph at random, biased by p and q, and learn a vector for each node from the walks."""
    swept = _swept(looking.sweep)
    given = graph_of(edges, source)
    arcs = arcs_of(given.graph)
    pair = _refuse_early(given, arcs, fitting, looking, trying, output)
    told = len(arcs.names) < MOST_TRACED or looking.start is not None if looking.traced is None else looking.traced
    _refuse_unused(told, looking, trying)
    if told:
        weigh(arcs, *pair, fitting.p, fitting.q)  # so that a pair without an edge is told before the work starts
    checks = _checks(arcs, fitting, pair) if looking.check else ()
    more = _audited(arcs, fitting, looking.audit)
    of_links = np.random.default_rng([fitting.seed, SEED["links"]])
    hidden = hide_edges(given.graph, trying.hide, of_links) if Evaluation.LINKS in trying.evaluate else None
    with WorkProgress() as progress:
        fitter = fitting.fitter(progress)
        fitted = fitter.fit(arcs)
        more += _swept_steps(arcs, fitter, swept)
        more += _classified(given, fitted.embedding, fitter, trying)
        if hidden is not None:
            more.append(tell_links(evaluate_links(hidden, fitter, trying.repeats, of_links)))
        drawn = _map(fitted.embedding, looking.map, given, fitting.seed)
    for path in output.vectors:
        write_vectors(path, arcs.names, fitted.embedding.vectors, output.force)
    rng, settings = np.random.default_rng([fitting.seed, SEED["walk"]]), fitting.settings
    lesson = tell(
        fitted.embedding,
        drawn,
        _similar(fitted.embedding, None if looking.node is None else given.graph.position(looking.node, "--node")),
        fitted.visits,
        settings,
        trace(arcs, fitted.embedding, fitted.visits, settings, rng, *pair) if told else None,
        source=given.name,
        nodes=arcs.names,
        edges=given.graph.edges.shape[1],
        weighted=arcs.weighted,
        more=tuple(more),
        first=looking.first,
        racing=fitting.workers if fitter.engine == Engine.GENSIM and fitting.workers > 1 else 0,
        written=tuple(map(str, output.vectors)),
        read=given.read,
        checks=checks,
        seed=fitting.seed,
    )
    show(lesson, output)


def _swept(asked: str | None) -> frozenset[str]:
    swept = frozenset((asked or "").replace(" ", "").split(",")) - {""}
    if asked is not None and not (swept and swept <= {"p", "q"}):
        raise InputError(f'"{asked}" is neither p, q nor p,q', "--sweep", "--sweep p,q varies both")
    return swept


def _refuse_unused(told: bool, looking: Looking, trying: Trying) -> None:
    if not trying.evaluate:
        refuse_given(trying, "is for --evaluate")
    if Evaluation.LINKS not in trying.evaluate:
        refuse_given(trying, "is for --evaluate links", ("evaluate", "repeats"))
    if not told:
        of_walk = ("start", "came_from") * (not looking.check) + ("first",)  # a check samples that step first
        others = [field.name for field in fields(looking) if field.name not in of_walk]
        refuse_given(looking, "is for a walk that is told: --trace", others)


def _refuse_early(
    given: Given, arcs: Arcs, fitting: Fitting, looking: Looking, trying: Trying, output: VectorOutput
) -> tuple[int | None, int]:
    """What can be told before the work starts; the node before and the node at which the told walk starts."""
    s, repeats, audited = fitting.settings, trying.repeats, looking.audit or 0
    counts = {"--walks": s.walks, "--walk-length": s.length, "--dimensions": s.dimensions, "--window": s.window,
              "--negative": s.negative, "--epochs": s.epochs, "--repeats": repeats, "--audit": audited}  # fmt: skip
    for flag, count in counts.items():
        if count > MOST:
            raise InputError(f"must be at most {MOST:,}, not {count:,}", flag, "give a smaller one")
    for path in output.vectors:
        refuse_names(path, arcs.names)
    if looking.node is not None:
        given.graph.position(looking.node, "--node")
    if Evaluation.CLASSIFY in trying.evaluate:
        if given.of_class is None:
            raise InputError("classify needs to know classes of the nodes", "--evaluate", "add --labels FILE")
        refuse_few(given.of_class)
    if looking.map == Map.TSNE:
        from mlcli.models.tsne import refuse_many

        refuse_many(len(arcs.names))
    if line := memory_told(len(arcs.names), s):
        say(line)
    return _pair(given.graph, arcs, looking.start, looking.came_from)


def _pair(graph: Graph, arcs: Arcs, start: str | None, came_from: str | None) -> tuple[int | None, int]:
    """The node before and the node at which the told walk starts: the first that an edge leads on from."""
    if start is None:
        if came_from is not None:
            raise InputError("needs --start, the node that it led to", "--came-from", "--start NODE --came-from NODE")
        return None, int(np.flatnonzero(arcs.degree)[0])
    before = None if came_from is None else graph.position(came_from, "--came-from")
    return before, graph.position(start, "--start")


def _similar(embedding: Embedding, asked: int | None) -> tuple[Similar, ...]:
    if asked is not None:
        return (most_similar(embedding.vectors, asked, MANY),)
    nodes = range(min(FIRST_NODES, len(embedding.vectors)))
    return tuple(most_similar(embedding.vectors, node, FEW) for node in nodes)


def _checks(arcs: Arcs, fitting: Fitting, pair: tuple[int | None, int]) -> tuple[Check, ...]:
    from mlcli.checks.walks import against_probabilities
    from mlcli.core.walk_audit import pairs_to_test

    rng = np.random.default_rng([fitting.seed, SEED["check"]])
    asked = [] if pair[0] is None else [(pair[0], pair[1])]
    pairs = asked + pairs_to_test(arcs, 4 - len(asked), rng)
    return tuple(against_probabilities(arcs, fitting.p, fitting.q, pairs, rng))


def _audited(arcs: Arcs, fitting: Fitting, steps: int | None) -> list[Step]:
    if steps is None:
        return []
    from mlcli.core.walk_audit import audit
    from mlcli.lessons.node2vec_audit import tell_audit

    rng = np.random.default_rng([fitting.seed, SEED["audit"]])
    return [tell_audit(audit(arcs, fitting.p, fitting.q, steps, rng), arcs.names)]


def _swept_steps(arcs: Arcs, fitter: Fitter, swept: frozenset[str]) -> list[Step]:
    if not swept:
        return []
    from mlcli.lessons.node2vec_audit import tell_sweep

    return [tell_sweep(sweep(arcs, fitter, swept))]


def _classified(given: Given, embedding: Embedding, fitter: Fitter, trying: Trying) -> list[Step]:
    if Evaluation.CLASSIFY not in trying.evaluate or given.of_class is None:
        return []
    rng = np.random.default_rng([fitter.seed, SEED["classes"]])
    done = fitter.progress("classify, splits", len(SHARES) * trying.repeats)
    return [tell_classes(classify(embedding.vectors, given.of_class, trying.repeats, rng, SHARES, done))]


def _map(embedding: Embedding, how: Map, given: Given, seed: int) -> Scatter:
    if how == Map.PCA:
        return principal_map(principal_plane(embedding.vectors), given.graph.names, given.groups)
    from mlcli.models.tsne import perplexity, tsne

    points = tsne(embedding.vectors, seed)
    return tsne_map(points, perplexity(len(points)), given.graph.names, given.groups)
