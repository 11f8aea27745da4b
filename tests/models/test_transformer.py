import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcli.core.translation import from_weights, translate
from mlcli.models.transformer import Transformer
from mlcli.training.task import weights_of


@given(
    st.sampled_from([(1, 3), (2, 2), (3, 2)]), st.integers(1, 7), st.integers(1, 2), st.booleans(), st.integers(0, 99)
)
@settings(max_examples=25, deadline=None)
def test_core_writes_the_same_answers(heads: tuple[int, int], T: int, L: int, stirred: bool, seed: int) -> None:
    H, d_k = heads
    network = Transformer(5, H * d_k, 11, L, H, pre_norm=True, dropped=0.0, rng=np.random.default_rng(seed)).double()
    if stirred:
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(0.3 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(seed)))
    x = np.random.default_rng(seed).integers(0, 5, T)
    record = translate(from_weights(weights_of(network), H, tuple("abcde")), x)
    source = torch.from_numpy(x)[None]
    with torch.no_grad():
        assert network.greedy(source)[0].tolist() == record.y.tolist()
        logits = network(source, torch.from_numpy(record.y)[None])[0].numpy()
    assert np.abs(logits - record.logits).max() < 1e-10
    assert np.allclose(record.probabilities.sum(axis=1), 1)
    assert np.allclose(record.looks.sum(axis=1), 1) and record.looks.shape == (T, T)


def test_a_place_of_the_answer_knows_nothing_of_what_follows() -> None:
    network = Transformer(5, 6, 7, 2, 3, pre_norm=True, dropped=0.0, rng=np.random.default_rng(3))
    x, y = torch.tensor([[0, 1, 2, 3, 4]]), torch.tensor([[4, 3, 2, 1, 0]])
    other = torch.tensor([[4, 3, 2, 0, 1]])
    with torch.no_grad():
        assert torch.allclose(network(x, y)[:, :4], network(x, other)[:, :4], atol=1e-6)
        assert not torch.allclose(network(x, y)[:, 4], network(x, other)[:, 4])


def test_dropout_is_drawn_from_the_generator_that_is_handed_in() -> None:
    network = Transformer(5, 6, 7, 1, 3, pre_norm=True, dropped=0.5, rng=np.random.default_rng(3))
    x = torch.tensor([[0, 1, 2]])
    drawn = [network(x, x, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert torch.equal(drawn[0], drawn[1]) and not torch.equal(drawn[0], drawn[2])
    assert not torch.equal(network(x, x), drawn[0])


def test_post_norm_too() -> None:
    network = Transformer(5, 6, 7, 1, 3, pre_norm=False, dropped=0.0, rng=np.random.default_rng(3))
    assert network.encoder.last is None
    assert network.encode(torch.tensor([[1, 2]])).var(dim=2, correction=0).detach().numpy() == pytest.approx(
        1, abs=1e-3
    )
