"""How a training is told: the model and what it minimises, the epochs, the runs, the mistakes, the published result."""

import math
from collections.abc import Mapping

import numpy as np

from mlcli.core.training import ACCURACY, Published, Run, Score, Setting, Study, compare, weight_count
from mlcli.core.training_mistakes import by_class, worst
from mlcli.lesson import Check, Curve, Lesson, Result, Series, Step, Table, Tensor

MORE = 0.1  # homophily than by chance, from which on neighbours help
OPTIMISERS = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD"}
SCHEDULES = {
    "cosine": "falling to 0 along a cosine",
    "step": "a tenth of it after half of the steps, a hundredth after three quarters",
}


def tell(
    study: Study,
    *,
    saved: str | None = None,
    further: tuple[str, ...] = (),
    checks: tuple[Check, ...] = (),
    shown: tuple[Step, ...] = (),
    smoothing: str = "",
) -> Lesson:
    """The lesson of one model's runs on one data set.

    Args:
        saved: the folder that the best run was written to; `further` are command lines that open it.
        shown: what the best run's network does, in steps of its task.
        smoothing: of a deep graph network, the command that shows how alike its many means make neighbours.
    """
    data = study.summary
    several = (_runs(study),) if len(study.runs) > 1 else ()
    return Lesson(
        title=f"{data.name} ({data.size})",
        command=f"train {study.model}",
        rules=_rules(study),
        read=data.read,
        inputs=(_split(study), _weights(study)),
        steps=(_training(study), *_gradients(study.best), *several, *_mistakes(study), *shown),
        result=Result(_result(study)),
        notice=_notice(study, saved, smoothing),
        checks=checks,
        next=_next(study, saved, further),
        seed=min(run.seed for run in study.runs),
    )


def _rules(study: Study) -> tuple[tuple[str, str], ...]:
    told, settings = study.description, study.settings
    rules = [*(("model", line) for line in told.formulas), ("loss", told.loss)]
    if settings["weight_decay"]:
        rules.append(_penalty(study))
    rules.append((OPTIMISERS[str(settings["optimizer"])], _steps(study)))
    rules.append(("stop", _stop(told.stop, settings)))
    return tuple(rules)


def _penalty(study: Study) -> tuple[str, str]:
    share = f"{study.settings['weight_decay']:g}"
    if study.settings["optimizer"] == "adamw":
        return ("decay", f"each step also takes learning rate · {share} · w off {study.description.decayed}")
    return ("loss", f"+ {share}/2 · Σ w² over {study.description.decayed}")


def _steps(study: Study) -> str:
    settings = study.settings
    rate = f"learning rate {settings['lr']:g}"
    if settings["optimizer"] == "sgd" and settings["momentum"]:
        rate += f", momentum {settings['momentum']:g}"
    if settings["warmup"]:
        rate += f", rising to it over {settings['warmup']:,} steps"
    if settings["schedule"] != "constant":
        rate += f", {SCHEDULES[str(settings['schedule'])]}"
    parts = [rate]
    if study.description.batch:
        parts.append(f"{study.description.batch:,} {study.summary.unit} a step")
    if settings.get("dropout"):
        parts.append(f"dropout {settings['dropout']:g} {study.description.dropped}")
    if settings["clip"]:
        parts.append(f"gradients longer than {settings['clip']:g} are cut to it")
    if study.device != "cpu":
        parts.append(f"on the GPU ({study.device})")
    if study.mixed_precision:
        parts.append("large products in 16 bits (bfloat16)")
    return "; ".join(parts)


def _stop(told: str, settings: Mapping[str, Setting]) -> str:
    early, _, kept = told.rpartition("; ")
    epochs = f"{settings['epochs']:,} epoch{'s' if settings['epochs'] != 1 else ''}"
    return f"after {epochs}{f', or {early}' if early else ''}; {kept}"


def _split(study: Study) -> Table:
    data = study.summary
    return Table(
        f"the split: {data.unit} whose class is known" if data.classes else f"the split: {data.unit}",
        ("to train on", "to know when to stop", "to test at the end"),
        ((data.train, data.validation, data.test),),
    )


def _weights(study: Study) -> Table:
    arrays = study.parameters
    rows = [(_called(name), "×".join(map(str, shape)), weight_count([(name, shape)])) for name, shape in arrays]
    total = ("all", "", weight_count(arrays))
    return Table("weights that are learned", ("weights", "shape", "count"), (*rows, total), marked=(len(rows),))


def _called(name: str) -> str:
    """`layers.0.W`, as torch and the saved file have it, in the words of the rule above; other names as they are."""
    match name.split("."):
        case ["layers", layer, symbol]:
            return f"{symbol}, layer {int(layer) + 1}"
        case ["cells", name]:  # weight_ih_l0
            kind, ends, layer = name.split("_")
            return f"{'W' if kind == 'weight' else 'b'}_{ends}, layer {int(layer[1:]) + 1}"
        case ["out", kind]:
            return f"{'W' if kind == 'weight' else 'b'}, of the answer"
    return name


def _training(study: Study) -> Step:
    run = study.best
    several = f" (of {len(study.runs)} the best on the validation {study.summary.unit})" if len(study.runs) > 1 else ""
    kept = ((float(run.kept), "weights kept"),)
    x = np.array([epoch.epoch for epoch in run.epochs])
    loss, score = (
        tuple(
            Series(name, values)
            for name, part in (("training", "train"), ("validation", "validation"))
            if np.isfinite(values := np.array([getattr(epoch, f"{part}_{what}") for epoch in run.epochs])).any()
        )
        for what in ("loss", "score")
    )
    if study.published and study.published.baseline:
        score += (Series("baseline", np.full(len(x), study.published.value), reference=True),)
    name = study.score.name + (", the share that is right" if study.score == ACCURACY else "")
    penalty = ", without the penalty" if study.settings["weight_decay"] else ""
    dropout = " The training line is drawn with dropout on, the validation line without."
    return Step(
        symbol=f"seed {run.seed}",
        title=f"training from seed {run.seed}{several}",
        formula="",
        figures=(Curve(name, x, score, "epoch", study.score.name, marks=kept),)
        if study.score_is_loss
        else (
            Curve(f"loss{penalty}", x, loss, "epoch", "loss", marks=kept),
            Curve(name, x, score, "epoch", study.score.name, marks=kept),
        ),
        note=f"Stopped: {run.stopped}.{dropout if study.settings.get('dropout') else ''}",
    )


def _gradients(run: Run) -> tuple[Step, ...]:
    if not run.gradients:
        return ()
    x = np.array([epoch.epoch for epoch in run.epochs])
    at = sorted({0, len(x) // 2, len(x) - 1})
    rows = tuple((_layer(name), *(f"{norms[i]:.3g}" for i in at)) for name, norms in run.gradients.items())
    series = tuple(Series(_layer(name), np.array(norms)) for name, norms in run.gradients.items())
    return (
        Step(
            symbol="‖g‖",
            title="how long each layer's gradient is",
            formula="‖g‖ = √( Σ (∂L/∂w)² )   over the layer's weights w; the mean over the steps of an epoch",
            figures=(
                Curve("‖g‖", x, series, "epoch", "‖g‖", log_y=all(min(norms) > 0 for norms in run.gradients.values())),
                Table("", ("layer", *(f"epoch {x[i]:,}" for i in at)), rows),
            ),
            note="Before long gradients are cut. A first layer far below the last learns slowly: gradients vanish.",
        ),
    )


def _layer(name: str) -> str:
    """`layers.0` as `layer 1`; other names as they are."""
    match name.split("."):
        case ["layers" | "cells", layer] if layer.isdigit():
            return f"layer {int(layer) + 1}"
        case ["out"]:
            return "the answer"
    return name


def _runs(study: Study) -> Step:
    return Step(
        symbol="runs",
        title=f"{len(study.runs)} runs",
        formula="",
        figures=(
            Table(
                "",
                ("seed", "epochs", "weights of epoch", "training", "validation", "test"),
                tuple(_row(run, study.score) for run in study.runs),
                marked=(study.runs.index(study.best),),
            ),
        ),
    )


def _row(run: Run, score: Score) -> tuple[str | int, ...]:
    values = (run.train_score, run.validation_score, run.test_score)
    return (run.seed, len(run.epochs), run.kept, *(scored(score, value) for value in values))


def _mistakes(study: Study) -> tuple[Step, ...]:
    if study.confusion is None:
        return ()
    classes, unit = study.summary.classes, study.summary.unit
    results = by_class(study.confusion)
    pair = worst(results)
    rows = tuple(
        (
            classes[result.label],
            result.cases,
            "" if result.accuracy is None else f"{result.accuracy:.1%}",
            "" if result.taken is None else f"{classes[result.taken]} ({result.times:,})",
        )
        for result in results
    )
    marked = () if pair is None or pair.taken is None else ((pair.label, pair.taken),)
    several = f", {len(study.runs)} runs together" if len(study.runs) > 1 else ""
    step = Step(
        symbol="confusion",
        title=f"the test {unit} by class{several}",
        formula="confusion[class][taken for]",
        figures=(
            Tensor("confusion", study.confusion, ("class", "taken for"), (classes, classes), marked=marked),
            Table("", ("class", f"test {unit}", "right", "most often taken for"), rows),
        ),
    )
    return (step,)


def _result(study: Study) -> Table:
    count = len(study.runs)
    how = f"mean ± sample standard deviation of {count} runs" if count > 1 else "one run"
    score, paper = study.score, study.published
    rows = [("here", scored(score, study.mean, study.deviation), how)]
    if paper and paper.baseline:
        rows.append(("baseline", scored(score, paper.value), f"{paper.protocol} ({paper.source})"))
    elif paper:
        rows.append(("published", scored(score, paper.value, paper.deviation), f"{paper.protocol} ({paper.source})"))
    rows += [(f"also, {name}", f"{value:.4g}", "") for name, value in study.more.items()]
    return Table("", ("", f"test {score.name}", "protocol"), tuple(rows), marked=(0,))


def scored(score: Score, value: float, deviation: float | None = None) -> str:
    """`81.5 ± 0.4%` for a share, `0.0123 ± 0.002` for another number; a part that has no score is not scored."""
    if math.isnan(value):
        return "not scored"
    if not score.share:
        return f"{value:.4g}" if deviation is None else f"{value:.4g} ± {deviation:.2g}"
    return f"{value:.1%}" if deviation is None else f"{value:.1%} ± {deviation:.1%}".replace("%", "", 1)


def _notice(study: Study, saved: str | None, smoothing: str) -> tuple[str, ...]:
    data, classes, run = study.summary, study.summary.classes, study.best
    pair = None if study.confusion is None else worst(by_class(study.confusion))
    homophily, chance = data.facts.get("homophily"), data.facts.get("homophily by chance")
    sentences = [_verdict(study, study.published)] if study.published else []
    if study.published and study.changed and not study.published.baseline:
        sentences.append(f"Not the paper's settings: {', '.join(study.changed)}.")
    if homophily is not None and chance is not None:
        alike = f"{homophily:.0%} of the edges join two nodes of one class, by chance {chance:.0%} would: "
        helps = f"that is why hearing one's neighbours helps, and why {data.train:,} known classes go so far."
        little = "neighbours tell little of a node's class here."
        sentences.append(alike + (helps if homophily > chance + MORE else little))
    if smoothing:
        again = f"{study.settings['layers']} layers take a mean over neighbours one after the other"
        sentences.append(
            f"{again}, and means of means grow alike (over-smoothing): {smoothing} shows it. Compare --layers 2."
        )
    if pair is not None and pair.taken is not None:
        sentences.append(
            f"Worst pair: {classes[pair.label]} taken for {classes[pair.taken]}, {pair.times:,} of {pair.cases:,}."
        )
    if saved:
        sentences.append(f"Saved in {saved}: the weights from seed {run.seed}, after epoch {run.kept}.")
    return tuple(sentences)


def signed(difference: float, digits: str) -> str:
    """With its sign, which nothing has.

    >>> signed(-0.26, ".1f"), signed(-0.04, ".1f"), signed(1e-5, ".2g")
    ('−0.3', '0.0', '+1e-05')
    """
    told = f"{difference:+{digits}}"
    return told[1:] if float(told) == 0 else told.replace("-", "−", 1)


def _verdict(study: Study, published: Published) -> str:
    verdict = compare(study.mean, published, study.score)
    if published.baseline:
        result = "Better" if verdict.better else "Not better"
        return f"{result} than {published.protocol}: {scored(study.score, published.value)}."
    unit = " points" if study.score.share else ""
    number = signed(verdict.difference, ".1f" if study.score.share else ".3g")
    where = {True: ": inside its deviation", False: ": outside its deviation", None: ""}[verdict.inside]
    return f"{number}{unit} against the published result{where}."


def _next(study: Study, saved: str | None, further: tuple[str, ...]) -> tuple[str, ...]:
    others = study.description.others
    return (
        *further,
        *(() if len(study.runs) > 1 else ("--runs 10",)),
        *(f"mlcli train {other}" for other in others[:1]),
        *(() if saved else (f"--save runs/{study.model}",)),
        "--plot curves.png",
        f"--check (the same {study.description.checked} by NumPy)",
        "--json",
    )
