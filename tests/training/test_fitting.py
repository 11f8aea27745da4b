import dataclasses

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from mlcli.core.errors import RequestFailed
from mlcli.core.training import Epoch
from mlcli.models.receptive_field import inputs
from mlcli.training.fitting import Fitting, train
from mlcli.training.graph_settings import GATSettings, GCNSettings
from mlcli.training.registry import MODELS, task
from mlcli.training.runs import torch_threads
from mlcli.training.settings import Settings, changed
from mlcli.training.task import set_weights, weights_of
from tests.models.graphs import random_graph

GRAPH = random_graph(2)
SHORT = [GCNSettings(epochs=13, hidden=5), GATSettings(epochs=13, hidden=5, heads=3)]


def ignore(epoch: Epoch) -> None:
    """Nobody watches."""


@pytest.mark.parametrize("settings", SHORT)
def test_the_same_seed_gives_the_same_run(settings: Settings) -> None:
    first, again, other = (train(task(settings, GRAPH), seed, ignore) for seed in (3, 3, 4))
    assert first.run.epochs == again.run.epochs != other.run.epochs
    for name, weight in first.weights.items():
        np.testing.assert_array_equal(weight, again.weights[name])


@pytest.mark.parametrize("model", ["gcn", "sage", "gin", "gat", "gatv2"])
def test_two_threads_give_three_layers_the_same_bits(model: str) -> None:
    settings, graph = MODELS[model].settings(layers=3, hidden=13, epochs=2), random_graph(3, N=1009, E=4001)
    one = train(task(settings, graph), 3, ignore)
    with torch_threads(2):
        two = train(task(settings, graph), 3, ignore)
    assert one.run.epochs == two.run.epochs
    for name, weight in one.weights.items():
        np.testing.assert_array_equal(weight, two.weights[name])


@pytest.mark.parametrize("settings", SHORT)
def test_a_run_is_what_its_weights_say(settings: Settings) -> None:
    made = task(settings, GRAPH)
    outcome = train(made, 3, ignore)
    network, every = made.trained(outcome.weights), inputs(GRAPH).every
    with torch.no_grad():
        logits = network(every.parts, every.x)
    predicted = logits.argmax(1).numpy()
    kept = outcome.run.epochs[outcome.run.kept - 1]
    assert outcome.run.test_score == np.mean(predicted[GRAPH.test] == GRAPH.labels[GRAPH.test])
    assert outcome.run.validation_score == kept.validation_score
    labels = torch.from_numpy(GRAPH.labels[GRAPH.validation])
    assert F.cross_entropy(logits[GRAPH.validation], labels).item() == pytest.approx(kept.validation_loss, rel=1e-5)
    assert outcome.run.confusion.sum() == len(GRAPH.test)
    assert np.trace(outcome.run.confusion) == round(outcome.run.test_score * len(GRAPH.test))


def test_gcn_keeps_the_last_weights_and_gat_the_best() -> None:
    last = train(task(GCNSettings(window=3), GRAPH), 3, ignore).run
    assert last.kept == len(last.epochs) < 200
    assert last.stopped == "the validation loss did not fall for 3 epochs running"
    run = train(task(GATSettings(epochs=400, patience=7), GRAPH), 3, ignore).run
    assert run.kept < len(run.epochs) < 400
    assert run.stopped.startswith("7 epochs without")


def test_a_step_is_adams_on_the_loss_and_the_penalty() -> None:
    """Without dropout: the first step of Adam moves each weight by lr · gradient / |gradient|."""
    settings = GCNSettings(epochs=1, dropout=0.0, weight_decay=0.3, lr=0.01)
    fitting = Fitting(task(settings, GRAPH), 0)
    network, before = fitting.network, weights_of(fitting.network)
    field = inputs(GRAPH).train
    penalty = 0.15 * network.layers[0].W.square().sum()  # type: ignore[union-attr, operator]
    loss = F.cross_entropy(network(field.parts, field.x), field.labels)
    grads = torch.autograd.grad(loss + penalty, list(network.parameters()))
    (epoch,) = fitting.run()
    assert epoch.train_loss == pytest.approx(loss.item())
    for (name, weight), grad in zip(weights_of(network).items(), grads, strict=True):
        moved = (before[name] - weight)[np.abs(grad.numpy()) > 1e-5]
        expected = 0.01 * np.sign(grad.numpy()[np.abs(grad.numpy()) > 1e-5])
        np.testing.assert_allclose(moved, expected, rtol=0.02)


def test_all_of_gat_is_decayed_and_the_first_weights_of_gcn() -> None:
    rng = np.random.default_rng(0)
    gcn, gat = (task(settings, GRAPH).network(rng) for settings in SHORT)
    assert [p.shape for p in gcn.decayed()] == [(7, 5)]
    assert len(gat.decayed()) == len(list(gat.parameters())) == 8


@pytest.mark.parametrize("settings", SHORT)
def test_a_diverged_run_ends_with_its_epoch(settings: Settings) -> None:
    with pytest.raises(RequestFailed, match=r"diverged: the loss is not finite in epoch \d+"):
        train(task(dataclasses.replace(settings, lr=1e30, epochs=50), GRAPH), 0, ignore)


@pytest.mark.parametrize("dense", [True, False])
def test_it_learns(dense: bool) -> None:
    """Two cliques and one edge between, one known node in each."""
    graph = random_graph(0, dense=dense)
    block = [[i, j] for start in (0, 14) for i in range(start, start + 14) for j in range(i) if j >= start]
    graph = dataclasses.replace(
        graph,
        graph=dataclasses.replace(graph.graph, edges=np.array([*block, [0, 14]]).T),
        features=np.eye(29),
        labels=np.repeat([0, 1], [14, 15]),
        classes=("a", "b"),
        train=np.array([1, 15]),
        validation=np.array([2, 16]),
        test=np.r_[3:14, 17:28],
    )
    assert train(task(GCNSettings(), graph), 0, ignore).run.test_score == 1
    assert train(task(GATSettings(epochs=200), graph), 0, ignore).run.test_score == 1


def test_weights_go_out_and_in() -> None:
    a, b = (task(SHORT[1], GRAPH).network(np.random.default_rng(seed)) for seed in (0, 1))
    set_weights(b, weights_of(a))
    for first, second in zip(a.parameters(), b.parameters(), strict=True):
        assert torch.equal(first, second)
        assert first.data_ptr() != second.data_ptr()


def test_settings_know_which_are_not_the_papers() -> None:
    assert changed(GCNSettings()) == ()
    assert changed(GATSettings(lr=0.1, heads=3)) == ("lr", "heads")
