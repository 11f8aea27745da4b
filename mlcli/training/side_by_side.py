"""Pieces of work that know nothing of each other, in processes side by side; each result as it comes.

What a piece gives depends on its seed alone, so the number of processes changes the order of the results and no bit.
"""

import multiprocessing
import signal
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

from mlcli.training.processes import begin, context, ended_from_outside
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
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(min(workers, len(jobs)), context(), _begin, (work,))
    try:
        asked = {pool.submit(_do, *job): job for job in jobs}
        for done in as_completed(asked):
            yield *asked[done], done.result()
    except BrokenProcessPool as error:
        raise ended_from_outside("a process", "fewer cores (taskset) run fewer") from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
            process.join()
        while set(multiprocessing.active_children()) - others:  # the pool's own thread is about to have seen the end
            time.sleep(0.01)


def _begin(work: Sequence[Work]) -> None:
    begin(1, [signal.SIGINT])
    _given[:] = work


def _do(which: int, seed: int) -> dict[str, float]:
    return _given[which](seed)
