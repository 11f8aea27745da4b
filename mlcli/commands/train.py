"""mlcli train: fit a model, as its paper does, and set it beside the published result."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, make_dataclass
from inspect import Parameter, Signature
from pathlib import Path
from typing import Annotated, Any

import typer

from mlcli.commands.options import command, program, spread_dataclasses
from mlcli.commands.train_files import FILES
from mlcli.commands.train_list import table_of_models
from mlcli.commands.train_source import read_data
from mlcli.datasets.catalogue import DATA_SETS
from mlcli.files import refuse_twice
from mlcli.lesson import Check
from mlcli.lessons.training import tell
from mlcli.render.learning_curves import write_plot
from mlcli.render.plot_files import refuse_plot
from mlcli.render.progress import TrainingProgress
from mlcli.render.runs import run_document
from mlcli.render.show import Output, option, show
from mlcli.training.checkpoints import refuse_folder, save
from mlcli.training.registry import MODELS, Model, task
from mlcli.training.settings import Settings

app = program()


@dataclass(frozen=True)
class Job:
    """How often to train, and what to keep of it."""

    runs: int = option(1, "Train so often, from seed, seed+1, …; gives mean ± standard deviation.", min=1)
    seed: int = option(0, "For the first weights, dropout, and the split of your own files.", min=0)
    threads: int = option(1, "Threads of a run; more than one helps with large data only.", min=1)
    plot: Path | None = option(None, "Draw the curves of all runs: .png, .svg or .pdf.", metavar="FILE")
    save: Path | None = option(None, "Write the best run's weights, settings and epochs here.", metavar="DIR")
    check: bool = option(False, "Compute the trained model's outputs with NumPy too and compare.", is_flag=True)


def _command(model: Model) -> Callable[..., None]:
    """The function behind `mlcli train MODEL`: its options are the data's, the model's, and everybody's."""
    files = [FILES[kind] for kind in model.files or model.tasks if kind in FILES]
    groups = {"source": _source(model), **{group.__name__: group for group in files}}
    groups |= {"settings": model.settings, "job": Job, "output": Output}

    def run(**given: Any) -> None:
        own = [given[group.__name__] for group in files]
        _train(given["settings"], given["source"].dataset, own, given["job"], given["output"])

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
    output: Output = Output(),
) -> None:
    """Fit a model, as its paper does, and set it beside the published result."""
    if context.invoked_subcommand is None:
        if list_:
            show(table_of_models(), output)
        else:
            typer.echo(context.get_help())


for _name, _model in MODELS.items():
    command(app, _name, _model.examples)(_command(_model))


def _train(settings: Settings, dataset: str | None, own: Sequence[Any], job: Job, output: Output) -> None:
    _refuse_names_taken(job, output)
    data, source = read_data(settings.model, dataset, own, job.seed)
    made = task(settings, data)
    _tell_size(settings, data)
    from mlcli.training.runs import study, torch_threads, train_all, workers_for

    seeds = range(job.seed, job.seed + job.runs)
    with TrainingProgress(job.runs, made.settings.epochs, made.score) as progress:
        outcomes = train_all(made, seeds, job.threads, progress, workers_for(job.threads))
    record = study(made, job.threads, outcomes)
    best = outcomes[record.runs.index(record.best)]
    network = made.trained(best.weights)
    with torch_threads(job.threads):
        checks = _checks(network, made) if job.check else ()
        shown = made.shown(network, best.run.seed)
    if job.save:
        save(job.save, record, best.run, best.weights, output.force, source)
    if job.plot:
        write_plot(record, job.plot, output.force)
    lesson = tell(record, saved=str(job.save) if job.save else None, checks=checks, shown=shown)
    show(lesson, output, run_document(record, checks))


def _tell_size(settings: Settings, data: Any) -> None:
    if data.kind == "node classification":
        from mlcli.training.graph_memory import told

        if line := told(data, settings):
            typer.echo(line, err=True)


def _checks(network: Any, made: Any) -> tuple[Check, ...]:
    from mlcli.checks.training import against_core

    return (against_core(network, made),)


def _refuse_names_taken(job: Job, output: Output) -> None:
    refuse_twice(*output.out, job.plot, job.save)
    if job.save:
        refuse_folder(job.save, output.force)
    if job.plot:
        refuse_plot(job.plot, output.force)
