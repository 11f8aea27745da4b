"""Writes what mlcli prints into README.md and docs/*.md, so that no example is ever pasted.

    python docs/generate.py           # run every example again and rewrite its block
    python docs/generate.py train     # those of docs/train.md only; docs/train.md says the same
    python docs/generate.py --check   # change nothing; exit 1 if a block is not what the command prints now

A block stands between `<!-- run: mlcli … -->` and `<!-- end -->`; it is run at 80 columns without colour, with an empty
cache, in a folder of its own that holds sample_data/ and what the blocks before it have saved (`--save runs/adding`).
`run(12):` keeps the first 12 lines, `run(-12):` the last 12, `run(confusion):` the section so called. Pictures of
traces are drawn by the same run. What is trained, and the size of a rounding error, differs in its digits from
processor to processor: --check runs such examples, and leaves their digits alone.
"""

import contextlib
import io
import os
import re
import shlex
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # this checkout documents itself, whichever mlcli is installed
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"<!-- run(?:\((?P<part>[^)]+)\))?: (?P<command>mlcli [^\n]*?) -->\n.*?<!-- end -->", re.DOTALL)
TRAINED = (
    "mlcli train", "mlcli reproduce", "mlcli node2vec", "mlcli recommend --method", "mlcli recommend --compare",
    "mlcli rnn-unroll --weights",
)  # fmt: skip
ROUNDING = re.compile(r"(largest difference) [-+.e\d]+")
PICTURES = {"docs/conv-trace.svg": "mlcli conv-trace sample_data/image.png --show 0"}


def main() -> int:
    """Rewrite the pages, or tell which are out of date."""
    check = "--check" in sys.argv
    os.environ |= {"COLUMNS": "80", "NO_COLOR": "1"}
    os.environ.pop("MLCLI_DATA_DIR", None)
    same = comparable if check else str
    stems = [Path(argument).stem for argument in sys.argv[1:] if argument != "--check"]
    if unknown := set(stems) - {page.stem for page in PAGES} - {Path(picture).stem for picture in PICTURES}:
        sys.exit(f"there is no page {', '.join(sorted(unknown))}")
    pages = [page for page in PAGES if not stems or page.stem in stems]
    stale = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        Path(folder, "sample_data").symlink_to(ROOT / "sample_data")
        os.chdir(folder)
        for page in pages:
            old = page.read_text("utf-8")
            new = BLOCK.sub(written, old)
            if same(new) != same(old):
                stale.append(str(page.relative_to(ROOT)))
                if not check:
                    page.write_text(new, "utf-8")
        for picture, command in PICTURES.items():
            if stems and Path(picture).stem not in stems:
                continue
            drawn = Path(folder, Path(picture).name)
            run(f"{command} --out {drawn}")
            old = (ROOT / picture).read_text("utf-8") if (ROOT / picture).exists() else ""
            if same(drawn.read_text("utf-8")) != same(old):
                stale.append(picture)
                if not check:
                    (ROOT / picture).write_bytes(drawn.read_bytes())
    print("\n".join(stale) or "every block is what its command prints")
    return 1 if stale and check else 0


def comparable(text: str) -> str:
    """`text` without what may differ from processor to processor."""
    text = BLOCK.sub(lambda block: block["command"] if block["command"].startswith(TRAINED) else block[0], text)
    return ROUNDING.sub(r"\1", text)


def written(block: re.Match[str]) -> str:
    """The block again, with what its command prints now."""
    command, part = block["command"], block["part"] or ""
    text = run(command).rstrip("\n")
    lines = text.split("\n")
    if part and not re.fullmatch(r"-?\d+", part):
        lines = ["…", *next(told for told in text.split("\n\n") if part in told.split("\n")[0]).split("\n"), "…"]
    elif 0 < int(part or 0) < len(lines):
        lines = [*lines[: int(part)], "…"]
    elif 0 < -int(part or 0) < len(lines):
        lines = ["…", *lines[int(part) :]]
    opening = block[0].split("\n", 1)[0]
    return "\n".join([opening, "```text", f"$ {command}", *(line.rstrip() for line in lines), "```", "<!-- end -->"])


def run(command: str) -> str:
    """Standard output of a command line, run in this process."""
    from mlcli.cli import main as mlcli

    sys.argv = shlex.split(command)
    output = io.TextIOWrapper(io.BytesIO(), "utf-8")
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(io.StringIO()) as errors:
        try:
            mlcli()
        except SystemExit as ended:
            if ended.code:
                raise RuntimeError(f"{command}\n{errors.getvalue()}") from ended
    output.seek(0)
    return output.read()


if __name__ == "__main__":
    sys.exit(main())
