"""How a training is told: the model and what it minimises, the epochs, the runs, the mistakes, the published result."""

from collections.abc import Mapping

import numpy as np

from mlcli.core.training import Run, Setting, Study, by_class, compare, weight_count, worst
from mlcli.lesson import Check, Curve, Lesson, Result, Series, Step, Table, Tensor

MODELS = {
    "gcn": (
        ("model", "logits = Â ReLU(Â X W₁ + b₁) W₂ + b₂,   Â = D^-½ (A + I) D^-½"),
        ("model", "Â_vu = 1/√(d_v d_u): a node v hears its neighbours u and itself, twice"),
        ("model", "between the two layers a node is {hidden} numbers"),
    ),
    "gat": (
        ("model", "h'_v = Σ_u α_vu W h_u + b   u over N(v) and v itself"),
        ("model", "α_vu = exp(e_vu) / Σ_j exp(e_vj)   j likewise"),
        ("model", "e_vu = LeakyReLU(a_source · W h_u + a_target · W h_v), slope {slope}"),
        ("model", "layer 1: {heads} × {hidden} (heads × numbers), each head its own W and a; then ELU"),
        ("model", "layer 2: {output_heads} × classes, the mean of the heads gives the logits"),
    ),
}
STOP = {
    "gcn": "after {epochs:,} epochs, or when the validation loss has not fallen for {window} running; the last weights",
    "gat": "after {epochs:,} epochs, or {patience} without a better validation loss or accuracy; the best weights",
}
DECAYED = {"gcn": "the weights of layer 1", "gat": "all weights"}
DROPPED = {"gcn": "of each layer's input", "gat": "of each layer's input and of α"}


def tell(study: Study, *, saved: str | None = None, checks: tuple[Check, ...] = ()) -> Lesson:
    """The lesson of one model's runs on one graph.

    Args:
        saved: the folder that the best run was written to.
    """
    data = study.summary
    size = f"{data.nodes:,} nodes, {data.edges:,} edges, {data.features:,} features, {len(data.classes)} classes"
    return Lesson(
        title=f"{data.name} ({size})",
        command=f"train {study.model}",
        rules=_rules(study),
        read=(*data.read, "each node's features are divided by the sum of their sizes"),
        inputs=(_split(study), _weights(study)),
        steps=(_training(study), *((_runs(study),) if len(study.runs) > 1 else ()), _mistakes(study)),
        result=Result(_result(study)),
        notice=_notice(study, saved),
        checks=checks,
        next=_next(study, saved),
        seed=min(run.seed for run in study.runs),
    )


def _rules(study: Study) -> tuple[tuple[str, str], ...]:
    model, settings = study.model, study.settings
    decay = f"{settings['weight_decay']:g}/2 · Σ w² over {DECAYED[model]}"
    return (
        *((label, text.format(**settings)) for label, text in MODELS[model]),
        ("loss", f"−1/{study.summary.train} Σ_v log softmax(logits_v)[class of v]   v to train on"),
        ("loss", f"+ {decay}"),
        ("Adam", f"learning rate {settings['lr']:g}; dropout {settings['dropout']:g} {DROPPED[model]}"),
        ("stop", _stop(model, settings)),
    )


def _stop(model: str, settings: Mapping[str, Setting]) -> str:
    early = settings["window" if model == "gcn" else "patience"]
    return STOP[model].format(**settings) if early else f"after {settings['epochs']:,} epochs"


def _split(study: Study) -> Table:
    data = study.summary
    return Table(
        "the split: nodes whose class is known",
        ("to train on", "to know when to stop", "to test at the end"),
        ((data.train, data.validation, data.test),),
    )


def _weights(study: Study) -> Table:
    arrays = study.parameters
    rows = [(_called(name), "×".join(map(str, shape)), weight_count([(name, shape)])) for name, shape in arrays]
    total = ("all", "", weight_count(arrays))
    return Table("weights that are learned", ("weights", "shape", "count"), (*rows, total), marked=(len(rows),))


def _called(name: str) -> str:
    """`layers.0.W`, as torch and the saved file have it, in the words of the rule above."""
    _, layer, symbol = name.split(".")
    return f"{symbol}, layer {int(layer) + 1}"


def _training(study: Study) -> Step:
    run = study.best
    several = f" (of {len(study.runs)} the best on the validation nodes)" if len(study.runs) > 1 else ""
    kept = ((float(run.kept), "weights kept"),)
    x = np.array([epoch.epoch for epoch in run.epochs])
    loss, right = (
        tuple(
            Series(name, np.array([getattr(epoch, f"{part}_{what}") for epoch in run.epochs]))
            for name, part in (("training", "train"), ("validation", "validation"))
        )
        for what in ("loss", "accuracy")
    )
    return Step(
        symbol=f"seed {run.seed}",
        title=f"training from seed {run.seed}{several}",
        formula="",
        figures=(
            Curve("loss, without the penalty", x, loss, "epoch", "loss", marks=kept),
            Curve("accuracy, the share that is right", x, right, "epoch", "accuracy", marks=kept),
        ),
        note=f"Stopped: {run.stopped}. The training line is drawn with dropout on, the validation line without.",
    )


def _runs(study: Study) -> Step:
    return Step(
        symbol="runs",
        title=f"{len(study.runs)} runs",
        formula="",
        figures=(
            Table(
                "",
                ("seed", "epochs", "weights of epoch", "training", "validation", "test"),
                tuple(_row(run) for run in study.runs),
                marked=(study.runs.index(study.best),),
            ),
        ),
    )


def _row(run: Run) -> tuple[str | int, ...]:
    shares = (run.train_accuracy, run.validation_accuracy, run.test_accuracy)
    return (run.seed, len(run.epochs), run.kept, *(f"{share:.1%}" for share in shares))


def _mistakes(study: Study) -> Step:
    classes = study.summary.classes
    results = by_class(study.confusion)
    pair = worst(results)
    rows = tuple(
        (
            classes[result.label],
            result.nodes,
            "" if result.accuracy is None else f"{result.accuracy:.1%}",
            "" if result.taken is None else f"{classes[result.taken]} ({result.times:,})",
        )
        for result in results
    )
    marked = () if pair is None or pair.taken is None else ((pair.label, pair.taken),)
    several = f", {len(study.runs)} runs together" if len(study.runs) > 1 else ""
    return Step(
        symbol="confusion",
        title=f"the test nodes by class{several}",
        formula="confusion[class][taken for]",
        figures=(
            Tensor("confusion", study.confusion, ("class", "taken for"), (classes, classes), marked=marked),
            Table("", ("class", "test nodes", "right", "most often taken for"), rows),
        ),
    )


def _result(study: Study) -> Table:
    count = len(study.runs)
    how = f"mean ± sample standard deviation of {count} runs" if count > 1 else "one run"
    rows = [("here", _accuracy(study.mean, study.deviation), how)]
    if study.published:
        paper = study.published
        rows.append(("published", _accuracy(paper.accuracy, paper.deviation), f"{paper.protocol} ({paper.source})"))
    return Table("", ("", "test accuracy", "protocol"), tuple(rows), marked=(0,))


def _accuracy(mean: float, deviation: float | None) -> str:
    return f"{mean:.1%}" if deviation is None else f"{mean:.1%} ± {deviation:.1%}".replace("%", "", 1)


def _notice(study: Study, saved: str | None) -> tuple[str, ...]:
    data, classes, run = study.summary, study.summary.classes, study.best
    pair = worst(by_class(study.confusion))
    sentences = []
    if study.published:
        verdict = compare(study.mean, study.published)
        where = {True: ": inside its deviation", False: ": outside its deviation", None: ""}[verdict.inside]
        sentences.append(f"{verdict.points:+.1f} points against the published result{where}.".replace("-", "−"))
    if study.published and study.changed:
        sentences.append(f"Not the paper's settings: {', '.join(study.changed)}.")
    if data.homophily is not None:
        sentences.append(
            f"{data.homophily:.0%} of the edges join two nodes of one class: that is why hearing one's neighbours "
            f"helps, and why {data.train:,} known classes go so far."
            if data.homophily > 1 / 2
            else f"Only {data.homophily:.0%} of the edges join two nodes of one class: neighbours tell little here."
        )
    if pair is not None and pair.taken is not None:
        sentences.append(
            f"Worst pair: {classes[pair.label]} taken for {classes[pair.taken]}, {pair.times:,} of {pair.nodes:,}."
        )
    if saved:
        sentences.append(f"Saved in {saved}: the weights from seed {run.seed}, after epoch {run.kept}.")
    return tuple(sentences)


def _next(study: Study, saved: str | None) -> tuple[str, ...]:
    other = "gcn" if study.model == "gat" else "gat"
    return (
        *(() if len(study.runs) > 1 else ("--runs 10",)),
        f"mlcli train {other}",
        *(() if saved else (f"--save runs/{study.model}",)),
        "--plot curves.png",
        "--check (the same logits by NumPy)",
        "--json",
    )
