"""The house rules, as tests: who imports whom, what --help loads, what is documented, how a record is told."""

import ast
import dataclasses
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import jsonschema
import pytest
from importlinter.cli import lint_imports

from mlcli.cli import COMMANDS
from mlcli.core.attention import Attention
from mlcli.core.convolution import Convolution
from mlcli.lesson import Figure

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "mlcli").rglob("*.py"))
HEAVY = {"torch", "sklearn", "gensim", "matplotlib", "networkx", "scipy", "pooch", "requests", "PIL", "numpy"}
TOLD = [  # a command, and the record that it tells
    ("conv-trace sample_data/matrix.csv", Convolution),
    ("attention 'the cat sat on the mat' --mask causal", Attention),
]


def test_imports_go_down_the_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == 0


def loaded(*arguments: str) -> set[str]:
    """The heavy libraries that a command line imports."""
    program = (
        "import atexit, sys; from mlcli.cli import main;"
        f"atexit.register(lambda: print(*sorted({HEAVY} & set(sys.modules)), file=sys.stderr));"
        f"sys.argv = {['mlcli', *arguments]}; main()"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return set(ended.stderr.split())


def test_help_loads_nothing_heavy() -> None:
    assert loaded("--help") == set()


@pytest.mark.parametrize(
    "line",
    [
        "conv-trace sample_data/matrix.csv",
        "rnn-unroll sample_data/sequence.csv",
        "gnn-propagate sample_data/edges.csv",
        "recommend sample_data/ratings.csv",
        "attention 'the cat sat on the mat'",
    ],
)
def test_the_traces_load_no_torch(line: str) -> None:
    assert not loaded(*shlex.split(line)) & {"torch", "sklearn", "gensim", "matplotlib"}


@pytest.mark.parametrize(
    "line",
    [
        "conv-trace sample_data/matrix.csv",
        "rnn-unroll sample_data/sequence.csv",
        "attention 'the cat sat on the mat'",
        "node2vec sample_data/edges.csv --no-trace --dimensions 2",
    ],
)
def test_what_needs_no_sparse_matrix_loads_no_scipy(line: str) -> None:
    assert "scipy" not in loaded(*shlex.split(line))


def help_of(mlcli: Callable, name: str) -> str:
    """The command's own help and those of its subcommands."""
    text = mlcli(name, "--help").stdout
    below = re.findall(r"^  ([a-z0-9-]+)  ", text.partition("\nCommands:\n")[2], re.MULTILINE)
    return text + "".join(mlcli(name, sub, "--help").stdout for sub in below)


def examples(text: str) -> list[str]:
    """The lines below `Examples:`."""
    return re.findall(r"^    (mlcli .*)$", text, re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented_and_its_examples_run(mlcli: Callable, name: str) -> None:
    page = (ROOT / "docs" / f"{name}.md").read_text("utf-8")
    assert re.search(rf"<!-- run: mlcli {name}[a-z ]* --help -->", page)
    assert f"mlcli {name}" in (ROOT / "README.md").read_text("utf-8")
    lines = examples(help_of(mlcli, name))
    assert lines, "a command's help shows how it is called"
    for line in lines:
        ran = mlcli(*shlex.split(line)[1:])
        assert ran.status == 0, f"{line}\n{ran.stderr}"


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ("data", "demo", "doctor")])
def test_every_trace_and_training_shares_its_options(mlcli: Callable, name: str) -> None:
    text = help_of(mlcli, name)
    for option in ("--json", "--out", "--force", "--seed", "--precision", "--check"):
        assert option in text or (name, option) == ("architecture", "--seed")  # nothing is drawn at random there


def test_what_the_pages_show_is_what_the_commands_print() -> None:
    ended = subprocess.run([sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, f"make docs rewrites: {ended.stdout}{ended.stderr}"


def test_a_page_that_is_not_there_is_not_said_to_be_right() -> None:
    program = [sys.executable, "docs/generate.py", "--check", "docs/no-such-page.md"]
    ended = subprocess.run(program, cwd=ROOT, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", "there is no page no-such-page\n")


def tensors(lesson: dict) -> Iterator[str]:
    """The symbols of a lesson's figures in the order of telling: `window A[0:3]` is A."""
    figures = [
        *lesson["inputs"],
        *(f for step in lesson["steps"] for f in step["figures"]),
        *lesson["result"]["figures"],
    ]
    for figure in figures:
        if figure["kind"] in ("tensor", "picture", "table"):
            yield from re.findall(r"[A-Za-z_]+", figure["name"])


@pytest.mark.parametrize(("line", "record"), TOLD)
def test_a_record_is_told_in_the_order_of_its_fields(mlcli: Callable, line: str, record: type) -> None:
    names = [field.name for field in dataclasses.fields(record)]
    lesson = json.loads(mlcli(*shlex.split(line), "--json").stdout)
    told = [name for name in dict.fromkeys(tensors(lesson)) if name in names]
    assert len(told) >= 2
    assert told == sorted(told, key=names.index)


def test_renderers_know_every_figure() -> None:
    matched = {
        case.pattern.cls.id
        for case in ast.walk(ast.parse((ROOT / "mlcli/render/terminal.py").read_text("utf-8")))
        if isinstance(case, ast.match_case) and isinstance(case.pattern, ast.MatchClass)
        and isinstance(case.pattern.cls, ast.Name)
    }  # fmt: skip
    assert {figure.__name__ for figure in get_args(Figure)} == matched


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_it_is_and_stays_readable(path: Path) -> None:
    text = path.read_text("utf-8")
    assert ast.get_docstring(ast.parse(text))
    assert path.stem not in {"utils", "helpers", "data", "info", "misc", "common"} or path.parent.name == "commands"
    assert "TODO" not in text


def test_core_says_its_symbols() -> None:
    for path in (ROOT / "mlcli" / "core").glob("*.py"):
        if path.stem in ("__init__", "errors"):
            continue
        docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        assert re.search(r"^(Symbols|Source)", docstring, re.MULTILINE), path.name


def test_the_schemas_ship_and_are_schemas() -> None:
    found = sorted((ROOT / "mlcli/render/schemas").glob("*.json"))
    assert [path.stem for path in found] == ["lesson-1", "run-1"]
    for path in found:
        jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text("utf-8")))
