import numpy as np
import pytest
import torch
from torch import nn

from mlcli.training.fitting import Fitting, train
from mlcli.training.gradients import GradientNorms
from mlcli.training.state import from_bytes
from tests.training.kept_runs import same
from tests.training.tasks import LineSettings, LineTask, points


def watched(**settings: object) -> LineTask:
    made = LineTask(points(), LineSettings(epochs=3, **settings))  # type: ignore[arg-type]
    made.watch_gradients = True
    return made


def test_a_norm_is_that_of_all_weights_of_a_layer_and_the_mean_over_steps() -> None:
    network = nn.Sequential(nn.Linear(7, 5), nn.Tanh(), nn.Linear(5, 3))
    norms, due = GradientNorms(network), []
    for _ in range(2):
        network.zero_grad()
        network(torch.randn(11, 7)).square().sum().backward()
        norms.add()
        due.append([nn.utils.clip_grad_norm_(network[i].parameters(), 1e9).item() for i in (0, 2)])
    norms.end_epoch()
    found = norms.by_layer()
    assert [*found] == ["0", "2"]
    assert [found[name][0] for name in found] == pytest.approx(np.mean(due, axis=0).tolist(), rel=1e-6)


def test_they_are_noted_before_long_ones_are_cut_and_change_nothing() -> None:
    run = train(watched(clip=1e-3), 3, lambda epoch: None).run
    assert {name: len(norms) for name, norms in run.gradients.items()} == {"w": 3, "b": 3}
    assert min(run.gradients["w"]) > 0.1
    plain = train(LineTask(points(), LineSettings(epochs=3, clip=1e-3)), 3, lambda epoch: None).run
    assert plain.epochs == run.epochs and plain.gradients == {}


def test_they_are_gone_on_with() -> None:
    fitting = Fitting(watched(), 3)
    states = [fitting.state() for _ in fitting.run()]
    for cut in states[3], states[7]:
        again = Fitting(watched(), 3, from_bytes(cut.to_bytes()))
        *_, last = (again.state() for _ in again.run())
        assert same(last, states[-1])
        assert again.outcome().run.gradients == fitting.outcome().run.gradients
