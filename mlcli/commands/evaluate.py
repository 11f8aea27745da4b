"""mlcli evaluate: a saved run measured again, and its worst cases looked at."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from mlcli.commands.options import command, program
from mlcli.commands.saved_run import SavedRun, opened_run
from mlcli.core.embedding import principal_plane
from mlcli.core.errors import InputError
from mlcli.core.examined import Evaluation, PartMeasured
from mlcli.lesson import Scatter
from mlcli.lessons.evaluation import Maps, tell
from mlcli.lessons.node2vec_map import principal_map, tsne_map
from mlcli.render.show import PlottedOutput, option, show

app = program()


class PartName(StrEnum):
    """A part of the data."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class Map(StrEnum):
    """How vectors come onto a plane."""

    PCA = "pca"
    TSNE = "tsne"


@dataclass(frozen=True)
class View:
    """What of it to show."""

    part: PartName = option(PartName.TEST, "The part to look at closely.", show_default=True)
    worst: int = option(3, "So many of its worst cases.", min=0, max=100, show_default=True)
    map: Map | None = option(None, "What stands for each case before and after training, on a plane.")
    check: bool = option(False, "Compute the network's outputs with NumPy too and compare.", is_flag=True)


@command(
    app,
    examples=(
        "mlcli evaluate sample_data/run-digits",
        "mlcli evaluate sample_data/run-karate --part validation --map pca --check",
    ),
)
def evaluate(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder that train --save has written.")],
    view: View = View(),
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="For --map tsne.")] = 0,
    output: PlottedOutput = PlottedOutput(),
) -> None:
    """Measure a saved run again on its own data: by class, how sure it is, and its worst cases drawn."""
    opened = opened_run(run)
    with opened.reading():
        found = _evaluation(opened, view)
        maps = None if view.map is None else _maps(opened, view.map, seed)
    checks = opened.checks() if view.check else ()
    lesson = tell(
        found,
        maps=maps,
        mappable=opened.mappable,
        plotted=bool(output.plot),
        further=opened.made.further(str(run)),
        checks=checks,
        seed=seed if view.map == Map.TSNE else None,
    )
    show(lesson, output)


def _evaluation(opened: SavedRun, view: View) -> Evaluation:
    made, network, config = opened.made, opened.network, opened.model.config
    examined = made.examined(network, view.part.value, view.worst)
    measured = {part.value: made.evaluate(network, part.value) for part in PartName}
    summary = made.summary()
    parts = tuple(
        PartMeasured(name, getattr(summary, name), found.loss, found.score, config["scores"].get(name))
        for name, found in measured.items()
    )
    return Evaluation(
        run=str(opened.folder),
        model=config["model"],
        seed=config["seed"],
        epoch=config["epoch"],
        score=made.score,
        summary=summary,
        parts=parts,
        part=view.part.value,
        more=measured[view.part.value].more,
        examined=examined,
        baseline=made.published(),
    )


def _maps(opened: SavedRun, how: Map, seed: int) -> Maps:
    after = opened.made.vectors(opened.network)
    before = opened.made.vectors(opened.first())
    if len(after.values) < 2:
        raise InputError("there is one point only", "--map", "leave it out")
    return Maps(after.what, _on_plane(before, how, seed), _on_plane(after, how, seed))


def _on_plane(vectors: Any, how: Map, seed: int) -> Scatter:
    """Args: vectors: see `training.task.Vectors`."""
    if how == Map.PCA:
        return principal_map(principal_plane(vectors.values), vectors.names, vectors.groups)
    from mlcli.models.tsne import perplexity, tsne

    points = tsne(vectors.values, seed)
    return tsne_map(points, perplexity(len(points)), vectors.names, vectors.groups)
