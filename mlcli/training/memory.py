"""How much memory is free, and what the C library does with memory that torch has freed."""

import ctypes
import math
import sys
from contextlib import suppress
from pathlib import Path

LARGE = 2e9  # bytes from which an estimate is worth telling
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


def free_memory() -> float:
    """Bytes that this process may still take, by the system and by the limits set on it; infinite if neither says."""
    free = [math.inf]
    with suppress(OSError, ValueError, IndexError):  # Linux
        free.append(1024 * _field("/proc/meminfo", "MemAvailable:"))
    with suppress(OSError, ValueError, IndexError):  # of a container
        group = Path("/sys/fs/cgroup")
        limit, used = (float((group / name).read_text("ascii")) for name in ("memory.max", "memory.current"))
        free.append(limit - used + _field(f"{group}/memory.stat", "inactive_file"))  # files read before make room
    with suppress(ImportError, OSError, ValueError, IndexError):  # `ulimit -d` and `ulimit -v`
        import resource

        for of, taken in ((resource.RLIMIT_DATA, "VmData:"), (resource.RLIMIT_AS, "VmSize:")):
            limit = resource.getrlimit(of)[0]
            if limit != resource.RLIM_INFINITY:
                free.append(limit - 1024 * _field("/proc/self/status", taken))
    return max(min(free), 0.0)


def gigabytes(count: float) -> str:
    """`1.3 GB`."""
    return f"{count / 1e9:,.1f} GB"


def _field(file: str, name: str) -> float:
    """The number after `name` in one of the kernel's tables."""
    return float(Path(file).read_text("ascii").split(name)[1].split()[0])
