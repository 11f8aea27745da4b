import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from mlcli.core.evaluation import calibration, hardest, judge
from mlcli.core.numerics import softmax

CASES = 40


@pytest.mark.parametrize("seed", range(CASES))
def test_by_class_it_is_what_sklearn_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, C = int(rng.integers(1, 211)), int(rng.integers(2, 13))
    labels, logits = rng.integers(C, size=n), rng.standard_normal((n, C)) * 3
    found = judge(labels, logits)
    every = np.arange(C)
    np.testing.assert_array_equal(found.confusion, confusion_matrix(labels, found.predicted, labels=every))
    theirs = precision_recall_fscore_support(labels, found.predicted, labels=every, zero_division=np.nan)
    for ours, other in zip((found.precision, found.recall, found.F1), theirs[:3], strict=True):
        np.testing.assert_allclose(ours, other, rtol=1e-10, equal_nan=True)
    assert found.accuracy == pytest.approx(np.mean(found.predicted == labels), rel=1e-12)
    assert found.most_frequent == np.bincount(labels).max() / n
    np.testing.assert_allclose(found.shares.sum(axis=1)[found.confusion.sum(axis=1) > 0], 1.0)


@pytest.mark.parametrize("seed", range(CASES))
def test_calibration_error_by_a_loop_over_cases(seed: int) -> None:
    rng = np.random.default_rng([seed, 1])
    n, C = int(rng.integers(1, 101)), int(rng.integers(2, 7))
    labels, logits = rng.integers(C, size=n), rng.standard_normal((n, C)) * 2
    found = judge(labels, logits)
    p = softmax(logits)
    bins: dict[int, list[tuple[float, bool]]] = {}
    for row, label in zip(p, labels, strict=True):
        sure = float(row.max())
        number = next(b for b in range(10) if b / 10 < sure <= (b + 1) / 10)
        bins.setdefault(number, []).append((sure, bool(row.argmax() == label)))
    due = sum(len(b) / n * abs(np.mean([r for _, r in b]) - np.mean([s for s, _ in b])) for b in bins.values())
    assert found.ECE == pytest.approx(due, rel=1e-10, abs=1e-12)
    assert sum(b.cases for b in found.bins) == n
    assert found.mean_sure == pytest.approx(p.max(axis=1).mean())


def test_who_is_as_right_as_sure_has_no_error() -> None:
    sure = np.repeat([0.75, 0.95], [4, 20])
    right = np.array([True, True, True, False] + [True] * 19 + [False])
    assert [(b.sure, b.right) for b in calibration(sure, right)] == [(0.75, 0.75), (pytest.approx(0.95), 0.95)]


def test_a_bin_holds_its_upper_end_and_not_its_lower() -> None:
    assert [b.high for b in calibration(np.array([0.5, 0.51]), np.array([True, True]))] == [0.5, 0.6]


def test_the_ends_fall_into_the_first_and_the_last_bin() -> None:
    assert [b.cases for b in calibration(np.array([0.0, 1.0]), np.array([True, True]))] == [1, 1]


def test_the_hardest_are_those_whose_own_class_was_least_likely() -> None:
    labels = np.array([0, 1, 1])
    logits = np.log(np.array([[0.6, 0.4], [0.9, 0.1], [0.3, 0.7]]))
    found = judge(labels, logits)
    np.testing.assert_allclose(found.of_own_class, [0.6, 0.1, 0.7])
    assert hardest(found, 2).tolist() == [1, 0]
    assert hardest(found, 99).tolist() == [1, 0, 2]
