"""mlcli architecture: a network, layer by layer, and what one of its cells sees."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from mlcli.commands.options import command, program
from mlcli.core.architecture_plans import NAMED, named_plan
from mlcli.core.architecture_text import parse_input
from mlcli.core.architecture_views import disagreement, middle, sees, spans
from mlcli.core.architectures import Architecture, build, totals
from mlcli.core.errors import InputError
from mlcli.lesson import Check, Lesson
from mlcli.lessons.architecture_views import tell_view
from mlcli.lessons.architectures import tell
from mlcli.readers.architectures import read_architecture
from mlcli.readers.images import ImageInput, read_image
from mlcli.readers.resizing import resized
from mlcli.render.show import Output, emit, show

FIRST = 2  # layers that are worked out

app = program()


@command(
    app,
    examples=("mlcli architecture lenet5", "mlcli architecture sample_data/network.txt --image sample_data/image.png"),
)
def architecture(
    network: Annotated[str, typer.Argument(help=f"{', '.join(NAMED)}; or a file, a layer a line; - is stdin.")],
    input: Annotated[
        str | None, typer.Option(metavar="CxHxW", help="The input's size, in the place of the network's own.")
    ] = None,
    first: Annotated[int, typer.Option("--show", min=0, help="Work out this many layers.")] = FIRST,
    at: Annotated[
        str | None, typer.Option(metavar="LAYER,H,W", help="Show what this cell sees of the input instead.")
    ] = None,
    image: Annotated[
        str | None, typer.Option(metavar="FILE", help="Show what a cell sees of this picture, resized to the input.")
    ] = None,
    as_text: Annotated[
        bool, typer.Option("--text", help="Print the named network as text, to change and give as a file.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Compare with torch's own layers too.")] = False,
    output: Output = Output(),
) -> None:
    """Every layer of a network: its maps, its weights, what it costs, and how much of the input a cell sees."""
    named = NAMED.get(network)
    if as_text:
        if named is None:
            raise InputError("goes with a network that has a name", "--text", f"one of {', '.join(NAMED)}")
        for flag, given in {
            "--input": input,
            "--at": at,
            "--image": image,
            "--show": first != FIRST,
            "--check": check,
        }.items():
            if given:
                raise InputError("is not for --text, which prints the network as it is", flag, f"leave {flag} out")
        return emit(named.text.lstrip())
    plan = named_plan(network) if named or not _is_file(network) else read_architecture(network)
    built = build(plan, parse_input(input, "--input") if input else None)
    checks: tuple[Check, ...] = ()
    if check:
        from mlcli.checks.architectures import against_torch

        checks = against_torch(built)
    if at or image:
        if first != FIRST:
            raise InputError("is for the list of layers", "--show", "leave it out, or --at and --image")
        lesson = _view(built, at, image, checks)
    else:
        said = named.notice(plan) if named else ""
        lesson = tell(built, totals(built), first=first, notice=(said,) if said else (), checks=checks)
    show(lesson, output)


def _is_file(text: str) -> bool:
    return text == "-" or Path(text).suffix != "" or Path(text).exists()


def _view(network: Architecture, at: str | None, path: str | None, checks: tuple[Check, ...]) -> Lesson:
    layer, place = _place(network, at) if at else middle(network)
    seen = sees(network, layer, place)
    image = _image(path, network.input) if path else None
    difference = disagreement(network, seen)
    if difference is not None:
        checks = (Check("back through the layers against the formula", float(difference), 0.0), *checks)
    return tell_view(
        network,
        seen,
        spans(network, seen),
        image.values if image else None,
        source=image.name if image else "",
        read=image.read if image else (),
        checks=checks,
    )


def _place(network: Architecture, text: str) -> tuple[int, tuple[int, ...]]:
    name, *numbers = (part.strip() for part in text.split(","))
    if not numbers or len(numbers) > 2 or not all(number.isdecimal() for number in numbers):
        raise InputError(
            f'"{text}" is not a cell', "--at", f"layer, row and column from 0, such as {network.layers[0].name},3,5"
        )
    return network.position(name), tuple(map(int, numbers))


def _image(path: str, shape: tuple[int, ...]) -> ImageInput:
    if len(shape) != 3 or shape[0] not in (1, 3):
        size = "×".join(map(str, shape))
        raise InputError(f"a picture has 1 or 3 channels, this network's input is {size}", "--image", "leave it out")
    C, H, W = shape
    image = read_image(path, gray=C == 1)
    if image.values.shape[1:] == (H, W):
        return image
    said = f"resized from {'×'.join(map(str, image.values.shape[1:]))} to {H}×{W}"
    return replace(image, values=resized(image.values, H, W), read=(*image.read, said))
