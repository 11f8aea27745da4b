"""ViT in torch against core's, in float64."""

import numpy as np
import pytest
import torch

from mlcli.core.patches import cut, embed_patches
from mlcli.core.vit import see
from mlcli.models.vit import ViT
from mlcli.training.task import weights_of

SIZES = [((1, 8, 8), 2, 2, 3), ((1, 8, 8), 4, 1, 5), ((3, 11, 7), 3, 3, 2), ((2, 5, 13), 5, 1, 1)]


def drawn(shape: tuple[int, int, int], P: int, H: int, d_k: int, dropped: float = 0.0) -> ViT:
    """In float64, every weight stirred, biases and norms too."""
    rng = np.random.default_rng(P)
    network = ViT(shape, P, H * d_k, 11, 2, H, 5, dropped, rng).double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.from_numpy(0.3 * rng.standard_normal(parameter.shape)))
    return network


@pytest.mark.parametrize(("shape", "P", "H", "d_k"), SIZES)
def test_core_sees_the_same(shape: tuple[int, int, int], P: int, H: int, d_k: int) -> None:
    network = drawn(shape, P, H, d_k)
    pictures = np.random.default_rng(1).random((7, *shape))
    with torch.no_grad():
        logits = network(torch.from_numpy(pictures)).numpy()
    seen = [see(picture, weights_of(network), P, H) for picture in pictures]
    assert np.abs(logits - np.array([sight.logits for sight in seen])).max() < 1e-10
    assert seen[0].X.shape == (1 + (shape[1] // P) * (shape[2] // P), H * d_k)


def test_a_patch_is_laid_out_as_attention_lays_it_out() -> None:
    picture = np.random.default_rng(0).random((3, 11, 7))
    embedding = embed_patches(picture, 3, 5, 0)
    assert np.array_equal(see(picture, weights_of(drawn((3, 11, 7), 3, 1, 5)), 3, 1).flat, embedding.flat)
    assert np.array_equal(cut(embedding.A, 3)[3], embedding.A[:, 3:6, 3:6])


def test_dropout_is_drawn_from_the_generator_that_is_handed_in() -> None:
    network, x = drawn((1, 8, 8), 2, 2, 3, 0.5), torch.zeros(3, 1, 8, 8, dtype=torch.float64)
    first, same, other = (network(x, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, same) and not torch.equal(first, other)
