from dataclasses import replace

import numpy as np
import pytest
import torch

from mlcli.core.errors import InputError
from mlcli.core.sequence_pairs import answer
from mlcli.datasets.sequence_pairs import load
from mlcli.training.fitting import train
from mlcli.training.registry import task
from mlcli.training.sequence_pairs import SequenceToSequence
from mlcli.training.task import weights_of
from mlcli.training.transformer_settings import TransformerSettings


def small(name: str, T: int = 3) -> SequenceToSequence:
    """Short sequences, which are learned in seconds."""
    data = load(name)
    short = replace(data, x=data.x[:, :T] % 5, train=data.train[:4_000], test=data.test[:300])
    return task(TransformerSettings(d_model=32, heads=2, d_ff=32, epochs=4, batch=64, length=T), short)


def test_short_sequences_are_learned_exactly_and_the_decoder_looks_where_the_rule_says() -> None:
    made = small("reverse")
    outcome = train(made, 0, lambda epoch: None)
    assert outcome.run.test_score > 0.9
    assert outcome.run.more["share of symbols right"] >= outcome.run.test_score
    answers, looks = made.shown(made.trained(outcome.weights))
    assert len(answers.figures[0].rows) == 3  # type: ignore[union-attr]
    assert looks.figures[0].values.argmax(axis=1).tolist() == [2, 1, 0]  # type: ignore[union-attr]


def test_batches_have_whole_sequences_and_beginnings_with_their_own_answers() -> None:
    made = small("reverse", 7)
    lengths = set()
    for x, y in made.batches(np.random.default_rng(3)):
        lengths.add(x.shape[1])
        assert np.array_equal(answer("reverse", x.numpy()), y.numpy())
    assert 7 in lengths and len(lengths) > 3 and min(lengths) >= 2


def test_the_same_seed_gives_the_same_first_weights_and_other_data_another_digest() -> None:
    made = small("copy")
    one, two = (weights_of(made.network(np.random.default_rng(5))) for _ in range(2))
    assert all(np.array_equal(one[name], two[name]) for name in one)
    assert made.digest() != small("sort").digest()


def test_an_untrained_network_is_measured_as_such() -> None:
    made = small("sort", 5)
    with torch.no_grad():
        measured = made.evaluate(made.network(np.random.default_rng(7)), "test")
    assert measured.score < 0.05 and measured.loss > 1


def test_heads_that_do_not_divide_d_model() -> None:
    with pytest.raises(InputError, match="cannot be split evenly among 3 heads"):
        TransformerSettings(heads=3)
