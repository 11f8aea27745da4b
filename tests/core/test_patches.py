import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mlcli.core.errors import InputError
from mlcli.core.patches import embed_patches, names, on_grid


@given(st.sampled_from([1, 3]), st.integers(1, 4), st.integers(1, 5), st.integers(1, 7), st.integers(0, 2**32))
def test_projected_patches_are_a_convolution_with_their_size_as_stride(
    C: int, rows: int, columns: int, P: int, seed: int
) -> None:
    picture = np.random.default_rng(seed).random((C, rows * P, columns * P))
    own = embed_patches(picture, P, 11, seed)
    kernels = torch.from_numpy(own.W_E.T.reshape(11, C, P, P).copy())
    theirs = torch.nn.functional.conv2d(torch.from_numpy(own.A)[None], kernels, stride=P)[0]
    assert np.allclose(own.E, theirs.flatten(1).T.numpy(), atol=1e-12)
    assert (own.rows, own.columns) == (rows, columns)


def test_a_patch_is_the_part_of_the_picture_that_its_name_says() -> None:
    picture = np.random.default_rng(2).random((3, 10, 15))
    own = embed_patches(picture, 5, 7, 0)
    place = names(own).index("1,2")
    assert np.allclose(own.patches[place - 1], 2 * picture[:, 5:10, 10:15] - 1)
    assert np.array_equal(own.flat[place - 1], own.patches[place - 1].ravel())
    assert names(own)[0] == "class" and len(names(own)) == len(own.X) == 7
    assert np.array_equal(own.X, np.vstack([own.class_token, own.E]) + own.positions)


def test_what_is_left_over_is_cut_off() -> None:
    picture = np.random.default_rng(3).random((1, 11, 17))
    own = embed_patches(picture, 5, 7, 0)
    assert own.A.shape == (1, 10, 15)
    assert np.array_equal(own.A, 2 * picture[:, :10, :15] - 1)


def test_vit_at_its_own_size_has_197_tokens() -> None:
    assert embed_patches(np.zeros((3, 224, 224)), 16, 5, 0).X.shape == (197, 5)


def test_a_patch_larger_than_the_picture() -> None:
    with pytest.raises(InputError, match="a patch of 8×8 does not fit into 7×11 pixels") as refused:
        embed_patches(np.zeros((1, 7, 11)), 8, 3, 0)
    assert refused.value.hint == "at most 7"


def test_weights_where_their_patches_lie() -> None:
    assert on_grid(np.arange(7.0), 2, 3).tolist() == [[1, 2, 3], [4, 5, 6]]


def test_a_projection_that_would_not_fit() -> None:
    with pytest.raises(InputError, match="need 98,304,000 weights"):
        embed_patches(np.zeros((3, 128, 128)), 128, 2000, 0)
