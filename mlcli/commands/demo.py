"""mlcli demo: the main jobs at work, offline."""

from importlib import import_module

import typer
from typer.main import get_command

from mlcli.commands.options import command, program
from mlcli.datasets.samples import sample
from mlcli.render.show import emit

app = program()


@command(app, examples=("mlcli demo",))
def demo() -> None:
    """See the main jobs at work, offline, in under a minute.

    Three commands as you could type them: the lecture's convolution in letters, a convolution on a picture, and a
    graph attention network trained on handwritten digits.
    """
    picture = str(sample("image.png"))
    for arguments in (
        ["conv-trace", "--example", "letters", "--show", "1"],
        ["conv-trace", picture, "--kernel", "sobel-x", "--show", "0"],
        ["train", "gat", "--dataset", "digits-graph"],
    ):
        emit(f"$ mlcli {' '.join(arguments)}\n\n")
        name, *rest = arguments
        program_of = import_module(f"mlcli.commands.{name.replace('-', '_')}").app
        status = get_command(program_of)(rest, prog_name=f"mlcli {name}", standalone_mode=False)
        if status:  # Ctrl-C
            raise typer.Exit(status)
        emit("\n")
    emit("That was mlcli. mlcli --help lists what there is; give a command a file of your own next.\n")
