"""All that has to hold before a change is shared; stops at the first that fails.

python tests/check.py
"""

import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent

STEPS = (
    "ruff format --check .",
    "ruff check .",
    "basedpyright --project pyproject.toml",
    "lint-imports",
    "pytest -n auto",
)


def main() -> int:
    """The exit status of the first step that fails, else 0."""
    for step in STEPS:
        print(f"== {step}", flush=True)
        name, *arguments = shlex.split(step)
        if status := subprocess.run([BIN / name, *arguments], cwd=ROOT).returncode:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
