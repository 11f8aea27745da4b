"""Each product, and its gradients, against the same with dense matrices; the same bits whatever the threads."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy import sparse
from torch import Tensor

from mlcli.models import products
from mlcli.models.products import (
    ArcSum,
    HeadsProduct,
    PairScore,
    Pattern,
    RowSoftmax,
    SparseMatrix,
    column_sum,
    product,
    row_sum,
)

R, C, K, F = 11, 17, 3, 5  # the columns of the last rows of a part are read by none
TIGHT = {"rtol": 1e-10, "atol": 1e-12}


@pytest.fixture(params=range(3))
def S(request: pytest.FixtureRequest) -> sparse.csr_array:
    """Each row has a non-zero, as a node has its loop; some columns have none."""
    rng = np.random.default_rng(request.param)
    dense = rng.standard_normal((R, C)) * (rng.random((R, C)) < 0.2)
    dense[np.arange(R), np.arange(R)] = 1
    return sparse.csr_array(dense)


def drawn(seed: int, *shape: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape)).requires_grad_()


def agree(ours: Tensor, dense: Tensor, *inputs: Tensor) -> None:
    """Values, and the gradients of one random weighted sum of them."""
    torch.testing.assert_close(ours, dense, **TIGHT)
    weights = drawn(99, *ours.shape).detach()
    for a, b in zip(torch.autograd.grad((ours * weights).sum(), inputs, retain_graph=True),
                    torch.autograd.grad((dense * weights).sum(), inputs, retain_graph=True), strict=True):  # fmt: skip
        torch.testing.assert_close(a, b, **TIGHT)


def places(S: sparse.csr_array) -> tuple[Tensor, Tensor]:
    rows, columns = S.nonzero()
    return torch.from_numpy(rows.astype(np.int64)), torch.from_numpy(columns.astype(np.int64))


def test_sparse_product(S: sparse.csr_array) -> None:
    W = drawn(1, C, F)
    agree(product(SparseMatrix.of(S, torch.float64), W), torch.from_numpy(S.toarray()) @ W, W)


def test_dense_product() -> None:
    x, W = drawn(2, R, C), drawn(3, C, F)
    agree(product(x, W), x @ W, x, W)


def test_sums_by_row_and_by_column(S: sparse.csr_array) -> None:
    rows, columns = places(S)
    x = drawn(4, len(rows), K).detach()
    by_row, by_column = torch.zeros(R, K).double(), torch.zeros(C, K).double()
    for e in range(len(rows)):
        by_row[rows[e]] += x[e]
        by_column[columns[e]] += x[e]
    torch.testing.assert_close(row_sum(Pattern(S), x), by_row, **TIGHT)
    torch.testing.assert_close(column_sum(Pattern(S), x), by_column, **TIGHT)


def test_arc_sum(S: sparse.csr_array) -> None:
    rows, columns = places(S)
    source, target = drawn(5, C, K), drawn(6, R, K)
    agree(ArcSum.apply(Pattern(S), source, target), source[columns] + target[rows], source, target)


@pytest.mark.parametrize("size", [1, 2000])  # rows so far apart that one maximum for all would leave only zeros
def test_row_softmax(S: sparse.csr_array, size: float) -> None:
    rows, _ = places(S)
    e = drawn(7, len(rows), K)
    far = (e + size * rows[:, None]) if size > 1 else e
    dense = torch.cat([torch.softmax(e[rows == v], 0) for v in range(R)])
    agree(RowSoftmax.apply(Pattern(S), far), dense, e)


@pytest.mark.parametrize("block", [7, 8192])
def test_heads_product(S: sparse.csr_array, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "BLOCK", block)
    rows, columns = places(S)
    alpha, m = drawn(8, len(rows), K), drawn(9, C, K, F)
    A = torch.zeros(R, C, K).double().index_put((rows, columns), alpha)
    agree(HeadsProduct.apply(Pattern(S), alpha, m), torch.einsum("rck,ckf->rkf", A, m), alpha, m)


def bits(threads: int, compute: Callable[..., Tensor], *inputs: Tensor) -> list[Tensor]:
    """A value and its gradients, computed by so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        leaves = [x.detach().float().requires_grad_() for x in inputs]
        out = compute(*leaves)
        return [out, *torch.autograd.grad(out, leaves, out)]
    finally:
        torch.set_num_threads(before)


def agree_to_the_bit(compute: Callable[..., Tensor], *inputs: Tensor) -> None:
    expected = bits(1, compute, *inputs)
    for threads in (2, 1, 2):
        assert all(map(torch.equal, expected, bits(threads, compute, *inputs)))


@pytest.mark.parametrize("widths", [(7, 16), (64, 7), (16, 10), (64, 64), (64, 16), (7, 2)])
def test_the_bits_of_a_dense_product_do_not_depend_on_the_threads(widths: tuple[int, int]) -> None:
    agree_to_the_bit(product, drawn(10, 4999, widths[0]), drawn(11, *widths))


def test_the_bits_of_a_long_sum_do_not_depend_on_the_threads() -> None:
    x, W = drawn(14, 70_001, 17), drawn(15, 17, 11)
    agree_to_the_bit(product, x, W)
    out = product(x, W)
    torch.testing.assert_close(torch.autograd.grad(out.sum(), W)[0], x.sum(0)[:, None].expand(17, 11))


@pytest.mark.parametrize(("K", "F"), [(3, 5), (1, 7)])
def test_the_bits_of_attention_do_not_depend_on_the_threads(K: int, F: int) -> None:
    """On a graph large enough that torch shares the work out."""
    rng, N = np.random.default_rng(0), 4999
    S = sparse.csr_array(sparse.random_array((N, N), density=0.01, rng=rng) + sparse.eye_array(N))
    pattern, matrix = Pattern(S), SparseMatrix.of(S)

    def attention(source: Tensor, target: Tensor, m: Tensor) -> Tensor:
        alpha = RowSoftmax.apply(pattern, ArcSum.apply(pattern, source, target))
        return product(matrix, HeadsProduct.apply(pattern, alpha, m).flatten(1))

    def scores(source: Tensor, target: Tensor, a: Tensor) -> Tensor:
        return PairScore.apply(pattern, source, target, a, 0.2)

    agree_to_the_bit(attention, drawn(12, N, K), drawn(13, N, K), drawn(14, N, K, F))
    agree_to_the_bit(scores, drawn(15, N, K, F), drawn(16, N, K, F), drawn(17, K, F))


@pytest.mark.parametrize("block", [7, 8192])
def test_pair_score(S: sparse.csr_array, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "BLOCK", block)
    rows, columns = places(S)
    source, target, a = drawn(21, C, K, F), drawn(22, R, K, F), drawn(23, K, F)
    dense = (torch.nn.functional.leaky_relu(source[columns] + target[rows], 0.2) * a).sum(2)
    agree(PairScore.apply(Pattern(S), source, target, a, 0.2), dense, source, target, a)


def test_a_value_is_the_same_where_no_gradient_will_be_asked_for() -> None:
    x, W = drawn(12, R, C), drawn(13, C, F)
    out = product(x, W)
    assert out.grad_fn is not None
    assert torch.equal(product(x.detach(), W.detach()), out)
    assert product(x.detach(), W.detach()).grad_fn is None
    with torch.no_grad():
        assert torch.equal(product(x, W), out)
