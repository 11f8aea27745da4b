"""mlcli data: what data sets there are, where they lie, and how to get them."""

from typing import Annotated

import typer

from mlcli.commands.options import command, program
from mlcli.datasets.catalogue import DATA_SETS, DataSet, named
from mlcli.datasets.storage import VARIABLE, Copy, bytes_in, copies, folders, places, refuse_missing_folder
from mlcli.lesson import Cell, Lesson, Result, Table, Text
from mlcli.render.progress import WorkProgress
from mlcli.render.show import Output, show

app = program("What data sets there are, and where they lie.")


@command(app, "list", examples=("mlcli data list", "mlcli data list --json"))
def list_(output: Output = Output()) -> None:
    """Name every data set, where it comes from, and whether it is here."""
    refuse_missing_folder()
    columns = ("name", "what", "kind", "size", "bytes", "licence", "source", "here")
    rows = tuple((d.name, d.title, d.kind, d.size, d.bytes or None, d.licence, d.source, _here(d)) for d in DATA_SETS)
    drawn = (
        _columns("what there is, and whether it is here", columns, rows, ("name", "what", "here")),
        _columns("how large it is, and what one may do with it", columns, rows, ("name", "size", "licence")),
        _columns("where it comes from", columns, rows, ("name", "source")),
    )
    lesson = Lesson(
        title="the named data sets",
        command="data list",
        rules=(),
        inputs=(),
        steps=(),
        result=Result(Table("", columns, rows), drawn),
        notice=("A data set that is not here is downloaded when it is first asked for, and every file is checked.",),
        next=("mlcli train gat --dataset digits-graph", "mlcli data fetch cora", "mlcli data where"),
    )
    show(lesson, output)


@command(app, "fetch", examples=("mlcli data fetch karate",))
def fetch(
    name: Annotated[str, typer.Argument(help="As mlcli data list has it: cora.")],
    output: Output = Output(),
) -> None:
    """Download the files of a data set into the cache.

    What is here already is not downloaded again. Every file is checked by its SHA-256.
    """
    data_set = named(name)
    with WorkProgress() as progress:
        files = list(copies(data_set, progress))
    rows = tuple((copy.file.path, copy.file.bytes, _how(copy), str(copy.path)) for copy in files)
    columns = ("file", "bytes", "how", "path")
    embedded = Text("It is embedded: it is installed with mlcli, and there is nothing to download.")
    shown = embedded if data_set.embedded else _columns("", columns, rows, columns[:3])
    lesson = Lesson(
        title=f"{name}, {data_set.title}",
        command="data fetch",
        rules=(("size", data_set.size), ("licence", data_set.licence), ("source", data_set.source)),
        inputs=(),
        steps=(),
        result=Result(Table("", columns, rows), (shown,)),
        next=(f"mlcli train gat --dataset {name}",) if data_set.kind == "node classification" else (),
    )
    show(lesson, output)


@command(app, "where", examples=("mlcli data where", "mlcli data where --json"))
def where(output: Output = Output()) -> None:
    """Tell the folders that are looked in, in order, and what each holds."""
    rows = tuple(
        (
            folder.name,
            str(folder.path),
            "yes" if folder.path.is_dir() else "no",
            ", ".join(d.name for d in DATA_SETS if folder.name in places(d)) or "no whole data set",
            bytes_in(folder),
        )
        for folder in folders()
    )
    columns = ("folder", "path", "exists", "holds", "bytes")
    drawn = (
        _columns("", columns, rows, ("folder", "path")),
        _columns("what each holds", columns, rows, ("folder", "exists", "holds", "bytes")),
    )
    lesson = Lesson(
        title="the folders that are looked in, the first first",
        command="data where",
        rules=(),
        inputs=(),
        steps=(),
        result=Result(Table("", columns, rows), drawn),
        notice=(
            f"{VARIABLE} is {'looked in first and never written to' if len(rows) > 1 else 'not set'}; "
            "downloads go to the cache, which can be deleted at any time.",
        ),
        next=("mlcli data list",),
    )
    show(lesson, output)


def _here(data_set: DataSet) -> str:
    if data_set.embedded:
        return "embedded"
    found = places(data_set)
    return " and ".join(found) or "not here"


def _how(copy: Copy) -> str:
    return "downloaded and checked" if copy.downloaded else "here already, checked"


def _columns(name: str, columns: tuple[str, ...], rows: tuple[tuple[Cell, ...], ...], kept: tuple[str, ...]) -> Table:
    """The table of these columns only."""
    positions = [columns.index(column) for column in kept]
    return Table(name, kept, tuple(tuple(row[position] for position in positions) for row in rows))
