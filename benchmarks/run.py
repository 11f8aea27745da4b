"""mlcli beside what one would use instead, in one run: a table in Markdown, each row a ratio.

    python benchmarks/run.py [--only WORD] [--rounds 3] [--json FILE]

Both sides of a row run in turn, each time in a fresh process; the medians are compared. Quote the ratios: the seconds
are this machine's. Cora is read from MLCLI_DATA_DIR or fetched; where it is not to be had, its rows say so. A peer with
a list in benchmarks/peers is installed by it into an environment of its own, .peers/NAME; where it does not install, or
does not run, its rows say so.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parent.parent
PEERS = ROOT / ".peers"
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
    """

    name: str
    ours: tuple[str, ...]
    peer: tuple[str, ...]
    peer_name: str
    rounds: int | None = None
    processor: bool = False


def epoch(model: str, graph: str, threads: int, epochs: int, rounds: int | None = None) -> Row:
    """An epoch of a graph network: training and evaluation."""
    side = [
        [sys.executable, "benchmarks/graph_epoch.py", s, model, graph, str(threads), str(epochs)]
        for s in ("mlcli", "pyg")
    ]
    what = {"cora": "Cora", "cora-all": "Cora, every node"}.get(graph) or f"{int(graph):,} edges"
    name = f"{model.upper()} epoch, {what}, {threads} thread{'s' if threads > 1 else ''}"
    return Row(name, tuple(side[0]), tuple(side[1]), "PyTorch Geometric", rounds)


def propagation(edges: int) -> Row:
    """Two layers of the mean, with every intermediate, beside the bare product."""
    ours, peer = ((sys.executable, "benchmarks/propagation.py", side, str(edges)) for side in ("mlcli", "scipy"))
    return Row(f"gnn-propagate, two mean layers, {edges:,} edges", ours, peer, "the same product by scipy.sparse")


def node2vec(what: str, graph: str, peer: str) -> Row:
    """Walks alone, or the whole of node2vec, both on one thread."""
    script = (what, peer, f"graph:{graph}")
    theirs = (f"peer:{peer}", "benchmarks/node2vec.py", *script, *(("out:.csv",) if what == "whole" else ()))
    ours = (sys.executable, "benchmarks/node2vec.py", what, "mlcli", f"graph:{graph}")
    if what == "whole":
        options = ("--p", "0.5", "--q", "2", "--no-trace", "--out", "out:.csv")
        ours = (sys.executable, "-m", "mlcli", "node2vec", f"graph:{graph}", *options)
    name = {"walks": "node2vec's walks", "whole": "node2vec, start to file written"}[what]
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
        f"node2vec's skip-gram in {numbers}, {GRAPHS[graph]}, 1 thread", *sides, "gensim", rounds, processor=True
    )


GRAPHS = {"cora": "Cora", "50000": "10,000 nodes, 50,000 edges", "500000": "100,000 nodes, 500,000 edges"}
NAMES = {"pecanpy": "PecanPy", "fastnode2vec": "fastnode2vec", "node2vec": "eliorc's node2vec", "grape": "GRAPE"}


def convolution(case: str, threads: int) -> Row:
    """The whole map of a 12-megapixel picture; memory beyond input and output."""
    side = [[sys.executable, "benchmarks/convolution.py", s, case, str(threads)] for s in ("mlcli", "torch")]
    name = f"convolution, 12 megapixels, {case}, {threads} thread{'s' if threads > 1 else ''}"
    return Row(name, tuple(side[0]), tuple(side[1]), "torch conv2d")


HELP = (sys.executable, "-m", "mlcli", "--help")
IMPORT = (sys.executable, "-c", "import torch")
ROWS = (
    Row("mlcli --help", HELP, IMPORT, "import torch"),
    propagation(1_000_000),
    *(convolution(case, 1) for case in CASES),
    *(epoch(model, graph, 1, 30) for model in ("gcn", "gat") for graph in ("cora", "cora-all")),
    *(epoch(model, "10000", threads, 15) for model in ("gcn", "gat") for threads in (1, 2)),
    *(epoch(model, "100000", threads, 8) for model in ("gcn", "gat") for threads in (1, 2)),
    *(epoch(model, "1000000", threads, 4, rounds=1) for model in ("gcn", "gat") for threads in (1, 2)),
    *(node2vec("walks", "cora", peer) for peer in NAMES),
    *(node2vec("walks", graph, peer) for graph in ("50000", "500000") for peer in NAMES if peer != "node2vec"),
    *(skipgram(kind, graph) for graph in ("cora", "50000") for kind in ("torch", "float32")),
    *(node2vec("whole", "cora", peer) for peer in NAMES),
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
        wanted = f"benchmarks/peers/{name}.txt"
        steps = ([sys.executable, "-m", "venv", PEERS / name], [python, "-m", "pip", "install", "-q", "-r", wanted])
        for step in steps:
            ended = subprocess.run(step, cwd=ROOT, capture_output=True, text=True, check=False)
            if ended.returncode:
                raise RuntimeError(f"does not install: {(ended.stderr.strip().splitlines() or ['no word'])[-1]}")
        ready.touch()
    return str(python)


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
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=err, env=os.environ | more)
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
    """Both sides in turn, and the ratios of their medians."""
    sides: dict[str, list[dict[str, float]]] = {"ours": [], "peer": []}
    for _ in range(row.rounds or rounds):
        for side, command in (("ours", row.ours), ("peer", row.peer)):
            sides[side].append(measure(command, row.processor))
    medians = {
        side: {key: statistics.median(run[key] for run in runs) for key in runs[0]} for side, runs in sides.items()
    }
    ratios = {
        key: medians["ours"][key] / medians["peer"][key] for key in ("seconds", "peak_mib") if key in medians["ours"]
    }
    return {"row": row.name, "peer": row.peer_name, "medians": medians, "ratio": ratios}


def line(result: dict) -> str:
    """A row of the table."""
    if "error" in result:
        return f"| {result['row']} ({result['peer']}) | | | not measured: {result['error']} | |"
    ours, peer, ratio = result["medians"]["ours"], result["medians"]["peer"], result["ratio"]
    memory = f"{ours['peak_mib']:.0f} / {peer['peak_mib']:.0f}" if "peak_mib" in ours else ""
    times = f"{ours['seconds'] * 1e3:,.1f} | {peer['seconds'] * 1e3:,.1f} | **{ratio['seconds']:.3f}**"
    return f"| {result['row']} ({result['peer']}) | {times} | {memory} |"


def main() -> None:
    """Print the table as it grows; write the JSON at the end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=os.environ.get("ONLY", ""), help="rows whose name holds this word")
    parser.add_argument("--rounds", type=int, default=3, help="how often each side runs")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    options = parser.parse_args()
    versions = {name: version(name) for name in ("mlcli", "torch", "torch-geometric", "numpy")}
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{', '.join(f'{name} {number}' for name, number in versions.items())}; {machine}\n")
    print("| what | mlcli, ms | peer, ms | ratio | peak MiB, ours / peer |\n|---|---:|---:|---:|---:|", flush=True)
    results = []
    for row in (row for row in ROWS if options.only.lower() in f"{row.name} ({row.peer_name})".lower()):
        try:
            results.append(compare(row, options.rounds))
        except RuntimeError as error:
            results.append({"row": row.name, "peer": row.peer_name, "error": str(error).rpartition(": ")[2]})
        print(line(results[-1]), flush=True)
    if options.json:
        options.json.write_text(
            json.dumps({"versions": versions, "machine": machine, "rows": results}, indent=1), "utf-8"
        )


if __name__ == "__main__":
    main()
