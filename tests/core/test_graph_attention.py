import numpy as np
import pytest

from mlcli.core.graph_attention import AttentionWeights, gat, graph_attention
from mlcli.core.numerics import leaky_relu, softmax
from tests.models.graphs import random_graph

K, F_OUT = 3, 5


def weights(rng: np.random.Generator, F_in: int = 7, joined: int = K * F_OUT) -> AttentionWeights:
    shapes = ((F_in, K, F_OUT), (K, F_OUT), (K, F_OUT), (joined,))
    return AttentionWeights(*(rng.standard_normal(shape) for shape in shapes))


@pytest.mark.parametrize("seed", range(4))
def test_a_node_is_worked_out_as_the_slide_does(seed: int) -> None:
    """Node by node, head by head: logits, softmax over v and its neighbours, weighted sum."""
    graph = random_graph(seed, dense=True)
    w, arcs = weights(np.random.default_rng(seed)), graph.graph.arcs()
    layer = graph_attention(graph.features, w, arcs, slope=0.3)
    for v in (0, 11, 28):
        near = sorted({v, *arcs[0, arcs[1] == v].tolist()})
        for k in range(K):
            m = graph.features @ w.W[:, k]
            e = leaky_relu(m[near] @ w.a_source[k] + m[v] @ w.a_target[k], 0.3)
            at = layer.arcs[1] == v
            np.testing.assert_allclose(layer.alpha[at, k], softmax(e))
            np.testing.assert_allclose(layer.heads[v, k], softmax(e) @ m[near])
    np.testing.assert_allclose(layer.out, layer.heads.reshape(29, -1) + w.b)


def test_heads_are_joined_by_their_mean_on_request() -> None:
    graph = random_graph(1)
    layer = graph_attention(graph.features, weights(np.random.default_rng(1), joined=F_OUT), graph.graph.arcs(), "mean")
    np.testing.assert_allclose(layer.out, layer.heads.mean(axis=1) + layer.weights.b)


def test_without_leaky_relu_the_target_half_cancels() -> None:
    graph, rng = random_graph(2, dense=True), np.random.default_rng(5)
    w = weights(rng)
    other = AttentionWeights(w.W, w.a_source, rng.standard_normal((K, F_OUT)), w.b)
    flat, bent = (
        [graph_attention(graph.features, x, graph.graph.arcs(), slope=slope).alpha for x in (w, other)]
        for slope in (1.0, 0.2)
    )
    np.testing.assert_allclose(flat[0], flat[1])
    assert np.abs(bent[0] - bent[1]).max() > 0.01


def test_large_logits_do_not_overflow() -> None:
    graph = random_graph(3, dense=True)
    layer = graph_attention(1e4 * graph.features, weights(np.random.default_rng(3)), graph.graph.arcs())
    assert np.isfinite(layer.out).all()


def test_two_layers_have_elu_between() -> None:
    graph, rng = random_graph(4), np.random.default_rng(7)
    first, last = gat(
        graph.features,
        [(weights(rng), "concat"), (weights(rng, F_in=K * F_OUT, joined=F_OUT), "mean")],
        graph.graph.arcs(),
    )
    x = first.out
    np.testing.assert_allclose(last.h, np.where(x > 0, x, np.exp(x) - 1))
