"""A trained model in a folder: its weights, how it came about, its epochs, and a checksum of each file.

    model.safetensors  the weights        metrics.csv  every epoch of every run
    config.json        all else           SHA256SUMS   as `sha256sum -c` reads it
    checkpoints/       what `train --resume` goes on from: see training/unfinished.py

Opening one needs no torch, executes nothing, and looks at no byte whose checksum is wrong.
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlcli.core.errors import InputError, RequestFailed
from mlcli.core.training import Run, Study, Weights
from mlcli.files import STAGED, write_all
from mlcli.training.metrics import METRICS, metrics
from mlcli.training.registry import MODELS
from mlcli.training.settings import Settings
from mlcli.training.sums import SUMS, read_sums, sha256, write_sums
from mlcli.training.unfinished import CHECKPOINTS

SCHEMA = "mlcli.model/1"
WEIGHTS, CONFIG = "model.safetensors", "config.json"
FILES = (WEIGHTS, CONFIG, METRICS)


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """What a folder holds that opening the model needs; `config` is all of config.json."""

    settings: Settings
    weights: Weights
    config: Mapping[str, Any]


def refuse_folder(folder: Path, force: bool) -> None:
    """Called before training, so that its result finds its place.

    Raises:
        InputError: `folder` exists and `force` is off, or it holds anything that is not a training's; the folder that
            it is to lie in cannot be made: the first run makes `runs`, but no more than that one.
    """
    above = folder.parent
    if not above.is_dir() and (above.exists() or not above.parent.is_dir()):
        raise InputError("the folder does not exist", str(folder.parent), f"mkdir -p {folder.parent}")
    if not folder.exists() and not folder.is_symlink():
        return
    if folder.is_symlink() or not folder.is_dir() or not all(map(_is_ours, folder.iterdir())):
        raise InputError("holds more than a saved model and is not replaced", str(folder), "name another folder")
    if (folder / CHECKPOINTS / SUMS).exists() and not (folder / SUMS).exists() and not force:
        hint = f"mlcli train --resume {folder} goes on; --force begins anew"
        raise InputError("holds a training that has not ended", str(folder), hint)
    if any((folder / name).exists() for name in (SUMS, *FILES)) and not force:
        raise InputError("exists already", str(folder), "--force replaces it")


def save(
    folder: Path, study: Study, run: Run, weights: Weights, force: bool = False, source: Mapping[str, Any] | None = None
) -> None:
    """Write the files of the finished model; what else is in the folder stays.

    Args:
        run: the one of the study that left `weights`.
        source: where the data came from, as `commands/train_source.py` reads it again.

    Raises:
        InputError: see `refuse_folder`.
        RequestFailed: the system refused (permission, no space); nothing is replaced where it was space.
    """
    from safetensors.numpy import save as as_safetensors

    refuse_folder(folder, force)
    contents = {
        WEIGHTS: as_safetensors({name: array.copy(order="C") for name, array in weights.items()}),
        CONFIG: (json.dumps(_config(study, run, source), indent=2) + "\n").encode(),
        METRICS: metrics({run.seed: run.epochs for run in study.runs}),
    }
    sums = write_sums({name: sha256(content) for name, content in contents.items()})
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RequestFailed(f"cannot be made: {error.strerror}", str(folder)) from error
    write_all(folder, {**contents, SUMS: sums}, gone=[folder / SUMS])


def _is_ours(path: Path) -> bool:
    """A file or folder that a training writes, or has half written."""
    return path.name.removeprefix(".").removesuffix(STAGED) in {*FILES, SUMS, CHECKPOINTS}


def load(folder: Path) -> TrainedModel:
    """The model that `save` has written.

    Raises:
        InputError: a file is missing, not the one that was saved, or not such a file at all.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load as from_safetensors

    contents = _checked(folder)
    try:
        config = json.loads(contents[CONFIG])
        settings = MODELS[config["model"]].settings(**config["settings"])
        weights = from_safetensors(contents[WEIGHTS])
        shapes = {name: list(array.shape) for name, array in weights.items()}
        if config["schema"] != SCHEMA or shapes != config["parameters"]:
            raise ValueError("the weights are not those that config.json names")
    except (ValueError, KeyError, TypeError, SafetensorError) as error:
        raise InputError(f"is not a saved model of this version ({error})", str(folder), "train it again") from error
    return TrainedModel(settings, weights, config)


def _checked(folder: Path) -> dict[str, bytes]:
    """Every file's bytes, their SHA-256 being the one in SHA256SUMS."""
    if (folder / CHECKPOINTS / SUMS).exists() and not (folder / SUMS).exists():
        hint = f"mlcli train --resume {folder} goes on"
        raise InputError("is a training that has not ended", str(folder), hint)
    contents = {name: _read(folder, name) for name in (SUMS, *FILES)}
    try:
        sums = read_sums(contents[SUMS])
    except ValueError as error:
        raise InputError("is damaged", str(folder / SUMS), "train it again") from error
    for name in FILES:
        if sums.get(name) != sha256(contents[name]):
            raise InputError(f"is damaged: its checksum is not the one in {SUMS}", str(folder / name), "train it again")
    return contents


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        reason = "is not a saved model" if folder.is_dir() else "is not a folder"
        raise InputError(f"{reason}: {name} cannot be read", str(folder), "name what --save has written") from error


def _config(study: Study, run: Run, source: Mapping[str, Any] | None) -> dict[str, Any]:
    summary = dataclasses.asdict(study.summary)
    return {
        "schema": SCHEMA,
        "model": study.model,
        "seed": run.seed,
        "epoch": run.kept,
        "settings": dict(study.settings),
        "parameters": {name: list(shape) for name, shape in study.parameters},
        "source": source,
        "data": {**{key: summary[key] for key in summary if key != "read"}, "sha256": study.digest},
        "score": study.score.name,
        "scores": {"train": run.train_score, "validation": run.validation_score, "test": run.test_score},
        "versions": dict(study.versions),
    }
