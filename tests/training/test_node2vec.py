"""What is told of memory before walks are drawn."""

import re
from dataclasses import replace

import pytest

from mlcli.core.errors import InputError
from mlcli.core.node2vec import Settings
from mlcli.training import node2vec
from mlcli.training.node2vec import memory_told


@pytest.mark.parametrize(
    ("settings", "way_out"),
    [(Settings(walks=101, dimensions=7), "--walks"), (Settings(walks=1, length=5, dimensions=1999), "--dimensions")],
)
def test_what_does_not_fit_is_refused_with_its_size_and_a_way_out(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, way_out: str
) -> None:
    monkeypatch.setattr(node2vec, "free_memory", lambda: 9e9)
    line = memory_told(99_991, settings)
    found = re.fullmatch(r"about (\d+\.\d) GB of memory, of 9\.0 GB that are free", line)
    assert found is not None
    monkeypatch.setattr(node2vec, "free_memory", lambda: 1e9)
    with pytest.raises(InputError, match=f"99,991 nodes take about {found[1]} GB of memory, and 1.0 GB are") as caught:
        memory_told(99_991, settings)
    assert way_out in (caught.value.hint or "")
    assert memory_told(97, settings) == ""


def test_more_of_anything_takes_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node2vec, "free_memory", lambda: 1e12)

    def told(N: int, settings: Settings) -> float:
        return float(memory_told(N, settings).split()[1])

    small = Settings()
    more = [
        told(10**6, replace(small, **{name: 3 * getattr(small, name)})) for name in ("walks", "length", "dimensions")
    ]
    assert min(*more, told(2 * 10**6, small)) > told(10**6, small)
