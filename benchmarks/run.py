"""mlcli beside what one would use instead, in one run: a table in Markdown, each row a ratio.

    python benchmarks/run.py [--only WORD] [--rounds 3] [--json FILE]

Both sides of a row run in turn, each time in a fresh process; the medians are compared. Quote the ratios: the seconds
are this machine's. Cora is read from MLCLI_DATA_DIR or fetched; where it is not to be had, its rows say so.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Row:
    """What is measured: a name, our command, the peer's, how often at most."""

    name: str
    ours: tuple[str, ...]
    peer: tuple[str, ...]
    peer_name: str
    rounds: int | None = None


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


HELP = (sys.executable, "-m", "mlcli", "--help")
IMPORT = (sys.executable, "-c", "import torch")
ROWS = (
    Row("mlcli --help", HELP, IMPORT, "import torch"),
    propagation(1_000_000),
    *(epoch(model, graph, 1, 30) for model in ("gcn", "gat") for graph in ("cora", "cora-all")),
    *(epoch(model, "10000", threads, 15) for model in ("gcn", "gat") for threads in (1, 2)),
    *(epoch(model, "100000", threads, 8) for model in ("gcn", "gat") for threads in (1, 2)),
    *(epoch(model, "1000000", threads, 4, rounds=1) for model in ("gcn", "gat") for threads in (1, 2)),
)


def measure(command: tuple[str, ...]) -> dict[str, float]:
    """What the command prints of itself; else the time of the whole process."""
    start = time.perf_counter()
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if ended.returncode:
        raise RuntimeError(ended.stderr.strip().splitlines()[-1])
    return json.loads(ended.stdout) if command[1].startswith("benchmarks/") else {"seconds": seconds}


def compare(row: Row, rounds: int) -> dict[str, object]:
    """Both sides in turn, and the ratios of their medians."""
    sides: dict[str, list[dict[str, float]]] = {"ours": [], "peer": []}
    for _ in range(row.rounds or rounds):
        for side, command in (("ours", row.ours), ("peer", row.peer)):
            sides[side].append(measure(command))
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
        return f"| {result['row']} | | | not measured: {result['error']} | |"
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
    for row in (row for row in ROWS if options.only.lower() in row.name.lower()):
        try:
            results.append(compare(row, options.rounds))
        except RuntimeError as error:
            results.append({"row": row.name, "error": str(error)})
        print(line(results[-1]), flush=True)
    if options.json:
        options.json.write_text(
            json.dumps({"versions": versions, "machine": machine, "rows": results}, indent=1), "utf-8"
        )


if __name__ == "__main__":
    main()
