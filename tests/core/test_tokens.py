import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcli.core.errors import InputError
from mlcli.core.tokens import embed, find, label, repeated, tokenize

SENTENCE = ("the", "cat", "sat", "on", "the", "mat")


def test_words_and_characters() -> None:
    assert tokenize(" the cat\nsat  on the mat ") == SENTENCE
    assert tokenize("a b\n", "character") == ("a", " ", "b", "\n")


@pytest.mark.parametrize(("text", "by"), [("", "word"), (" \n\t", "word"), ("", "character")])
def test_a_text_without_tokens(text: str, by: str) -> None:
    with pytest.raises(InputError, match=f"holds no {by}"):
        tokenize(text, by)  # type: ignore[arg-type]


def test_labels_tell_the_same_tokens_apart() -> None:
    assert label(SENTENCE) == ("the@0", "cat", "sat", "on", "the@4", "mat")
    assert label(("a", " ", "\n", " ")) == ("a", "space@1", "newline", "space@3")
    assert repeated(SENTENCE) == ("the@0", "the@4")
    assert repeated(SENTENCE[1:]) == ()


@given(st.lists(st.text(min_size=1, max_size=3), min_size=1, max_size=13).map(tuple), st.data())
def test_every_position_is_found_by_its_number_unless_that_is_a_token(
    tokens: tuple[str, ...], data: st.DataObject
) -> None:
    t = data.draw(st.integers(0, len(tokens) - 1))
    if str(t) not in tokens and str(t) not in label(tokens):
        assert find(tokens, str(t)) == t


def test_a_token_is_found_by_its_name_or_its_label() -> None:
    assert [find(SENTENCE, query) for query in ("cat", "the@4", "5")] == [1, 4, 5]
    assert find(("3", "1", "4", "1"), "3") == 0
    assert find(("a", " "), "space") == find(("a", " "), " ") == 1


@pytest.mark.parametrize("query", ["dog", "6", "-1", "", "cat@1", "٣", "9" * 5000])
def test_an_unknown_query_lists_the_tokens(query: str) -> None:
    with pytest.raises(InputError) as refused:
        find(SENTENCE, query)
    assert refused.value.where == "--query"
    assert refused.value.hint == "one of the@0, cat, sat, on, the@4, mat; or a position from 0 to 5"


def test_a_long_text_is_listed_in_part() -> None:
    with pytest.raises(InputError) as refused:
        find(tuple(f"w{i}" for i in range(1013)), "dog")
    assert (
        refused.value.hint
        == f"one of {', '.join(f'w{i}' for i in range(12))} and 1,001 more; or a position from 0 to 1012"
    )


def test_a_token_that_stands_twice_needs_its_place() -> None:
    with pytest.raises(InputError, match='"the" stands at 2 places') as refused:
        find(SENTENCE, "the")
    assert refused.value.hint == "say which: the@0 or the@4"


def test_a_token_has_the_same_embedding_in_every_text() -> None:
    X = embed(SENTENCE, 5, 3)
    assert np.array_equal(X[0], X[4])
    assert np.array_equal(embed(("mat", "dog"), 5, 3)[0], X[5])
    assert len(np.unique(X, axis=0)) == 5
    assert not np.array_equal(embed(SENTENCE, 5, 4), X)
    distinct = embed(tuple(f"w{i}" for i in range(997)), 11, 3)
    assert distinct.var() == pytest.approx(1, rel=0.05)
    assert distinct.mean() == pytest.approx(0, abs=0.05)


def test_tokens_that_differ_in_a_zero_or_are_no_text_have_embeddings_of_their_own() -> None:
    X = embed(("a", "a\0", "\0", "\0\0", "\udc80", "?"), 3, 0)
    assert len(np.unique(X, axis=0)) == len(X)
