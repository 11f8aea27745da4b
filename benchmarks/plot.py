"""The picture of docs/performance.md, of what results.json holds: time and memory against the edges of a graph.

python benchmarks/plot.py        # writes docs/performance.svg and docs/performance.png
"""

import json

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from table import RESULTS

DOCS = RESULTS.parent.parent / "docs"
SERIES = ("GCN epoch, 1 thread", "GAT epoch, 1 thread")
PEERS = {"DGL": ("C1", "s"), "PyTorch Geometric": ("C2", "^")}


def points(rows: list[dict], series: str, peer: str, side: str) -> list[tuple[int, float, float]]:
    """Edges, seconds of the processor and MiB, fewest edges first."""
    taken = {
        row["edges"]: row["medians"][side]
        for row in rows
        if row["series"] == series and row["edges"] and row["peer"] == peer and side in row["medians"]
    }
    return [(edges, at.get("processor", at["seconds"]), at["peak_mib"]) for edges, at in sorted(taken.items())]


def draw(axes: Axes, rows: list[dict], series: str, column: int) -> None:
    """A line for each peer, and one for mlcli as it was measured beside that peer: only these two compare."""
    for peer, (colour, marker) in PEERS.items():
        for side, name, dashes in (("peer", peer, "-"), ("ours", f"mlcli, beside {peer}", "--")):
            found = points(rows, series, peer, side)
            edges, numbers = [at[0] for at in found], [at[column] for at in found]
            axes.loglog(edges, numbers, color=colour, marker=marker, linestyle=dashes, label=name)
    axes.set_title(series)
    axes.set_xlabel("edges")
    axes.set_ylabel(("", "processor seconds an epoch", "peak memory, MiB")[column])
    axes.grid(alpha=0.3)


def main() -> None:
    """Time above, memory below."""
    rows = json.loads(RESULTS.read_text("utf-8"))["rows"]
    plt.rcParams["svg.hashsalt"] = "mlcli"  # the same file each time
    figure, axes = plt.subplots(2, len(SERIES), figsize=(9, 7), layout="constrained")
    for row, column in enumerate((1, 2)):
        for series, place in zip(SERIES, axes[row], strict=True):
            draw(place, rows, series, column)
    axes[0][0].legend(fontsize=8)
    for suffix in ("svg", "png"):
        figure.savefig(DOCS / f"performance.{suffix}", dpi=110, metadata={"Date": None} if suffix == "svg" else None)


if __name__ == "__main__":
    main()
