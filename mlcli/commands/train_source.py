"""Where the data of a training comes from, kept in config.json as "source" so that a saved run finds it again:

    {"dataset": "cora"}
    {"kind": "ratings", "files": {"ratings": "/home/ann/mine.csv", "test": null, "like": 4.0}, "seed": 0}

The files are the options of the kind's dataclass in `train_files.FILES`, paths from the root; `seed` draws the split.

`task_of(run, where)` is for every command that opens a run with its data: `made.data` is the data as core holds it.
"""

import dataclasses
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlcli.commands.fetching import fetched
from mlcli.commands.train_files import FILES
from mlcli.core.errors import InputError
from mlcli.datasets.catalogue import DATA_SETS, named
from mlcli.datasets.loading import load
from mlcli.training.checkpoints import TrainedModel
from mlcli.training.registry import MODELS, models_for, task
from mlcli.training.settings import Settings

Source = Mapping[str, Any]

SHORT = {"copy": "copy-memory"}  # two papers call their problem copy


def read_data(model: str, dataset: str | None, own: Sequence[Any], seed: int) -> tuple[Any, Source]:
    """The user's own files, or the named data set, or the model's default; and where it came from.

    Args:
        own: one of each dataclass of files that the model's data can come from.

    Raises:
        InputError: files and a data set, or files of two kinds are named; the model does not learn the data set; a
            file cannot be read.
    """
    read = [(data, files) for files in own if (data := files.read(seed)) is not None]
    if read and dataset is not None:
        raise InputError("give either --dataset or your own files", hint=f"leave out --dataset {dataset}")
    if len(read) > 1:
        names = " and ".join(data.name for data, _ in read)
        raise InputError(f"{names} are two data sets", hint="name the files of one")
    for data, files in read:
        return data, {"kind": data.kind, "files": _from_the_root(files), "seed": seed}
    name = _meant(model, dataset or MODELS[model].default)
    _refuse_pair(model, name)
    return load(fetched(name)), {"dataset": name}


def task_of(run: TrainedModel, where: Path) -> Any:
    """The `training.task.Task` of a saved run: its settings, and its data read again.

    Args:
        where: the run's folder, for errors.

    Raises:
        InputError: see `task_again`.
        RequestFailed: its data set cannot be downloaded.
    """
    return task_again(run.settings, run.config.get("source"), run.config["data"]["sha256"], where)


def task_again(settings: Settings, source: Any, sha256: str, where: Path) -> Any:
    """The task of these settings on the data from `source`, if that is still what it was.

    Args:
        sha256: the digest that the task had.

    Raises:
        InputError: `source` does not say where the data is; a file is gone; the data is another by now.
    """
    try:
        if "dataset" in source:
            data = load(fetched(source["dataset"]))
        else:
            data = FILES[source["kind"]](**source["files"]).read(source["seed"])
        made = task(settings, data)
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError("does not say where its data is", str(where), "train it again") from error
    if made.digest() != sha256:
        hint = "put the file back as it was, or train again" if "files" in source else "train it again"
        raise InputError(f"{data.name} is not the data any more that this run learned from", str(where), hint)
    return made


def graph_again(source: Source) -> str:
    """The options by which `gnn-propagate` reads the same graph and features."""
    if "dataset" in source:
        return f"--dataset {source['dataset']}"
    files = source["files"]
    options = {"features": files["features"] or "one-hot", "delimiter": files["delimiter"]}
    given = [files["edges"], *(word for name, value in options.items() if value for word in (f"--{name}", value))]
    return shlex.join([*given, *(["--directed"] if files["directed"] else []), "--unweighted"])


def _from_the_root(files: Any) -> dict[str, Any]:
    """The options, with paths that hold in every folder; - stays standard input."""
    options = dataclasses.asdict(files)
    named = [field.name for field in dataclasses.fields(files) if field.metadata.get("metavar") in ("FILE", "PATH")]
    return options | {name: str(Path(path).absolute()) for name in named if (path := options[name]) not in (None, "-")}


def _meant(model: str, name: str) -> str:
    """The data set of this name that the model learns: copy of an RNN is copy-memory."""
    longer = SHORT.get(name, name)
    return name if named(name).kind in MODELS[model].tasks or named(longer).kind not in MODELS[model].tasks else longer


def _refuse_pair(model: str, name: str) -> None:
    """Told before anything is downloaded."""
    kind, learns = named(name).kind, MODELS[model].tasks
    if kind not in learns:
        able = models_for(kind)
        others = f"{name} is for {' or '.join(able)}; " if able else ""
        sets = ", ".join(data_set.name for data_set in DATA_SETS if data_set.kind in learns)
        raise InputError(
            f"{name} is a data set of {kind}, which {model} does not learn", hint=f"{others}{model} learns {sets}"
        )
