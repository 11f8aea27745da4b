"""Looking up what the user calls a thing.

Symbols: a position counts from 0 in the order of the names.
"""

from collections.abc import Sequence
from difflib import get_close_matches

from mlcli.core.errors import InputError

SEARCHED = 100_000  # names; among more it takes too long to find one that is nearly right


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
    near = get_close_matches(name, names, cutoff=0.4) if len(names) < SEARCHED else []
    hint = f"did you mean {' or '.join(near)}?" if near else f"the first are {', '.join(names[:5])}"
    raise InputError(f'there is no {noun} "{name}"', where, hint)
