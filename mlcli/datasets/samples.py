"""The small inputs of `sample_data/`, which stand inside an installed package and beside it in a checkout."""

from pathlib import Path

import mlcli
from mlcli.core.errors import InputError


def sample(name: str) -> Path:
    """The sample called `name`: `image.png`.

    Raises:
        InputError: there is none.
    """
    files = {path.name: path for path in folder().iterdir()}
    if name not in files:
        raise InputError(f'there is no sample called "{name}"', hint=f"choose one of {', '.join(sorted(files))}")
    return files[name]


def folder() -> Path:
    """`sample_data/`, wherever this mlcli runs from."""
    package = Path(mlcli.__file__).parent
    inside = package / "sample_data"
    return inside if inside.is_dir() else package.parent / "sample_data"
