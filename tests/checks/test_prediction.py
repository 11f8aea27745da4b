import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from mlcli.checks.prediction import predictions_again
from mlcli.core.prediction import Asking, Given
from mlcli.core.sequence_problems import Copying
from mlcli.training.graph_settings import GATv2Settings, GINSettings
from mlcli.training.picture_settings import MLPSettings
from mlcli.training.registry import task
from mlcli.training.sequence_settings import GRUSettings
from mlcli.training.vit_settings import ViTSettings
from tests.models.graphs import random_graph
from tests.training.kept_runs import KEPT
from tests.training.test_picture_classification import pictures
from tests.training.test_set_anomaly import small

STEPS = np.array([[0.31, 0], [0.7, 1], [0.11, 0], [0.23, 1], [0.5, 0]])
COPY = Copying()
CASES: dict[str, tuple[Callable[[], Any], str, Any]] = {  # a task, an input, the numbers of its answer
    "mlp": (KEPT["mlp"], "17", "logits"),
    "mlp on nodes": (lambda: task(MLPSettings(hidden=5), random_graph(2)), "", "logits"),
    "cnn": (KEPT["cnn"], "17", "logits"),
    "vit": (lambda: task(ViTSettings(d_model=12, d_ff=5, heads=3, patch=1), pictures()), "17", "logits"),
    **{name: (KEPT[name], "", "logits") for name in ("gcn", "gat", "sage")},
    "gatv2": (lambda: task(GATv2Settings(hidden=5), random_graph(2)), "", "logits"),
    "gin": (lambda: task(GINSettings(hidden=5), random_graph(2)), "", "logits"),
    "embedding": (KEPT["embedding"], ",", "s"),
    "lightgcn": (KEPT["lightgcn"], "user", "ranking"),
    "gru, adding": (KEPT["gru"], "steps", "o"),
    "gru, copy": (lambda: task(GRUSettings(length=4, hidden=7), COPY), "3141502653", "p"),
    "lstm, text": (KEPT["lstm"], "the cat", "drawn"),
    "transformer": (KEPT["transformer"], "3 1 4", "p"),
    "set": (small, "7", "logits"),
}


def given(made: Any, text: str) -> Given:
    match text:
        case "":
            return Given(made.data.graph.names[3])
        case ",":
            return Given(",".join(made.data.graph.names[2:4]))
        case "user":
            return Given(made.data.ratings.users[5])
        case "steps":
            return Given("steps.csv", STEPS)
    return Given(text)


@pytest.mark.parametrize("name", CASES)
def test_what_was_told_is_found_again_and_a_wrong_number_is_noticed(name: str) -> None:
    make, text, numbers = CASES[name]
    made = make()
    network = made.network(np.random.default_rng(3))
    with torch.no_grad():
        told = made.predicted(network, given(made, text), Asking(length=23))
    check = predictions_again(network, made, [told])
    assert check.passed and check.name.endswith("on what was asked")
    assert check.difference < 2e-5
    value = getattr(told, numbers)
    if numbers == "drawn":
        wrong: Any = (dataclasses.replace(value[0], p=value[0].p + 0.01), *value[1:])
    elif numbers == "ranking":
        wrong = dataclasses.replace(value, scores=value.scores + 0.01)
    else:
        wrong = value + 0.01 * max(1, np.abs(value).max())
    assert not predictions_again(network, made, [told, dataclasses.replace(told, **{numbers: wrong})]).passed


@pytest.mark.parametrize("temperature", [0.0, 0.03, 5.0])
def test_a_text_is_found_again_however_boldly_it_was_drawn(temperature: float) -> None:
    made = KEPT["lstm"]()
    network = made.network(np.random.default_rng(0))
    with torch.no_grad():
        told = made.predicted(network, Given("t"), Asking(length=300, temperature=temperature))
        other = made.predicted(network, Given("t"), Asking(length=300, temperature=temperature, seed=1))
    assert predictions_again(network, made, [told]).passed
    if temperature:
        assert not predictions_again(network, made, [dataclasses.replace(told, drawn=told.drawn[1:])]).passed
        assert predictions_again(network, made, [told, other]).passed


def test_a_number_that_is_none_does_not_pass() -> None:
    made = KEPT["gcn"]()
    network = made.network(np.random.default_rng(3))
    told = made.predicted(network, given(made, ""), Asking())
    for place in ([told, told], [told]):
        broken = dataclasses.replace(place[0], logits=told.logits * np.nan)
        assert not predictions_again(network, made, [broken, *place[1:]]).passed
