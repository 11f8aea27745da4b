import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mlcli.core.errors import InputError
from mlcli.core.recurrence_losses import Loss, clip, length, missed


def test_the_sum_and_the_squared_error_of_the_last_state() -> None:
    h = np.array([1.0, -2.0, 0.5])
    assert (Loss().value(h), Loss().gradient(h).tolist()) == (-0.5, [1, 1, 1])
    one, each = Loss((0.5,)), Loss((1.0, 0.0, 0.5))
    assert one.value(h) == pytest.approx((0.25 + 6.25 + 0) / 3)
    assert each.value(h) == pytest.approx(4 / 3) and each.gradient(h) == pytest.approx([0, -4 / 3, 0])


def test_a_target_for_each_unit_or_one_for_all() -> None:
    with pytest.raises(InputError, match="2 targets for 3 units"):
        Loss((1.0, 2.0)).value(np.zeros(3))


@given(st.integers(0, 999), st.sampled_from([0.01, 1.0, 3.0, 1e3]))
def test_clipping_is_torchs(seed: int, limit: float) -> None:
    """But for the 1e-6 that torch adds to the norm."""
    rng = np.random.default_rng(seed)
    parts = [rng.normal(size=size) for size in ((3, 2), (5,), (7, 1))]
    clipped = clip(parts, limit)
    given = [torch.nn.Parameter(torch.zeros(part.shape, dtype=torch.float64)) for part in parts]
    for parameter, part in zip(given, parts, strict=True):
        parameter.grad = torch.tensor(part)
    before = float(torch.nn.utils.clip_grad_norm_(given, limit))
    assert (clipped.before == pytest.approx(before) and clipped.after <= limit * (1 + 1e-12)) or clipped.factor == 1
    for ours, parameter in zip(clipped.parts, given, strict=True):
        assert ours == pytest.approx(parameter.grad.numpy(), rel=1e-5)


def test_what_is_short_is_not_clipped() -> None:
    clipped = clip([np.array([0.3]), np.array([0.4])], 1.0)
    assert clipped.factor == 1 and clipped.after == clipped.before == pytest.approx(0.5)
    assert clip([np.zeros(3)], 1.0).factor == 1


def test_what_a_cut_gradient_lacks() -> None:
    lacks = missed([np.array([3.0, 4.0])], [np.array([3.0, 0.0])])
    assert (lacks.whole, lacks.cut, lacks.share) == (5, 3, 0.8)
    assert missed([np.zeros(2)], [np.zeros(2)]).share == 0 and length([np.array([5.0]), np.array([[12.0]])]) == 13
