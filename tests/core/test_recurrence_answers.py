import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from mlcli.checks.recurrence import gradients_against_torch
from mlcli.core.recurrence import Cell
from mlcli.core.recurrence_answers import Answering, answer_number, answer_symbols
from mlcli.core.recurrence_gradients import gradients
from mlcli.core.recurrence_layers import draw_network, run_layers
from mlcli.core.sequence_problems import Adding
from mlcli.core.sequences import NOTHING, InputSequence

CELLS: tuple[Cell, ...] = ("rnn", "gru", "lstm")


def drawn(cell: Cell, seed: int, F_in: int, K: int, layers: int = 1) -> Answering:
    rng, H = np.random.default_rng(seed), 5
    return Answering(draw_network(cell, F_in, H, seed, layers), rng.normal(size=(K, H)), rng.normal(size=K))


def symbols(T: int, K: int, seed: int) -> InputSequence:
    rng = np.random.default_rng(seed)
    due = rng.integers(K, size=T)
    due[rng.random(T) < 0.3] = NOTHING
    names = tuple("abcdefghijk"[:K])
    return InputSequence("drawn", np.eye(K)[rng.integers(K, size=T)], value_names=names, due=due)


@settings(max_examples=40)
@given(st.sampled_from(CELLS), st.integers(2, 13), st.integers(0, 2**32), st.integers(1, 2))
def test_the_answer_is_its_units_products_and_falls_without_the_numbers(
    cell: Cell, T: int, seed: int, layers: int
) -> None:
    x = Adding().draw(1, T, np.random.default_rng(seed)).x[0]
    marked = tuple(int(t) + 1 for t in np.flatnonzero(x[:, 1]))
    sequence = InputSequence("adding", x, marked=marked, number=0)
    trained = drawn(cell, seed, 2, 1, layers)
    runs = run_layers(x, trained.network)
    answer = answer_number(sequence, trained, runs)
    assert answer.products.sum() + answer.b == pytest.approx(answer.answers[0].o, rel=1e-10)
    assert answer.of_first(2) + answer.of_others(2) == pytest.approx(answer.products.sum())
    assert [one.without for one in answer.answers] == [(), (marked[0],), (marked[1],), marked]
    for one in answer.answers:
        given = sequence.without(one.without)
        [alone] = trained.answers(run_layers(given, trained.network))[-1]
        assert (one.o, one.error) == (pytest.approx(alone, rel=1e-10), one.o - one.y)
        assert one.y == pytest.approx(given[given[:, 1] == 1, 0].sum(), abs=1e-15)


@given(st.sampled_from(CELLS), st.integers(1, 13), st.integers(2, 11), st.integers(0, 2**32))
def test_bits_are_torchs_cross_entropy(cell: Cell, T: int, K: int, seed: int) -> None:
    trained, sequence = drawn(cell, seed, K, K), symbols(T, K, seed)
    assert sequence.due is not None
    answers = answer_symbols(trained, run_layers(sequence.values, trained.network), sequence.due)
    np.testing.assert_allclose(answers.p.sum(axis=1), 1, rtol=1e-12)
    o, due = torch.from_numpy(answers.o), torch.from_numpy(sequence.due)
    known = due != NOTHING
    nats = F.cross_entropy(o[known], due[known], reduction="none").numpy()
    np.testing.assert_allclose(answers.bits, nats / np.log(2), rtol=1e-10)
    np.testing.assert_allclose(answers.p_due, np.exp(-nats), rtol=1e-10)
    np.testing.assert_array_equal(answers.right, (o.argmax(1) == due)[known].numpy())
    assert answers.mean_bits == pytest.approx(answers.bits.mean() if known.any() else 0)


def test_bits_of_what_was_held_impossible_are_finite() -> None:
    trained = Answering(draw_network("rnn", 2, 3, 0), np.zeros((2, 3)), np.array([0.0, 5000.0]))
    sequence = InputSequence("", np.eye(2), value_names=("a", "b"), due=np.array([0, NOTHING]))
    assert sequence.due is not None
    answers = answer_symbols(trained, run_layers(sequence.values, trained.network), sequence.due)
    assert answers.p_due.tolist() == [0] and answers.bits == pytest.approx([5000 / np.log(2)])


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("seed", range(5))
def test_the_way_back_from_an_answer_is_autograds(cell: Cell, layers: int, seed: int) -> None:
    trained, sequence = drawn(cell, seed, 7, 7, layers), symbols(11, 7, seed)
    runs = run_layers(sequence.values, trained.network)
    score = trained.score_of_last(runs, sequence)
    assert sequence.due is not None
    o, due = trained.answers(runs)[-1], sequence.due[-1]
    k = o.argmax() if due == NOTHING else due
    record = gradients(runs, score)
    assert (score.name, record.loss) == (f"o_11[{'abcdefg'[k]}]", pytest.approx(o[k], rel=1e-12))
    assert gradients_against_torch(sequence.values, trained.network, runs, record, score).difference < 1e-10
