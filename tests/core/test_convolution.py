import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcli.checks.convolution import against_torch
from mlcli.core.convolution import agreement, cells_to_show, convolve, cost, letter_windows, letters, work_out
from mlcli.core.errors import InputError
from mlcli.core.kernels import KERNELS, named_kernel, random_kernel

LETTERS = np.arange(1.0, 26.0).reshape(1, 5, 5)
ONE_TO_NINE = np.arange(1.0, 10.0).reshape(1, 1, 3, 3)


@st.composite
def convolutions(draw: st.DrawFn) -> dict:
    """Arguments of convolve that fit each other; heights, widths and channels all differ."""
    C_in, C_out = draw(st.sampled_from([(1, 2), (2, 1), (3, 5), (5, 3)]))
    kH, kW = draw(st.sampled_from([(1, 1), (2, 3), (3, 2), (5, 3), (1, 7)]))
    dilation = draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    H, W = draw(st.sampled_from([(23, 29), (31, 37), (41, 43)]))  # above and below the rows of one band
    return {
        "A": rng.standard_normal((C_in, H, W)),
        "W": rng.standard_normal((C_out, C_in, kH, kW)),
        "b": rng.standard_normal(C_out),
        "stride": draw(st.integers(1, 4)),
        "padding": draw(st.integers(0, 3)),
        "dilation": dilation,
    }


@given(convolutions())
@settings(max_examples=60, deadline=None)
def test_equal_to_torch(arguments: dict) -> None:
    check = against_torch(convolve(**arguments))
    assert check.difference < 1e-10
    assert check.passed


@given(convolutions())
@settings(max_examples=30, deadline=None)
def test_every_cell_written_out_is_the_cell(arguments: dict) -> None:
    record = convolve(**arguments)
    cells = cells_to_show(record, 5)
    assert agreement(record, cells) < 1e-10
    for cell in cells:
        assert cell.total == pytest.approx(cell.products.sum() + cell.bias)


def test_the_lectures_letters() -> None:
    record = convolve(LETTERS, ONE_TO_NINE)
    assert record.B.tolist() == [[[411, 456, 501], [636, 681, 726], [861, 906, 951]]]
    assert convolve(LETTERS, ONE_TO_NINE, padding=1).B[0, 0].tolist() == [128, 202, 241, 280, 184]
    assert convolve(LETTERS, ONE_TO_NINE[:, :, ::-1, ::-1]).B[0, 0].tolist() == [219, 264, 309]


def test_two_channels_are_summed() -> None:
    A, W = np.arange(9.0).reshape(1, 3, 3), np.arange(4.0).reshape(1, 1, 2, 2)
    assert convolve(A, W).B.tolist() == [[[19, 25], [37, 43]]]
    two = convolve(np.concatenate([A, A + 1]), np.concatenate([W, W + 1], axis=1))
    assert two.B.tolist() == [[[56, 72], [104, 120]]]


def test_windows_are_a_view() -> None:
    record = convolve(LETTERS, ONE_TO_NINE)
    assert np.shares_memory(record.windows, record.padded)


def test_a_cell_knows_its_place_and_its_padding() -> None:
    record = convolve(LETTERS, ONE_TO_NINE, stride=2, padding=1)
    corner, middle = work_out(record, 0, 0), work_out(record, 1, 1)
    assert (corner.rows, corner.columns, corner.on_padding, corner.turn) == ((-1, 0, 1), (-1, 0, 1), True, 1)
    assert (middle.rows, middle.columns, middle.on_padding, middle.turn) == ((1, 2, 3), (1, 2, 3), False, 5)


def test_the_strongest_cell_is_shown_once() -> None:
    record = convolve(LETTERS, ONE_TO_NINE)
    assert [cell.turn for cell in cells_to_show(record, 2)] == [1, 2, 9]
    assert [cell.turn for cell in cells_to_show(record, 9)] == list(range(1, 10))
    assert cells_to_show(record, 0) == []


def test_letters_name_channels_and_padding() -> None:
    names = letters((1, 5, 7))
    assert names[0, 0, :3].tolist() == ["a", "b", "c"]
    assert names.ravel()[24:28].tolist() == ["y", "z", "aa", "ab"]
    assert letters((2, 2, 2))[1, 1, 1] == "d2"
    padded = letter_windows(convolve(LETTERS, ONE_TO_NINE, padding=1))[0, 0, 0]
    assert padded.tolist() == [["0", "0", "0"], ["0", "a", "b"], ["0", "f", "g"]]


def test_cost_of_the_lectures_image() -> None:
    record = convolve(np.zeros((1, 250, 250)), np.zeros((1, 1, 250, 250)))
    assert cost(record).dense_weights == 62_500
    many = cost(convolve(np.zeros((3, 7, 11)), np.zeros((5, 3, 2, 3))))
    assert (many.weights, many.outputs, many.multiply_adds) == (90, 5 * 6 * 9, 90 * 6 * 9)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"stride": 0}, "--stride"),
        ({"padding": -1}, "--padding"),
        ({"padding": 10007}, "--padding"),
        ({"padding": 10**19}, "--padding"),
        ({"dilation": 0}, "--dilation"),
        ({"dilation": 3}, None),
        ({"A": np.zeros((2, 5, 5))}, None),
        ({"A": np.zeros((1, 0, 5))}, None),
        ({"W": np.zeros((1, 1, 7, 3))}, None),
        ({"b": np.zeros(2)}, None),
    ],
)
def test_what_does_not_fit_is_refused(change: dict, where: str | None) -> None:
    with pytest.raises(InputError) as refused:
        convolve(**{"A": LETTERS, "W": ONE_TO_NINE} | change)
    assert refused.value.where == where


def test_a_cell_outside_is_refused() -> None:
    with pytest.raises(InputError, match="no cell 3,0"):
        work_out(convolve(LETTERS, ONE_TO_NINE), 3, 0)


def test_named_kernels() -> None:
    assert named_kernel("box").values.sum() == pytest.approx(1)
    assert named_kernel("gaussian").values.sum() == pytest.approx(1)
    for name in ("sobel-x", "sobel-y", "prewitt", "laplacian"):
        assert named_kernel(name).values.sum() == 0, f"{name} answers to an even surface"
    flat = np.ones((1, 4, 4))
    for name in ("identity", "sharpen"):
        assert np.all(convolve(flat, KERNELS[name].values[None, None]).B == 1)
    with pytest.raises(InputError) as refused:
        named_kernel("sobl-x")
    assert refused.value.hint is not None and refused.value.hint.startswith("one of sobel-x")


def test_a_random_kernel_is_its_seeds() -> None:
    assert np.array_equal(random_kernel(7).values, random_kernel(7).values)
    assert not np.array_equal(random_kernel(7).values, random_kernel(8).values)
