"""The picture of docs/performance.md, of what results.json holds: time and memory against the edges of a graph.

python benchmarks/plot.py        # writes docs/performance.svg and docs/performance.png
"""

import json

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from table import RESULTS

DOCS = RESULTS.parent.parent / "docs"
SERIES = ("GCN epoch, 1 thread", "GAT epoch, 1 thread")
STYLES = {"mlcli": ("C0", "o"), "DGL": ("C1", "s"), "PyTorch Geometric": ("C2", "^")}


def points(rows: list[dict], series: str, name: str) -> list[tuple[int, float, float]]:
    """Edges, seconds of the processor and MiB, fewest edges first: of a peer, or of mlcli beside any."""
    side = "ours" if name == "mlcli" else "peer"
    found = {
        row["edges"]: (row["medians"][side]["processor"], row["medians"][side]["peak_mib"])
        for row in rows
        if row["series"] == series and row["edges"] and side in row["medians"] and name in ("mlcli", row["peer"])
    }
    return [(edges, *found[edges]) for edges in sorted(found)]


def draw(axes: Axes, rows: list[dict], series: str, column: int) -> None:
    """A line for each library."""
    for name, (colour, marker) in STYLES.items():
        if found := points(rows, series, name):
            axes.loglog([at[0] for at in found], [at[column] for at in found], color=colour, marker=marker, label=name)
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
    axes[0][0].legend()
    for suffix in ("svg", "png"):
        figure.savefig(DOCS / f"performance.{suffix}", dpi=110, metadata={"Date": None} if suffix == "svg" else None)


if __name__ == "__main__":
    main()
