"""SHA256SUMS: a checksum of each file of a folder, as `sha256sum -c` reads it."""

import hashlib
import re
from collections.abc import Mapping

SUMS = "SHA256SUMS"
LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9][A-Za-z0-9._-]*)\n")


def sha256(content: bytes) -> str:
    """In 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def write_sums(sums: Mapping[str, str]) -> bytes:
    """A line for each name.

    >>> write_sums({"a.csv": "0" * 64})[60:]
    b'0000  a.csv\\n'
    """
    return "".join(f"{sum}  {name}\n" for name, sum in sums.items()).encode()


def read_sums(content: bytes) -> dict[str, str]:
    """By name; no name leaves the folder.

    Raises:
        ValueError: a byte of it is not as `write_sums` writes it.
    """
    sums = {name: sum for sum, name in LINE.findall(content.decode("ascii", "replace"))}
    if write_sums(sums) != content:
        raise ValueError(f"{SUMS} is damaged")
    return sums
