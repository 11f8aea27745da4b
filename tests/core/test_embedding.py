import numpy as np
import pytest

from mlcli.core.embedding import most_similar, principal_plane


def test_most_similar_by_cosine() -> None:
    X = np.array([[1.0, 0.0], [0.0, 3.0], [5.0, 5.0], [-2.0, 0.0], [2.0, 0.0], [0.0, -7.0]])
    similar = most_similar(X, 0, 4)
    assert similar.others.tolist() == [4, 2, 1, 5]  # 1 and 5 are alike: the first row stands first
    assert similar.cosines.tolist() == pytest.approx([1, np.sqrt(0.5), 0, 0])
    assert len(most_similar(X, 0, 11).others) == 5


def test_the_plane_is_that_of_scikit_learn() -> None:
    from sklearn.decomposition import PCA

    X = np.random.default_rng(0).standard_normal((41, 7)) @ np.diag([1.0, 9, 2, 5, 1, 1, 3])
    plane = principal_plane(X)
    oracle = PCA(2).fit(X)
    assert np.allclose(np.abs(plane.points), np.abs(oracle.transform(X)))
    assert plane.shares.tolist() == pytest.approx(oracle.explained_variance_ratio_.tolist())


def test_the_sign_of_an_axis_is_fixed() -> None:
    X = np.random.default_rng(1).standard_normal((23, 5))
    plane = principal_plane(X)
    axes = np.linalg.lstsq(X - X.mean(axis=0), plane.points, rcond=None)[0]  # (5, 2)
    assert (axes[np.abs(axes).argmax(axis=0), [0, 1]] > 0).all()
    assert np.allclose(principal_plane(X[:, [4, 1, 0, 3, 2]]).points, plane.points)


@pytest.mark.parametrize("X", [[[1.0], [2.0], [4.0]], [[1.0, 1, 1], [2, 2, 2]], [[3.0, 3], [3, 3]]])
def test_a_plane_where_there_is_none(X: list) -> None:
    plane = principal_plane(np.array(X))
    assert np.isfinite(plane.points).all()
    assert plane.points[:, 1] == pytest.approx(0)
    assert plane.shares.sum() == pytest.approx(float(len({tuple(row) for row in X}) > 1))
