"""Are the vectors of node2vec's default engine as good as gensim's? Both fit the same walks, and the vectors are tried.

    python benchmarks/node2vec_quality.py [--seeds 10] [--results FILE]

For each graph, number and length of walks, and seed: a fifth of the edges is hidden; walks over the rest (p = q = 1);
skip-gram by both engines; macro F1 of classes read off the vectors, half of the nodes known; AUC of the hidden edges
beside as many pairs without one, by each operator and by the plain dot product. Prints a table of mean ± standard
deviation over the seeds. What is measured is added to the results' file, a line each, and not measured again.
"""

import argparse
import json
import time
from pathlib import Path
from statistics import mean, stdev

import numpy as np

from mlcli.core.arcs import arcs_of
from mlcli.core.classification import classify
from mlcli.core.graphs import Graph
from mlcli.core.link_prediction import hide_edges, predict_links
from mlcli.core.walks import count_visits, draw_walks
from mlcli.datasets.labelled_graphs import load
from mlcli.models.skipgram import Engine, fit

WALKS = ((10, 80), (2, 80), (10, 20))
NODES, EDGES, GROUPS, INSIDE = 10_000, 50_000, 100, 0.42  # of the planted partition
HIDDEN, KNOWN = 0.2, 0.5
RESULTS = Path(__file__).parent.parent / ".peers" / "node2vec_quality.jsonl"


def cora() -> tuple[Graph, np.ndarray]:
    """The graph, and which node is of which class."""
    given = load("cora")
    return given.graph, np.eye(len(given.classes), dtype=bool)[given.labels]


def planted() -> tuple[Graph, np.ndarray]:
    """Edges drawn at random, INSIDE of them within a group; always the same."""
    rng, draws = np.random.default_rng(12), EDGES + EDGES // 10
    group = np.arange(NODES) % GROUPS
    u, inside = rng.integers(NODES, size=draws), rng.random(draws) < INSIDE
    v = np.where(inside, rng.integers(NODES // GROUPS, size=draws) * GROUPS + group[u], rng.integers(NODES, size=draws))
    pairs = np.sort([u, v], axis=0)
    pairs = np.unique(pairs[:, pairs[0] != pairs[1]], axis=1)
    edges = rng.permutation(pairs, axis=1)[:, :EDGES]
    return Graph(tuple(map(str, range(NODES))), edges, np.ones(EDGES)), np.eye(GROUPS, dtype=bool)[group]


GRAPHS = {"cora": cora, "planted": planted}


def measure(graph: Graph, of_class: np.ndarray, walks: int, length: int, engine: Engine, seed: int) -> dict[str, float]:
    """F1, and AUC by operator."""
    hidden = hide_edges(graph, HIDDEN, np.random.default_rng(seed))
    drawn = draw_walks(arcs_of(hidden.left), walks, length, seed=seed)
    visits = count_visits(drawn, len(graph.names)).of_node
    start = time.process_time()
    vectors = fit(drawn, visits, seed=seed, engine=engine).vectors
    seconds = time.process_time() - start
    classes = classify(vectors, of_class, 2, np.random.default_rng(seed), shares=(KNOWN,))
    links = predict_links(vectors, hidden, 2, np.random.default_rng(seed))
    by_operator = dict(zip(links.operators, links.auc.mean(axis=1).tolist(), strict=True))
    return {"macro F1": float(classes.macro.mean()), **by_operator, "dot product": links.dot, "seconds": seconds}


def line(name: str, walks: int, length: int, ours: list[dict], theirs: list[dict]) -> str:
    """A row of the table: ours / gensim's; in bold where ours is more than gensim's deviation below."""
    cells = []
    for key in [key for key in ours[0] if key != "seconds"]:
        a, b = ([found[key] for found in side] for side in (ours, theirs))
        cell = f"{mean(a):.3f} ± {stdev(a):.3f} / {mean(b):.3f} ± {stdev(b):.3f}"
        cells.append(f"**{cell}**" if mean(a) < mean(b) - stdev(b) else cell)
    return f"| {name}, {walks} × {length} | {' | '.join(cells)} |"


def main() -> None:
    """Measure what is missing, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--only", default="", help="rows and engines that hold this word, as cora, 2x80, gensim")
    options = parser.parse_args()
    options.results.parent.mkdir(exist_ok=True)
    known = options.results.read_text("utf-8").splitlines() if options.results.exists() else []
    found = {tuple(key): values for key, values in map(json.loads, known)}
    for name, make in GRAPHS.items():
        graph, of_class = make()
        for walks, length in WALKS:
            for engine in Engine:
                for seed in range(options.seeds):
                    key = (name, walks, length, engine.value, seed)
                    if key in found or options.only not in f"{name} {walks}x{length} {engine.value}":
                        continue
                    found[key] = measure(graph, of_class, walks, length, engine, seed)
                    with options.results.open("a", encoding="utf-8") as file:
                        file.write(json.dumps([key, found[key]]) + "\n")
    print(
        "| graph, walks | macro F1, ours / gensim | AUC, average | hadamard | weighted-L1 | weighted-L2 | dot product |"
    )
    print("|---|---|---|---|---|---|---|")
    for name in GRAPHS:
        for walks, length in WALKS:
            ours, theirs = (
                [values for key, values in found.items() if key[:4] == (name, walks, length, engine.value)]
                for engine in Engine
            )
            if min(len(ours), len(theirs)) > 1:
                print(line(name, walks, length, ours, theirs))


if __name__ == "__main__":
    main()
