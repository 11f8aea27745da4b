from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcli.checks.propagation import MOST_NODES, against_torch
from mlcli.core.errors import InputError
from mlcli.core.graphs import Graph
from mlcli.core.propagation_layers import ATTENTION, Activation, Passing, Rule, propagate
from mlcli.core.propagation_weights import identity_weights
from tests.core.propagation import ACTIVATIONS, RULES, drawn, random_graph, run


@pytest.mark.parametrize("rule", RULES)
@given(activation=st.sampled_from(ACTIVATIONS), seed=st.integers(0, 2**32))
@settings(max_examples=13, deadline=None)
def test_dense_matrices_give_the_same(rule: Rule, activation: Activation, seed: int) -> None:
    graph = random_graph(seed)
    x, weights = drawn(graph, 3, 5, 2, seed, heads=2 if rule in ATTENTION else 1)
    how = Passing(rule, activation, bool(seed % 2), slope=1.0 if seed % 3 else 0.2, normalise=rule == "sage")
    layers = run(graph, x, weights, how)
    check = against_torch(layers, *graph.messages(loops=True))
    assert check.passed
    assert check.difference < 1e-10


def test_a_wrong_answer_fails() -> None:
    graph = Graph(("a", "b", "c"), np.array([[0, 1], [1, 2]]), np.ones(2))
    x, weights = drawn(graph, 2, 3, 1, 7)
    [layer] = run(graph, x, weights, "mean")
    wrong = replace(layer, out=layer.out + 1e-6)
    assert not against_torch([wrong], *graph.messages()).passed


def test_a_large_graph_is_refused_with_its_size() -> None:
    x = np.zeros((MOST_NODES + 1, 1))
    arcs = np.array([[0], [1]])
    layers = list(propagate(x, [(Passing("mean"), w) for w in identity_weights(1, 1)], arcs))
    with pytest.raises(InputError, match="25,010,001 numbers"):
        against_torch(layers, arcs, np.ones(1))
