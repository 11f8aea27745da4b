"""One side of one row: two layers of the mean over a large graph, in a process of its own.

    python benchmarks/propagation.py mlcli|scipy EDGES

EDGES undirected edges between a tenth as many nodes, 16 features, W_k and B_k of 16 × 16, σ = relu. mlcli's side keeps
every intermediate, and works out one node message by message in both layers; SciPy's side is the two products alone,
relu(D^-1 A H W + H B), from the same arcs. Prints JSON: processor seconds of the median run, peak memory beyond
the imports in MiB, a sum of the result.
"""

import json
import resource
import statistics
import sys
import time

import numpy as np
from scipy import sparse

from mlcli.core.graphs import Graph
from mlcli.core.propagation_layers import Passing, propagate
from mlcli.core.propagation_messages import agreement, work_out
from mlcli.core.propagation_weights import Shape, draw_weights

FEATURES, ROUNDS = 16, 5


def main(side: str, edges: str) -> None:
    """Run it, the first time as warm-up."""
    E, rng = int(edges), np.random.default_rng(0)
    N = E // 10
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    pairs = np.sort(rng.integers(N, size=(2, E)), axis=0)
    graph = Graph(tuple(map(str, range(N))), pairs, np.ones(E))
    x = rng.standard_normal((N, FEATURES))
    weights = draw_weights(FEATURES, Shape(2, FEATURES), rng)
    arcs, weight = graph.messages()
    seconds, result = [], x
    for _ in range(ROUNDS + 1):
        start = time.process_time()
        if side == "mlcli":
            layers = list(propagate(x, [(Passing("mean", "relu", own=True), w) for w in weights], arcs, weight))
            updates = [work_out(layer, 42) for layer in layers]
            assert agreement(layers, updates) < 1e-9
            result = layers[-1].out
        else:
            result = x
            for w in weights:
                A = sparse.csr_array((np.ones(arcs.shape[1]), (arcs[1], arcs[0])), shape=(N, N))
                D = sparse.diags_array(1.0 / np.maximum(A.sum(axis=1), 1.0))
                result = np.maximum(D @ A @ result @ w.W[:, 0] + result @ w.B, 0.0)
        seconds.append(time.process_time() - start)
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(json.dumps({"seconds": statistics.median(seconds[1:]), "peak_mib": peak, "sum": float(result.sum())}))


if __name__ == "__main__":
    main(*sys.argv[1:])
