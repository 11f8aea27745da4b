import dataclasses

import numpy as np
import pytest

from mlcli.core.training import (
    ACCURACY,
    SQUARED_ERROR,
    Description,
    Published,
    Run,
    Score,
    Study,
    compare,
    weight_count,
)
from mlcli.core.training_graphs import summarise
from mlcli.core.training_mistakes import by_class, confusion, worst
from tests.models.graphs import random_graph


def run(seed: int, test: float, validation: float = 0.5) -> Run:
    return Run(seed, (), 0, "", 1.0, validation, test, np.array([[2, 1], [0, seed]]))


NOTHING = Description((), "", "", "", "")


def study(*runs: Run, score: Score = ACCURACY) -> Study:
    return Study("gcn", score, summarise(random_graph(0)), NOTHING, {}, (), (), "", {}, 1, runs, None)


def test_mean_and_sample_deviation_of_runs() -> None:
    told = study(run(3, 0.7), run(4, 0.8), run(5, 0.9))
    assert told.mean == pytest.approx(0.8)
    assert told.deviation == pytest.approx(0.1)  # √((0.01 + 0 + 0.01) / 2)
    assert study(run(3, 0.7)).deviation is None
    np.testing.assert_array_equal(told.confusion, [[6, 3], [0, 12]])


def test_the_best_run_is_chosen_on_the_validation_nodes_the_first_of_equals() -> None:
    told = study(run(3, 0.99, 0.7), run(4, 0.5, 0.8), run(5, 0.9, 0.8))
    assert told.best.seed == 4
    assert study(run(3, 0.0, 0.7), run(4, 0.0, 0.2), run(5, 0.0, 0.2), score=SQUARED_ERROR).best.seed == 4


def test_what_is_better_has_a_direction() -> None:
    always_one = Published(1 / 6, None, "", "", baseline=True)
    assert compare(0.1, always_one, SQUARED_ERROR).better and not compare(0.2, always_one, SQUARED_ERROR).better
    assert compare(0.1, always_one, SQUARED_ERROR).difference == pytest.approx(-1 / 15)
    for score in (ACCURACY, SQUARED_ERROR):
        assert score.better(0.5, score.worst) and not score.better(score.worst, score.worst)


def test_a_study_without_classes_has_no_confusion() -> None:
    assert study(dataclasses.replace(run(3, 0.1), confusion=None)).confusion is None
    told = study(*(dataclasses.replace(run(seed, 0.1), more={"recall": seed / 10}) for seed in (1, 2)))
    assert told.more == {"recall": pytest.approx(0.15)}


def test_mistakes_by_class() -> None:
    counts = confusion(np.array([0, 0, 0, 1, 1, 2]), np.array([0, 2, 2, 1, 0, 2]), 4)
    results = by_class(counts)
    assert [(r.cases, r.right, r.taken, r.times) for r in results] == [
        (3, 1, 2, 2),
        (2, 1, 0, 1),
        (1, 1, None, 0),
        (0, 0, None, 0),
    ]
    assert [r.accuracy for r in results] == [1 / 3, 0.5, 1.0, None]
    assert worst(results) is results[0]
    assert worst(by_class(np.eye(3, dtype=int))) is None


@pytest.mark.parametrize(
    ("mean", "deviation", "points", "inside"),
    [(0.824, 0.007, -0.6, True), (0.82, 0.007, -1.0, False), (0.85, None, 2.0, None)],
)
def test_beside_the_published_result(mean: float, deviation: float | None, points: float, inside: bool | None) -> None:
    verdict = compare(mean, Published(0.83, deviation, "", ""))
    assert verdict.difference == pytest.approx(points)
    assert verdict.inside is inside


def test_a_graph_in_numbers() -> None:
    graph = random_graph(0)
    told = summarise(graph)
    ends = graph.labels[graph.graph.arcs()]
    assert (told.sizes["nodes"], told.sizes["features"], told.train, told.validation, told.test) == (29, 7, 5, 7, 17)
    assert told.sizes["edges"] == len({frozenset(pair) for pair in graph.graph.edges.T.tolist() if len(set(pair)) == 2})
    assert told.facts["homophily"] == pytest.approx(float((ends[0] == ends[1]).mean()))
    pairs = ends[0][:, None] == ends[1]  # every end beside every other
    assert told.facts["homophily by chance"] == pytest.approx(float(pairs.mean()))


def test_one_is_told_in_the_singular() -> None:
    summary = dataclasses.replace(
        summarise(random_graph(0)), sizes={"nodes": 1, "edges to learn from": 1, "edges": 1203}
    )
    assert summary.size == "1 node, 1 edge to learn from, 1,203 edges"


def test_weights_are_counted_as_the_papers_models_have_them() -> None:
    gcn = [("W", (1433, 16)), ("b", (16,)), ("W", (16, 7)), ("b", (7,))]
    first = [("W", (1433, 8, 8)), ("a", (8, 8)), ("a", (8, 8)), ("b", (64,))]
    last = [("W", (64, 1, 7)), ("a", (1, 7)), ("a", (1, 7)), ("b", (7,))]
    assert weight_count(gcn) == 23_063
    assert weight_count(first + last) == 92_373
