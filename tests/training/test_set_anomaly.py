from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from mlcli.checks.training import against_core
from mlcli.core.errors import InputError
from mlcli.core.pictures import LabelledPictures
from mlcli.core.set_anomaly import SetAnomaly
from mlcli.training.fitting import train
from mlcli.training.registry import task
from mlcli.training.transformer_settings import TransformerSettings

SHORT = TransformerSettings(d_model=12, heads=2, layers=1, d_ff=11, epochs=1, batch=16, length=5)


def bars(name: str = "bars") -> SetAnomaly:
    """Pictures of 3×3 pixels with a bright column, and noise; the class is which column."""
    rng = np.random.default_rng(0)
    labels = np.tile(np.arange(3), 37)
    values = rng.integers(4, size=(len(labels), 1, 3, 3))
    values[np.arange(len(labels)), 0, :, labels] += 7
    train, validation, test = np.split(rng.permutation(len(labels)), [51, 81])
    return SetAnomaly(
        name, LabelledPictures(name, values, 11, labels, ("left", "middle", "right"), train, validation, test)
    )


def small(**changes: Any) -> Any:
    """The task of bars."""
    return task(replace(SHORT, **changes), bars())


def test_it_finds_the_odd_one_and_core_computes_the_same() -> None:
    made = small()
    outcome = train(made, 0, lambda epoch: None)
    assert outcome.run.test_score > 0.8 > made.published().value == 1 / 5
    network = made.trained(outcome.weights)
    assert made.outputs(network).shape == (20, 5)
    assert against_core(network, made).passed
    outputs = made.outputs(network)
    made.outputs = lambda network: outputs + 1e-3 * abs(outputs).max()
    assert not against_core(network, made).passed


def test_all_of_a_step_is_computed_on_the_device() -> None:
    made = task(SHORT, bars(), "meta")  # a device that keeps shapes only: mixed with another it refuses
    assert made.on_gpu
    network = made.network(np.random.default_rng(0)).to(made.device)
    x, odd = next(iter(made.batches(np.random.default_rng(0))))
    scores = network(x, np.random.default_rng(0))
    assert {t.device.type for t in (x, odd, scores)} == {"meta"} and scores.shape == (16, 5)


def test_its_answers_are_shown_with_a_mistake() -> None:
    made = small()
    network = made.network(np.random.default_rng(7))
    [step] = made.shown(network)
    [table] = step.figures
    assert len(table.rows) in (3, 4) and all(len(row[1].split()) == 5 for row in table.rows)
    with torch.no_grad():
        share = made.evaluate(network, "test").score
    assert f"{round((1 - share) * 2000):,} of 2,000" in step.note


def test_training_sets_are_fresh_and_of_the_training_pictures() -> None:
    made = small()
    first, second = (next(iter(made.batches(np.random.default_rng(seed)))) for seed in (1, 2))
    assert first[0].shape == (16, 5, 9) and not torch.equal(first[0], second[0])
    pictures = made.x[torch.from_numpy(made.data.pictures.train)]
    assert all((pictures == row).all(dim=1).any() for row in first[0].flatten(0, 1))


def test_other_sets_have_another_digest() -> None:
    assert small().digest() == small().digest() != small(length=7).digest()
    assert small().digest() != task(SHORT, bars("others")).digest()


def test_a_set_of_two() -> None:
    with pytest.raises(InputError, match="no odd one"):
        small(length=2)
