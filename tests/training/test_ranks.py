import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import distributed

from mlcli.core.errors import InputError
from mlcli.datasets.loading import load
from mlcli.models.dropout import dropout
from mlcli.models.shared_draws import SharedGenerator
from mlcli.training.ranks import Ranks
from mlcli.training.registry import MODELS, task
from mlcli.training.task import Loss

SHORT: dict[str, dict[str, Any]] = {
    "mlp digits": {}, "cnn digits": {}, "vit digits": {"dropout": 0.2}, "embedding karate": {"batch": 17},
    "lightgcn synthetic-ratings": {"batch": 101}, "lstm text": {"hidden": 7, "length": 11, "batch": 5, "dropout": 0.3},
    "gru adding": {"hidden": 7, "length": 11, "batch": 5, "dropout": 0.3},
    "rnn copy-memory": {"hidden": 7, "length": 3, "batch": 5, "dropout": 0.3},
    "sage digits-graph": {"batch": 17, "fanout": "3,2", "dropout": 0.0},
    "transformer set-anomaly-digits": {"batch": 7}, "transformer reverse": {"d_model": 16, "batch": 13, "dropout": 0.2},
}  # fmt: skip


@pytest.mark.parametrize("name", SHORT)
def test_shares_add_up_to_the_batch(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loss, score and every gradient, dropout and moved pictures included."""
    model, data = name.split()
    made = task(dataclasses.replace(MODELS[model].settings(), **SHORT[name]), load(data))
    network = made.network(np.random.default_rng(1))

    def batch() -> Any:
        return next(iter(made.batches(np.random.default_rng(2))))

    whole = Ranks().backward(made, network, batch(), rng := np.random.default_rng(3))
    expected, state = gradients(network), rng.bit_generator.state

    def backward(rank: int, all_reduce: Callable[[torch.Tensor], object]) -> Loss:
        monkeypatch.setattr(distributed, "all_reduce", all_reduce)
        network.zero_grad()
        found = Ranks(rank, 3).backward(made, network, batch(), rng := np.random.default_rng(3))
        assert rng.bit_generator.state == state
        return found

    given: list[list[torch.Tensor]] = [[], [], []]  # what each process has to add, one after the other
    sizes = [backward(rank, lambda own, rank=rank: given[rank].append(own.clone())).cases for rank in range(3)]
    assert max(sizes) < sum(sizes) == whole.cases
    for rank in range(3):
        sums = iter([sum(parts[1:], parts[0]) for parts in zip(*given, strict=True)])
        found = backward(rank, lambda own, sums=sums: own.copy_(next(sums)))
        atol = 1e-6 * expected.abs().max().item()
        torch.testing.assert_close(gradients(network), expected, rtol=0, atol=atol)
        np.testing.assert_allclose([found.loss.item(), found.score], [whole.loss.item(), whole.score], rtol=1e-6)
        assert found.cases == whole.cases


def test_of_fewer_cases_than_processes_none_counts_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    made = task(dataclasses.replace(MODELS["mlp"].settings(), batch=2, dropout=0.0), load("digits"))
    network, rng = made.network(np.random.default_rng(1)), np.random.default_rng(3)
    batch = next(iter(made.batches(np.random.default_rng(2))))
    whole = Ranks().backward(made, network, batch, rng)
    expected = gradients(network)
    network.zero_grad()
    monkeypatch.setattr(distributed, "all_reduce", lambda own: own.mul_(3))  # each of three gives the same
    found = Ranks(1, 3).backward(made, network, batch, rng)
    assert (found.cases, found.score) == (whole.cases, whole.score)
    torch.testing.assert_close(gradients(network), expected)


def gradients(network: torch.nn.Module) -> torch.Tensor:
    return torch.cat([weight.grad.flatten() for weight in network.parameters() if weight.grad is not None])


def test_what_is_shared_drops_what_one_would_have_dropped() -> None:
    x = torch.ones(7, 5, 3)
    whole = dropout(x, 0.4, np.random.default_rng(1), axis=1)
    parts = [
        dropout(x[:, a:b], 0.4, SharedGenerator(np.random.default_rng(1), a, b, 5), axis=1) for a, b in ((0, 2), (2, 5))
    ]
    assert torch.equal(torch.cat(parts, dim=1), whole)


def test_shares_cover_the_batch_and_differ_by_one_at_most() -> None:
    for cases in (3, 7, 64, 101):
        shares = [Ranks(rank, 3).share(cases) for rank in range(3)]
        assert [place for share in shares for place in range(cases)[share]] == list(range(cases))
        lengths = [share.stop - share.start for share in shares]
        assert max(lengths) - min(lengths) <= 1
    assert {Ranks(rank, 3).share(2).stop for rank in range(3)} == {2}  # fewer than processes: all have all


def test_a_whole_graph_has_nothing_to_share() -> None:
    made = task(MODELS["gcn"].settings(), load("karate"))
    Ranks().refuse(made)
    with pytest.raises(InputError, match="a step of gcn sees all of karate at once"):
        Ranks(0, 2).refuse(made)
