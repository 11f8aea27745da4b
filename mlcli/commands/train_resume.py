"""mlcli train --resume DIR: go on with a training where it was left, or let a finished one run longer."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlcli.commands.train_fit import Telling, fit, refuse_names_taken
from mlcli.commands.train_source import task_again
from mlcli.core.errors import InputError
from mlcli.render.show import Output, option, say
from mlcli.training.alone import alone_in
from mlcli.training.devices import device_for
from mlcli.training.unfinished import Unfinished, open_unfinished


@dataclass(frozen=True)
class Resume:
    """What to go on with."""

    resume: Path | None = option(None, "Go on with the training that --save DIR has begun.", metavar="DIR")
    epochs: int | None = option(None, "With --resume: train until so many epochs are done.", min=1)


def resume(given: Resume, telling: Telling, output: Output) -> None:
    """Train what is left, and tell of the whole as if it had never stopped.

    Raises:
        InputError: the folder holds no training, is damaged, or another process trains in it; its data has changed; it
            cannot run longer.
        Interrupted, RequestFailed: see `fit`.
    """
    if given.resume is None:
        raise InputError("is for a training that goes on", "--epochs", "add --resume DIR, or name a model")
    refuse_names_taken(telling, output, None)
    with alone_in(given.resume):
        _go_on(given.resume, given.epochs, telling, output)


def _go_on(folder: Path, epochs: int | None, telling: Telling, output: Output) -> None:
    kept = open_unfinished(folder)
    settings = kept.plan.settings
    longer = dataclasses.replace(settings, epochs=epochs or settings.epochs)
    made = task_again(longer, kept.plan.source, kept.plan.sha256, folder)
    if longer != settings:
        _refuse_length(kept, made)
        kept.change(dataclasses.replace(kept.plan, settings=longer))
    device_for(kept.plan.device, made.on_gpu, settings.model)  # or it is refused
    _tell_of_other_versions(kept)
    fit(made, kept.plan, kept, telling, output)


def _refuse_length(kept: Unfinished, made: Any) -> None:
    """
    Raises:
        InputError: a training of this length does not begin as the one that is kept.
    """
    from mlcli.training.fitting import why_stopped

    planned, asked = kept.plan.settings, made.settings
    if asked.epochs < planned.epochs:
        raise InputError(
            f"{planned.epochs:,} epochs were asked for, and it cannot become shorter",
            "--epochs",
            "give a larger number",
        )
    if planned.schedule != "constant":
        raise InputError(
            f"the learning rate falls to its end over {planned.epochs:,} epochs, and over {asked.epochs:,} it would "
            "have fallen differently from the first step on", "--epochs",
            f"mlcli train {planned.model} --schedule {planned.schedule} --epochs {asked.epochs} begins anew",
        )  # fmt: skip
    reasons = {why_stopped(made, kept.states[seed].epochs) if seed in kept.states else "" for seed in kept.plan.seeds}
    if "" not in reasons:
        reason = "; ".join(sorted(reasons))
        raise InputError(f"nothing is left to do: {reason}", "--epochs", "leave it out to see the result again")


def _tell_of_other_versions(kept: Unfinished) -> None:
    from mlcli.training.runs import versions

    before, now = kept.plan.versions, versions()
    others = [f"{name} {before.get(name)}, now {now[name]}" for name in now if before.get(name) != now[name]]
    if others:
        say(f"begun with {'; '.join(others)}: from here on the last digits may differ")
