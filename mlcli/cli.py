"""The program: which commands there are, each loaded when it is called, and how errors become exit statuses."""

import atexit
import gc
import signal
import sys
import warnings
from importlib import import_module
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

import mlcli
from mlcli.core.errors import InputError, Interrupted, RequestFailed

COMMANDS = {
    "conv-trace": "Look inside a convolution, on your own picture or matrix.",
    "architecture": "Every layer of a network: shapes, weights, cost, receptive fields.",
    "attention": "Follow a sentence through attention: queries, keys, values, weights.",
    "rnn-unroll": "Follow an RNN, GRU or LSTM through time, step by step, and back.",
    "gnn-propagate": "Pass messages along the edges of a graph, and see each of them.",
    "node2vec": "Walk over a graph at random and learn a vector for each node.",
    "recommend": "Recommend items to a user, and see the reason for each.",
    "train": "Fit a model and set it beside the published result.",
    "evaluate": "Measure a saved run again, class by class, its worst cases drawn.",
    "predict": "Ask a saved run about one input: a picture, a node, a user, a text.",
    "reproduce": "Train the papers' tables again, and see how the results stand to them.",
    "data": "What data sets there are, and where they lie.",
    "demo": "See the main jobs at work, offline, in under a minute.",
    "doctor": "Tell what mlcli finds on this machine.",
}
PLAIN = {
    "Input should be a valid number, unable to parse string as a number": "it is not a number",
    "Input should be a valid integer, unable to parse string as an integer": "it is not a whole number",
    "Input should be greater than or equal to": "it must be at least",
    "Input should be less than or equal to": "it must be at most",
    "Input should be greater than": "it must be above",
    "Input should be less than": "it must be below",
}  # what the parser says of an option, and how we do
MADE_ONCE = 100_000  # objects that the libraries make when they are imported, about
INTERRUPTED = 130  # the status that typer makes of Ctrl-C


class Commands(TyperGroup):
    """Lists the commands without loading them: a command's module, and what it needs, is imported when it runs."""

    def __init__(self, **attributes: Any) -> None:
        attributes["commands"] = {name: TyperCommand(name, short_help=text) for name, text in COMMANDS.items()}
        super().__init__(**attributes)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The real command in the place of its line in the list."""
        name, command, rest = super().resolve_command(ctx, args)
        if name in COMMANDS:
            module = import_module(f"mlcli.commands.{name.replace('-', '_')}")
            command = get_command(module.app)
            command.name = name
        return name, command, rest


app = typer.Typer(
    cls=Commands,
    name="mlcli",
    help="See where every number of a neural network comes from, step by step, on your own data.",
    epilog="mlcli COMMAND --help tells what a command does, with examples.",
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mlcli {mlcli.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print it.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Options that stand before the command; `main` reads --debug itself."""


def main() -> NoReturn:
    """Run the command line; every error becomes one line, a hint, and an exit status, here and nowhere else."""
    warnings.filterwarnings("error", "(overflow|invalid value|divide by zero) encountered", RuntimeWarning)  # by NumPy
    gc.set_threshold(MADE_ONCE)  # they stay: to look through them for what can be freed, again and again
    atexit.register(gc.freeze)  # and once more at the end, takes a quarter of a second
    _pressed.clear()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _press)
    try:
        status = app(sys.argv[1:] or ["--help"], prog_name="mlcli", standalone_mode=False) or 0
        if status == INTERRUPTED:
            raise typer.Abort
        sys.exit(status)
    except (InputError, RequestFailed, typer.TyperException, typer.Abort, MemoryError, Exception) as error:
        if "--debug" in sys.argv[1:2]:
            raise
        told = isinstance(error, InputError | RequestFailed | Interrupted)
        status, message, hint = explain(typer.Abort() if _pressed and not told else error)
        print_error(message, hint)
        sys.exit(status)


_pressed: list[int] = []  # Ctrl-C, since the program began


def _press(number: int, frame: FrameType | None) -> None:
    """Remembers it: a library that is being imported makes an error of its own of the interrupt."""
    _pressed.append(number)
    raise KeyboardInterrupt


def explain(error: BaseException) -> tuple[int, str, str | None]:
    """Exit status, what is wrong, and how to mend it."""
    match error:
        case InputError() | RequestFailed():
            message = f"{error.where}: {error.message}" if error.where else error.message
            return 2 if isinstance(error, InputError) else 1, message, error.hint
        case Interrupted():
            return 128 + error.signal, error.message, error.hint
        case typer.TyperException():
            message = _plainly(error.format_message())
            path = getattr(getattr(error, "ctx", None), "command_path", "mlcli")
            return 2, message[:1].lower() + message[1:], f"{path} --help tells how it is called"
        case typer.Abort():
            return INTERRUPTED, "interrupted", "files are written when the work is done, each whole or not at all"
        case RuntimeWarning():
            return 2, f"a number is beyond what float64 holds: {error}", "give smaller numbers, or larger than 1e-300"
        case MemoryError():
            return 1, "not enough memory", "use a smaller input"
        case OSError(strerror=str(reason)):
            message = f"{error.filename}: {reason}" if error.filename else reason
            return 1, message, "the system refused: look at the name, the permissions and the free space"
        case _:
            message = f"{type(error).__name__}: {error} (a fault in mlcli, not in your input)"
            return 1, message, "mlcli --debug … shows where; please report it with the command"


def _plainly(message: str) -> str:
    """What the parser says, without the words of the library that parses."""
    message = message.rstrip(".").replace("\n\t", " ").replace("Value error, ", "")
    for theirs, ours in PLAIN.items():
        message = message.replace(theirs, ours)
    return message


def print_error(message: str, hint: str | None) -> None:
    """Two lines on standard error, nothing raw from a file in them, in the console's own encoding."""
    from rich.console import Console

    from mlcli.render.page import WARNING, Page

    console = Console(stderr=True, soft_wrap=True)
    page = Page(ascii=not console.encoding.startswith("utf"))
    for label, text, style in [("error", message, WARNING), ("hint", hint, "dim")]:
        if text:
            console.print(page.line(f"{label}: ", style) + page.line(text), highlight=False)
