"""Train what is planned, keep its states in the folder of --save, and tell how it went."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlcli.commands.train_source import graph_again
from mlcli.core.errors import RequestFailed
from mlcli.core.training import Epoch
from mlcli.files import refuse_twice
from mlcli.lesson import Check
from mlcli.lessons.training import tell
from mlcli.render.learning_curves import write_plot
from mlcli.render.plot_files import refuse_plot
from mlcli.render.progress import TrainingProgress
from mlcli.render.runs import run_document
from mlcli.render.show import Output, option, show
from mlcli.render.tensorboard import TensorBoard
from mlcli.training.checkpoints import refuse_folder, save
from mlcli.training.graph_settings import GraphSettings
from mlcli.training.registry import task
from mlcli.training.unfinished import Plan, Unfinished

Watch = Callable[[int, Epoch], None]


@dataclass(frozen=True)
class Telling:
    """What is told beside the lesson."""

    plot: list[Path] = option(
        [], "Draw the curves of all runs into FILE: .png, .svg or .pdf. May be repeated.", metavar="FILE"
    )
    tensorboard: Path | None = option(
        None, "Write loss and score for TensorBoard here; needs pip install tensorboard.", metavar="DIR"
    )
    check: bool = option(False, "Compute the trained model's outputs with NumPy too and compare.", is_flag=True)


def refuse_names_taken(telling: Telling, output: Output, folder: Path | None) -> None:
    """Before anything is read or trained.

    Raises:
        InputError: a file or the folder is there already, or is named twice.
    """
    refuse_twice(output.out, telling.plot, folder)
    if folder:
        refuse_folder(folder, output.force)
    for path in telling.plot:
        refuse_plot(path, output.force)


def fit(made: Any, plan: Plan, kept: Unfinished | None, telling: Telling, output: Output) -> None:
    """Train all seeds and tell of it.

    Args:
        made: the task on the CPU, where the trained network is looked at.
        kept: the folder that states are kept in and gone on from; None keeps nothing.

    Raises:
        Interrupted: by a signal; what was done is kept.
        RequestFailed: a run diverged, or a file could not be written.
    """
    from mlcli.training.ranks import joined
    from mlcli.training.runs import study, torch_threads, train_all, workers_for

    trained = made if plan.device == "cpu" else task(made.settings, made.data, plan.device)
    trained.watch_gradients, trained.mixed_precision = plan.watch_gradients, plan.mixed_precision
    workers = workers_for(plan.threads) if plan.device == "cpu" else 1
    epochs = {seed: len(state.epochs) for seed, state in kept.states.items()} if kept else {}
    board = TensorBoard(telling.tensorboard, made.score) if telling.tensorboard else None
    progress = TrainingProgress(len(plan.seeds), made.settings.epochs, made.score, epochs)
    with joined() as ranks:
        ranks.refuse(made)
        with progress if ranks.rank == 0 else nullcontext(_nobody) as watch:
            try:
                outcomes = train_all(trained, plan.seeds, plan.threads, _both(watch, board), workers, kept, ranks)
            except RequestFailed as error:
                raise _with_what_is_kept(error, kept) from error
            finally:
                if board:
                    board.close()
    if ranks.rank:
        return  # the first process tells
    record = study(trained, plan.threads, outcomes)
    best = outcomes[record.runs.index(record.best)]
    network = made.trained(best.weights)
    with torch_threads(plan.threads):
        checks = _checks(network, made) if telling.check else ()
        shown = made.shown(network, best.run.seed)
    folder = kept and kept.folder
    if kept and folder:
        kept.tidy()  # killed as it kept its last state, and gone on with, it has kept none since
        save(folder, record, best.run, best.weights, True, plan.source)
    for path in telling.plot:
        write_plot(record, path, output.force)
    saved = str(folder) if folder else None
    further = () if saved is None else (*made.further(saved), f"mlcli evaluate {saved}")
    lesson = tell(record, saved=saved, further=further, checks=checks, shown=shown, smoothing=_smoothing(plan))
    show(lesson, output, run_document(record, checks))


def _both(watch: Watch, board: TensorBoard | None) -> Watch:
    if board is None:
        return watch

    def tell(seed: int, epoch: Epoch) -> None:
        watch(seed, epoch)
        board(seed, epoch)

    return tell


def _nobody(seed: int, epoch: Epoch) -> None:
    """Watches."""


def _with_what_is_kept(error: RequestFailed, kept: Unfinished | None) -> RequestFailed:
    if kept is None or not kept.begun or error.where:  # who names a place has said it all
        return error
    return RequestFailed(error.message, hint=f"{error.hint}; the last good state is kept in {kept.folder}")


def _smoothing(plan: Plan) -> str:
    """The command that shows what many means over neighbours make of this graph; none where they are few."""
    settings = plan.settings
    if not isinstance(settings, GraphSettings) or not settings.averages or settings.layers <= 2:
        return ""
    return f"mlcli gnn-propagate {graph_again(plan.source)} --smoothing {settings.layers}"


def _checks(network: Any, made: Any) -> tuple[Check, ...]:
    from mlcli.checks.training import against_core

    return (against_core(network, made),)
