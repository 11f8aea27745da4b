import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from mlcli.core.errors import InputError
from mlcli.core.sequence_problems import Adding, Copying
from mlcli.core.texts import Text
from mlcli.core.training import Epoch
from mlcli.training import language
from mlcli.training.fitting import train
from mlcli.training.language import Language, write
from mlcli.training.registry import MODELS, task
from mlcli.training.sequence_settings import GRUSettings, LSTMSettings, RNNSettings
from mlcli.training.settings import changed
from mlcli.training.task import weights_of

TEXT = Text("rhyme", "the cat sat on the mat; the rat sat on the cat. " * 23)
SHORT = {"length": 5, "hidden": 7, "epochs": 2, "steps": 3}
DATA = [Adding(), Copying(), TEXT]


def ignore(epoch: Epoch) -> None:
    """Nobody watches."""


@pytest.mark.parametrize("data", DATA, ids=lambda data: data.name)
@pytest.mark.parametrize("settings", [RNNSettings, GRUSettings, LSTMSettings])
def test_the_same_seed_gives_the_same_run(settings: type, data: object) -> None:
    first, again, other = (train(task(settings(**SHORT), data), seed, ignore) for seed in (3, 3, 4))
    assert first.run.epochs == again.run.epochs != other.run.epochs
    for name, weight in first.weights.items():
        np.testing.assert_array_equal(weight, again.weights[name])


def test_an_lstm_learns_to_add() -> None:
    made = task(LSTMSettings(length=5, hidden=17, epochs=3, lr=0.03), Adding())
    assert made.published().value == 1 / 6
    assert train(made, 0, ignore).run.test_score < 1 / 60


def test_settings_are_the_datas_where_none_are_given() -> None:
    made = [task(LSTMSettings(lr=0.5), data).settings for data in DATA]
    assert [settings.hidden for settings in made] == [32, 64, 256]
    assert [settings.forget_bias for settings in made] == [4, 3, 1]
    assert [settings.batch for settings in made] == [32, 32, 16]
    assert [settings.lr for settings in made] == [0.5] * 3
    assert changed(made[2], "text") == ("lr",)
    assert all(
        set(vars(model.settings().filled("text")).values()) for model in MODELS.values() if "text" in model.tasks
    )


def test_guessing_is_measured_as_the_baseline() -> None:
    """A network that answers by frequency alone scores what is told as the baseline."""
    made = task(LSTMSettings(**SHORT), TEXT)
    network = made.network(np.random.default_rng(0))
    train_part, _, test = TEXT.parts
    p = (np.bincount(train_part, minlength=len(TEXT.alphabet)) + 1) / (len(train_part) + len(TEXT.alphabet))
    with torch.no_grad():
        network.out.weight.zero_()
        network.out.bias.copy_(torch.from_numpy(np.log(p)))
        found = made.evaluate(network, "test")
    assert found.score == pytest.approx(-np.log2(p[test[1:]]).mean(), rel=1e-6)  # the first is not told
    assert found.more["perplexity"] == pytest.approx(2**found.score)


def test_a_stream_is_read_to_its_end_from_one_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """In chunks as at once."""
    monkeypatch.setattr(language, "CHUNK", 13)
    monkeypatch.setattr(language, "STREAMS", 1)
    made = task(LSTMSettings(**SHORT), TEXT)
    network, test = made.network(np.random.default_rng(0)), made.parts["test"]
    with torch.no_grad():
        o, _ = network(language.one_hot(test[:-1, None], len(TEXT.alphabet)))
        whole = F.cross_entropy(o[:, 0], test[1:]).item()
        found = made.evaluate(network, "test")
    assert found.loss == pytest.approx(whole, rel=1e-6)
    assert found.score == pytest.approx(whole / math.log(2), rel=1e-6)


def test_an_epoch_reads_the_text_in_streams() -> None:
    made = task(LSTMSettings(**SHORT), TEXT)
    stretches = [stretch.characters for stretch in made.batches(np.random.default_rng(0))]
    assert [characters.shape for characters in stretches] == [(6, 16)] * 3
    for before, after in pairwise(stretches):
        assert torch.equal(before[-1], after[0])
    part = "".join(TEXT.alphabet[place] for place in TEXT.parts[0])
    whole = torch.cat([stretches[0], *(stretch[1:] for stretch in stretches[1:])])
    for column in whole.T.tolist():
        assert "".join(TEXT.alphabet[place] for place in column) in part + part
    apart = [(part + part).index("".join(TEXT.alphabet[p] for p in column)) for column in whole.T.tolist()]
    assert len(set(apart)) > 1


@pytest.mark.parametrize("settings", [RNNSettings, GRUSettings, LSTMSettings])
def test_the_state_is_handed_on_from_stretch_to_stretch_and_the_gradient_is_not(settings: type) -> None:
    made = task(settings(**SHORT, dropout=0.0), TEXT)
    network, rng = made.network(np.random.default_rng(0)), np.random.default_rng(1)
    stretches = list(made.batches(np.random.default_rng(0)))
    losses = [made.loss(network, stretch, rng) for stretch in stretches]
    whole = torch.cat([stretches[0].characters, *(stretch.characters[1:] for stretch in stretches[1:])])
    o, _ = network(language.one_hot(whole[:-1], len(TEXT.alphabet)))
    at_once = F.cross_entropy(o.flatten(0, 1), whole[1:].flatten()).item()
    assert np.mean([loss.loss.item() for loss in losses]) == pytest.approx(at_once, rel=1e-6)
    for loss in losses:
        loss.loss.backward()  # which would fail if it went back into the stretch before
    fresh = list(made.batches(np.random.default_rng(0)))
    assert fresh[0].carried.state is None


def test_what_is_written_follows_from_the_seed() -> None:
    made = task(LSTMSettings(**SHORT), TEXT)
    network = made.network(np.random.default_rng(0))
    first, again, other = (write(network, 1, len(TEXT.alphabet), 37, seed) for seed in (3, 3, 4))
    assert first == again != other
    assert (first[0], len(first)) == (1, 37)


@pytest.mark.parametrize(("text", "message"), [("short", "too short"), ("ab" * 30, "no 64 characters in a row")])
def test_a_text_that_is_too_short_is_told(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        task(LSTMSettings(), Text("my.txt", text))


def test_what_is_measured_on_is_the_same_for_every_seed_and_no_part_is_another() -> None:
    made, again = (task(LSTMSettings(**SHORT), Adding()) for _ in range(2))
    assert made.digest() == again.digest() != task(LSTMSettings(**SHORT | {"length": 6}), Adding()).digest()
    assert len({drawn.y.tobytes() for drawn in made.drawn.values()}) == 3
    assert weights_of(made.network(np.random.default_rng(1)))["cells.weight_ih_l0"].shape == (28, 2)
    assert isinstance(task(LSTMSettings(**SHORT), TEXT), Language)
