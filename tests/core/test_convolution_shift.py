import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcli.core.convolution import convolve, magnitude
from mlcli.core.convolution_shift import ShiftTest, shift_test, shifted
from mlcli.core.errors import InputError
from mlcli.core.padding import MODES
from mlcli.core.windows import Window

rng = np.random.default_rng(23)
A = rng.standard_normal((2, 24, 30))
W = rng.standard_normal((3, 2, 3, 5))
BY_TWO = Window((2, 2), (2, 2))


def moved(shift: tuple[int, int], **how: object) -> ShiftTest:
    record = convolve(A, W, rng.standard_normal(3), **how)
    return shift_test(record, shift, BY_TWO, 1e-12 * magnitude(record))


@given(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), st.sampled_from(MODES))
@settings(max_examples=30)
def test_a_convolution_is_equivariant_inside(shift: tuple[int, int], mode: str) -> None:
    test = moved(shift, padding=2, pad_mode=mode)
    convolution = test.stages[0]
    assert convolution.moved == shift
    assert convolution.inside is not None and convolution.inside <= test.tolerance
    if shift != (0, 0):
        assert convolution.unmoved > 0.1
    if mode != "circular" and max(map(abs, shift)) > 2:
        assert convolution.border is not None and convolution.border > 0.1


@given(st.tuples(st.integers(-23, 23), st.integers(-29, 29)))
@settings(max_examples=20)
def test_on_a_ring_the_border_follows_and_global_pooling_is_invariant(shift: tuple[int, int]) -> None:
    test = moved(shift, padding=(1, 2), pad_mode="circular")
    convolution, _, *whole = test.stages
    assert (convolution.border or 0) <= test.tolerance and (convolution.inside or 0) <= test.tolerance
    assert all(stage.unmoved <= test.tolerance for stage in whole)
    modes = dict(test.by_mode)
    assert (modes["circular"].border or 0) <= test.tolerance


def test_a_stride_breaks_what_it_does_not_divide() -> None:
    odd, even = moved((0, 3), stride=2), moved((2, 4), stride=2)
    assert odd.stages[0].moved is None and odd.stages[0].inside is None and odd.stages[0].unmoved > 0.1
    assert even.stages[0].moved == (1, 2)
    assert even.stages[0].inside is not None and even.stages[0].inside <= even.tolerance


def test_pooling_follows_in_its_own_cells() -> None:
    test = moved((2, 4))
    pooled = test.stages[1]
    assert (pooled.what, pooled.step, pooled.moved) == ("max pool 2×2", (2, 2), (1, 2))
    assert pooled.inside is not None and pooled.inside <= test.tolerance
    assert moved((1, 4)).stages[1].moved is None


@pytest.mark.parametrize("mode", MODES)
def test_what_comes_in_is_what_the_mode_says(mode: str) -> None:
    there = shifted(A, (2, -3), mode)
    assert there.shape == A.shape
    assert np.array_equal(there[:, 2:, :-3], A[:, :-2, 3:])
    entered = {"zeros": 0 * A[:, 0], "replicate": A[:, 0], "reflect": A[:, 1], "circular": A[:, -1]}[mode]
    assert np.array_equal(there[:, 1, :-3], entered[:, 3:])


def test_not_moved_at_all() -> None:
    test = moved((0, 0))
    assert all(stage.unmoved == 0 for stage in test.stages)


def test_nothing_is_left() -> None:
    with pytest.raises(InputError, match="nothing is left"):
        moved((24, 0))
