"""mlcli reproduce: the tables of the papers, trained again, and how the results stand to what was published."""

import sys
from contextlib import closing
from enum import StrEnum
from typing import Annotated

import typer

from mlcli.commands.fetching import fetched
from mlcli.commands.options import command, program
from mlcli.datasets.loading import load
from mlcli.datasets.storage import cache_folder
from mlcli.lessons.reproduction import tell
from mlcli.render.progress import WorkProgress
from mlcli.render.show import say, show
from mlcli.render.table_files import TableOutput

app = program()


class Name(StrEnum):
    """The data sets that there is a table of."""

    CORA = "cora"
    CITESEER = "citeseer"
    DIGITS = "digits"
    LASTFM = "lastfm"


RUNS = {Name.CORA: 10, Name.CITESEER: 10, Name.DIGITS: 3, Name.LASTFM: 1}  # a few minutes on two cores


@command(
    app,
    examples=("mlcli reproduce digits --only logistic,mlp --runs 2", "mlcli reproduce digits --only cnn --runs 1"),
)
def reproduce(
    name: Annotated[Name, typer.Argument(metavar="DATASET", help="Whose table.")],
    runs: Annotated[
        int | None,
        typer.Option(min=1, max=100_000, help="Runs of each model, seeds apart.  [default: 10; digits: 3, lastfm: 1]"),
    ] = None,
    only: Annotated[str | None, typer.Option(metavar="ROWS", help="Some rows of the table, such as gcn,gat.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of the first run; the next have seed + 1, ….")] = 0,
    check: Annotated[bool, typer.Option("--check", help="Compute means and deviations in another way too.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what an interrupted run has left.")] = False,
    output: TableOutput = TableOutput(),
) -> None:
    """Train the models of a table again, many seeds each, and say how the means stand to the published values.

    The runs go side by side on the cores there are, with the same results however many. What was finished when a run is
    interrupted is kept: the same command then goes on with the seeds that are left.
    """
    data = load(fetched(name))
    from mlcli.training.kept_scores import KeptScores
    from mlcli.training.reproductions import table
    from mlcli.training.runs import workers_for
    from mlcli.training.side_by_side import side_by_side

    made, runs = table(data), runs or RUNS[name]
    entries = made.chosen(only)
    kept = KeptScores(cache_folder() / "reproduce", made, entries)
    if fresh:
        kept.forget()
    wanted = {(which, s) for which, entry in enumerate(entries) for s in entry.seeds(seed, runs)}
    scored = {job: scores for job, scores in kept.read().items() if job in {(entries[w].name, s) for w, s in wanted}}
    if scored:
        say(f"{len(scored)} of {len(wanted)} runs are kept from one that was interrupted; --fresh trains them again")
    left = sorted((s, which) for which, s in wanted if (entries[which].name, s) not in scored)
    try:
        results = side_by_side([entry.work for entry in entries], [(which, s) for s, which in left], workers_for(1))
        with WorkProgress() as progress, closing(results):
            done = progress("runs", len(left))
            for count, (which, s, scores) in enumerate(results, 1):
                scored[entries[which].name, s] = scores
                kept.add(entries[which].name, s, scores)
                done(count)
                if not sys.stderr.isatty():
                    say(f"{entries[which].name} seed {s}: {made.score.name} {scores[made.score.name]:.4f}")
    except KeyboardInterrupt:
        say(f"{len(scored)} of {len(wanted)} runs are kept: the same command goes on from there")
        raise
    found = made.filled(entries, scored, seed, runs)
    checks = ()
    if check:
        from mlcli.checks.reproduction import against_statistics

        checks = (against_statistics(found),)
    lesson = tell(found, checks)
    output.write_tables(lesson)
    show(lesson, output)
    kept.done(scored)
