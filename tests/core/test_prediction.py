import numpy as np

from mlcli.core.prediction import draw


def test_a_temperature_of_one_draws_by_softmax() -> None:
    rng = np.random.default_rng(2)
    logits = np.log(np.array([0.2, 0.5, 0.3]))
    counts = np.bincount([draw(logits, 1.0, rng)[0] for _ in range(3001)], minlength=3)
    np.testing.assert_allclose(counts / 3001, [0.2, 0.5, 0.3], atol=0.03)


def test_colder_is_more_certain_and_zero_is_the_likeliest() -> None:
    logits = np.random.default_rng(3).standard_normal(7)
    rng = np.random.default_rng(0)
    largest = [draw(logits, temperature, rng)[1].max() for temperature in (5.0, 1.0, 0.3, 1e-9, 1e-300, 0.0)]
    assert largest == sorted(largest) and largest[-1] == largest[-2] == 1.0
    assert draw(logits, 0.0, rng)[0] == logits.argmax()
