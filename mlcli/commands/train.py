"""mlcli train: fit a model, as its paper does, and set it beside the published result."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, make_dataclass
from inspect import Parameter, Signature
from pathlib import Path
from typing import Annotated, Any

import typer

from mlcli.commands.options import command, program, spread_dataclasses
from mlcli.commands.train_files import FILES
from mlcli.commands.train_fit import Telling, fit, refuse_names_taken
from mlcli.commands.train_list import table_of_models
from mlcli.commands.train_resume import Resume, resume
from mlcli.commands.train_source import read_data
from mlcli.core.errors import InputError
from mlcli.datasets.catalogue import DATA_SETS
from mlcli.render.show import Output, option, show
from mlcli.training.alone import alone_in
from mlcli.training.devices import Device, device_for, refuse_mixed_precision
from mlcli.training.pace import every
from mlcli.training.registry import MODELS, Model, task
from mlcli.training.settings import Settings, changed
from mlcli.training.unfinished import MOST_SEEDS, Plan, Unfinished

app = program()


@dataclass(frozen=True)
class Job:
    """How often to train, and what to keep of it."""

    runs: int = option(
        1, "Train so often, from seed, seed+1, …; gives mean ± standard deviation.", min=1, max=MOST_SEEDS
    )
    seed: int = option(0, "For the first weights, dropout, and the split of your own files.", min=0, max=2**32 - 1)
    threads: int = option(1, "Threads of a run; more than one helps with large data only.", min=1, max=1024)
    device: Device = option("cpu", "Where to train; auto: on a GPU if there is one.")
    mixed_precision: bool = option(False, "Large products in 16 bits (bfloat16), where they are faster.", is_flag=True)
    watch_gradients: bool = option(False, "Tell how long each layer's gradient is, epoch by epoch.", is_flag=True)
    save: Path | None = option(None, "Write the best run's weights, settings and epochs here.", metavar="DIR")
    checkpoint_every: str = option(
        "30s", "With --save, keep the state for --resume so often: 30s, 5m, 10epochs, 200steps."
    )


def _command(model: Model) -> Callable[..., None]:
    """The function behind `mlcli train MODEL`: its options are the data's, the model's, and everybody's."""
    files = [FILES[kind] for kind in model.files or model.tasks if kind in FILES]
    groups = {"source": _source(model), **{group.__name__: group for group in files}}
    groups |= {"settings": model.settings, "job": Job, "telling": Telling, "output": Output}

    def run(**given: Any) -> None:
        own = [given[group.__name__] for group in files]
        _train(given["settings"], given["source"].dataset, own, given["job"], given["telling"], given["output"])

    run.__doc__ = model.help
    parameters = [Parameter(name, Parameter.KEYWORD_ONLY, annotation=group) for name, group in groups.items()]
    vars(run)["__signature__"] = Signature(parameters)
    return run


def _source(model: Model) -> type:
    """A dataclass with the option that names a data set."""
    names = [data_set.name for data_set in DATA_SETS if data_set.kind in model.tasks]
    help = f"{', '.join(names[:-1])} or {names[-1]}; {model.default} if no file is given."
    return make_dataclass("Source", [("dataset", str | None, option(None, help))], frozen=True)


@app.callback(invoke_without_command=True)
@spread_dataclasses
def root(
    context: typer.Context,
    list_: Annotated[bool, typer.Option("--list", help="Table of the models and what each can learn.")] = False,
    resumed: Resume = Resume(),
    telling: Telling = Telling(),
    output: Output = Output(),
) -> None:
    """Fit a model, as its paper does, and set it beside the published result."""
    if resumed != Resume():
        if context.invoked_subcommand:
            raise InputError("the folder says which model it is", "--resume", f"leave out {context.invoked_subcommand}")
        resume(resumed, telling, output)
    elif context.invoked_subcommand is None:
        if list_:
            show(table_of_models(), output)
        else:
            typer.echo(context.get_help())


for _name, _model in MODELS.items():
    command(app, _name, _model.examples)(_command(_model))


def _train(
    settings: Settings, dataset: str | None, own: Sequence[Any], job: Job, telling: Telling, output: Output
) -> None:
    refuse_names_taken(telling, output, job.save)
    every(job.checkpoint_every)  # or it is refused
    if job.save is None and job.checkpoint_every != Job.checkpoint_every:
        raise InputError(
            "keeps states in the folder of --save", "--checkpoint-every", "add --save DIR, or leave it out"
        )
    _refuse_idle(settings)
    data, source = read_data(settings.model, dataset, own, job.seed)
    if settings.model == "mlp" and data.kind == "node classification" and "batch" in changed(settings, data.kind):
        raise InputError("is for pictures: nodes are taken all at once", "--batch", "leave it out")
    made = task(settings, data)
    _tell_size(settings, data)
    from mlcli.training.runs import versions

    seeds = range(job.seed, job.seed + job.runs)
    device = device_for(job.device, made.on_gpu, settings.model)
    if job.mixed_precision:
        refuse_mixed_precision(device, made.on_gpu, settings.model)
    plan = Plan(
        made.settings, tuple(seeds), job.threads, source, made.digest(), versions(), job.checkpoint_every,
        job.watch_gradients, device, job.mixed_precision,
    )  # fmt: skip
    with alone_in(job.save, make=True):
        fit(made, plan, Unfinished(job.save, plan) if job.save else None, telling, output)


IDLE = (  # a setting, the one that it hangs on, with which value it does nothing, and what would change that
    ("momentum", "optimizer", ("adam", "adamw"), "--optimizer sgd"),
    ("fanout", "batch", (0,), "--batch 512"),
    ("slope", "attention", ("off",), "--attention on"),
)


def _refuse_idle(settings: Settings) -> None:
    own = vars(type(settings)())
    for name, other, values, hint in IDLE:
        if getattr(settings, other, None) in values and getattr(settings, name, None) != own.get(name):
            flag = f"--{name}"
            raise InputError(
                f"changes nothing with --{other} {getattr(settings, other)}", flag, f"{hint}, or leave it out"
            )


def _tell_size(settings: Settings, data: Any) -> None:
    if data.kind == "node classification":
        from mlcli.training.graph_memory import told

        if line := told(data, settings):
            typer.echo(line, err=True)
