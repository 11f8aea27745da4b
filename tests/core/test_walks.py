from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import chi2

from mlcli.core import walks as engine
from mlcli.core.arcs import Arcs, arcs_of
from mlcli.core.errors import InputError
from mlcli.core.graphs import Graph
from mlcli.core.walks import count_visits, draw_walks, step, walk, weigh
from mlcli.datasets.karate import karate
from tests.core.graphs import Out, drawn_graph

BIASES = [
    (1.0, 1.0),
    (0.25, 4.0),
    (4.0, 0.5),
    (0.1, 0.3),
    (7.0, 5.0),
    (1.0, 0.05),
    (30.0, 1.0),
    (1.0, 23.0),
    (3.0, 3.0),
]


def exact(out: Out, t: int | None, v: int, p: float, q: float) -> dict[int, float]:
    """P(x | t, v) by the definition, from dictionaries."""
    mass = {x: w * (1 if t is None else 1 / p if x == t else 1 if x in out[t] else 1 / q) for x, w in out[v].items()}
    return {x: m / sum(mass.values()) for x, m in mass.items()}


def chi_square(counts: Counter, probabilities: dict[int, float]) -> tuple[float, int]:
    """The statistic and its degrees of freedom; candidates expected fewer than five times count as one."""
    n = counts.total()
    assert set(counts) <= set(probabilities)
    cells = [(counts[x], n * P) for x, P in probabilities.items()]
    pooled = [cell for cell in cells if cell[1] >= 5]
    rest = np.sum([cell for cell in cells if cell[1] < 5], axis=0)
    if np.any(rest) and rest[1] >= 5:
        pooled.append(tuple(rest))
    return sum((seen - due) ** 2 / due for seen, due in pooled), max(len(pooled) - 1, 0)


def p_value(tests: list[tuple[float, int]]) -> float:
    statistic, freedom = np.sum(tests, axis=0)
    return float(chi2.sf(statistic, freedom))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_steps_of_whole_walks_are_distributed_exactly(seed: int, directed: bool, weighted: bool) -> None:
    """Twelve drawn graphs, each with a third of the biases: all steps of all walks, by where they came from."""
    graph, out = drawn_graph(seed, nodes=11, degree=5, directed=directed, weighted=weighted)
    arcs = arcs_of(graph)
    for i, (p, q) in enumerate(BIASES[(seed + directed + weighted) % 3 :: 3]):
        drawn = draw_walks(arcs, walks=101, length=23, p=p, q=q, seed=i)
        seen: dict[tuple[int | None, int], Counter] = {}
        for one in drawn.tolist():
            path = [None, *(node for node in one if node >= 0)]
            for t, v, x in zip(path, path[1:], path[2:], strict=False):
                seen.setdefault((t, v), Counter())[x] += 1
            if len(path) - 1 < len(one):
                assert not out[path[-1]]  # a walk ends early only where nothing leads on
        tests = [chi_square(counts, exact(out, t, v, p, q)) for (t, v), counts in seen.items()]
        assert p_value(tests) > 1e-4, (p, q)


@pytest.mark.parametrize("rounds", [0, 1, 12])
@pytest.mark.parametrize(("p", "q"), [(0.3, 5.0), (5.0, 0.3), (3.0, 3.0)])
def test_many_steps_from_a_few_pairs(p: float, q: float, rounds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What rejection leaves open is drawn from written-out probabilities: all of it, much, or nearly nothing."""
    monkeypatch.setattr(engine, "ROUNDS", rounds)
    monkeypatch.setattr(engine, "WRITTEN_OUT", 10_007)
    graph, out = drawn_graph(7, nodes=17, degree=7, weighted=True)
    pairs = [(a, b) for a in out for b in out[a] if len(out[b]) > 4][::11]
    t, v = np.repeat(pairs, 9973, axis=0).astype(np.int32).T
    x = step(arcs_of(graph), t, v, p, q, np.random.default_rng(rounds)).reshape(-1, 9973)
    tests = [chi_square(Counter(row.tolist()), exact(out, a, b, p, q)) for row, (a, b) in zip(x, pairs, strict=True)]
    assert p_value(tests) > 1e-4


def test_a_wish_that_nearly_nothing_grants_ends() -> None:
    """A dead end can only turn back, however unlikely: the walk goes on, and at once."""
    arcs = arcs_of(Graph(("a", "b", "c"), np.array([[0, 1], [1, 2]]), np.ones(2)))
    drawn = draw_walks(arcs, walks=3, length=31, p=1e90, q=1e-90, seed=0)
    assert set(np.abs(np.diff(drawn, axis=1)).ravel().tolist()) == {1}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize(("p", "q"), [(1.0, 1.0), (0.5, 2.0)])
def test_walks_go_along_arcs_only(directed: bool, weighted: bool, p: float, q: float) -> None:
    graph, out = drawn_graph(11, nodes=211, degree=3, directed=directed, weighted=weighted)
    drawn = draw_walks(arcs_of(graph), walks=5, length=29, p=p, q=q, seed=2)
    assert drawn.shape == (5 * 211, 29)
    for one in drawn.tolist():
        path = [node for node in one if node >= 0]
        assert one[len(path) :] == [-1] * (29 - len(path))
        assert all(b in out[a] for a, b in pairwise(path))
    rounds = drawn[:, 0].reshape(5, 211)
    assert all(sorted(starts) == list(range(211)) for starts in rounds.tolist())
    assert rounds[0].tolist() != rounds[1].tolist()


def test_one_seed_one_result(monkeypatch: pytest.MonkeyPatch) -> None:
    arcs = arcs_of(drawn_graph(5, nodes=101)[0])
    first = draw_walks(arcs, 7, 19, 0.5, 2.0, seed=3)
    assert np.array_equal(first, draw_walks(arcs, 7, 19, 0.5, 2.0, seed=3))
    assert not np.array_equal(first, draw_walks(arcs, 7, 19, 0.5, 2.0, seed=4))
    monkeypatch.setattr(engine, "BLOCK", 103)
    blocks = draw_walks(arcs, 7, 19, 0.5, 2.0, seed=3)
    assert np.array_equal(blocks[:, 0], first[:, 0])
    assert not np.array_equal(blocks, first)


def test_visits_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BLOCK", 2)
    walks = np.array([[0, 1, 0], [2, -1, -1], [1, 0, 1]], np.int32)
    visits = count_visits(walks, 5)
    assert visits.of_node.tolist() == [3, 3, 1, 0, 0]
    assert (visits.total, visits.walks, visits.ended) == (7, 3, 1)


def karate_arcs() -> Arcs:
    return arcs_of(karate().graph)


def test_karate_step_that_the_field_agrees_on() -> None:
    choice = weigh(karate_arcs(), previous=0, current=1, p=4.0, q=0.5)
    assert choice.Z == 9.25
    found = dict(zip(choice.candidates.tolist(), choice.probability.round(5).tolist(), strict=True))
    assert found == {0: 0.02703, **dict.fromkeys((2, 3, 7, 13, 17, 19, 21), 0.10811), 30: 0.21622}
    assert choice.distance is not None
    assert choice.distance.tolist() == [0, 1, 1, 1, 1, 1, 1, 1, 2]
    assert choice.alpha.tolist() == [0.25, *[1] * 7, 2]


@pytest.mark.parametrize("directed", [False, True])
def test_written_out_choice_is_the_definition(directed: bool) -> None:
    graph, out = drawn_graph(19, directed=directed, weighted=True)
    arcs = arcs_of(graph)
    for t in out:
        for v in out[t]:
            if out[v]:
                choice = weigh(arcs, t, v, 0.7, 3.0)
                found = dict(zip(choice.candidates.tolist(), choice.probability.tolist(), strict=True))
                assert found == pytest.approx(exact(out, t, v, 0.7, 3.0))


def test_one_walk_step_by_step() -> None:
    arcs = karate_arcs()
    steps = list(walk(arcs, 33, 17, 0.5, 2.0, np.random.default_rng(0)))
    assert [one.turn for one in steps] == list(range(1, 17))
    assert steps[0].choice.previous is None
    assert steps[0].choice.distance is None
    for before, after in pairwise(steps):
        assert (after.choice.previous, after.choice.current) == (before.choice.current, before.to)
    for one in steps:
        below = one.choice.up_to[one.place - 1] if one.place else 0
        assert below <= one.draw < one.choice.up_to[one.place]
        assert one.to == one.choice.candidates[one.place]
    first = next(walk(arcs, 1, 2, 4.0, 0.5, np.random.default_rng(0), came_from=0))
    assert first.choice.Z == 9.25


def test_one_walk_ends_where_no_arc_leads_on() -> None:
    arcs = arcs_of(Graph(("a", "b", "c"), np.array([[0, 1], [1, 2]]), np.ones(2), directed=True))
    assert [one.to for one in walk(arcs, 0, 9, 1.0, 1.0, np.random.default_rng(0))] == [1, 2]
    with pytest.raises(InputError, match="no edge leads on from c"):
        walk(arcs, 2, 9, 1.0, 1.0, np.random.default_rng(0))
    with pytest.raises(InputError, match="there is no edge from c to b"):
        walk(arcs, 1, 9, 1.0, 1.0, np.random.default_rng(0), came_from=2)


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ({"p": 0.0}, "--p"),
        ({"q": -1.0}, "--q"),
        ({"p": float("nan")}, "--p"),
        ({"q": float("inf")}, "--q"),
        ({"walks": 0}, "--walks"),
        ({"length": 1}, "--walk-length"),
    ],
)
def test_numbers_that_make_no_walk(arguments: dict, where: str) -> None:
    with pytest.raises(InputError) as error:
        draw_walks(karate_arcs(), **arguments)
    assert error.value.where == where
