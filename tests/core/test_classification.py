import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from mlcli.core.classification import classify, f1, highest, logistic_regression, mean_and_spread
from mlcli.core.errors import InputError

N, D, K = 61, 7, 5


def drawn(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Vectors, and classes that depend on them in part; some nodes have several, some none."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((N, D)) * rng.exponential(size=D)
    return X, X @ rng.standard_normal((D, K)) + rng.standard_normal((N, K)) > 1.0


@pytest.mark.parametrize("seed", range(7))
@pytest.mark.parametrize("C", [0.1, 1.0, 30.0])
def test_the_minimum_is_that_of_scikit_learn(seed: int, C: float) -> None:
    X, Y = drawn(seed)
    W, b = logistic_regression(X, Y, C)
    for k in range(K):
        theirs = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-13, max_iter=1000).fit(X, Y[:, k])
        np.testing.assert_allclose(W[k], theirs.coef_[0], rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(b[k], theirs.intercept_[0], rtol=1e-8, atol=1e-10)


def test_a_class_of_none_or_of_all_is_never_or_always_given() -> None:
    X, Y = drawn(3)
    Y[:, 1], Y[:, 3] = False, True
    W, b = logistic_regression(X, Y)
    assert not W[[1, 3]].any()
    assert b[[1, 3]].tolist() == [-np.inf, np.inf]
    given = highest(X @ W.T + b, np.full(N, 1))
    assert given[:, 3].all()


def test_separable_classes_end() -> None:
    X = np.linspace(-1, 1, N)[:, None] * 1e3
    W, b = logistic_regression(X, X > 0, C=1e6)
    assert np.isfinite([*W[0], *b]).all()
    assert ((X @ W.T + b > 0) == (X > 0)).all()


@given(st.integers(0, 2**32 - 1))
def test_f1_is_that_of_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    Y, given = rng.random((2, 13, K)) < rng.random(K)
    Y[0, 0] = True
    ours = f1(Y, given)
    theirs = [f1_score(Y, given, average=how, zero_division=np.nan) for how in ("micro", "macro")]
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_as_many_classes_are_given_as_are_known() -> None:
    scores = np.random.default_rng(0).standard_normal((N, K))
    n = np.arange(N) % (K + 1)
    given = highest(scores, n)
    assert (given.sum(axis=1) == n).all()
    for row, chosen in zip(scores, given, strict=True):
        assert not chosen.any() or row[chosen].min() >= np.max(row[~chosen], initial=-np.inf)


def test_what_vectors_tell_is_found_and_noise_is_not() -> None:
    rng = np.random.default_rng(1)
    y = rng.integers(3, size=397)
    Y = y[:, None] == np.arange(3)
    Y[:11] = False  # eleven nodes have no class
    telling = np.eye(3)[y] + 0.1 * rng.standard_normal((397, 3))
    record = classify(telling, Y, 3, np.random.default_rng(2))
    assert record.micro.shape == record.macro.shape == (9, 3)
    assert (record.nodes, record.classes, record.most_classes) == (386, 3, 1)
    assert record.micro.min() > 0.99
    noise = classify(rng.standard_normal((397, 3)), Y, 3, np.random.default_rng(2))
    assert 0.25 < noise.micro.mean() < 0.45
    share, micro, spread, *_ = record.rows[0]
    assert (share, micro) == (0.1, record.micro[0].mean())
    assert spread == pytest.approx(record.micro[0].std(ddof=1))
    assert mean_and_spread(np.array([0.5])) == (0.5, None)


def test_too_little_to_learn_from() -> None:
    X, _ = drawn(0)
    with pytest.raises(InputError, match="7 labelled nodes"):
        classify(X[:7], np.ones((7, K), bool), 3, np.random.default_rng(0))
    with pytest.raises(InputError, match="only one class"):
        classify(X, np.ones((N, 1), bool), 3, np.random.default_rng(0))
