import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mlcli.core.attention_masks import band, causal, fill_rows, padding
from mlcli.core.errors import InputError

SIZES = st.integers(1, 13)


@given(SIZES, SIZES, st.integers(0, 20))
def test_each_mask_by_its_rule(T: int, S: int, n: int) -> None:
    for t in range(T):
        for s in range(S):
            assert causal(T, S)[t, s] == (s <= t)
            assert band(T, S, n)[t, s] == (abs(t - s) <= n)
            if n <= S:
                assert padding(T, S, n)[t, s] == (s < S - n)


def test_more_padding_than_keys() -> None:
    with pytest.raises(InputError, match="there are 3 keys, 4 of which cannot be padding"):
        padding(2, 3, 4)


def test_fills_are_what_torch_makes_of_them() -> None:
    scaled = np.array([0.5, -1.25, 2.0])
    filled = fill_rows(scaled)
    assert [(f.fill, f.precision) for f in filled] == [
        (fill, precision) for fill in (-np.inf, -9e15) for precision in ("float64", "float32", "float16")
    ]
    for f in filled:
        dtype = getattr(torch, f.precision)
        row = torch.tensor(scaled).to(dtype)
        mask = torch.tensor([True, False, False])
        fill = float(np.clip(f.fill, torch.finfo(dtype).min, None)) if np.isfinite(f.stored) else -np.inf
        for hidden, ours in ((mask, f.seeing), (torch.zeros(3, dtype=torch.bool), f.blind)):
            theirs = torch.softmax(row.masked_fill(~hidden, fill), 0).double().numpy()
            assert np.allclose(ours, theirs, atol=1e-3, equal_nan=True)


def test_half_precision_does_not_have_the_lectures_fill() -> None:
    by_case = {(f.fill, f.precision): f for f in fill_rows(np.array([0.0, 1.0, 2.0]))}
    assert by_case[-9e15, "float16"].stored == -np.inf
    assert np.isnan(by_case[-9e15, "float16"].blind).all()
    assert np.isnan(by_case[-np.inf, "float64"].blind).all()
    assert by_case[-9e15, "float64"].blind.tolist() == [1 / 3] * 3
    assert all(f.seeing.tolist() == [1, 0, 0] for f in by_case.values())
