"""mlcli node2vec: walks over a graph, and the vectors fitted to them."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from mlcli.commands.options import command, program
from mlcli.core.arcs import Arcs, arcs_of
from mlcli.core.embedding import Similar, most_similar, principal_plane
from mlcli.core.errors import InputError
from mlcli.core.graphs import Graph
from mlcli.core.node2vec import Settings, trace
from mlcli.core.skipgram import Embedding
from mlcli.core.walks import count_visits, draw_walks, weigh
from mlcli.datasets.karate import karate
from mlcli.files import refuse_twice
from mlcli.lesson import Check
from mlcli.lessons.node2vec import tell
from mlcli.models.skipgram import fit
from mlcli.readers.edge_lists import read_edges
from mlcli.render.show import Output, show
from mlcli.render.vectors import files_for, refuse_names, refuse_vectors, write_vectors

MOST_TRACED = 200  # nodes below which a walk is told step by step without being asked
FIRST_NODES, FEW, MANY = 3, 5, 10  # without --node: of how many nodes how many similar; with it: how many

DEFAULT = Settings()

app = program()


class Example(StrEnum):
    """Graphs that need no file."""

    KARATE = "karate"


@command(app, examples=("mlcli node2vec sample_data/edges.csv", "mlcli node2vec --example karate --p 4 --q 0.5"))
def node2vec(
    edges: Annotated[
        str | None, typer.Argument(help="An edge a line: a,b or a,b,weight; - is stdin.", show_default=False)
    ] = None,
    example: Annotated[Example | None, typer.Option(help="Take this in the place of a file.")] = None,
    p: Annotated[float, typer.Option("--p", help="Return: above 1, walks seldom turn back.")] = DEFAULT.p,
    q: Annotated[
        float, typer.Option("--q", help="In-out: above 1, walks stay near; below 1, they lead away.")
    ] = DEFAULT.q,
    dimensions: Annotated[int, typer.Option(help="Numbers that stand for a node.")] = DEFAULT.dimensions,
    walk_length: Annotated[int, typer.Option(help="Nodes of a walk.")] = DEFAULT.length,
    walks: Annotated[int, typer.Option(help="Walks from each node.")] = DEFAULT.walks,
    window: Annotated[int, typer.Option(help="Steps up to which nodes of a walk are near.")] = DEFAULT.window,
    negative: Annotated[int, typer.Option(help="Nodes drawn at random against each near one.")] = DEFAULT.negative,
    epochs: Annotated[int, typer.Option(help="Passes over the walks.")] = DEFAULT.epochs,
    directed: Annotated[bool, typer.Option("--directed", help="An edge leads from its first node only.")] = False,
    weighted: Annotated[
        bool | None,
        typer.Option("--weighted/--unweighted", help="Whether weights count; else a file's do, the example's do not."),
    ] = None,
    delimiter: Annotated[str | None, typer.Option(help="What parts the columns, if it is not found.")] = None,
    node: Annotated[str | None, typer.Option(metavar="NAME", help="Tell which nodes are most like this one.")] = None,
    embeddings: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write all vectors to FILE: .csv, .npy, or word2vec's .txt.")
    ] = None,
    traced: Annotated[
        bool | None,
        typer.Option("--trace/--no-trace", help=f"One walk in numbers; else below {MOST_TRACED} nodes only."),
    ] = None,
    start: Annotated[str | None, typer.Option(metavar="NAME", help="Where that walk starts.")] = None,
    came_from: Annotated[str | None, typer.Option(metavar="NAME", help="The node that it came from.")] = None,
    first: Annotated[int, typer.Option("--show", min=0, help="Steps of it to show.")] = 2,
    check: Annotated[bool, typer.Option("--check", help="Sample steps and test them against P (chi-square).")] = False,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="For the walks and the vectors.")] = 0,
    workers: Annotated[int, typer.Option(help="Threads; only one gives the same vectors each time.")] = 1,
    output: Output = Output(),
) -> None:
    """Walk over a graph at random, biased by p and q, and learn a vector for each node from the walks."""
    settings = Settings(p, q, walks, walk_length, dimensions, window, negative, epochs)
    if embeddings:
        refuse_vectors(embeddings, output.force)
        refuse_twice(*output.out, *files_for(embeddings))
    given = _input(edges, example, directed, weighted, delimiter)
    arcs = arcs_of(given.graph)
    if embeddings:
        refuse_names(embeddings, arcs.names)
    asked = None if node is None else given.graph.position(node, "--node")
    pair = _pair(given.graph, arcs, start, came_from)
    told = len(arcs.names) < MOST_TRACED or start is not None if traced is None else traced
    if told:
        weigh(arcs, *pair, p, q)  # so that a pair without an edge is told before the work starts
    checks = _checks(arcs, p, q, pair, seed) if check else ()

    drawn = draw_walks(arcs, walks, walk_length, p, q, seed)
    visits = count_visits(drawn, len(arcs.names))
    embedding = fit(
        drawn, visits.of_node, dimensions=dimensions, window=window, negative=negative, epochs=epochs, seed=seed,
        workers=workers,
    )  # fmt: skip
    if embeddings:
        write_vectors(embeddings, arcs.names, embedding.vectors, output.force)
    lesson = tell(
        embedding,
        principal_plane(embedding.vectors),
        _similar(embedding, asked),
        visits,
        settings,
        trace(arcs, embedding, visits, settings, np.random.default_rng([seed, 1]), *pair) if told else None,
        source=given.name,
        nodes=arcs.names,
        edges=given.graph.edges.shape[1],
        weighted=arcs.weighted,
        groups=given.groups,
        first=first,
        workers=workers,
        written=str(embeddings or ""),
        read=given.read,
        checks=checks,
        seed=seed,
    )
    show(lesson, output)


@dataclass(frozen=True, eq=False)
class _Input:
    """A graph, and what is known of it."""

    name: str
    graph: Graph
    read: tuple[str, ...]
    groups: tuple[str, ...] = ()


def _input(
    path: str | None, example: Example | None, directed: bool, weighted: bool | None, delimiter: str | None
) -> _Input:
    if (path is None) == (example is None):
        raise InputError("give either a file or --example", hint="mlcli node2vec --example karate")
    if path is not None:
        given = read_edges(path, weighted=weighted, directed=directed, delimiter=delimiter)
        return _Input(given.name, given.graph, given.read)
    if directed or delimiter:
        option = "--directed" if directed else "--delimiter"
        raise InputError("is for a file of edges, not for the karate club", option, "give a file of edges")
    club = karate(bool(weighted))
    groups = tuple(club.classes[label] for label in club.labels)
    return _Input("karate club", club.graph, club.read[:1], groups)


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


def _checks(arcs: Arcs, p: float, q: float, pair: tuple[int | None, int], seed: int) -> tuple[Check, ...]:
    from mlcli.checks.walks import against_probabilities, pairs_to_test

    rng = np.random.default_rng([seed, 2])
    asked = [] if pair[0] is None else [(pair[0], pair[1])]
    return tuple(against_probabilities(arcs, p, q, asked + pairs_to_test(arcs, 4 - len(asked), rng), rng))
