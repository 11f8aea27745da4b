import pytest
import torch

from mlcli.core.schedules import Schedule, share_of_rate

T, W = 41, 7


def by_torch(scheduler: torch.optim.lr_scheduler.LRScheduler) -> list[float]:
    """The rate before each step, by torch's own scheduler."""
    rates = []
    for _ in range(T):
        rates.append(scheduler.get_last_lr()[0])
        scheduler.optimizer.step()
        scheduler.step()
    return rates


def test_they_are_torchs() -> None:
    from torch.optim import lr_scheduler

    def sgd() -> torch.optim.SGD:
        return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)

    theirs: dict[Schedule, list[float]] = {
        "constant": by_torch(lr_scheduler.ConstantLR(sgd(), factor=1)),
        "cosine": by_torch(lr_scheduler.CosineAnnealingLR(sgd(), T_max=T)),
        "step": by_torch(lr_scheduler.MultiStepLR(sgd(), milestones=[21, 31])),  # T / 2 and 3 T / 4, rounded up
    }
    for schedule, rates in theirs.items():
        assert [0.3 * share_of_rate(schedule, t, T) for t in range(T)] == pytest.approx(rates, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("schedule", ["constant", "cosine", "step"])
def test_warm_up_rises_to_the_rate_and_the_rest_follows(schedule: Schedule) -> None:
    shares = [share_of_rate(schedule, t, T, W) for t in range(T)]
    assert shares[:W] == pytest.approx([(t + 1) / W for t in range(W)])
    assert shares[W:] == [share_of_rate(schedule, t, T - W) for t in range(T - W)]


def test_a_warm_up_longer_than_the_training_only_rises() -> None:
    assert [share_of_rate("cosine", t, 3, 5) for t in range(3)] == [1 / 5, 2 / 5, 3 / 5]
