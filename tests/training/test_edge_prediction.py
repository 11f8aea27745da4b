import json
from collections.abc import Callable

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score

from mlcli.datasets.karate import karate
from mlcli.training.edge_prediction import EdgePrediction
from mlcli.training.edge_settings import EmbeddingSettings


def lesson(mlcli: Callable, *arguments: str) -> str:
    ran = mlcli("train", "embedding", *arguments)
    assert ran.status == 0, ran.stderr
    return ran.stdout


@pytest.mark.parametrize("seed", range(5))
def test_measures_are_those_of_scikit_learn(seed: int) -> None:
    made = EdgePrediction(karate(), EmbeddingSettings())
    network = made.network(np.random.default_rng(seed))
    pairs, E = made.pairs["test"], network.E.detach().numpy().astype(np.float64)
    scores = (E[pairs.ends[0]] * E[pairs.ends[1]]).sum(axis=1)
    with torch.no_grad():
        found = made.evaluate(network, "test")
    assert found.score == accuracy_score(pairs.labels, scores > 0)
    assert found.loss == pytest.approx(log_loss(pairs.labels, 1 / (1 + np.exp(-scores))), rel=1e-5)
    assert found.more["ROC AUC"] == pytest.approx(roc_auc_score(pairs.labels, scores))


def test_gradients_are_those_of_dense_products() -> None:
    made = EdgePrediction(karate(), EmbeddingSettings(dimensions=3))
    rng = np.random.default_rng(2)
    network = made.network(rng).double()
    ends, labels = next(made.batches(rng))
    made.loss(network, (ends, labels.double()), rng).loss.backward()
    E = network.E.detach().clone().requires_grad_()
    scores = (E @ E.T)[ends[0], ends[1]]
    torch.nn.functional.softplus(torch.where(labels == 1, -scores, scores)).mean().backward()
    assert np.allclose(network.E.grad.numpy(), E.grad.numpy(), rtol=1e-10)


def test_karate_is_learned_and_told(mlcli: Callable) -> None:
    run = json.loads(lesson(mlcli, "--check", "--json"))
    assert (run["data"]["train"], run["data"]["validation"], run["data"]["test"]) == (62, 8, 8)
    epochs = run["runs"][0]["epochs"]
    assert epochs["train_loss"][0] == pytest.approx(np.log(2), abs=0.02)
    assert epochs["train_loss"][-1] < 0.4
    assert epochs["train_score"][-1] > 0.8
    assert run["runs"][0]["kept"] == 200
    assert all(check["passed"] for check in run["checks"])
    text = lesson(mlcli, "--epochs", "20", "--runs", "2")
    for told in (
        "the nodes before training",
        "the nodes after training",
        "one update in numbers",
        "* Mr. Hi   + Officer",
    ):
        assert told in text
    assert "* Mr. Hi   + Officer" in text
    assert "one-hot" not in text


def test_a_graph_of_ones_own(mlcli: Callable) -> None:
    text = lesson(mlcli, "--edges", "sample_data/edges.csv", "--epochs", "9", "--dimensions", "2")
    assert "edges.csv (20 nodes, 44 edges)" in text
    ran = mlcli("train", "embedding", "--delimiter", ";")
    assert ran.status == 2
    assert "--delimiter: is for a graph of your own" in ran.stderr
