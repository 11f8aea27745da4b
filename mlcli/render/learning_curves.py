"""Loss and accuracy over the epochs as a picture, by matplotlib: every run thin, the best one strong."""

import warnings
from pathlib import Path
from typing import Any

from mlcli.core.errors import InputError
from mlcli.core.training import Run, Study
from mlcli.files import refuse_existing, write_whole
from mlcli.render.text import safe

SUFFIXES = (".png", ".svg", ".pdf")
UNDATED = {".png": {}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}  # the same bytes for the same study
COLOURS = {"train": "tab:blue", "validation": "tab:orange"}


def refuse_plot(path: Path, force: bool) -> None:
    """Called before training, so that its result finds its place.

    Raises:
        InputError: a suffix that is none of ours; a file that exists, a folder that does not.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError("this suffix is not known", str(path), f"one of {' '.join(SUFFIXES)}")
    refuse_existing(path, force)


def write_plot(study: Study, path: Path, force: bool = False) -> None:
    """Two panels, loss and accuracy, in the format of the suffix.

    Raises:
        InputError: see `refuse_plot`.
        RequestFailed: it cannot be written.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    refuse_plot(path, force)
    figure = Figure(figsize=(10, 4), layout="constrained")
    for axes, what in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for run in study.runs:
            _draw(axes, run, what, strong=run is study.best)
        axes.axvline(study.best.kept, color="grey", linestyle=":", label="weights kept")
        axes.set(xlabel="epoch", ylabel=what)
        axes.legend()
    name = f"train {study.model} · {safe(study.summary.name)} · seed {study.best.seed}"
    figure.suptitle(name + (f" of {len(study.runs)}" if len(study.runs) > 1 else ""), parse_math=False)

    def save(beside: Path) -> None:
        with (
            mpl.rc_context({"svg.hashsalt": "mlcli"}),
            warnings.catch_warnings(action="ignore"),
        ):  # a sign without glyph
            figure.savefig(beside, dpi=150, metadata=UNDATED[path.suffix.lower()])

    write_whole(path, save, force)


def _draw(axes: Any, run: Run, what: str, strong: bool) -> None:
    x = [epoch.epoch for epoch in run.epochs]
    for part, colour in COLOURS.items():
        y = [getattr(epoch, f"{part}_{what}") for epoch in run.epochs]
        name = {"train": "training, with dropout", "validation": "validation"}[part]
        axes.plot(x, y, color=colour, **({"label": name} if strong else {"alpha": 0.3, "linewidth": 0.5}))
