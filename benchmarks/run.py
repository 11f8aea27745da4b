"""mlcli beside what one would use instead, in one run: a table in Markdown, each row a ratio.

    python benchmarks/run.py [--only WORD] [--rounds 3]

Both sides of a row run in turn, each time in a fresh process; the medians are compared. Quote the ratios: the seconds
are this machine's. What was measured goes into results.json, in the place of the same row's earlier figures, and from
there into the tables of README.md and docs/performance.md. Cora is read from MLCLI_DATA_DIR or fetched; where it is not
to be had, its rows say so. A peer with a list in benchmarks/peers is installed by it into an environment of its own,
.peers/NAME, and after that what is to be built from source beside it by NAME.built.txt; where it does not install, or
does not run, its rows say so.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from table import HEAD, keep, line

ROOT = Path(__file__).parent.parent
PEERS = ROOT / ".peers"
MOST_MEMORY = 20 << 30  # of one process
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS"), "1")
CASES = (
    "grey",
    "colour",
    "colour, padding 1",
    "colour, reflect",
    "colour, stride 2",
    "colour, 3 groups",
    "colour, 5×5, 8 filters",
)  # of convolution.py


@dataclass(frozen=True)
class Row:
    """What is measured: a name, our command, the peer's, how often at most.

    Where both are on one thread, `processor` has the time of the processor compared, not that of the clock.
    In a command `peer:NAME` stands for that peer's Python, `graph:NAME` for a file of edges, `out:SUFFIX` for a new
    file.

    Args:
        package: the peer's name where it is installed, if not that of its environment; the table tells its version.
        series, edges: what the plot of time against edges calls the row, and where it stands there.
    """

    name: str
    ours: tuple[str, ...]
    peer: tuple[str, ...]
    peer_name: str
    rounds: int | None = None
    processor: bool = False
    package: str = ""
    series: str = ""
    edges: int = 0


def epoch(model: str, graph: str, threads: int, epochs: int, rounds: int | None = None, peer: str = "pyg") -> Row:
    """An epoch of a graph network: training and evaluation."""
    rest = (model, graph, str(threads), str(epochs))
    ours, theirs = ((sys.executable, "benchmarks/graph_epoch.py", side, *rest) for side in ("mlcli", "pyg"))
    if peer == "dgl":
        theirs = ("peer:dgl", "benchmarks/graph_epoch_dgl.py", *rest)
    what = {"cora": "Cora", "cora-all": "Cora, every node"}.get(graph) or f"{int(graph):,} edges"
    name, package = {"pyg": ("PyTorch Geometric", "torch-geometric"), "dgl": ("DGL", "dgl")}[peer]
    return Row(
        f"{model.upper()} epoch, {what}, {_threads(threads)}", ours, theirs, name, rounds, package=package,
        series=f"{model.upper()} epoch, {_threads(threads)}", edges=int(graph) if graph.isdigit() else 0,
    )  # fmt: skip


def _threads(count: int) -> str:
    return f"{count} thread{'s' if count > 1 else ''}"


def sampled(peer: str, edges: int) -> Row:
    """An epoch of GraphSAGE by a few nodes and a few of their neighbours at a time, and one evaluation of all."""
    rest = (str(edges), "1", "2")
    ours = (sys.executable, "benchmarks/sampled_epoch.py", "mlcli", *rest)
    environment, name, package = {
        "pyg": ("pyg_sampling", "PyTorch Geometric", "torch-geometric"),
        "dgl": ("dgl", "DGL", "dgl"),
    }[peer]
    theirs = (f"peer:{environment}", "benchmarks/sampled_epoch.py", peer, *rest)
    return Row(f"SAGE epoch, sampled, {edges:,} edges, {_threads(1)}", ours, theirs, name, package=package)


def propagation(edges: int) -> Row:
    """Two layers of the mean, with every intermediate, beside the bare product."""
    ours, peer = ((sys.executable, "benchmarks/propagation.py", side, str(edges)) for side in ("mlcli", "scipy"))
    name = f"gnn-propagate, two mean layers, {edges:,} edges"
    return Row(name, ours, peer, "the same product by scipy.sparse", package="scipy")


def node2vec(what: str, graph: str, peer: str, engine: str = "torch") -> Row:
    """Walks alone, or the whole of node2vec, both on one thread."""
    script = (what, peer, f"graph:{graph}")
    python = f"peer:{'grape' if peer == 'grape_front' else peer}"
    theirs = (python, "benchmarks/node2vec.py", *script, *(("out:.csv",) if what == "whole" else ()))
    ours = (sys.executable, "benchmarks/node2vec.py", what, "mlcli", f"graph:{graph}")
    name = "node2vec's walks"
    if what == "whole":
        options = ("--p", "0.5", "--q", "2", "--no-trace", "--engine", engine, "--out", "out:.csv")
        ours = (sys.executable, "-m", "mlcli", "node2vec", f"graph:{graph}", *options)
        name = "node2vec, start to file written" + (", by gensim" if engine == "gensim" else "")
    return Row(
        f"{name}, {GRAPHS[graph]}, 1 thread", ours, theirs, NAMES[peer], None if graph == "cora" else 1, processor=True
    )


def skipgram(kind: str, graph: str) -> Row:
    """Skip-gram alone, on the same walks."""
    sides = [
        (sys.executable, "benchmarks/node2vec.py", "tokens", engine, f"graph:{graph}") for engine in (kind, "gensim")
    ]
    numbers = "the fastest numbers" if kind == "torch" else kind
    rounds = None if graph == "cora" else 1
    return Row(
        f"node2vec's skip-gram in {numbers}, {GRAPHS[graph]}, 1 thread",
        *sides,
        "gensim",
        rounds,
        processor=True,
        package="gensim",
    )


GRAPHS = {"cora": "Cora"} | {str(E): f"{E // 5:,} nodes, {E:,} edges" for E in (50_000, 500_000, 1_000_000)}
NAMES = {
    "pecanpy": "PecanPy",
    "fastnode2vec": "fastnode2vec",
    "node2vec": "eliorc's node2vec",
    "torch_cluster": "torch-cluster",
    "grape": "GRAPE, its Rust library alone",
    "grape_front": "GRAPE",
}
WALKERS = [peer for peer in NAMES if peer != "grape_front"]  # its walks are the library's
FAST_WALKERS = [peer for peer in WALKERS if peer != "node2vec"]  # whose tables, one a pair of arcs, take minutes


def convolution(case: str, threads: int) -> Row:
    """The whole map of a 12-megapixel picture; memory beyond input and output."""
    side = [[sys.executable, "benchmarks/convolution.py", s, case, str(threads)] for s in ("mlcli", "torch")]
    name = f"convolution, 12 megapixels, {case}, {_threads(threads)}"
    return Row(name, tuple(side[0]), tuple(side[1]), "torch conv2d", processor=threads == 1)


def start_up(*words: str) -> Row:
    """A command from start to end."""
    command, peer = (sys.executable, "-m", "mlcli", *words), (sys.executable, "-c", "import torch")
    return Row(f"mlcli {' '.join(words)}", command, peer, "import torch", processor=True)


ROWS = (
    start_up("--help"),
    start_up("conv-trace", "sample_data/image.png", "--kernel", "sobel-x"),
    start_up("rnn-unroll", "sample_data/sequence.csv"),
    start_up("gnn-propagate", "sample_data/edges.csv", "--features", "sample_data/features.csv"),
    start_up("attention", "sample_data/attention.csv"),
    propagation(1_000_000),
    *(convolution(case, 1) for case in CASES),
    *(epoch(model, graph, 1, 60) for model in ("gcn", "gat") for graph in ("cora", "cora-all")),
    *(
        epoch(model, str(edges), threads, epochs, rounds, peer)
        for edges, epochs, rounds in ((10_000, 15, None), (100_000, 8, None), (1_000_000, 2, 1))
        for model in ("gcn", "gat")
        for threads in (1, 2)
        for peer in ("pyg", "dgl")
    ),
    *(epoch(model, "10000000", 1, 1, 1, peer) for model in ("gcn", "gat") for peer in ("pyg", "dgl")),
    *(sampled(peer, 1_000_000) for peer in ("pyg", "dgl")),
    *(node2vec("walks", "cora", peer) for peer in WALKERS),
    *(node2vec("walks", graph, peer) for graph in ("50000", "500000") for peer in FAST_WALKERS),
    node2vec("walks", "1000000", "fastnode2vec"),
    *(skipgram(kind, graph) for graph in ("cora", "50000") for kind in ("torch", "float32")),
    *(node2vec("whole", "cora", peer) for peer in NAMES if peer != "torch_cluster"),
    node2vec("whole", "cora", "pecanpy", engine="gensim"),
    *(node2vec("whole", graph, "grape") for graph in ("50000", "500000")),
)


@cache
def peer_python(name: str) -> str:
    """The Python of a peer's environment, made when it is first asked for.

    Raises:
        RuntimeError: it does not install.
    """
    python = PEERS / name / "bin" / "python"
    ready = PEERS / name / "installed"
    if not ready.exists():
        install = [python, "-m", "pip", "install", "-q", "-r", f"benchmarks/peers/{name}.txt"]
        steps = [[sys.executable, "-m", "venv", PEERS / name], install]
        if (ROOT / (built := f"benchmarks/peers/{name}.built.txt")).exists():
            steps.append([*install[:-1], built, "--no-build-isolation"])  # it wants torch to be there
        for step in steps:
            ended = subprocess.run(step, cwd=ROOT, capture_output=True, text=True, check=False)
            if ended.returncode:
                reasons = [line.strip() for line in ended.stderr.splitlines() if "Error" in line] or ["no reason given"]
                raise RuntimeError(f"does not install: {reasons[-1]}")
        ready.touch()
    return str(python)


@cache
def version_of(row: Row) -> str:
    """The peer's."""
    environment = next((word.partition(":")[2] for word in row.peer if word.startswith("peer:")), None)
    python = peer_python(environment) if environment else sys.executable
    ask = f"from importlib.metadata import version; print(version({row.package or environment or 'torch'!r}))"
    return run((python, "-c", ask))[0].strip()


@cache
def edge_list(name: str) -> str:
    """A file with the edges of a graph."""
    path = PEERS / "graphs" / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        run((sys.executable, "benchmarks/node2vec.py", "graph", name, str(path)))
    return str(path)


def run(command: tuple[str, ...], one_thread: bool = False) -> tuple[str, dict[str, float]]:
    """What a command prints, and the time and memory of its process.

    Raises:
        RuntimeError: it failed.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.perf_counter()
        more = {"PYTHONPATH": str(ROOT)} | (ONE_THREAD if one_thread else {})
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=out, stderr=err, env=os.environ | more,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY)),
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), err.seek(0)
        if process.returncode:
            raise RuntimeError((err.read().strip().splitlines() or [f"ended with status {process.returncode}"])[-1])
        taken = {"seconds": seconds, "processor": usage.ru_utime + usage.ru_stime, "peak_mib": usage.ru_maxrss / 1024}
        return out.read(), taken


def measure(command: tuple[str, ...], processor: bool) -> dict[str, float]:
    """What the command prints of itself; else the time and the memory of the whole process."""
    with tempfile.TemporaryDirectory() as folder:

        def filled(word: str) -> str:
            kind, _, name = word.partition(":")
            match kind:
                case "peer":
                    return peer_python(name)
                case "graph":
                    return edge_list(name)
                case "out":
                    return f"{folder}/out{name}"
                case _:
                    return word

        printed, process = run(tuple(map(filled, command)), processor)
    if printed.startswith("{"):
        return json.loads(printed)
    return process | {"seconds": process["processor"]} if processor else process


def compare(row: Row, rounds: int) -> dict[str, object]:
    """Both sides in turn, and the ratios of their medians; of a side that failed, the reason."""
    sides: dict[str, list[dict[str, float]]] = {"ours": [], "peer": []}
    result: dict[str, object] = {"row": row.name, "peer": row.peer_name, "series": row.series, "edges": row.edges}
    for _ in range(row.rounds or rounds):
        for side, command in (("ours", row.ours), ("peer", row.peer)):
            try:
                sides[side].append(measure(command, row.processor))
            except RuntimeError as error:
                result[f"{side} failed"] = str(error)
    if sides["peer"]:
        result["version"] = version_of(row)
    medians = {
        side: {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        for side, runs in sides.items()
        if f"{side} failed" not in result
    }
    result["medians"] = medians
    if len(medians) == 2:
        ours, peer = medians["ours"], medians["peer"]
        keys = [key for key in ("seconds", "processor", "peak_mib") if key in ours and key in peer]
        result["ratio"] = {key: ours[key] / peer[key] for key in keys}
    return result


def main() -> None:
    """Print the table as it grows, and keep it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=os.environ.get("ONLY", ""), help="rows whose name holds this word")
    parser.add_argument("--rounds", type=int, default=3, help="how often each side runs")
    options = parser.parse_args()
    versions = ", ".join(f"{name} {version(name)}" for name in ("mlcli", "torch", "numpy", "scipy"))
    ours = f"{versions}, Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores"
    print(f"{ours}\n\n{HEAD}", end="", flush=True)
    for row in (row for row in ROWS if options.only.lower() in f"{row.name} ({row.peer_name})".lower()):
        result = compare(row, options.rounds)
        print(line(result), flush=True)
        keep(result, [(row.name, row.peer_name) for row in ROWS], ours)


if __name__ == "__main__":
    main()
