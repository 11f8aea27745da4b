import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcli.core.errors import InputError
from mlcli.core.pictures import LabelledPictures
from mlcli.core.set_anomaly import SEEDS, SetAnomaly, farthest, judge, reordered, strip
from mlcli.models.set_anomaly import OddOneOut
from mlcli.training.task import weights_of


def data(classes: int = 3, each: int = 7) -> SetAnomaly:
    """Pictures of 3×2 pixels, as many of each class in every part."""
    labels = np.tile(np.arange(classes), 3 * each)
    values = np.random.default_rng(classes).integers(12, size=(len(labels), 1, 3, 2)) + labels[:, None, None, None]
    train, validation, test = np.split(np.arange(len(labels)), 3)
    names = tuple("abcde"[:classes])
    return SetAnomaly("drawn", LabelledPictures("drawn", values, 17, labels, names, train, validation, test))


@given(st.integers(2, 5), st.integers(3, 7), st.sampled_from(list(SEEDS)), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_all_but_one_are_of_one_class_and_none_is_in_two_parts(classes: int, N: int, part: str, seed: int) -> None:
    made = data(classes)
    drawn = made.draw(part, 23, N, np.random.default_rng(seed))  # type: ignore[arg-type]
    for members, odd in zip(drawn.members, drawn.odd, strict=True):
        labels = made.pictures.labels[members]
        usual = np.delete(labels, odd)
        assert len(set(usual)) == 1 and labels[odd] != usual[0]
        assert len(set(members)) == N
        assert set(members) <= set(getattr(made.pictures, part))


def test_every_place_and_every_class_is_drawn() -> None:
    drawn = data().measured("test", 5)
    assert np.bincount(drawn.odd, minlength=5).min() > 300
    assert np.array_equal(drawn.members, data().measured("test", 5).members)
    assert not np.array_equal(drawn.members, data().measured("validation", 5).members)


@given(st.integers(1, 3), st.sampled_from([(1, 3), (2, 2), (3, 2)]), st.integers(3, 11), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_core_scores_as_torch_does_and_in_any_order(L: int, heads: tuple[int, int], N: int, seed: int) -> None:
    H, d_k = heads
    network = OddOneOut(6, H * d_k, 13, L, H, 0.0, np.random.default_rng(seed)).double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(seed)))
    pictures = np.random.default_rng(seed).uniform(size=(N, 1, 3, 2))
    record = judge(pictures, weights_of(network), H)
    with torch.no_grad():
        scores = network(torch.from_numpy(pictures.reshape(1, N, 6)))[0].numpy()
    np.testing.assert_allclose(record.scores, scores, rtol=1e-10, atol=1e-12)
    assert record.probabilities.sum() == pytest.approx(1) and record.answer == scores.argmax()
    shuffled = reordered(record, weights_of(network), H, seed)
    assert shuffled.difference < 1e-11 * max(1, np.abs(scores).max())
    assert sorted(shuffled.order) == list(range(N)) and not np.array_equal(shuffled.order, np.arange(N))


def test_the_farthest_picture() -> None:
    flat = np.array([[[0.0, 0.0], [0.0, 1.0], [7.0, 7.0]], [[5.0, 0.0], [1.0, 1.0], [1.0, 1.0]]])
    assert farthest(flat).tolist() == [2, 0]


def test_pictures_side_by_side() -> None:
    pictures = np.arange(1.0, 13.0).reshape(2, 1, 3, 2)
    assert strip(pictures).tolist() == [[1, 2, 0, 7, 8], [3, 4, 0, 9, 10], [5, 6, 0, 11, 12]]


@pytest.mark.parametrize(("N", "message"), [(1, "no odd one"), (2, "no odd one"), (8, "only 7 pictures of a class")])
def test_sets_that_cannot_be(N: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        data().draw("train", 3, N, np.random.default_rng(0))
