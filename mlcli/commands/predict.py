"""mlcli predict: what a saved run makes of one input."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

import typer

from mlcli.commands.options import command, program, refuse_given
from mlcli.commands.predict_inputs import read_given
from mlcli.commands.saved_run import SavedRun, opened_run
from mlcli.core.errors import InputError
from mlcli.core.prediction import Asking
from mlcli.lessons.prediction import Run, tell
from mlcli.lessons.training import scored
from mlcli.readers.texts import read_text
from mlcli.render.show import Output, option, show

app = program()

DEFAULT = Asking()


@dataclass(frozen=True)
class How:
    """How it is asked."""

    file: str | None = option(None, "More inputs, one a line; - is stdin.", flags=["--inputs"], metavar="FILE")
    show: int = option(3, "Tell this many in full.", min=1, show_default=True)
    invert: bool = option(False, "Pictures: bright becomes dark.", is_flag=True)
    top: int = option(DEFAULT.top, "Users: how many items.", min=1, show_default=True)
    length: int = option(DEFAULT.length, "Texts: characters to write.", min=1, max=100_000, show_default=True)
    temperature: float = option(
        DEFAULT.temperature, "Texts: how boldly; 0 is the likeliest.", min=0.0, max=100.0, show_default=True
    )
    check: bool = option(False, "Compute the answers another way too and compare.", is_flag=True)
    seed: int = option(DEFAULT.seed, "Texts: for what is drawn.", min=0, show_default=True)

    def refuse_unused(self, kind: str) -> None:
        """
        Raises:
            InputError: an option is for another kind of data.
        """
        of_kind = {"top": "ratings", "length": "text", "temperature": "text"}
        mine = [field.name for field in fields(self) if of_kind.get(field.name, kind) == kind]
        refuse_given(self, f"changes nothing for a run on {kind}", mine)


@command(
    app,
    examples=(
        "mlcli predict sample_data/run-digits sample_data/digit.csv",
        "mlcli predict sample_data/run-karate 8 33",
    ),
)
def predict(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder that train --save has written.")],
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="INPUT…",
            help="A picture, or its place in the data set; a node; two (Ann,Bob) for an embedding; a user; digits; the "
            "beginning of a text; for adding a .csv of value and mark.",
            show_default=False,
        ),
    ] = None,
    how: How = How(),
    output: Output = Output(),
) -> None:
    """Ask a saved run about one input, or several, and see how sure it is of its answer."""
    asked = _inputs(inputs or [], how.file)
    opened = opened_run(run)
    how.refuse_unused(opened.made.data.kind)
    given = [read_given(text, opened.made, how.invert) for text in asked]
    asking = Asking(how.top, how.length, how.temperature, how.seed)
    with opened.reading():
        predictions = [opened.made.predicted(opened.network, one, asking) for one in given]
    checks = opened.checks_of(predictions) if how.check else ()
    further = opened.made.further(str(run), asked[0])
    show(tell(_told(opened), predictions, most=how.show, further=further, checks=checks), output)


def _inputs(typed: list[str], file: str | None) -> list[str]:
    lines = [] if file is None else [line for line in read_text(file).splitlines() if line.strip()]
    if not typed and not lines:
        raise InputError("there is nothing to ask about", "INPUT", "mlcli predict --help says what each model takes")
    return [*typed, *lines]


def _told(opened: SavedRun) -> Run:
    config = opened.model.config
    score, tested = opened.made.score, config["scores"]["test"]
    said = f"test {score.name} {scored(score, tested)}: how often, or how nearly, to trust an answer"
    return Run(str(opened.folder), config["model"], config["data"]["name"], config["seed"], config["epoch"], said)
