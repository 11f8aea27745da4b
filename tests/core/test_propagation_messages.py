from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcli.core.graphs import Graph
from mlcli.core.propagation_cell import total, write_heard, write_message, write_out, write_score
from mlcli.core.propagation_layers import ATTENTION, Layer, Passing, Rule
from mlcli.core.propagation_messages import agreement, work_out
from mlcli.core.propagation_weights import Shape, draw_weights, identity_weights
from mlcli.datasets.graphs import slide, toy
from tests.core.propagation import RULES, drawn, passing, random_graph, run


@pytest.mark.parametrize("heads", [1, 3])
@pytest.mark.parametrize("rule", RULES)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=11, deadline=None)
def test_every_node_message_by_message_is_its_row(rule: Rule, heads: int, seed: int) -> None:
    graph = random_graph(seed)
    how = Passing(rule, "elu", True, "mean" if seed % 2 else "concat", normalise=rule == "sage")
    x, weights = drawn(graph, 3, 2, 1, seed, heads if rule in ATTENTION else 1)
    [layer] = run(graph, x, weights, how)
    updates = [work_out(layer, v) for v in range(len(x))]
    assert agreement([layer], updates) < 1e-10
    for update in updates:
        for f in range(len(update.z)):
            written = write_out(layer, update, f)
            assert written.z == pytest.approx(total(written.parts) + (written.bias or 0))


def test_every_factor_of_a_sum_is_a_sum() -> None:
    graph = slide().graph
    x, weights = drawn(graph, 13, 2, 1, 3, heads=2)
    for rule in ("mean", "gat", "gatv2"):
        [layer] = run(graph, x, weights, rule)
        update = work_out(layer, 1)
        u = int(update.sources[0])
        if rule == "mean":
            heard = write_heard(update, 7)
            assert heard is not None
            assert heard.total == pytest.approx(update.joined[7])
            continue
        assert write_message(layer, u, 3).total == pytest.approx(update.heads[1].messages[0, 1])
        scores = update.heads[1].scores
        assert scores is not None
        e = total(write_score(layer, update, 0, 1))
        assert (e if rule == "gatv2" else max(e, 0.2 * e)) == pytest.approx(scores.e[0])


def test_terms_that_are_zero_are_counted_not_told() -> None:
    graph = random_graph(3)
    x, weights = drawn(graph, 17, 2, 1, 3)
    x[:] = 0
    x[:, 4] = 2
    [layer] = run(graph, x, weights, "gcn")
    message = write_message(layer, 0, 1)
    assert (message.values.tolist(), message.left_out) == ([2], 16)


def test_a_wrong_row_is_noticed() -> None:
    layers = _layers("mean")
    updates = [work_out(layers[0], 1)]
    wrong = replace(layers[0], out=layers[0].out + 0.5)
    assert agreement([wrong], updates) == pytest.approx(0.5)
    assert agreement(layers, []) == 0


def _layers(rule: Rule) -> list[Layer]:
    example = toy()
    assert isinstance(example.features, np.ndarray)
    return run(example.graph, example.features, identity_weights(2, 1), passing(rule, "relu"))


def test_a_mean_message_by_message() -> None:
    update = work_out(_layers("mean")[0], 1)
    assert update.sources.tolist() == [0, 2, 3]
    assert update.heads[0].messages.tolist() == [[0, 1], [4, 5], [6, 7]]
    assert update.heads[0].coefficient == pytest.approx([1 / 3] * 3)
    assert update.joined == pytest.approx([10 / 3, 13 / 3])
    assert update.own is not None
    assert update.own.tolist() == [2, 3]
    assert update.out == pytest.approx([16 / 3, 22 / 3])


def test_a_maximum_says_who_gives_it() -> None:
    update = work_out(_layers("max")[0], 2)
    assert update.sources.tolist() == [1, 3]
    assert update.heads[0].coefficient is None
    assert update.heads[0].taken is not None
    assert update.heads[0].taken.tolist() == [[False, False], [True, True]]


def test_gcn_counts_the_node_itself() -> None:
    update = work_out(_layers("gcn")[0], 0)
    assert update.sources.tolist() == [0, 1]
    assert update.degree is not None
    assert update.degree.tolist() == [2, 4]
    assert update.heads[0].coefficient == pytest.approx([1 / 2, 8**-0.5])
    assert update.own is None


def test_gat_score_by_score() -> None:
    example = toy()
    assert isinstance(example.features, np.ndarray)
    rng = np.random.default_rng(3)
    [weights] = draw_weights(2, Shape(1, 5), rng)
    [layer] = run(example.graph, example.features, [weights], "gat")
    update = work_out(layer, 3)
    scores = update.heads[0].scores
    assert scores is not None
    assert update.heads[0].coefficient is not None
    assert update.sources.tolist() == [1, 2, 3]
    assert scores.source == pytest.approx(example.features[1:] @ weights.W[:, 0] @ weights.a_source[0])
    assert scores.target == pytest.approx(example.features[3] @ weights.W[:, 0] @ weights.a_target[0])
    assert scores.e == pytest.approx([s if s > 0 else 0.2 * s for s in scores.score])
    assert update.heads[0].coefficient == pytest.approx(np.exp(scores.e) / np.exp(scores.e).sum())
    assert scores.alphas == pytest.approx(1)


def test_scores_far_apart_do_not_overflow() -> None:
    graph = Graph(("a", "b", "c"), np.array([[0, 1], [1, 2]]), np.ones(2))
    x = np.array([[-5e4], [1.0], [5e4]])
    [layer] = run(graph, x, identity_weights(1, 1), "gat")
    update = work_out(layer, 1)
    assert update.heads[0].coefficient is not None
    assert update.heads[0].coefficient.tolist() == [0, 0, 1]
    assert agreement([layer], [update]) == 0
