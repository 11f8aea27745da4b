"""The table: a row in Markdown, and the files that keep what was measured: results.json, the pages with the table."""

import json
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
PAGES = HERE / "README.md", HERE.parent / "docs" / "performance.md"
HEAD = (
    "| what (beside what) | mlcli, ms | peer, ms | ratio | of processor time | peak MiB, ours / peer |\n"
    "|---|---:|---:|---:|---:|---:|\n"
)
TABLE = "<!-- results: python benchmarks/run.py -->\n", "<!-- /results -->\n"


def line(result: dict) -> str:
    """A row of the table."""
    failed = "; ".join(f"{side}: {result[f'{side} failed']}" for side in ("ours", "peer") if f"{side} failed" in result)
    ours, peer = (result["medians"].get(side, {}) for side in ("ours", "peer"))
    times = [f"{side['seconds'] * 1e3:,.1f}" if side else "" for side in (ours, peer)]
    ratio = {key: f"{value:.3f}" for key, value in result.get("ratio", {}).items()}
    memory = [f"{side['peak_mib']:,.0f}" if "peak_mib" in side else "" for side in (ours, peer)]
    cells = (
        f"{result['row']} ({' '.join([result['peer'], result.get('version', '')]).strip()})",
        *times,
        f"**{ratio['seconds']}**" if ratio else failed.replace("|", "/"),
        ratio.get("processor", ""),
        " / ".join(memory) if any(memory) else "",
    )
    return f"| {' | '.join(cells)} |"


def keep(result: dict, names: list[tuple[str, str]], ours: str) -> None:
    """Put new figures in the place of the same row's old ones; write the table into the pages.

    Args:
        names: of all rows and their peers, in the order of the table.
        ours: versions, and the machine.
    """
    known = json.loads(RESULTS.read_text("utf-8"))["rows"] if RESULTS.exists() else []
    by_name = {(row["row"], row["peer"]): row for row in [*known, result]}
    rows = [by_name[name] for name in names if name in by_name]
    RESULTS.write_text(json.dumps({"ours": ours, "rows": rows}, indent=1, ensure_ascii=False) + "\n", "utf-8")
    table = f"{ours}.\n\n{HEAD}" + "".join(f"{line(row)}\n" for row in rows)
    for page in PAGES:
        before, _, rest = page.read_text("utf-8").partition(TABLE[0])
        after = rest.partition(TABLE[1])[2]
        page.write_text(f"{before}{TABLE[0]}{table}{TABLE[1]}{after}", "utf-8")
