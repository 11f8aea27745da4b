"""Processes side by side: how each begins, and that none outlives the one that began it."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterable
from multiprocessing.context import ForkContext, SpawnContext

import torch

from mlcli.core.errors import RequestFailed


def context() -> ForkContext | SpawnContext:
    """Where it is safe a process is a copy, which shares all that is in memory."""
    return multiprocessing.get_context("fork") if sys.platform == "linux" else multiprocessing.get_context("spawn")


def begin(threads: int, ignored: Iterable[int]) -> None:
    """Called first in a process of ours.

    Args:
        threads: of torch.
        ignored: signals that reach every process of a terminal: the parent sees to them.
    """
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(threads)


def ended_from_outside(what: str, way_out: str) -> RequestFailed:
    """What is told when one is gone.

    Args:
        way_out: how fewer go on at once.
    """
    return RequestFailed(f"{what} was ended from outside", hint=f"is there enough memory? {way_out} at once")


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
