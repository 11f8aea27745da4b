import numpy as np
import pytest

from mlcli.core.reproduction import Reproduction, Row, gain, standing
from mlcli.core.training import ACCURACY, DataSummary, Published, Score

LOSS = Score("mean squared error", higher=False)


def row(scores: list[float], value: float | None = None, deviation: float | None = None, name: str = "gat") -> Row:
    published = None if value is None else Published(value, deviation, "a split", "a paper")
    return Row(name, name.upper(), "", tuple(range(len(scores))), np.array(scores), published=published)


def test_mean_and_deviation_are_those_of_a_sample() -> None:
    scores = np.random.default_rng(0).random(23)
    made = row(scores.tolist())
    assert made.mean == pytest.approx(np.mean(scores), rel=1e-14)
    assert made.deviation == pytest.approx(np.sqrt(((scores - scores.mean()) ** 2).sum() / 22), rel=1e-14)
    assert row([0.5]).deviation is None


@pytest.mark.parametrize(
    ("scores", "deviation", "theirs", "inside", "beyond"),
    [
        ([0.82, 0.84], 0.007, True, True, 0.0),
        ([0.80, 0.82], 0.007, True, False, 1.3),  # 2 points below, 0.7 allowed
        ([0.85, 0.87], 0.007, True, False, 2.3),
        ([0.82, 0.85], None, False, True, 0.0),  # 0.5 above, ours is 2.1
        ([0.850, 0.852], None, False, False, 2.1 - 0.2**0.5 / 10 * 1.0),
        ([0.82], None, False, None, 0.0),
        ([0.82], 0.007, True, False, 0.3),
    ],
)
def test_the_published_deviation_decides_else_ours(
    scores: list[float], deviation: float | None, theirs: bool, inside: bool | None, beyond: float
) -> None:
    found = standing(row(scores, 0.83, deviation), ACCURACY)
    assert found is not None
    assert (found.theirs, found.inside) == (theirs, inside)
    assert found.difference == pytest.approx(100 * (np.mean(scores) - 0.83))
    assert found.beyond == pytest.approx(beyond, abs=0.1)
    assert (found.beyond > 0) == (inside is False)


def test_a_score_that_is_no_share_keeps_its_unit() -> None:
    found = standing(row([2.0, 3.0], 2.25, 0.125), LOSS)
    assert found is not None and (found.difference, found.allowed, found.beyond) == (0.25, 0.125, 0.125)


def test_nothing_published_is_no_standing() -> None:
    assert standing(row([0.82, 0.84]), ACCURACY) is None


def test_gain_is_told_where_both_are_there() -> None:
    summary = DataSummary("x", "nodes", {}, (), 1, 1, 1)
    found = Reproduction(ACCURACY, summary, (row([0.75], name="gat"), row([0.5], name="mlp")), "", {})
    assert gain(found, "gat", "mlp") == 25.0
    assert gain(found, "gat", "gcn") is None
