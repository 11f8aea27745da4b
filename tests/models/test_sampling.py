import numpy as np
import pytest
from scipy import sparse, stats

from mlcli.models.adjacency import mean_adjacency
from mlcli.models.receptive_field import receptive_field
from mlcli.models.sampling import sampled_field

N = 53


def graph(seed: int, arcs: int = 701) -> sparse.csr_array:
    """Node 0 hears all others, node 1 nobody."""
    rng = np.random.default_rng(seed)
    drawn = np.concatenate([rng.integers(N, size=(2, arcs)), [np.arange(N), np.zeros(N, dtype=np.int64)]], axis=1)
    source, target = np.unique(drawn, axis=1)
    kept = (source != target) & (target != 1)
    return mean_adjacency(np.stack([source[kept], target[kept]]), N)


def test_all_neighbours_are_the_receptive_field() -> None:
    A, wanted = graph(1), np.array([5, 0, 17, 1])
    for fanout in ((0, 0), (N, N)):
        nodes, parts = sampled_field(A, wanted, fanout, 7)
        expected, whole = receptive_field(A, wanted, 2)
        np.testing.assert_array_equal(nodes, expected)
        for part, other in zip(parts, whole, strict=True):
            np.testing.assert_allclose(part.toarray(), other.toarray(), atol=1e-15)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_kept_are_neighbours_no_more_than_asked_and_the_node_itself(seed: int) -> None:
    A, wanted = graph(seed), np.array([3, 0, 1, 31])
    nodes, (first, last) = sampled_field(A, wanted, (5, 3), seed)
    assert len(set(nodes.tolist())) == len(nodes) == first.shape[1]
    assert first.shape[0] == last.shape[1] and last.shape[0] == len(wanted)
    for part, most in ((last, 5), (first, 3)):
        for row in range(part.shape[0]):
            columns = part.indices[part.indptr[row] : part.indptr[row + 1]]
            heard, d = set(nodes[columns].tolist()), np.diff(A.indptr)[nodes[row]] - 1
            assert nodes[row] in heard and len(heard) == len(columns) == 1 + min(most, d)
            assert heard <= set(A.indices[A.indptr[nodes[row]] : A.indptr[nodes[row] + 1]].tolist())
            assert part[[row]].sum() == pytest.approx(1.0 if d else 0.0)  # the mean of those that are kept


def test_every_set_of_neighbours_is_as_likely_as_any_other() -> None:
    """Pairs of the 7 whom a node hears, over 4,200 seeds: chi-square."""
    arcs = np.array([np.arange(1, 8), np.zeros(7, dtype=np.int64)])
    A = mean_adjacency(arcs, 8)
    counts = np.zeros((8, 8))
    for seed in range(4200):
        _, (part,) = sampled_field(A, np.array([0]), (2,), seed)
        nodes, _ = sampled_field(A, np.array([0]), (2,), seed)
        u, v = sorted(nodes[1:].tolist())
        counts[u, v] += 1
        assert part.nnz == 3
    pairs = counts[np.triu_indices(8, 1)]
    assert stats.chisquare(pairs[pairs > 0]).pvalue > 1e-3 and (pairs > 0).sum() == 21


def test_on_average_a_node_hears_what_it_hears_from_all() -> None:
    A = graph(2)
    A.data *= np.random.default_rng(0).random(A.nnz)
    h = np.random.default_rng(1).standard_normal(N)
    wanted = np.array([0, 9])
    heard = []
    for seed in range(3000):
        nodes, (part,) = sampled_field(A, wanted, (4,), seed)
        heard.append(part @ h[nodes])
    error = np.std(heard, axis=0) / np.sqrt(len(heard))
    assert (abs(np.mean(heard, axis=0) - (A @ h)[wanted]) < 4 * error).all()


def test_a_nodes_neighbours_do_not_depend_on_the_batch() -> None:
    A = graph(3)
    together, (both,) = sampled_field(A, np.array([4, 0, 8]), (3,), 11)
    alone, (one,) = sampled_field(A, np.array([0]), (3,), 11)
    heard = together[both.indices[both.indptr[1] : both.indptr[2]]].tolist()
    assert heard == alone[one.indices].tolist() == sorted(heard), "in the order of the graph, so that sums are the same"
