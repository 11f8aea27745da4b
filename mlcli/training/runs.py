"""Several runs, seeds apart: one after the other, or side by side in processes, with the same results."""

import dataclasses
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from multiprocessing.connection import Connection, wait
from typing import Any, cast

import numpy as np
import torch

import mlcli
from mlcli.core.errors import RequestFailed
from mlcli.core.training import Description, Epoch, Study
from mlcli.training.fitting import Outcome, train
from mlcli.training.registry import models_for
from mlcli.training.settings import changed
from mlcli.training.task import Task

Watch = Callable[[int, Epoch], None]
REPORT_EVERY = 20  # epochs; and ten times a second, where epochs are slow


def train_all(task: Task, seeds: Sequence[int], threads: int, watch: Watch, workers: int) -> list[Outcome]:
    """A run for each seed, in the order of the seeds whatever the number of workers.

    Args:
        threads: of torch, in each process.
        watch: is called with a seed and its latest epoch, now and then.
        workers: processes side by side; 1 stays in this one.

    Raises:
        RequestFailed: a run diverged, or a process was ended from outside.
    """
    if min(workers, len(seeds)) < 2:
        with torch_threads(threads):
            return [train(task, seed, _now_and_then(partial(watch, seed))) for seed in seeds]
    outcomes: dict[int, Outcome] = {}
    waiting = list(seeds)
    with _workers(min(workers, len(seeds)), task, threads) as pipes:
        for pipe in pipes:
            pipe.send(waiting.pop(0))
        while len(outcomes) < len(seeds):
            for pipe in cast(list[Connection], wait(pipes)):
                match _receive(pipe):
                    case seed, Epoch() as epoch:
                        watch(seed, epoch)
                    case seed, Outcome() as outcome:
                        outcomes[seed] = outcome
                        if waiting:
                            pipe.send(waiting.pop(0))
                    case _, error:
                        raise error
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
            formulas=tuple(line.format(**plain) for line in task.formulas),
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
        versions={"mlcli": mlcli.__version__} | {name: version(name) for name in ("numpy", "scipy", "torch")},
        threads=threads,
        runs=tuple(outcome.run for outcome in outcomes),
        published=task.published(),
    )


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
def _workers(count: int, *given: Any) -> Iterator[list[Connection]]:
    """Processes that each take a seed from their pipe and send back what comes of it; all are gone at the end."""
    linux = sys.platform == "linux"
    context = multiprocessing.get_context("fork") if linux else multiprocessing.get_context("spawn")  # fork shares all
    processes, pipes = [], []
    try:
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, os.getpid(), *given), daemon=True)
            process.start()
            theirs.close()  # held by that process alone, whose end is then seen at ours
            processes.append(process)
            pipes.append(ours)
        yield pipes
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _work(pipe: Connection, parent: int, task: Task, threads: int) -> None:
    def leave_if_alone() -> None:
        if os.getppid() != parent:
            os._exit(1)

    def report(epoch: Epoch) -> None:
        leave_if_alone()
        pipe.send((seed, epoch))

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of the terminal: the parent sees to it
    torch.set_num_threads(threads)
    while True:
        while not pipe.poll(1):
            leave_if_alone()
        seed: int = pipe.recv()
        try:
            pipe.send((seed, train(task, seed, _now_and_then(report))))
        except Exception as error:
            pipe.send((seed, error))


def _receive(pipe: Connection) -> tuple[int, Any]:
    try:
        return pipe.recv()
    except (EOFError, ConnectionResetError) as error:
        raise RequestFailed(
            "a training process was ended from outside",
            hint="is there enough memory? more --threads train fewer at once",
        ) from error


def _now_and_then(report: Callable[[Epoch], None]) -> Callable[[Epoch], None]:
    """Passes on every 20th epoch, and others not more often than ten times a second."""
    last = time.monotonic()

    def watch(epoch: Epoch) -> None:
        nonlocal last
        if epoch.epoch % REPORT_EVERY == 0 or time.monotonic() - last > 0.1:
            last = time.monotonic()
            report(epoch)

    return watch
