"""Options declared once: a command's parameter that is a dataclass becomes that dataclass's fields as options."""

import dataclasses
import functools
import inspect
from collections.abc import Callable, Container
from typing import Annotated, Any, cast, get_type_hints

import typer

from mlcli.core.errors import InputError


def program(help: str | None = None) -> typer.Typer:
    """What a command's module calls `app`: one command, or a family of them with a help of its own."""
    return typer.Typer(
        help=help,
        add_completion=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def command(
    app: typer.Typer, name: str | None = None, examples: tuple[str, ...] = ()
) -> Callable[[Callable], Callable]:
    """Register a function as a command, its dataclass parameters spread out, its examples below its help.

    Args:
        name: as the user types it; None for a program whose only command this is.
        examples: complete lines that run on sample_data/; a test runs them.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        spread = spread_dataclasses(function)
        lines = ["\b", "Examples:", *(f"  {line}" for line in examples)]  # \b keeps them apart
        app.command(name, epilog="\n".join(lines) if examples else None)(spread)
        return spread

    return register


def spread_dataclasses(function: Callable[..., None]) -> Callable[..., None]:
    """The same function with an option for each field of each dataclass parameter: its default, its help."""
    signature = inspect.signature(function, eval_str=True)
    groups = {p.name: cast(type, p.annotation) for p in signature.parameters.values() if _is_group(p.annotation)}

    @functools.wraps(function)
    def gathered(**values: Any) -> None:
        for name, group in groups.items():
            values[name] = group(**{field.name: values.pop(field.name) for field in dataclasses.fields(group)})
        function(**values)

    plain = [p for p in signature.parameters.values() if p.name not in groups]
    options = [option for group in groups.values() for option in _options(group)]
    del gathered.__wrapped__  # else typer would read the signature of the function as it was written
    vars(gathered)["__signature__"] = inspect.Signature([p.replace(kind=p.KEYWORD_ONLY) for p in [*plain, *options]])
    gathered.__annotations__ = {p.name: p.annotation for p in [*plain, *options]}
    return gathered


def refuse_given(options: Any, why: str, but: Container[str] = ()) -> None:
    """What would change nothing is told, not ignored.

    Args:
        options: a command's dataclass of options.
        why: they change nothing, to follow the option's name.
        but: names of fields that do change something.

    Raises:
        InputError: another of them is not at its default.
    """
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        if field.name not in but and value not in (field.default, []):
            on, _, off = field.metadata.get("flags", [f"--{field.name.replace('_', '-')}"])[0].partition("/")
            flag = off if value is False and off else on
            raise InputError(why, flag, f"leave {flag} out")


def _is_group(annotation: object) -> bool:
    return isinstance(annotation, type) and dataclasses.is_dataclass(annotation)


def _options(group: type) -> list[inspect.Parameter]:
    hints = get_type_hints(group)
    parameters = []
    own = [name for base in _own_first(group) for name in inspect.get_annotations(base)]
    for field in sorted(dataclasses.fields(group), key=lambda f: own.index(f.name) if f.name in own else len(own)):
        more = {key: value for key, value in field.metadata.items() if key != "values"}
        flag = f"--{field.name.replace('_', '-')}"
        option = typer.Option(*more.pop("flags", [flag]), **more)
        default = [] if field.default is dataclasses.MISSING else field.default
        annotation = Annotated[hints[field.name], option]
        parameters.append(
            inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        )
    return parameters


def _own_first(group: type) -> list[type]:
    """The classes whose options come first: what `group` has beyond the one that says `own_options_first`."""
    bases = [base for base in group.__mro__ if hasattr(base, "own_options_first")]
    return bases[:-1]
