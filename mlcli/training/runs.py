"""Several runs, seeds apart: one after the other, or side by side in processes, with the same results."""

import dataclasses
import os
import re
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, cast

import numpy as np
import torch

import mlcli
from mlcli.core.training import Description, Epoch, Study
from mlcli.training.fitting import Outcome, train
from mlcli.training.interrupts import SIGNALS, Interrupts, interrupted
from mlcli.training.keeping import Keeping, Stopped
from mlcli.training.pace import Every
from mlcli.training.processes import begin, context, ended_from_outside
from mlcli.training.ranks import ALONE, Ranks
from mlcli.training.registry import models_for
from mlcli.training.settings import changed
from mlcli.training.state import State
from mlcli.training.task import Task
from mlcli.training.unfinished import Unfinished

Watch = Callable[[int, Epoch], None]
LOOK_EVERY = 0.2  # seconds: whether a signal has come
REPORT_EVERY = 20  # epochs; and ten times a second, where epochs are slow


def train_all(
    task: Task, seeds: Sequence[int], threads: int, watch: Watch, workers: int, kept: Unfinished | None = None,
    ranks: Ranks = ALONE,
) -> list[Outcome]:  # fmt: skip
    """A run for each seed, in the order of the seeds whatever the number of workers.

    Args:
        threads: of torch, in each process.
        watch: is called with a seed and its latest epoch, now and then.
        workers: processes side by side, fewer where memory is short; 1 stays in this one.
        kept: the folder that states are kept in, and gone on from; with one, Ctrl-C and SIGTERM keep the last.
        ranks: the processes that share each batch; of several, each trains one seed after the other.

    Raises:
        InputError: a state is not of this task.
        Interrupted: by a signal; each seed's state is kept.
        RequestFailed: a run diverged, or a process was ended from outside, or a state cannot be written.
    """
    workers = 1 if ranks.size > 1 else task.at_once(min(workers, len(seeds)))
    if workers < 2:
        with torch_threads(threads):
            return _one_after_the_other(task, seeds, watch, kept, ranks)
    return _side_by_side(task, seeds, threads, watch, workers, kept)


def _one_after_the_other(
    task: Task, seeds: Sequence[int], watch: Watch, kept: Unfinished | None, ranks: Ranks
) -> list[Outcome]:
    if kept is None:
        return [train(task, seed, _now_and_then(partial(watch, seed)), ranks=ranks) for seed in seeds]
    with Interrupts(SIGNALS if ranks.size == 1 else []) as interrupts:  # the launcher ends all processes at once
        keeping = Keeping(kept.plan.pace, kept.keep, lambda: interrupts.noted)
        try:
            return [
                train(task, seed, _now_and_then(partial(watch, seed)), keeping, kept.states.get(seed), ranks)
                for seed in seeds
            ]
        except Stopped as stopped:
            raise interrupted(stopped.signal, kept.folder) from None


def _side_by_side(
    task: Task, seeds: Sequence[int], threads: int, watch: Watch, workers: int, kept: Unfinished | None
) -> list[Outcome]:
    outcomes: dict[int, Outcome] = {}
    states = kept.states if kept else {}
    waiting = list(seeds)
    noted = Interrupts(SIGNALS if kept else [])
    with noted, _workers(workers, task, threads, kept and kept.plan.pace) as workers_at:
        busy = list(workers_at)
        for pipe in busy:
            pipe.send((seed := waiting.pop(0), states.get(seed)))
        while busy:
            if noted.noted:
                for process in workers_at.values():
                    process.terminate()  # which it notes: see `_work`
            for pipe in cast(list[Connection], wait(busy, LOOK_EVERY)):
                match _receive(pipe):
                    case seed, Epoch() as epoch:
                        watch(seed, epoch)
                    case _, State() as state if kept:
                        kept.keep(state)
                    case seed, Outcome() as outcome:
                        outcomes[seed] = outcome
                        if waiting and not noted.noted:
                            pipe.send((seed := waiting.pop(0), states.get(seed)))
                        else:
                            busy.remove(pipe)
                    case _, Stopped():
                        busy.remove(pipe)
                    case _, error:
                        raise error
    if noted.noted and kept:
        raise interrupted(noted.noted, kept.folder)
    return [outcomes[seed] for seed in seeds]


def workers_for(threads: int) -> int:
    """As many processes as have `threads` cores each."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // threads)


def study(task: Task, threads: int, outcomes: Sequence[Outcome]) -> Study:
    """All that is told of these runs."""
    settings, summary = task.settings, task.summary()
    network = task.network(np.random.default_rng(0))
    plain = dataclasses.asdict(settings)
    return Study(
        model=settings.model,
        score=task.score,
        summary=summary,
        description=Description(
            formulas=tuple(_counted(line.format(**plain)) for line in task.formulas),
            loss=task.loss_formula.format(**vars(summary)),
            decayed=settings.decayed,
            dropped=settings.dropped,
            stop=task.stopping_rule().told,
            batch=task.batch,
            others=tuple(name for name in models_for(task.data.kind) if name != settings.model),
            checked=settings.checked,
        ),
        settings=plain,
        changed=changed(settings, task.data.kind),
        parameters=tuple((name, tuple(parameter.shape)) for name, parameter in network.named_parameters()),
        digest=task.digest(),
        versions=versions(),
        threads=threads,
        device=task.device.type,
        mixed_precision=task.mixed_precision,
        runs=tuple(outcome.run for outcome in outcomes),
        published=task.published(),
    )


def _counted(line: str) -> str:
    """`1 layers` is one layer; `1 + 1 layers` are two."""
    return re.sub(r"(?<!\+ )\b1 (head|layer|number|unit)s\b", r"1 \1", line)


def versions() -> dict[str, str]:
    """Of the libraries that the numbers depend on."""
    return {"mlcli": mlcli.__version__} | {name: version(name) for name in ("numpy", "scipy", "torch")}


@contextmanager
def torch_threads(threads: int) -> Iterator[None]:
    """Inside, torch has so many."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _workers(count: int, *given: Any) -> Iterator[dict[Connection, BaseProcess]]:
    """Processes that each take seeds from their pipe and send back what comes of them; all are gone at the end."""
    made = context()
    processes: dict[Connection, BaseProcess] = {}
    try:
        for _ in range(count):
            ours, theirs = made.Pipe()
            process = made.Process(target=_work, args=(theirs, *given), daemon=True)
            process.start()
            theirs.close()  # held by that process alone, whose end is then seen at ours
            processes[cast(Connection, ours)] = process
        yield processes
    finally:
        for process in processes.values():
            process.kill()  # it writes nothing: what it knows it has sent
            process.join()


def _work(pipe: Connection, task: Task, threads: int, pace: Every | None) -> None:
    begin(threads, SIGNALS)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with Interrupts([signal.SIGTERM] if pace else [], always=True) as interrupts:
        while True:
            seed, state = pipe.recv()

            def send(told: Epoch | State | Outcome | Exception, seed: int = seed) -> None:
                pipe.send((seed, told))

            keeping = Keeping(pace, send, lambda: interrupts.noted) if pace else None
            try:
                send(train(task, seed, _now_and_then(send), keeping, state))
            except Exception as error:
                send(error)


def _receive(pipe: Connection) -> tuple[int, Any]:
    try:
        return pipe.recv()
    except (EOFError, ConnectionResetError) as error:
        raise ended_from_outside("a training process", "more --threads train fewer") from error


def _now_and_then(report: Callable[[Epoch], None]) -> Callable[[Epoch], None]:
    """Passes on every 20th epoch, and others not more often than ten times a second."""
    last = time.monotonic()

    def watch(epoch: Epoch) -> None:
        nonlocal last
        if epoch.epoch % REPORT_EVERY == 0 or time.monotonic() - last > 0.1:
            last = time.monotonic()
            report(epoch)

    return watch
