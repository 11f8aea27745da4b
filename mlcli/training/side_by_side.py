"""Pieces of work that know nothing of each other, in processes side by side; each result as it comes.

What a piece gives depends on its seed alone, so the number of processes changes the order of the results and no bit.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

import torch

from mlcli.core.errors import RequestFailed
from mlcli.training.runs import torch_threads

Work = Callable[[int], dict[str, float]]  # a seed → scores by name
_given: list[Work] = []  # in a process of ours


def side_by_side(
    work: Sequence[Work], jobs: Sequence[tuple[int, int]], workers: int
) -> Generator[tuple[int, int, dict[str, float]]]:
    """For each job, a position in `work` and a seed: these two, and what came of it.

    Args:
        workers: processes, with one thread of torch each; 1 stays in this one.

    Raises:
        RequestFailed: as the work does; or a process was ended from outside.
    """
    if min(workers, len(jobs)) < 2:
        with torch_threads(1):
            for which, seed in jobs:
                yield which, seed, work[which](seed)
        return
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")  # fork shares all
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(min(workers, len(jobs)), context, _begin, (work,))
    try:
        asked = {pool.submit(_do, *job): job for job in jobs}
        for done in as_completed(asked):
            yield *asked[done], done.result()
    except BrokenProcessPool as error:
        hint = "is there enough memory? fewer cores (taskset) run fewer at once"
        raise RequestFailed("a process was ended from outside", hint=hint) from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
            process.join()


def _begin(work: Sequence[Work]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of the terminal: the parent sees to it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(1)
    _given[:] = work


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _do(which: int, seed: int) -> dict[str, float]:
    return _given[which](seed)
