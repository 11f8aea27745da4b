import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcli.core.errors import InputError
from mlcli.readers.splits import split


def shuffled(*sizes: int, unknown: int = 0) -> np.ndarray:
    labels = np.repeat([-1, *range(len(sizes))], [unknown, *sizes])
    return np.random.default_rng(5).permutation(labels)


def names(labels: np.ndarray) -> tuple[str, ...]:
    return tuple(f"class {label}" for label in range(labels.max() + 1))


@given(st.lists(st.integers(3, 41), min_size=2, max_size=5), st.integers(0, 7), st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_small_graphs_give_every_class_to_every_part(sizes: list[int], unknown: int, seed: int) -> None:
    labels = shuffled(*sizes, unknown=unknown)
    parts, rule = split(labels, names(labels), seed, "labels.csv")
    for nodes in parts:
        assert set(labels[nodes]) == set(range(len(sizes)))
        assert (np.diff(nodes) > 0).all()
    together = np.concatenate(parts)
    assert sorted(together) == np.flatnonzero(labels >= 0).tolist()
    counts = np.array([np.bincount(labels[nodes]) for nodes in parts])
    assert (abs(counts - np.outer([0.4, 0.2, 0.4], sizes)) <= 1.5).all()
    assert f"seed {seed}" in rule


def test_ten_a_class() -> None:
    labels = shuffled(10, 10)
    train, validation, test = split(labels, names(labels), 0, "labels.csv")[0]
    assert np.bincount(labels[train]).tolist() == [4, 4]
    assert np.bincount(labels[validation]).tolist() == [2, 2]
    assert np.bincount(labels[test]).tolist() == [4, 4]


def test_large_graphs_are_split_as_planetoid() -> None:
    labels = shuffled(20, 547, 997, unknown=13)
    parts, rule = split(labels, names(labels), 3, "labels.csv")
    train, validation, test = parts
    assert np.bincount(labels[train]).tolist() == [20, 20, 20]
    assert (len(validation), len(test)) == (500, 1000)
    assert len(set(np.concatenate(parts))) == 1560
    assert (labels[np.concatenate(parts)] >= 0).all()
    assert rule == "20 nodes a class to train, 500 to validate, 1,000 to test, drawn with seed 3"


@pytest.mark.parametrize("sizes", [(20, 1519), (19, 1597)])
def test_not_large_enough_for_that(sizes: tuple[int, ...]) -> None:
    labels = shuffled(*sizes)
    assert len(split(labels, names(labels), 3, "labels.csv")[0][1]) != 500


def test_the_seed_decides() -> None:
    labels = shuffled(11, 13, 17)
    first, again, other = (split(labels, names(labels), seed, "labels.csv")[0] for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize(("size", "nodes"), [(1, "1 node"), (2, "2 nodes")])
def test_a_class_with_too_few_nodes(size: int, nodes: str) -> None:
    labels = shuffled(5, size)
    with pytest.raises(InputError, match=f"class class 1 has {nodes}; to train, validate and test") as raised:
        split(labels, names(labels), 0, "labels.csv")
    assert raised.value.where == "labels.csv"
    assert "split" in str(raised.value.hint)
