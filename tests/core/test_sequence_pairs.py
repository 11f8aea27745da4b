import numpy as np
import pytest

from mlcli.core.sequence_pairs import answer
from mlcli.datasets.sequence_pairs import load


def test_answers_by_their_rules() -> None:
    x = np.random.default_rng(2).integers(0, 10, (7, 11))
    assert answer("reverse", answer("reverse", x)).tolist() == x.tolist()
    assert [row.tolist() for row in answer("sort", x)] == [sorted(row) for row in x.tolist()]
    assert answer("copy", x).tolist() == x.tolist()
    assert answer("reverse", x)[:, 0].tolist() == x[:, -1].tolist()


@pytest.mark.parametrize("name", ["reverse", "sort", "copy"])
def test_the_data_sets_share_no_sequence_between_their_parts(name: str) -> None:
    data = load(name)
    assert data.name == name and data.x.shape == (22_500, 16) and data.x.max() == 9
    parts = [{row.tobytes() for row in data.x[part]} for part in (data.train, data.validation, data.test)]
    assert [len(part) for part in parts] == [20_000, 500, 2_000]
    assert not parts[0] & parts[1] and not parts[0] & parts[2] and not parts[1] & parts[2]
    assert np.array_equal(load(name).x, data.x)
