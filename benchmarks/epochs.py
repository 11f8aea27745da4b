"""What the sides of a row of epochs share: the random graph, the clock. Imports NumPy alone, as peers have no mlcli."""

import json
import resource
import time
from collections.abc import Iterator

import numpy as np

FEATURES, CLASSES = 128, 16
HIDDEN = {"gcn": 64, "gat": 8}  # GAT has 8 heads


def random_graph(E: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of nodes, features and labels: E arcs, both ways between half as many pairs, and a tenth as many nodes."""
    rng = np.random.default_rng(0)
    N = E // 10
    pairs = rng.integers(N, size=(2, E // 2 + E // 20))
    pairs = np.sort(pairs[:, pairs[0] != pairs[1]], axis=0)
    pairs = np.stack(np.divmod(np.unique(pairs[0] * N + pairs[1]), N))
    return (
        rng.permutation(pairs, axis=1)[:, : E // 2],
        rng.standard_normal((N, FEATURES)),
        rng.integers(CLASSES, size=N),
    )


def report(losses: Iterator[float]) -> None:
    """Run the epochs and print JSON: the median one by the clock and of the processor, peak memory, the last loss.

    The first epoch is warm-up.
    """
    found, clock, processor = [], [time.perf_counter()], [time.process_time()]
    for loss in losses:
        found.append(loss)
        clock.append(time.perf_counter())
        processor.append(time.process_time())
    seconds, of_processor = (float(np.median(np.diff(times)[1:])) for times in (clock, processor))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "processor": of_processor, "peak_mib": peak, "loss": found[-1]}))
