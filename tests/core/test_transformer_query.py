from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcli.core.transformer import stack
from mlcli.core.transformer_query import norm_row, work_out_sublayer
from mlcli.core.transformer_weights import DECODER, NormParameters, draw_stack
from tests.core.test_transformer import stirred


@given(
    st.sampled_from([(1, 2), (2, 1), (3, 2), (2, 3)]), st.integers(1, 5), st.booleans(),
    st.sampled_from(["relu", "gelu"]), st.integers(0, 2**32),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_the_sums_lead_to_the_row_of_the_matrix_products(
    heads: tuple[int, int], T: int, pre_norm: bool, activation, seed: int
) -> None:
    (H, d_k), rng = heads, np.random.default_rng(seed)
    parameters = stirred(draw_stack(DECODER, H * d_k, 7, 1, pre_norm, seed), rng)
    X, M = rng.standard_normal((T, H * d_k)), rng.standard_normal((T + 2, H * d_k))
    seen = (rng.random((T, T + 2)) < 0.5) | np.eye(T, T + 2, dtype=bool)
    record = stack(X, parameters, H, np.tri(T, dtype=bool), M, seen, activation)
    t, h = T - 1, H - 1
    before = X[t]
    for sublayer, own in zip(record.layers[0], parameters.layers[0], strict=True):
        row = work_out_sublayer(sublayer, own, t, h)
        assert row.difference <= 1e-10 * max(1, np.abs(sublayer.added).max())
        np.testing.assert_allclose(row.x, before, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(row.added, row.x + [cell.total for cell in row.second], rtol=1e-10, atol=1e-10)
        before = row.added if pre_norm else row.norm.out
    np.testing.assert_allclose(before, record.layers[0][-1].out[t], rtol=1e-9, atol=1e-10)


def test_another_sublayers_weights_do_not_lead_there() -> None:
    parameters, other = (draw_stack(DECODER, 6, 7, 1, False, seed) for seed in (1, 2))
    rng = np.random.default_rng(3)
    record = stack(rng.standard_normal((5, 6)), parameters, 2, memory=rng.standard_normal((3, 6)))
    for sublayer, own, wrong in zip(record.layers[0], parameters.layers[0], other.layers[0], strict=True):
        assert work_out_sublayer(sublayer, own, 2, 1).difference < 1e-12
        assert work_out_sublayer(sublayer, replace(own, work=wrong.work), 2, 1).difference > 1e-3


def test_a_norm_is_torchs() -> None:
    rng = np.random.default_rng(5)
    x, gain, shift = rng.standard_normal((3, 7))
    row = norm_row(x, NormParameters(gain, shift))
    told = torch.nn.functional.layer_norm(*(torch.from_numpy(x), (7,)), torch.from_numpy(gain), torch.from_numpy(shift))
    np.testing.assert_allclose(row.out, told.numpy(), rtol=1e-10)
    assert row.unit.mean() == pytest.approx(0, abs=1e-12)
