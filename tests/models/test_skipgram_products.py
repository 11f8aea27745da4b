"""The products against the written-out pairs of `core.skipgram`, in float64, and the same bits whatever the threads."""

import numpy as np
import pytest
import torch

from mlcli.core.arcs import arcs_of
from mlcli.core.graphs import Graph
from mlcli.core.skipgram import update
from mlcli.core.walks import count_visits, draw_walks
from mlcli.models import skipgram_products as products
from mlcli.models.skipgram_products import (
    DRAWN,
    Pieces,
    Scorer,
    Table,
    draw_nodes,
    equal_places,
    fastest_kind,
    fit,
    stable_order,
)
from tests.core.graphs import drawn_graph

D, WINDOW, NEGATIVE = 5, 3, 2
KINDS = [torch.float32, torch.bfloat16]


def written_out(x: np.ndarray, y: np.ndarray, pieces: np.ndarray, negatives: np.ndarray) -> tuple[np.ndarray, ...]:
    """The expected gradient of both tables, pair by pair: radii 1 … WINDOW are each as likely."""
    dx, dy = np.zeros_like(x), np.zeros_like(y)
    for piece, drawn in zip(pieces.tolist(), negatives, strict=True):
        for i in range(WINDOW, len(piece) - WINDOW):
            for j in range(i - WINDOW, i + WINDOW + 1):
                if piece[i] < 0 or piece[j] < 0 or i == j:
                    continue
                within = sum(abs(i - j) <= r for r in range(1, WINDOW + 1)) / WINDOW
                others = drawn[drawn != piece[j]]
                pair = update(x, y, piece[i], piece[j], others)
                weight = within * np.array([1.0, *[NEGATIVE / DRAWN] * len(others)])
                dx[piece[i]] += weight @ pair.pulls
                np.add.at(dy, pair.nodes, weight[:, None] * pair.grad_Y)
    return dx, dy


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("most", [4, 11])
@pytest.mark.parametrize("centres", [5, 10_000])
def test_a_step_is_the_sum_of_its_pairs(seed: int, most: int, centres: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Walks of unequal length, whole and in pieces, negatives that are contexts: float64, to the last digits."""
    rng = np.random.default_rng(seed)
    N, G = 7, 2
    monkeypatch.setattr(products, "BLOCK", centres)
    walks = rng.integers(N, size=(3, 11)).astype(np.int32)
    walks[1, 5:], walks[2, 1:] = -1, -1
    pieces = Pieces(walks, WINDOW, most)
    (contexts,) = pieces.batches(99, rng)
    assert (contexts >= 0).any(axis=1).all()
    contexts = np.pad(contexts, ((0, len(contexts) % G), (0, 0)), constant_values=-1)
    x, y = rng.standard_normal((2, N, D))
    inputs, outputs = (Table(torch.from_numpy(table.copy()), torch.float64) for table in (x, -y))
    negatives = draw_nodes(np.arange(1, N + 1) / 28, len(contexts) // G, rng)
    scorer = Scorer(len(contexts), G, pieces.P, pieces.margin, WINDOW, NEGATIVE, D, torch.float64)
    gradients = scorer.gradients(inputs, outputs, np.where(contexts < 0, N, contexts).astype(np.int32), negatives)
    dx, dy = np.zeros((N + 1, D)), np.zeros((N + 1, D))
    for into, (nodes, of_nodes) in zip((dx, dy), gradients, strict=True):
        np.add.at(into, nodes, of_nodes.numpy())
    expected = written_out(x, y, contexts, negatives.repeat(G, axis=0))
    np.testing.assert_allclose(dx[:N], expected[0], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(dy[:N], -expected[1], rtol=1e-10, atol=1e-12)  # the table holds minus y


def test_a_window_beyond_the_walks_costs_no_more() -> None:
    assert Pieces(np.zeros((2, 5), np.int32), 10**9, 7).margin == 4


@pytest.mark.parametrize("most", [2, 5, 23])
def test_pieces_hold_every_pair_once(most: int) -> None:
    walks = np.arange(3 * 23, dtype=np.int32).reshape(3, 23)
    walks[1, 9:] = -1
    pieces = Pieces(walks, WINDOW, most)
    batches = list(pieces.batches(2, np.random.default_rng(0)))
    assert sum(map(len, batches)) == len(pieces)
    found = sorted(
        (row[i], row[j])
        for row in np.concatenate(batches).tolist()
        for i in range(WINDOW, len(row) - WINDOW)
        for j in range(i - WINDOW, i + WINDOW + 1)
        if i != j and min(row[i], row[j]) >= 0
    )
    expected = sorted(
        (walk[i], walk[j])
        for walk in walks.tolist()
        for i in range(23)
        for j in range(max(i - WINDOW, 0), min(i + WINDOW + 1, 23))
        if i != j and min(walk[i], walk[j]) >= 0
    )
    assert found == expected


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("directed", [False, True])
def test_the_same_bits_at_one_thread_and_two(
    kind: torch.dtype, directed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(products, "BATCHES", 2)  # large ones, which threads share
    graph, _ = drawn_graph(0, nodes=211, degree=5, directed=directed)
    walks = draw_walks(arcs_of(graph), 2, 31)
    assert not directed or (walks < 0).any()
    visits = count_visits(walks, 211).of_node
    before = torch.get_num_threads()
    one, two = (
        fit(walks, visits, dimensions=37, window=5, negative=3, epochs=2, seed=1, workers=n, kind=kind) for n in (1, 2)
    )
    assert torch.get_num_threads() == before
    assert one.vectors.tobytes() == two.vectors.tobytes()
    assert one.outputs.tobytes() == two.outputs.tobytes()
    assert str(kind)[6:] in one.engine


def test_the_row_of_what_is_missing_stays_zero() -> None:
    table = Table(torch.ones(3, 2), torch.float32)
    table.descend(np.array([0, 3, 3, 2], np.int32), torch.ones(4, 2), 0.1)
    assert table.vectors[3].tolist() == [0, 0]
    assert table.vectors[1].tolist() == [1, 1]
    assert (table.vectors[[0, 2]] < 1).all()


def test_hubs_are_slowed_and_others_are_not() -> None:
    small, large = 0.01, 1000.0
    table = Table(torch.zeros(2, 3).double(), torch.float64)
    table.descend(np.array([0, 1], np.int32), torch.tensor([[small] * 3, [large] * 3]).double(), 1.0)
    assert table.vectors[0, 0].item() == pytest.approx(-small, rel=1e-4)
    assert table.vectors[1, 0].item() == pytest.approx(-products.CAP, rel=1e-3)


def test_a_batch_that_a_node_is_not_in_leaves_its_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "ROWS", 2)  # three nodes in two parts
    table = Table(torch.zeros(3, 2).double(), torch.float64)
    for nodes in ([2, 2, 0], [0, 0, 0]):
        table.descend(np.array(nodes, np.int32), torch.ones(3, 2).double(), 0.1)
    assert table.steps.tolist() == [2, 0, 1, 0]
    assert table.squares.tolist() == pytest.approx([1 + 9, 0, 4, 0])
    slowed = [1 / np.sqrt(1 + g2 / products.CAP**2) for g2 in (1, 5, 4)]
    expected = [-0.1 * (slowed[0] + 3 * slowed[1]), 0, -0.2 * slowed[2], 0]
    np.testing.assert_allclose(table.vectors.numpy()[:, 1], expected, rtol=1e-10)


def test_order_of_many_nodes() -> None:
    nodes = np.random.default_rng(0).integers(200_003, size=5003).astype(np.int32)
    assert stable_order(nodes).tolist() == np.argsort(nodes, kind="stable").tolist()
    assert stable_order(nodes % 97).tolist() == np.argsort(nodes % 97, kind="stable").tolist()


def test_equal_places_are_equal_beyond_16_bits() -> None:
    a, b = np.array([[3, 5], [70_000, 7]], np.int32), np.array([[3, 5, 3], [70_000 - 2**16, 7, 70_000]], np.int32)
    expected = np.flatnonzero(a[:, :, None] == b[:, None, :])
    assert equal_places(a, b).tolist() == expected.tolist() == [0, 2, 4, 8, 10]


def test_nodes_are_drawn_by_their_noise() -> None:
    noise = np.array([0.5, 0.0, 0.3, 0.2])
    drawn = draw_nodes(noise, 331, np.random.default_rng(0))
    assert drawn.shape == (331, DRAWN)
    shares = np.bincount(drawn.ravel(), minlength=4) / drawn.size
    assert abs(shares - noise).max() < 4 * np.sqrt(0.25 / drawn.size)
    by_place = np.stack([np.bincount(column, minlength=4) / 331 for column in drawn.T])
    assert abs(by_place - noise).max() < 5 * np.sqrt(0.25 / 331)  # in no order


def test_bfloat16_is_taken_where_the_processor_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for able, kind in [({"avx512_bf16": True}, torch.bfloat16), ({"avx2": True}, torch.float32)]:
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda able=able: able, raising=False)
        assert fastest_kind() == kind


def test_both_kinds_tell_a_planted_partition() -> None:
    rng = np.random.default_rng(3)
    pairs = rng.integers(0, 101, (2, 2003))
    same = pairs[:, (pairs[0] % 3 == pairs[1] % 3) & (pairs[0] != pairs[1])]
    graph = Graph(tuple(map(str, range(101))), np.unique(np.sort(same, axis=0), axis=1), np.ones(1)[:0])
    graph = Graph(graph.names, graph.edges, np.ones(graph.edges.shape[1]))
    walks = draw_walks(arcs_of(graph), 10, 40)
    for kind in KINDS:
        X = fit(walks, count_visits(walks, 101).of_node, dimensions=17, window=5, negative=5, epochs=2, seed=0,
                kind=kind).vectors  # fmt: skip
        cosines = X @ X.T / np.outer(*[np.linalg.norm(X, axis=1)] * 2)
        same = np.equal.outer(np.arange(101) % 3, np.arange(101) % 3)
        assert cosines[same].mean() > cosines[~same].mean() + 0.3
