import numpy as np
import pytest
import torch
from scipy import sparse

from mlcli.core.errors import RequestFailed
from mlcli.core.recommendation_methods import BPRSettings
from mlcli.core.recommendation_vectors import Vectors, adjacency, mean_over_layers
from mlcli.models.bpr import Triples, first_vectors, fit, new_model
from mlcli.models.lightgcn import LightGCN
from tests.core.recommendation import drawn_history


@pytest.mark.parametrize("layers", [0, 1, 3, 4])
def test_the_model_is_core_and_its_gradient_that_of_dense_matrices(layers: int) -> None:
    rng = np.random.default_rng(layers)
    R = drawn_history(rng).R
    E = rng.normal(size=(30, 5))
    model = LightGCN(R, E, layers, torch.float64)
    told = mean_over_layers(R, Vectors(E[:13], E[13:]), layers)
    assert np.allclose(model().detach().numpy(), np.concatenate([told.users, told.items]), rtol=1e-10)

    triples = torch.from_numpy(np.stack([rng.integers(n, size=41) for n in (13, 17, 17)]))
    loss = model.loss(triples, 0.3)
    loss.backward()
    dense = torch.from_numpy(E).requires_grad_()
    A = torch.from_numpy(adjacency(R).toarray())
    out = sum(torch.matrix_power(A, k) @ dense for k in range(layers + 1)) / (layers + 1)
    u, i, j = triples[0], triples[1] + 13, triples[2] + 13
    again = -torch.nn.functional.logsigmoid((out[u] * (out[i] - out[j])).sum(1)).mean()
    again = again + 0.15 / 41 * sum((dense[n] ** 2).sum() for n in (u, i, j))
    again.backward()
    assert loss.item() == pytest.approx(again.item(), rel=1e-10)
    assert np.allclose(model.E.grad.numpy(), dense.grad.numpy(), rtol=1e-10, atol=1e-14)


def test_triples_are_of_what_is_liked_and_what_is_not() -> None:
    R = np.zeros((5, 7))
    R[0, [1, 4, 6]] = R[2, [0]] = R[4, :] = 1  # 1 and 3 like nothing, 4 everything
    u, i, j = Triples(sparse.csr_array(R), np.random.default_rng(1)).draw(4001)
    assert set(u) == {0, 2}
    assert R[u, i].all()
    assert not R[u, j].any()
    pairs = np.unique(np.stack([u, j]), axis=1, return_counts=True)[1]
    assert len(pairs) == 4 + 6
    assert abs((u == 0).mean() - 0.5) < 0.05
    assert abs((i[u == 0] == 4).mean() - 1 / 3) < 0.05


def trained(seed: int, threads: int = 1, **changed) -> tuple[np.ndarray, list[float]]:
    R = drawn_history(np.random.default_rng(11)).R
    settings = BPRSettings(**{"dimensions": 5, "epochs": 60, "lr": 0.01, "batch": 23} | changed)
    rng, before = np.random.default_rng(seed), torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        model = new_model(R, settings.dimensions, settings.layers, rng)
        losses = list(fit(model, R, settings, rng))
    finally:
        torch.set_num_threads(before)
    vectors = first_vectors(model)
    return np.concatenate([vectors.users, vectors.items]), losses


def test_training_learns() -> None:
    losses = trained(3)[1]
    assert len(losses) == 60
    assert losses[0] == pytest.approx(np.log(2), abs=0.02)
    assert losses[-1] < losses[0] - 0.05


def test_one_seed_gives_the_same_bits_whatever_the_threads() -> None:
    E = trained(3, epochs=3)[0]
    assert np.array_equal(trained(3, threads=2, epochs=3)[0], E)
    assert not np.array_equal(trained(4, epochs=3)[0], E)


def test_a_loss_that_is_not_finite_is_said() -> None:
    with pytest.raises(RequestFailed, match="not finite in epoch"):
        trained(0, lr=1e30)
