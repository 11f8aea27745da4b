from collections.abc import Iterator

import numpy as np
import pytest
import torch

from mlcli.checks.convolution import against_torch
from mlcli.core.convolution import (
    BAND,
    Convolution,
    agreement,
    cells_to_show,
    convolve,
    magnitude,
    turned,
    work_out,
)
from mlcli.core.convolution_cost import cost, costs, nodes
from mlcli.core.convolution_letters import letters, letters_under
from mlcli.core.convolution_loops import MOST_TURNS, run_loops, turns
from mlcli.core.errors import InputError
from mlcli.core.kernels import KERNELS, named_kernel, random_kernel
from mlcli.core.padding import MODES, around, gathered
from mlcli.core.windows import Window, even, pair, same, sides

LETTERS = np.arange(1.0, 26.0).reshape(1, 5, 5)
ONE_TO_NINE = np.arange(1.0, 10.0).reshape(1, 1, 3, 3)
CASES = 500


def drawn(rng: np.random.Generator) -> dict:
    """Arguments of convolve that fit each other: every setting drawn, for rows and columns apart."""
    groups = int(rng.choice([1, 1, 2, 3]))
    each, filters = int(rng.choice([1, 2, 5])), int(rng.choice([1, 2, 3]))
    kernel = tuple(int(k) for k in rng.choice([1, 2, 3, 5], size=2))
    over = {
        "stride": tuple(int(s) for s in rng.integers(1, 4, size=2)),
        "padding": tuple((int(a), int(b)) for a, b in rng.integers(0, 5, size=(2, 2))),
        "dilation": tuple(int(d) for d in rng.integers(1, 4, size=2)),
    }
    H, W = ((13, 17), (19, 23), (17, 29))[rng.integers(3)]
    return over | {
        "A": rng.standard_normal((groups * each, H, W)),
        "W": rng.standard_normal((groups * filters, each, *kernel)),
        "b": rng.standard_normal(groups * filters),
        "pad_mode": str(rng.choice(MODES)),
        "groups": groups,
    }


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small operations on several threads wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def cases() -> list[Convolution]:
    rng = np.random.default_rng(5)
    return [convolve(**drawn(rng)) for _ in range(CASES)]


def test_equal_to_torch(cases: list[Convolution]) -> None:
    checks = [against_torch(record) for record in cases]
    assert max(check.difference for check in checks) < 1e-10
    assert all(check.passed for check in checks)
    assert {(record.pad_mode, record.groups > 1) for record in cases} == {(m, g) for m in MODES for g in (False, True)}


def test_the_windows_give_the_same(cases: list[Convolution]) -> None:
    for record in cases[:150]:
        grouped = record.windows.reshape(record.groups, -1, *record.windows.shape[1:])
        kernel = record.W.reshape(record.groups, -1, *record.W.shape[1:])
        B = np.einsum("gchwmn,gocmn->gohw", grouped, kernel).reshape(record.B.shape) + record.b[:, None, None]
        assert np.allclose(B, record.B, rtol=1e-10, atol=1e-10)


def test_the_loops_give_the_same(cases: list[Convolution]) -> None:
    small = [record for record in cases if record.B.size * record.W[0].size < 1_000]
    assert len(small) >= 12
    for record in small[:12]:
        loops = run_loops(record, 7)
        assert loops.difference is not None and loops.difference < 1e-10
        assert loops.operations == record.B.size * record.W[0].size


def test_every_cell_written_out_is_the_cell(cases: list[Convolution]) -> None:
    for record in cases[::10]:
        cells = cells_to_show(record, 3)
        assert agreement(record, cells) < 1e-10
        for cell in cells:
            assert cell.total == pytest.approx(cell.products.sum() + cell.bias)
            assert np.array_equal(cell.window, record.windows[cell.channels.start : cell.channels.stop, cell.h, cell.w])


@pytest.mark.parametrize("shape", [(1, 5, 331), (3, 47, 53), (67, 3, 5)])
def test_bands_of_rows_and_parts_of_rows(shape: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(7)
    A, W = rng.standard_normal(shape), rng.standard_normal((2, shape[0], 3, 5))
    whole = convolve(A, W, padding=((1, 2), (3, 1)), stride=(1, 2))
    assert whole.W[0].size * whole.B[0].size < BAND
    for band in (1, 97, 2003):
        monkeypatch.setattr("mlcli.core.convolution.BAND", band)
        assert np.allclose(convolve(A, W, padding=((1, 2), (3, 1)), stride=(1, 2)).B, whole.B, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("mode", MODES)
def test_padding_is_torchs(mode: str) -> None:
    A = np.arange(1.0, 1 + 2 * 5 * 7).reshape(2, 5, 7)
    rows, columns = around(5, (4, 3), mode), around(7, (2, 6), mode)
    name = {"zeros": "constant"}.get(mode, mode)
    expected = torch.nn.functional.pad(torch.from_numpy(A)[None], (2, 6, 4, 3), name)[0].numpy()
    assert np.array_equal(gathered(A, rows, columns), expected)


@pytest.mark.filterwarnings("ignore:Using padding=.same.")
def test_same_is_torchs() -> None:
    rng = np.random.default_rng(11)
    for kernel, dilation in [((3, 3), (1, 1)), ((2, 5), (1, 3)), ((4, 1), (3, 1))]:
        A, W = rng.standard_normal((1, 19, 23)), rng.standard_normal((1, 1, *kernel))
        record = convolve(A, W, padding=same(kernel, dilation), dilation=dilation)
        expected = torch.nn.functional.conv2d(
            torch.from_numpy(A)[None], torch.from_numpy(W), padding="same", dilation=dilation
        )
        assert np.allclose(record.B, expected[0].numpy(), rtol=1e-10, atol=1e-12)


def test_no_padding_copies_nothing() -> None:
    record = convolve(LETTERS, ONE_TO_NINE)
    assert record.padded.base is record.A or np.shares_memory(record.padded, record.A)
    assert np.shares_memory(record.windows, record.A)


def test_settings_of_one_number() -> None:
    assert pair(3) == (3, 3) and pair((2, 5)) == (2, 5)
    assert sides(2) == even((2, 2)) and sides((2, 3)) == even((2, 3)) and sides(((1, 2), (3, 5))) == ((1, 2), (3, 5))


def test_what_the_floor_drops() -> None:
    over = Window((3, 3), stride=(2, 3))
    assert over.output((8, 9)) == (3, 3) and over.dropped((8, 9)) == (1, 0)


def test_the_lectures_letters() -> None:
    record = convolve(LETTERS, ONE_TO_NINE)
    assert record.B.tolist() == [[[411, 456, 501], [636, 681, 726], [861, 906, 951]]]
    assert convolve(LETTERS, ONE_TO_NINE, padding=1).B[0, 0].tolist() == [128, 202, 241, 280, 184]
    assert turned(convolve(LETTERS, ONE_TO_NINE)).B.tolist() == [[[219, 264, 309], [444, 489, 534], [669, 714, 759]]]


def test_two_channels_are_summed() -> None:
    A, W = np.arange(9.0).reshape(1, 3, 3), np.arange(4.0).reshape(1, 1, 2, 2)
    assert convolve(A, W).B.tolist() == [[[19, 25], [37, 43]]]
    two = convolve(np.concatenate([A, A + 1]), np.concatenate([W, W + 1], axis=1))
    assert two.B.tolist() == [[[56, 72], [104, 120]]]


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


def test_a_cell_of_a_group_sees_its_channels() -> None:
    rng = np.random.default_rng(3)
    record = convolve(rng.standard_normal((6, 5, 7)), rng.standard_normal((4, 3, 2, 3)), groups=2)
    assert [work_out(record, 1, 2, co).channels for co in range(4)] == [range(3), range(3), range(3, 6), range(3, 6)]


def test_letters_name_channels_and_padding() -> None:
    names = letters((1, 5, 7))
    assert names[0, 0, :3].tolist() == ["a", "b", "c"]
    assert names.ravel()[24:28].tolist() == ["y", "z", "aa", "ab"]
    assert letters((2, 2, 2))[1, 1, 1] == "d2"
    record = convolve(LETTERS, ONE_TO_NINE, padding=1)
    assert letters_under(record, work_out(record, 0, 0)).tolist() == [
        [["0", "0", "0"], ["0", "a", "b"], ["0", "f", "g"]]
    ]
    mirrored = convolve(LETTERS, ONE_TO_NINE, padding=1, pad_mode="reflect")
    assert letters_under(mirrored, work_out(mirrored, 0, 0))[0, 0].tolist() == ["g", "f", "g"]


def test_the_loops_run_as_on_the_slide() -> None:
    record = convolve(np.arange(18.0).reshape(2, 3, 3), np.arange(8.0).reshape(1, 2, 2, 2))
    places = [(turn.h, turn.w, turn.ci, turn.m, turn.n) for turn in turns(record)]
    assert places == sorted(places) and len(set(places)) == len(places) == 4 * 8
    assert [turn.operations for turn in turns(record)] == list(range(1, 33))
    assert [turn.sum for turn in turns(record)][7::8] == record.B.ravel().tolist()


def test_loops_that_would_take_too_long_are_not_run() -> None:
    loops = run_loops(convolve(np.ones((1, 211, 223)), np.ones((1, 1, 3, 3))), 10)
    assert loops.operations > MOST_TURNS and loops.difference is None and len(loops.first) == 10


def test_cost_of_the_lectures_image() -> None:
    [own, *_] = [of for of in costs(convolve(np.zeros((1, 250, 250)), ONE_TO_NINE)) if of.size == (250, 250)]
    assert (own.node, own.weights, own.dense_weights) == (62_500, 9, 62_500 * 248**2)
    assert [of.node for of in costs(convolve(np.zeros((3, 7, 11)), np.zeros((5, 3, 2, 3)))) if of.size[0] == 224] == [
        150_528
    ]
    many = cost(convolve(np.zeros((3, 7, 11)), np.zeros((5, 3, 2, 3))))
    assert (many.weights, many.outputs, many.multiply_adds) == (90, 5 * 6 * 9, 90 * 6 * 9)
    assert nodes(convolve(LETTERS, ONE_TO_NINE))[:2] == [(1, 25), (10, 250)]


def test_costs_leave_out_images_below_the_kernel() -> None:
    found = costs(convolve(np.zeros((1, 101, 103)), np.zeros((1, 1, 97, 101))))
    assert [of.size for of in found][:2] == [(101, 103), (128, 128)]


def test_magnitude_bounds_every_cell(cases: list[Convolution]) -> None:
    assert all(np.abs(record.B).max() <= magnitude(record) for record in cases)


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
        ({"b": np.zeros(2)}, "--bias"),
        ({"groups": 2}, "--groups"),
        ({"A": np.zeros((4, 5, 5)), "W": np.zeros((2, 4, 3, 3)), "groups": 2}, None),
        ({"padding": 5, "pad_mode": "reflect"}, "--pad-mode"),
        ({"padding": 6, "pad_mode": "circular"}, "--pad-mode"),
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
    assert named_kernel("one-to-nine-3").values[:, 1, 0].tolist() == pytest.approx([4.1, 4.2, 4.3])
    with pytest.raises(InputError) as refused:
        named_kernel("sobl-x")
    assert refused.value.hint is not None and refused.value.hint.startswith("one of sobel-x")


def test_a_random_kernel_is_its_seeds() -> None:
    assert np.array_equal(random_kernel(7).values, random_kernel(7).values)
    assert not np.array_equal(random_kernel(7).values, random_kernel(8).values)
