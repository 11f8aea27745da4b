"""One side of one row: walks, skip-gram, or the whole of node2vec, by mlcli or a peer, in a process of its own.

    python benchmarks/node2vec.py graph NAME FILE          # an edge list: cora, or a planted partition of so many edges
    PEER/python benchmarks/node2vec.py walks SIDE FILE     # seconds for the walks alone, compiled before; peak memory
    PEER/python benchmarks/node2vec.py whole SIDE FILE OUT # everything, to the vectors in a file; the process is timed
    python benchmarks/node2vec.py tokens ENGINE FILE       # skip-gram alone, torch or gensim, on the same walks

Settings are equal on all sides: 10 walks of 80 a node, p = 0.5, q = 2, window 10, 5 negatives, 128 dimensions, 1 epoch,
one thread, so seconds are the processor's: other work on the machine disturbs them less. A peer's Python is that of its
own environment, so nothing of mlcli is imported there.
"""

import json
import random
import resource
import sys
import time
from pathlib import Path

WALKS, LENGTH, P, Q, WINDOW, NEGATIVE, DIMENSIONS = 10, 80, 0.5, 2.0, 10, 5, 128
BLOCKS, INSIDE = 100, 0.42  # of the planted partition: groups, the share of edges drawn within one


def write_graph(name: str, file: str) -> None:
    """Cora's edges, or a graph with a fifth as many nodes as edges, in BLOCKS groups; always the same."""
    if name == "cora":
        from mlcli.datasets.labelled_graphs import load

        edges = load("cora").graph.edges.T.tolist()
    else:
        E, rng = int(name), random.Random(12)
        N = E // 5
        found: set[tuple[int, int]] = set()
        while len(found) < E:
            u = rng.randrange(N)
            v = rng.randrange(N // BLOCKS) * BLOCKS + u % BLOCKS if rng.random() < INSIDE else rng.randrange(N)
            if u != v:
                found.add((min(u, v), max(u, v)))
        edges = sorted(found)
    Path(file).write_text("".join(f"{u},{v}\n" for u, v in edges), "utf-8")


def edges_of(file: str) -> list[tuple[str, str]]:
    """For the peers that take pairs."""
    return [tuple(line.split(",")) for line in Path(file).read_text("utf-8").split()]


def mlcli(file: str) -> float:
    """Seconds for the walks."""
    from mlcli.core.arcs import arcs_of
    from mlcli.core.walks import draw_walks
    from mlcli.readers.edge_lists import read_edges

    arcs = arcs_of(read_edges(file).graph)
    draw_walks(arcs, 1, 3, P, Q)
    start = time.process_time()
    draw_walks(arcs, WALKS, LENGTH, P, Q)
    return time.process_time() - start


def pecanpy(file: str, out: str = "") -> float:
    """Seconds for the walks; `out` takes the vectors."""
    from pecanpy import pecanpy as library

    graph = library.SparseOTF(p=P, q=Q, workers=1, verbose=False, random_state=0)
    graph.read_edg(file, weighted=False, directed=False, delimiter=",")
    graph.preprocess_transition_probs()
    if out:
        vectors = graph.embed(dim=DIMENSIONS, num_walks=WALKS, walk_length=LENGTH, window_size=WINDOW, epochs=1)
        _write(out, graph.nodes, vectors)
        return 0.0
    graph.simulate_walks(num_walks=1, walk_length=3)
    start = time.process_time()
    graph.simulate_walks(num_walks=WALKS, walk_length=LENGTH)
    return time.process_time() - start


def fastnode2vec(file: str, out: str = "") -> float:
    """Seconds for the walks; `out` takes the vectors."""
    from fastnode2vec import Graph, Node2Vec

    graph = Graph(edges_of(file), directed=False, weighted=False)
    if out:
        model = Node2Vec(graph, dim=DIMENSIONS, walk_length=LENGTH, window=WINDOW, p=P, q=Q, workers=1)
        model.train(epochs=WALKS, verbose=False)
        model.wv.save_word2vec_format(out)
        return 0.0
    graph.generate_random_walk(3, P, Q, 0)
    start = time.process_time()
    for _ in range(WALKS):
        for node in range(len(graph.node_names)):
            graph.generate_random_walk(LENGTH, P, Q, node)
    return time.process_time() - start


def node2vec(file: str, out: str = "") -> float:
    """Seconds for the walks, the tables they need included; `out` takes the vectors."""
    import networkx
    from node2vec import Node2Vec

    graph = networkx.Graph(edges_of(file))
    start = time.process_time()
    walked = Node2Vec(
        graph, dimensions=DIMENSIONS, walk_length=LENGTH, num_walks=WALKS, p=P, q=Q, workers=1, quiet=True, seed=0
    )
    seconds = time.process_time() - start
    if out:
        walked.fit(window=WINDOW, min_count=1, negative=NEGATIVE).wv.save_word2vec_format(out)
    return seconds


def grape(file: str, out: str = "") -> float:
    """Seconds for the walks; `out` takes the vectors. Its Rust library alone is imported, without its own front."""
    from ensmallen import models

    graph = _rust_graph(file)
    if out:
        model = models.SkipGram(
            embedding_size=DIMENSIONS, epochs=1, walk_length=LENGTH, iterations=WALKS, window_size=WINDOW,
            number_of_negative_samples=NEGATIVE, verbose=False, **RUST_BIAS,
        )  # fmt: skip
        _write(out, graph.get_node_names(), model.fit_transform(graph)[0])
        return 0.0
    start = time.process_time()
    graph.complete_walks(walk_length=LENGTH, iterations=WALKS, **RUST_BIAS)
    return time.process_time() - start


def grape_front(file: str, out: str) -> None:
    """`out` takes the vectors; by what GRAPE's own pages tell to import."""
    from grape.embedders import Node2VecSkipGramEnsmallen

    graph = _rust_graph(file)
    model = Node2VecSkipGramEnsmallen(
        embedding_size=DIMENSIONS, epochs=1, walk_length=LENGTH, iterations=WALKS, window_size=WINDOW,
        number_of_negative_samples=NEGATIVE, verbose=False, **RUST_BIAS,
    )  # fmt: skip
    _write(out, graph.get_node_names(), model.fit_transform(graph, return_dataframe=False).get_all_node_embedding()[0])


RUST_BIAS = {"return_weight": 1 / P, "explore_weight": 1 / Q}


def _rust_graph(file: str) -> object:
    from ensmallen import Graph

    return Graph.from_csv(
        edge_path=file, edge_list_separator=",", edge_list_header=False, sources_column_number=0,
        destinations_column_number=1, directed=False, verbose=False,
    )  # fmt: skip


def torch_cluster(file: str) -> float:
    """Seconds for the walks."""
    import torch
    from torch_cluster import random_walk

    edges = torch.tensor([tuple(map(int, pair)) for pair in edges_of(file)]).t()
    row, col = torch.cat([edges, edges.flip(0)], dim=1)
    starts = torch.arange(int(row.max()) + 1).repeat(WALKS)
    random_walk(row, col, starts[:1], 2, P, Q)
    start = time.process_time()
    random_walk(row, col, starts, LENGTH - 1, P, Q)
    return time.process_time() - start


def tokens(engine: str, file: str) -> dict[str, float]:
    """Seconds for skip-gram on mlcli's walks, by `torch` (in the fastest numbers), `float32`, or `gensim`."""
    from mlcli.core.arcs import arcs_of
    from mlcli.core.walks import count_visits, draw_walks
    from mlcli.readers.edge_lists import read_edges

    arcs = arcs_of(read_edges(file).graph)
    walks = draw_walks(arcs, WALKS, LENGTH, P, Q)
    visits = count_visits(walks, len(arcs.names))
    numbers = {"dimensions": DIMENSIONS, "window": WINDOW, "negative": NEGATIVE, "epochs": 1, "seed": 0}
    if engine == "gensim":
        from mlcli.models.skipgram_gensim import fit

        more = {}
    else:
        import torch

        from mlcli.models.skipgram_products import fit

        more = {"kind": torch.float32} if engine == "float32" else {}
    fit(walks[:200], visits.of_node, **numbers, **more)  # what is loaded at the first call
    start = time.process_time()
    fit(walks, visits.of_node, **numbers, **more)
    return {"seconds": time.process_time() - start, "tokens": visits.total}


def _write(out: str, names: list, vectors: object) -> None:
    with Path(out).open("w", encoding="utf-8") as file:
        for name, row in zip(names, vectors, strict=True):
            file.write(f"{name},{','.join(map(str, row.tolist()))}\n")


def main(what: str, side: str, file: str, out: str = "") -> None:
    """Print JSON; `whole` prints nothing, as its process is timed from outside."""
    match what:
        case "graph":
            write_graph(side, file)
        case "tokens":
            print(json.dumps(tokens(side, file)))
        case "walks":
            seconds = globals()[side](file)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(json.dumps({"seconds": seconds, "peak_mib": peak}))
        case "whole":
            globals()[side](file, out)


if __name__ == "__main__":
    here = str(Path(__file__).parent)
    sys.path = [path for path in sys.path if path != here]  # else a peer called node2vec would be this file
    main(*sys.argv[1:])
