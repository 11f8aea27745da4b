"""Tokens: what a text is cut into, what each place of it is called, and the vector that stands for a token.

Symbols
    T  how many tokens     t  a position, from 0     X  the tokens' embeddings, a row each  (T, d_model)
"""

from collections import Counter
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.errors import InputError

Unit = Literal["word", "character"]

WHITE = {" ": "space", "\n": "newline", "\t": "tab"}  # tokens that would not be seen
MOST_LISTED = 12  # tokens that an error names


def tokenize(text: str, by: Unit = "word") -> tuple[str, ...]:
    """The words that white space parts, as they are written, or every character.

    >>> tokenize("the cat"), tokenize("a b", "character")
    (('the', 'cat'), ('a', ' ', 'b'))

    Raises:
        InputError: the text holds none.
    """
    tokens = tuple(text) if by == "character" else tuple(text.split())
    if not tokens:
        raise InputError("the text holds no " + by, hint='give a sentence: "the cat sat on the mat"')
    return tokens


def label(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """A name for each place: its token, with the position where the token stands more than once.

    >>> label(("the", "cat", "the", " "))
    ('the@0', 'cat', 'the@2', 'space')
    """
    count = Counter(tokens)
    names = [WHITE.get(token, token) for token in tokens]
    return tuple(f"{name}@{t}" if count[tokens[t]] > 1 else name for t, name in enumerate(names))


def repeated(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """The labels of the token that stands most often, if that is more than once.

    >>> repeated(("the", "cat", "the")), repeated(("the", "cat"))
    (('the@0', 'the@2'), ())
    """
    token, count = Counter(tokens).most_common(1)[0]
    return tuple(name for name, own in zip(label(tokens), tokens, strict=True) if own == token) if count > 1 else ()


def find(tokens: tuple[str, ...], query: str) -> int:
    """The position that `query` names by its token, its label, or, where it is no token, its number.

    >>> find(("3", "1", "4", "1"), "3"), find(("3", "1", "4", "1"), "1@3"), find(("3", "1", "4", "1"), "2")
    (0, 3, 2)

    Raises:
        InputError: it names none of the tokens, or several.
    """
    labels = label(tokens)
    places = [t for t in range(len(tokens)) if query in (tokens[t], labels[t])]
    if not places:
        places = [t for t in range(len(tokens)) if query == str(t)]
    if len(places) == 1:
        return places[0]
    if places:
        choices = " or ".join(labels[t] for t in places[:MOST_LISTED])
        raise InputError(f'"{query}" stands at {len(places)} places', "--query", f"say which: {choices}")
    listed = ", ".join(labels[:MOST_LISTED])
    more = len(tokens) - MOST_LISTED
    listed += f" and {more:,} more" if more > 0 else ""
    raise InputError(
        f'"{query}" is none of the tokens', "--query", f"one of {listed}; or a position from 0 to {len(tokens) - 1}"
    )


def embed(tokens: tuple[str, ...], d_model: int, seed: int) -> Float[NDArray[np.float64], "T d_model"]:
    """X[t] ~ N(0, 1), drawn from the seed and the token alone: the same token has the same row in every text."""
    rows = {}
    for token in set(tokens):
        code = token.encode("utf-8", "surrogatepass")
        generator = np.random.default_rng([seed, len(code), *code])  # its length, as NumPy pads a seed with zeros
        rows[token] = generator.standard_normal(d_model)
    return np.stack([rows[token] for token in tokens])
