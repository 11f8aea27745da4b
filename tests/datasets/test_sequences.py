import numpy as np
import pytest

from mlcli.core.errors import InputError
from mlcli.datasets.sequences import adding, letters, sine


@pytest.mark.parametrize("T", [2, 3, 7, 101])
def test_adding_marks_one_value_in_each_half(T: int) -> None:
    for seed in range(23):
        values = adding(T, seed).values
        assert values.shape == (T, 2)
        assert ((0 <= values[:, 0]) & (values[:, 0] < 1)).all()
        assert values[: T // 2, 1].sum() == 1 and values[T // 2 :, 1].sum() == 1


def test_adding_says_which_values_are_marked() -> None:
    sequence = adding(13, seed=5)
    first, second = np.flatnonzero(sequence.values[:, 1]) + 1
    assert f"x_{first} and x_{second}" in sequence.notice[0]
    assert np.array_equal(sequence.values, adding(13, seed=5).values)
    assert not np.array_equal(sequence.values, adding(13, seed=6).values)


def test_always_answering_1_is_wrong_by_a_sixth() -> None:
    answers = [values[values[:, 1] == 1, 0].sum() for values in (adding(11, seed).values for seed in range(4001))]
    assert np.mean((np.array(answers) - 1) ** 2) == pytest.approx(1 / 6, rel=0.05)


def test_one_step_has_no_two_halves() -> None:
    with pytest.raises(InputError, match="at least 2"):
        adding(1, seed=0)


def test_a_sine_turns_in_twelve_steps() -> None:
    values = sine(29).values
    assert values.shape == (29, 1)
    assert values[[0, 3, 6, 9, 12], 0] == pytest.approx([0, 1, 0, -1, 0], abs=1e-12)


def test_letters_begin_again_after_z() -> None:
    assert letters(5) == "abcde" and letters(29)[24:] == "yzabc"
