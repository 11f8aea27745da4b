"""What the C library does with memory that torch has freed."""

import ctypes
import sys
from contextlib import suppress

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # malloc.h of the GNU C library


def keep_freed_memory() -> None:
    """Keep large blocks for the next operation instead of giving them back to the system after each.

    Fresh pages cost more than what is computed in them: on a graph of a million edges a third of a GAT epoch. Where
    the C library is not GNU's, nothing happens.
    """
    if sys.platform == "linux":
        with suppress(AttributeError):
            mallopt = ctypes.CDLL(None).mallopt
            mallopt(_M_MMAP_MAX, 0)
            mallopt(_M_TRIM_THRESHOLD, -1)
