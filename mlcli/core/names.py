"""Looking up what the user calls a thing.

Symbols: a position counts from 0 in the order of the names.
"""

from collections.abc import Sequence
from difflib import get_close_matches

from mlcli.core.errors import InputError

SEARCHED = 100_000  # names; among more it takes too long to find one that is nearly right


def nearest(name: str, names: Sequence[str], most: int = 1, cutoff: float = 0.6) -> list[str]:
    """Those of `names` that are spelt most like `name`, capitals or not; none where there are too many to search.

    >>> nearest("ann", ("Anna", "Bob", "Ann"), 2)
    ['Ann', 'Anna']
    """
    if len(names) >= SEARCHED:
        return []
    folded = {one.casefold(): one for one in reversed(names)}
    return [folded[one] for one in get_close_matches(name.casefold(), folded, most, cutoff)]


def position_of(name: str, names: Sequence[str], noun: str, where: str) -> int:
    """The position of `name` in `names`.

    Args:
        noun: what a name stands for: `node`, `user`.
        where: the option that it was given to.

    Raises:
        InputError: it is not among them; the hint gives the names most like it, or else the first.
    """
    if name in names:
        return names.index(name)
    near = nearest(name, names, 3, 0.4)
    hint = f"did you mean {' or '.join(near)}?" if near else f"the first are {', '.join(names[:5])}"
    raise InputError(f'there is no {noun} "{name}"', where, hint)
