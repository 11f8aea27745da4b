import numpy as np
import pytest

from mlcli.core.evaluation_sequences import examine_places, examine_sums, examine_text
from mlcli.core.sequence_problems import Adding


def test_errors_by_wait_are_the_errors_parted() -> None:
    rng = np.random.default_rng(3)
    drawn = Adding().draw(211, 13, rng)
    o = drawn.y + rng.standard_normal(211)
    found = examine_sums(drawn.x, drawn.y, o, 1 / 6, 5)
    assert found.error == pytest.approx(np.mean((o - drawn.y) ** 2))
    sizes = [len(part) for part in np.array_split(np.arange(211), 8)]
    assert np.average(found.by_wait, weights=sizes) == pytest.approx(found.error)
    assert (np.diff(found.waits) >= 0).all()
    errors = [abs(case.o - case.y) for case in found.hardest]
    assert errors == sorted(np.abs(o - drawn.y), reverse=True)[:5]
    assert all(sum(case.values) == pytest.approx(case.y) for case in found.hardest)


def test_a_network_that_forgets_the_first_number_is_found_out() -> None:
    drawn = Adding().draw(997, 31, np.random.default_rng(5))
    first = drawn.x[:, :, 1].argmax(axis=1)
    forgotten = np.where(first < 8, 0.5, drawn.x[np.arange(997), first, 0])
    o = drawn.y - drawn.x[np.arange(997), first, 0] + forgotten
    found = examine_sums(drawn.x, drawn.y, o, 1 / 6, 1)
    assert found.by_wait[0] == 0 and found.by_wait[-1] > 0.05


def test_places() -> None:
    due = np.array([[0, 1, 2], [2, 1, 0], [1, 1, 1]])
    answered = np.array([[0, 1, 2], [2, 0, 1], [0, 1, 1]])
    found = examine_places(due[:, ::-1].copy(), due, answered, ("a", "b", "c"), 2)
    assert found.exact == pytest.approx(1 / 3)
    assert found.by_place.tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3])
    worst, next_one = found.hardest
    assert (worst.x, worst.due, worst.answered, worst.right) == (("a", "b", "c"), ("c", "b", "a"), ("c", "a", "b"), 1)
    assert next_one.right == 2


def test_a_text_costs_what_its_characters_cost() -> None:
    rng = np.random.default_rng(7)
    p = rng.dirichlet(np.ones(5), size=97)
    c = rng.integers(5, size=97)
    found = examine_text(c, p, [str(t) for t in range(97)], "abcde", 2.0, 3)
    assert found.bits == pytest.approx(-np.log2(p[np.arange(97), c]).mean())
    assert sum(one.bits * one.cases for one in found.characters) == pytest.approx(97 * found.bits)
    assert sum(one.right * one.cases for one in found.characters) == pytest.approx(97 * found.right)
    assert [one.cases for one in found.characters] == sorted(np.bincount(c), reverse=True)
    dearest = int(p[np.arange(97), c].argmin())
    assert (found.hardest[0].before, found.hardest[0].character) == (str(dearest), "abcde"[c[dearest]])
