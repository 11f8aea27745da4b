import numpy as np
import pytest
import torch
from scipy import sparse

from mlcli.models.dropout import dropout, feature_dropout
from mlcli.models.products import SparseMatrix


@pytest.mark.parametrize("p", [0.1, 0.5, 0.6])
def test_a_share_of_the_cells_is_dropped_and_the_rest_made_larger(p: float) -> None:
    x = torch.full((499, 401), 3.0)
    out = dropout(x, p, np.random.default_rng(5))
    kept = out != 0
    share = kept.double().mean().item()
    assert abs(share - (1 - p)) < 5 * (p * (1 - p) / x.numel()) ** 0.5
    torch.testing.assert_close(out[kept], torch.full((int(kept.sum()),), 3 / (1 - p)), rtol=1e-4, atol=0)
    both = (kept[:, 1:] & kept[:, :-1]).double().mean().item()  # neighbours share a draw of 64 bits, but no bit of it
    assert abs(both - (1 - p) ** 2) < 0.01


def test_the_gradient_goes_where_the_value_went() -> None:
    x = torch.rand(13, 7, dtype=torch.float64).add_(1).requires_grad_()
    out = dropout(x, 0.5, np.random.default_rng(1))
    (grad,) = torch.autograd.grad(out.sum(), x)
    torch.testing.assert_close(grad * x.detach(), out.detach())


def test_a_large_input_is_dropped_as_a_small_one_is() -> None:
    x = torch.rand(1009, 101, dtype=torch.float64).requires_grad_()  # more than one part
    out = dropout(x, 0.5, np.random.default_rng(7))
    by_hand = dropout(x.detach().t().contiguous().t(), 0.5, np.random.default_rng(7))  # in one, as it is turned
    assert torch.equal(out, by_hand)
    (grad,) = torch.autograd.grad(out.sum(), x)
    torch.testing.assert_close(grad * x.detach(), out.detach())


def test_evaluation_drops_nothing() -> None:
    x = torch.rand(3, 5)
    assert dropout(x, 0.5, None) is x
    assert dropout(x, 0.0, np.random.default_rng(0)) is x


def test_sparse_features_lose_stored_values_only() -> None:
    S = SparseMatrix.of(sparse.csr_array(np.eye(31)))
    out = feature_dropout(S, 0.5, np.random.default_rng(2))
    assert isinstance(out, SparseMatrix)
    assert out.pattern is S.pattern
    assert set(out.values.tolist()) == {0.0, 2.0}


def test_the_same_seed_drops_the_same() -> None:
    x = torch.rand(17, 5)
    assert torch.equal(dropout(x, 0.5, np.random.default_rng(3)), dropout(x, 0.5, np.random.default_rng(3)))
    assert not torch.equal(dropout(x, 0.5, np.random.default_rng(3)), dropout(x, 0.5, np.random.default_rng(4)))
