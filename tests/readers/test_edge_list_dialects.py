"""Graphs written in every dialect an edge list has are read back equal; broken ones end in a line that says where."""

import itertools
from dataclasses import dataclass

import numpy as np
import pytest

from mlcli.core.errors import InputError
from mlcli.readers.edge_lists import read_edges
from mlcli.readers.source import Source

GRAPHS = 2_003
BROKEN = 120
WORDS = (
    "Ann",
    "Bob Lee",
    "Čid",
    "d-4",
    "e_5",
    "Zoë",
    "x.1",
    "K",
    "Ω",
    "née",
    "q7",
    "R&D",
    "a/b",
    "7th",
    "O'Neil",
    "+1",
)


@dataclass(frozen=True)
class Dialect:
    """How edges are written."""

    delimiter: str
    header: bool
    numbers: bool
    weighted: bool
    directed: bool
    comments: bool
    mark: bool
    ending: str
    quoted: bool


def dialects() -> list[Dialect]:
    delimiters = (",", "\t", ";", " ")
    flags = itertools.product((False, True), repeat=7)
    return [Dialect(d, *rest[:6], "\r\n" if rest[6] else "\n", not any(rest[:2])) for rest in flags for d in delimiters]


def drawn(dialect: Dialect, seed: int) -> list[tuple[str, str, float]]:
    """Edges between at least three nodes, some again, some from a node to itself."""
    rng = np.random.default_rng(seed)
    N = int(rng.integers(3, len(WORDS)))
    words = WORDS if dialect.quoted or dialect.delimiter != " " else tuple(word.replace(" ", "") for word in WORDS)
    names = [str(i) for i in rng.permutation(10 * N)[:N]] if dialect.numbers else list(rng.permutation(words)[:N])
    path = [(names[i], names[i + 1]) for i in range(N - 1)]  # so that no line looks like a header
    more = rng.integers(0, N, (int(rng.integers(1, 3 * N)), 2)).tolist()
    weights = np.round(rng.exponential(size=len(path) + len(more)), 3).tolist()
    edges = [*path, *((names[u], names[v]) for u, v in more)]
    return [(u, v, w if dialect.weighted else 1.0) for (u, v), w in zip(edges, weights, strict=True)]


def written(dialect: Dialect, edges: list[tuple[str, str, float]]) -> bytes:
    quote = '"{}"'.format if dialect.quoted else str
    lines = [["source", "target", "weight"][: 2 + dialect.weighted]] if dialect.header else []
    lines += [[quote(u), quote(v), *([repr(w)] if dialect.weighted else [])] for u, v, w in edges]
    rows = [dialect.delimiter.join(cells) for cells in lines]
    if dialect.comments:
        rows = ["# a graph", *rows[:1], "", "% more of it", *rows[1:], ""]
    return ("\ufeff" * dialect.mark + dialect.ending.join(rows) + dialect.ending).encode()


def test_what_is_written_in_any_dialect_is_read_back() -> None:
    every = dialects()
    for seed in range(GRAPHS):
        dialect = every[seed % len(every)]
        edges = drawn(dialect, seed)
        source = Source("edges.csv", "edges.csv", written(dialect, edges))
        found = read_edges(source, directed=dialect.directed)  # type: ignore[arg-type]
        expected: dict[tuple[str, ...], tuple[str, str, float]] = {}
        loops = 0
        for u, v, w in edges:
            if u == v:
                loops += 1
            else:
                expected.setdefault((u, v) if dialect.directed else tuple(sorted((u, v))), (u, v, w))
        names, graph = found.graph.names, found.graph
        read = [
            (names[u], names[v], w) for (u, v), w in zip(graph.edges.T.tolist(), graph.weights.tolist(), strict=True)
        ]
        assert read == list(expected.values()), (seed, dialect)
        assert set(names) == {end for u, v, _ in edges for end in (u, v)}
        assert (found.self_loops, found.merged) == (loops, len(edges) - loops - len(expected))
        assert found.weighted == dialect.weighted
        assert graph.directed == dialect.directed


def broken(dialect: Dialect, kind: str, seed: int) -> tuple[bytes, int, str]:
    """A file with one line that cannot be read, its number, and what is to be said of it."""
    edges = drawn(dialect, seed)
    lines = written(dialect, edges).split(dialect.ending.encode())
    at = len(lines) - 2 - dialect.comments  # the last edge
    d = dialect.delimiter.encode()
    cells = lines[at].split(d) if not dialect.quoted else [b"u", b"v", b"1"][: 2 + dialect.weighted]
    match kind:
        case "a column too many":
            lines[at], said = d.join([*cells, b"more"]), "columns where the first line has"
        case "a column too few":
            lines[at], said = cells[0], "1 column where the first line has"
        case "no target":
            lines[at], said = d.join([b"u", b"", *cells[2:]]), "the target is empty"
        case "no source":
            lines[at], said = d.join([b"", b"v", *cells[2:]]), "the source is empty"
        case "no UTF-8":
            lines[at], said = d.join([b"\xff\xfe", *cells[1:]]), "is not UTF-8"
        case "a quote":
            lines[at], said = b'"' + d.join([b"u", *cells[1:]]), "the quotes do not match"
        case weight:
            lines[at], said = d.join([*cells[:2], weight.encode()]), f'weight "{weight}" is'
    return dialect.ending.encode().join(lines), at + 1, said


def cases() -> list[tuple[Dialect, str, int]]:
    """Every kind in every delimiter, in dialects that change from one to the next."""
    weights = ("abc", "-1", "nan", "inf", "1_0", "2,5x", "0x3", "--1")
    kinds = ("a column too many", "a column too few", "no target", "no source", "no UTF-8", "a quote", *weights)
    found = []
    for seed, (kind, dialect) in enumerate((kind, dialect) for dialect in dialects()[::3] for kind in kinds):
        if dialect.quoted or (kind in weights and not dialect.weighted):
            continue
        if (dialect.delimiter == " " and kind.startswith("no ") and kind != "no UTF-8") or (
            dialect.delimiter in (",", ";") and kind == "2,5x"
        ):
            continue  # there a cell cannot be empty, or holds the delimiter
        found.append((dialect, kind, seed))
    return [found[i] for i in np.linspace(0, len(found) - 1, BROKEN).round().astype(int)]


@pytest.mark.parametrize("part", range(4))
def test_a_broken_line_is_told_by_file_and_number(part: int) -> None:
    some = cases()[part::4]
    assert len(some) == BROKEN // 4
    for dialect, kind, seed in some:
        content, line, said = broken(dialect, kind, seed)
        source = Source("edges.csv", "edges.csv", content)
        with pytest.raises(InputError) as raised:
            read_edges(source, directed=dialect.directed, delimiter=dialect.delimiter)  # type: ignore[arg-type]
        assert raised.value.where == f"edges.csv:{line}", (kind, dialect, content)
        assert said in raised.value.message, (kind, dialect)
        assert "\n" not in raised.value.message
        assert raised.value.hint
