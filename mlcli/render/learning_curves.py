"""Loss and score over the epochs as a picture, by matplotlib: every run thin, the best strong, a baseline dashed."""

from pathlib import Path
from typing import Any

from mlcli.core.training import Run, Study
from mlcli.render.plot_files import save_plot
from mlcli.render.text import safe

COLOURS = {"train": "tab:blue", "validation": "tab:orange"}


def write_plot(study: Study, path: Path, force: bool = False) -> None:
    """Two panels, loss and score, or one where they are the same, in the format of the suffix.

    Raises:
        InputError: see `refuse_plot`.
        RequestFailed: it cannot be written.
    """
    from matplotlib.figure import Figure

    panels = ("score",) if study.score_is_loss else ("loss", "score")
    figure = Figure(figsize=(5 * len(panels), 4), layout="constrained")
    for axes, what in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        for run in study.runs:
            _draw(axes, run, what, bool(study.settings.get("dropout")), strong=run is study.best)
        axes.axvline(study.best.kept, color="grey", linestyle=":", label="weights kept")
        if what == "score" and study.published and study.published.baseline:
            name = f"baseline: {study.published.protocol}"
            axes.axhline(study.published.value, color="black", linestyle="--", linewidth=1, label=name)
        axes.set(xlabel="epoch", ylabel=study.score.name if what == "score" else what)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend()
    name = f"train {study.model} · {safe(study.summary.name)} · seed {study.best.seed}"
    figure.suptitle(name + (f" of {len(study.runs)}" if len(study.runs) > 1 else ""), parse_math=False)

    save_plot(figure, path, force)


def _draw(axes: Any, run: Run, what: str, dropout: bool, strong: bool) -> None:
    x = [epoch.epoch for epoch in run.epochs]
    for part, colour in COLOURS.items():
        y = [getattr(epoch, f"{part}_{what}") for epoch in run.epochs]
        name = {"train": "training, with dropout" if dropout else "training", "validation": "validation"}[part]
        axes.plot(x, y, color=colour, **({"label": name} if strong else {"alpha": 0.3, "linewidth": 0.5}))
