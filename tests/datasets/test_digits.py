import numpy as np

from mlcli.datasets.digits import digits
from mlcli.datasets.loading import load


def test_a_third_is_for_testing_and_the_split_is_always_the_same() -> None:
    pictures = digits()
    assert pictures.values.shape == (1797, 1, 8, 8)
    assert (pictures.values.min(), pictures.values.max(), pictures.brightest) == (0, 16, 16)
    assert [len(pictures.train), len(pictures.validation), len(pictures.test)] == [998, 200, 599]
    everyone = np.concatenate([pictures.train, pictures.validation, pictures.test])
    assert sorted(everyone) == list(range(1797))
    assert pictures.test[:5].tolist() == TEST and load("digits").test[:5].tolist() == TEST
    for part in (pictures.train, pictures.validation, pictures.test):
        assert set(pictures.labels[part]) == set(range(10))


TEST = [1, 2, 4, 5, 6]
