import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mlcli.core.numerics import elu, group_softmax, group_sum, leaky_relu, relu, softmax

NUMBERS = st.floats(-50, 50)
GROUPS = np.array([2, 0, 2, 2, 0, 5, 5])  # of 7 groups, four empty


@given(arrays(float, (3, 5), elements=NUMBERS), NUMBERS)
def test_softmax_is_a_distribution_that_a_shift_leaves(x: np.ndarray, shift: float) -> None:
    out = softmax(x)
    np.testing.assert_allclose(out.sum(axis=1), 1)
    np.testing.assert_allclose(softmax(x + shift), out, rtol=1e-9)
    np.testing.assert_allclose(softmax(x.T, axis=0), out.T)


def test_softmax_does_not_overflow() -> None:
    np.testing.assert_allclose(softmax(np.array([1e4, 1e4, -1e4])), [0.5, 0.5, 0])


@given(arrays(float, (7, 3), elements=NUMBERS))
def test_group_softmax_is_softmax_of_each_group(e: np.ndarray) -> None:
    out = group_softmax(e, GROUPS, 7)
    for group in set(GROUPS.tolist()):
        np.testing.assert_allclose(out[GROUPS == group], softmax(e[GROUPS == group], axis=0))


def test_group_sum_leaves_an_empty_group_zero() -> None:
    total = group_sum(np.arange(7.0), GROUPS, 7)
    np.testing.assert_array_equal(total, [5, 0, 5, 0, 0, 11, 0])


def test_activations() -> None:
    x = np.array([-2.0, 0.0, 3.0])
    np.testing.assert_array_equal(relu(x), [0, 0, 3])
    np.testing.assert_array_equal(leaky_relu(x, 0.2), [-0.4, 0, 3])
    np.testing.assert_allclose(elu(np.array([-2.0, -1e-12, 0.0, 800.0])), [np.exp(-2) - 1, -1e-12, 0, 800])
