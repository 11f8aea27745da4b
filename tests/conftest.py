"""Shapes in annotations are checked while the tests run; what every test may ask for."""

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import hypothesis
import pytest
from jaxtyping import install_import_hook

install_import_hook("mlcli.core", "beartype.beartype")
hypothesis.settings.register_profile("mlcli", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("mlcli")

from mlcli.cli import main  # noqa: E402  (after the hook)
from tests.schema import validate  # noqa: E402

REPOSITORY = Path(__file__).parent.parent


class Ran(NamedTuple):
    """How a command ended."""

    status: int
    stdout: str
    stderr: str


@pytest.fixture
def mlcli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run a command line in this process, from the repository's root, 80 columns, no colour.

    JSON that it prints is held against the schema that ships with the package.
    """

    def run(*arguments: str, width: int = 80) -> Ran:
        monkeypatch.setattr(sys, "argv", ["mlcli", *arguments])
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.chdir(REPOSITORY)
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        if "--json" in arguments and ended.value.code == 0:
            validate(json.loads(out, parse_constant=pytest.fail))
        return Ran(int(ended.value.code or 0), out, err)

    return run


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what is printed now into tests/golden")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """golden(name, text): `text` is what tests/golden/`name`.txt holds, but for the size of a rounding error."""

    def compare(name: str, text: str) -> None:
        path = REPOSITORY / "tests" / "golden" / f"{name}.txt"
        if request.config.getoption("--update-golden"):
            path.write_text(text, "utf-8")
        told, expected = (re.sub(r"(largest difference) [-+.e\d]+", r"\1", t) for t in (text, path.read_text("utf-8")))
        assert told == expected, "pytest --update-golden rewrites it; read the difference first"

    return compare


@pytest.fixture
def public_data() -> Path:
    """The folder of the public data sets, which are not in the repository."""
    folder = os.environ.get("MLCLI_DATA_DIR")
    if not folder:
        pytest.skip("MLCLI_DATA_DIR is not set: no public data sets here")
    return Path(folder).absolute()
