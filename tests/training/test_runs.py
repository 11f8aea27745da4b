import dataclasses
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from mlcli.core.errors import RequestFailed
from mlcli.core.sequence_problems import Adding
from mlcli.core.training import Epoch
from mlcli.training import runs
from mlcli.training.digests import digest_of_graph as digest
from mlcli.training.fitting import train
from mlcli.training.graph_settings import GATSettings, GCNSettings
from mlcli.training.registry import task
from mlcli.training.runs import study, train_all, workers_for
from mlcli.training.sequence_settings import RNNSettings
from mlcli.training.task import Task
from tests.models.graphs import random_graph
from tests.training.kept_runs import KEPT
from tests.training.test_set_anomaly import small

GRAPH = random_graph(2)
SHORT = GCNSettings(epochs=21, hidden=5, window=0)
TASK = task(SHORT, GRAPH)
ROOT = Path(__file__).parents[2]


def ignore(seed: int, epoch: Epoch) -> None:
    """Nobody watches."""


def nobody_is_left() -> bool:
    return not multiprocessing.active_children()


def test_side_by_side_gives_what_one_after_the_other_gives() -> None:
    alone, together = (train_all(TASK, range(3, 8), 1, ignore, workers) for workers in (1, 3))
    assert [outcome.run.seed for outcome in together] == [3, 4, 5, 6, 7]
    for a, b in zip(alone, together, strict=True):
        assert a.run.epochs == b.run.epochs
        assert a.run.confusion.tolist() == b.run.confusion.tolist()
        for name in a.weights:
            np.testing.assert_array_equal(a.weights[name], b.weights[name])
    assert nobody_is_left()


@pytest.mark.parametrize(("count", "told"), [(1, "1 layer"), (2, "2 layers")])
def test_one_layer_is_told_as_one(count: int, told: str) -> None:
    def formulas(made: Task) -> str:
        return "\n".join(study(made, 1, [train(made, 0, lambda epoch: None)]).description.formulas)

    rnn = task(RNNSettings(length=3, hidden=21, layers=count, epochs=1, steps=1), Adding())
    assert formulas(rnn).endswith(f"21 units, {told}")
    assert f"{told} of self-attention and feed-forward, 2 heads" in formulas(small(layers=count))
    assert "1 + 1 layers, 2 heads" in formulas(KEPT["transformer"]())


@pytest.mark.parametrize("workers", [1, 2])
def test_every_20th_epoch_is_watched(workers: int) -> None:
    seen: list[tuple[int, int]] = []
    train_all(TASK, range(2), 1, lambda seed, epoch: seen.append((seed, epoch.epoch)), workers)
    assert {(0, 20), (1, 20)} <= set(seen)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_diverged_run_ends_all(workers: int) -> None:
    with pytest.raises(RequestFailed, match="diverged"):
        train_all(task(dataclasses.replace(SHORT, lr=1e30), GRAPH), range(5), 1, ignore, workers)
    assert nobody_is_left()


def test_a_process_ended_from_outside_is_told() -> None:
    def end_one(seed: int, epoch: Epoch) -> None:
        os.kill(multiprocessing.active_children()[0].pid or 0, signal.SIGKILL)

    with pytest.raises(RequestFailed, match="ended from outside"):
        train_all(task(GATSettings(epochs=100_000, patience=0), GRAPH), range(3), 1, end_one, 2)
    assert nobody_is_left()


def test_an_interrupt_leaves_nobody() -> None:
    def interrupt(seed: int, epoch: Epoch) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_all(TASK, range(3), 1, interrupt, 2)
    assert nobody_is_left()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("listening", [True, False])
def test_children_go_when_their_parent_is_killed(listening: bool) -> None:
    program = (
        "from mlcli.training import runs; from mlcli.training.registry import task\n"
        "from mlcli.training.graph_settings import GATSettings\n"
        "from tests.models.graphs import random_graph\n"
        "import multiprocessing, time\n"
        "runs.REPORT_EVERY = 1\n"
        "def watch(seed, epoch):\n"
        "    print(*(child.pid for child in multiprocessing.active_children()), flush=True)\n"
        f"    time.sleep({0 if listening else 600})\n"
        "runs.train_all(task(GATSettings(epochs=10**9, patience=0), random_graph(2)), range(3), 1, watch, 2)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    watchdog = threading.Timer(60, parent.kill)
    watchdog.start()
    assert parent.stdout
    children = [int(pid) for pid in parent.stdout.readline().split()]
    until = time.monotonic() + 40
    while not listening and not all(_waits(pid) for pid in children) and time.monotonic() < until:
        time.sleep(0.05)  # until nobody takes what they send
    parent.kill()
    parent.wait()
    parent.stdout.close()
    watchdog.cancel()
    assert len(children) == 2
    until = time.monotonic() + 20
    while any(_runs(pid) for pid in children):
        assert time.monotonic() < until, "a child outlived its parent"
        time.sleep(0.05)


def _waits(pid: int) -> bool:
    """It has used no processor for a while."""
    used = []
    for _ in range(2):
        used.append(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13])
        time.sleep(0.3)
    return used[0] == used[1]


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_workers_have_their_threads_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(7)), raising=False)
    assert [workers_for(threads) for threads in (1, 2, 3, 8)] == [7, 3, 2, 1]


def test_the_digest_sees_every_part() -> None:
    base = digest(GRAPH)
    dense = dataclasses.replace(GRAPH, features=GRAPH.features.toarray())  # type: ignore[union-attr]
    assert digest(dense) == base
    twice = sparse.csr_array(GRAPH.features, copy=True)  # each value as the sum of two, and a stored zero
    twice = sparse.csr_array(
        (np.repeat(np.append(twice.data, 0) / 2, 2), np.repeat(np.append(twice.indices, 3), 2),
         np.append(2 * twice.indptr[:-1], 2 * twice.indptr[-1] + 2)),
        shape=twice.shape,
    )  # fmt: skip
    assert digest(dataclasses.replace(GRAPH, features=twice)) == base
    assert twice.nnz == 2 * GRAPH.features.nnz + 2  # type: ignore[union-attr]
    others = [
        dataclasses.replace(GRAPH, graph=dataclasses.replace(GRAPH.graph, edges=GRAPH.graph.edges[:, :-1])),
        dataclasses.replace(GRAPH, features=sparse.csr_array(GRAPH.features * 1.5)),
        dataclasses.replace(GRAPH, labels=GRAPH.labels[::-1].copy()),
        dataclasses.replace(GRAPH, classes=("a", "b", "d")),
        dataclasses.replace(GRAPH, train=GRAPH.train[:-1]),
        dataclasses.replace(GRAPH, validation=GRAPH.validation[:-1]),
        dataclasses.replace(GRAPH, test=GRAPH.test[:-1]),
    ]
    assert len({base, *map(digest, others)}) == 8


def test_a_study_holds_the_runs_and_what_was_asked_for() -> None:
    graph = dataclasses.replace(GRAPH, name="cora")
    outcomes = train_all(TASK, range(2), 1, ignore, 1)
    told = study(task(SHORT, graph), 1, outcomes)
    assert (told.model, told.settings["hidden"], told.changed) == ("gcn", 5, ("epochs", "hidden", "window"))
    assert told.published is not None
    assert told.published.value == 0.815
    assert study(TASK, 1, outcomes).published is None
    assert dict(told.parameters)["layers.0.W"] == (7, 5)
    assert runs.REPORT_EVERY == 20
