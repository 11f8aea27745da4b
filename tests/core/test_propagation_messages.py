from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcli.core.graphs import Graph
from mlcli.core.propagation_layers import Layer, Rule, draw_weights, identity_weights, propagate
from mlcli.core.propagation_messages import agreement, work_out
from mlcli.datasets.graphs import toy
from tests.core.propagation import RULES, drawn, random_graph, run


@pytest.mark.parametrize("rule", RULES)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=13, deadline=None)
def test_every_node_message_by_message_is_its_row(rule: Rule, seed: int) -> None:
    graph = random_graph(seed)
    x, weights = drawn(graph, 3, 2, 2, seed)
    layers = run(graph, x, weights, rule, "elu")
    updates = [work_out(layer, v) for layer in layers for v in range(len(x))]
    assert agreement(layers, updates) < 1e-10
    for update in updates:
        assert update.z[0] == pytest.approx(sum(products.total for products in update.first))


def test_a_wrong_row_is_noticed() -> None:
    layers = _layers("mean")
    updates = [work_out(layers[0], 1)]
    wrong = replace(layers[0], out=layers[0].out + 0.5)
    assert agreement([wrong], updates) == pytest.approx(0.5)
    assert agreement(layers, []) == 0


def _layers(rule: Rule) -> list[Layer]:
    example = toy()
    assert example.features is not None
    return list(propagate(example.features, identity_weights(2, 1), example.graph.arcs(), rule, "relu", own=True))


def test_a_mean_message_by_message() -> None:
    update = work_out(_layers("mean")[0], 1)
    assert update.sources.tolist() == [0, 2, 3]
    assert update.messages.tolist() == [[0, 1], [4, 5], [6, 7]]
    assert update.coefficient == pytest.approx([1 / 3] * 3)
    assert update.heard == pytest.approx([10 / 3, 13 / 3])
    assert update.own is not None
    assert update.own.tolist() == [2, 3]
    assert update.out == pytest.approx([16 / 3, 22 / 3])


def test_a_maximum_says_who_gives_it() -> None:
    update = work_out(_layers("max")[0], 2)
    assert update.sources.tolist() == [1, 3]
    assert update.coefficient is None
    assert update.taken is not None
    assert update.taken.tolist() == [[False, False], [True, True]]


def test_gcn_counts_the_node_itself() -> None:
    update = work_out(_layers("gcn")[0], 0)
    assert update.sources.tolist() == [0, 1]
    assert update.degree is not None
    assert update.degree.tolist() == [2, 4]
    assert update.coefficient == pytest.approx([1 / 2, 8**-0.5])
    assert update.own is None


def test_gat_score_by_score() -> None:
    example = toy()
    assert example.features is not None
    rng = np.random.default_rng(3)
    [weights] = draw_weights(2, 5, 1, rng)
    [layer] = propagate(example.features, [weights], example.graph.arcs(), "gat", "none", own=False)
    update = work_out(layer, 3)
    scores = update.scores
    assert scores is not None
    assert update.coefficient is not None
    assert update.sources.tolist() == [1, 2, 3]
    assert scores.source == pytest.approx(example.features[1:] @ weights.W @ weights.a_source)
    assert scores.target == pytest.approx(example.features[3] @ weights.W @ weights.a_target)
    assert scores.e == pytest.approx([s if s > 0 else 0.2 * s for s in scores.score])
    assert update.coefficient == pytest.approx(np.exp(scores.e) / np.exp(scores.e).sum())
    assert scores.alphas == pytest.approx(1)


def test_scores_far_apart_do_not_overflow() -> None:
    graph = Graph(("a", "b", "c"), np.array([[0, 1], [1, 2]]), np.ones(2))
    x = np.array([[-5e4], [1.0], [5e4]])
    [layer] = propagate(x, identity_weights(1, 1), graph.arcs(), "gat", "none", own=False)
    update = work_out(layer, 1)
    assert update.coefficient is not None
    assert update.coefficient.tolist() == [0, 0, 1]
    assert agreement([layer], [update]) == 0
