import numpy as np
import pytest
import torch
from torch_geometric.nn import LightGCN

from mlcli.core.recommendation_update import update
from mlcli.core.recommendation_vectors import (
    Vectors,
    adjacency,
    dot,
    items_alike,
    largest_terms,
    mean_over_layers,
    messages,
    mixed,
    propagate,
    speakers,
    users_alike,
)
from tests.core.recommendation import drawn_history


def drawn_vectors(rng: np.random.Generator) -> Vectors:
    return Vectors(rng.normal(size=(13, 7)), rng.normal(size=(17, 7)))


@pytest.mark.parametrize("seed", range(40))
def test_it_is_the_librarys_lightgcn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    history, first, layers = drawn_history(rng), drawn_vectors(rng), 1 + seed % 5
    user, item = history.R.nonzero()
    ends = torch.from_numpy(np.stack([user, item + 13]).astype(np.int64))
    library = LightGCN(30, 7, layers, torch.full((layers + 1,), 1 / (layers + 1), dtype=torch.float64)).double()
    with torch.no_grad():
        library.embedding.weight.copy_(torch.from_numpy(np.concatenate([first.users, first.items])))
        expected = library.get_embedding(torch.cat([ends, ends.flip(0)], dim=1)).numpy()
    told = mean_over_layers(history.R, first, layers)
    assert np.allclose(np.concatenate([told.users, told.items]), expected, rtol=1e-10)


@pytest.mark.parametrize("layers", [0, 1, 2, 3, 5])
def test_a_score_is_the_sum_of_what_each_node_says(layers: int) -> None:
    rng = np.random.default_rng(layers)
    history, first = drawn_history(rng), drawn_vectors(rng)
    final = mean_over_layers(history.R, first, layers)
    for user, item in ((3, 5), (11, 16)):
        score = dot(final, user, item)
        said = speakers(history, first, layers, user, item, 3)
        assert said.score == pytest.approx(score.score, rel=1e-10)
        parts = said.own, said.item_shares.sum(), said.other_items, said.user_shares.sum(), said.other_users
        assert sum(parts) == pytest.approx(score.score, rel=1e-10)
        P = sum(np.linalg.matrix_power(adjacency(history.R).toarray(), k) for k in range(layers + 1)) / (layers + 1)
        for w, share in zip(said.users, said.user_shares, strict=True):
            assert share == pytest.approx(P[user, w] * (first.users[w] @ final.items[item]))
        terms = largest_terms(score, 5)
        assert terms.sum + terms.others_sum == pytest.approx(score.score)
        assert terms.others == 2


def test_a_layer_at_one_user_is_the_row_of_the_whole() -> None:
    rng = np.random.default_rng(8)
    history, first = drawn_history(rng), drawn_vectors(rng)
    layers = list(propagate(history.R, first, 3))
    heard = messages(history, first, 5)
    assert np.allclose(heard.out, layers[1].users[5])
    assert np.allclose(heard.coefficients, 1 / np.sqrt(heard.d_u * heard.degrees))
    together = mixed(history.R, first, 3, 5)
    assert np.allclose(together.layers, [layer.users[5] for layer in layers])
    assert np.allclose(together.mean, mean_over_layers(history.R, first, 3).users[5])


@pytest.mark.parametrize("seed", range(50))
def test_an_update_goes_down_torchs_gradient(seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors, decay, rate = drawn_vectors(rng), float(rng.random()), float(rng.random())
    told = update(vectors, 4, 2, 9, decay, rate)
    e = [torch.tensor(x, requires_grad=True) for x in (vectors.users[4], vectors.items[2], vectors.items[9])]
    loss = -torch.nn.functional.logsigmoid(e[0] @ (e[1] - e[2])) + decay / 2 * sum((x**2).sum() for x in e)
    loss.backward()
    assert told.loss == pytest.approx(loss.item(), rel=1e-10)
    for x, gradient, new in zip(e, (told.grad_u, told.grad_i, told.grad_j), (told.new_u, told.new_i, told.new_j),
                                strict=True):  # fmt: skip
        assert np.allclose(gradient, x.grad.numpy(), rtol=1e-10)
        assert np.allclose(new, (x - rate * x.grad).detach().numpy(), rtol=1e-10)
    assert told.pull + told.shrink == pytest.approx(told.grad_u[0])


def test_alike_is_what_points_the_same_way() -> None:
    rng = np.random.default_rng(2)
    history, vectors = drawn_history(rng), drawn_vectors(rng)
    alike = items_alike(history, vectors, 3, 5, 4)
    assert set(alike.others) <= set(history.items_of(3))
    for j, cos in zip(alike.others, alike.cosines, strict=True):
        a, b = vectors.items[5], vectors.items[j]
        assert cos == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    assert 3 not in users_alike(history, vectors, 3, int(history.items_of(3)[0]), 13).others
