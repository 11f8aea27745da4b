import numpy as np
import pytest

from mlcli.core.errors import InputError
from mlcli.models import skipgram_gensim
from mlcli.models.skipgram import Engine, fit


def test_walks_are_read_without_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(skipgram_gensim, "CHUNK", 2)
    told: list[int] = []
    sentences = skipgram_gensim._Sentences(np.array([[0, 1, 2], [2, -1, -1], [1, 0, -1]], np.int32), told.append)
    assert list(sentences) == list(sentences) == [[0, 1, 2], [2], [1, 0]]
    assert told == [4, 6, 10, 12]


def test_walks_that_gensim_would_cut() -> None:
    with pytest.raises(InputError, match="at most 10,000, not 10,007"):
        fit(np.zeros((1, 10_007), np.int32), np.array([1]), engine=Engine.GENSIM)
