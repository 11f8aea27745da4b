"""How the answers of a classifier are told: by class, how sure it is when it is right, the hardest cases drawn."""

import math

import numpy as np

from mlcli.core.evaluation import Case, ClassesExamined, Judged
from mlcli.core.training_mistakes import by_class, worst
from mlcli.lesson import Cell, Curve, Figure, Picture, Series, Step, Table, Tensor
from mlcli.lessons.evaluation_told import Told

ENOUGH = 100  # cases, of which the right ones can be told from chance
CALIBRATED = 0.02  # an ECE below this is nothing to speak of


def tell_classes(found: ClassesExamined, unit: str, part: str, plotted: bool) -> Told:
    """Of any model that tells classes apart.

    Args:
        unit: what a case is, in the plural.
    """
    judged = found.judged
    return Told(
        rules=(
            ("measure", "precision = TP / (TP + FP): of what was taken for a class, the share that is of it"),
            ("measure", "recall = TP / (TP + FN): of what is of a class, the share that was taken for it"),
            ("measure", "F1 = 2 · precision · recall / (precision + recall), high only where both are"),
            ("sure", "the largest of p = softmax(logits)"),
        ),
        steps=(
            _by_class(found, unit, part, plotted),
            _calibration(judged, unit, plotted),
            *_hardest(found, unit),
        ),
        rows={
            "macro F1": (f"{judged.macro_F1:.3f}", "the mean F1 of the classes, small ones counted like large ones"),
            "ECE": (f"{judged.ECE:.3f}", "how far sureness and truth lie apart: Σ n_b/n · |right − sure|"),
            "most frequent": (f"{judged.most_frequent:.1%}", "all taken for the class that most are of"),
        },
        notice=_notice(found),
    )


def _by_class(found: ClassesExamined, unit: str, part: str, plotted: bool) -> Step:
    judged, classes = found.judged, found.classes
    results = by_class(judged.confusion)
    pair = worst(results)
    marked = () if pair is None or pair.taken is None else ((pair.label, pair.taken),)
    rows: list[tuple[Cell, ...]] = [
        (classes[r.label], r.cases, *map(_number, (judged.precision[r.label], judged.recall[r.label],
         judged.F1[r.label])), "" if r.taken is None else f"{classes[r.taken]} ({r.times:,})")
        for r in results
    ]  # fmt: skip
    figures: list[Figure] = [
        Tensor("confusion", judged.confusion, ("class", "taken for"), (classes, classes), marked=marked),
        Table("", ("class", unit, "precision", "recall", "F1", "most often taken for"), tuple(rows)),
    ]
    if plotted:
        name = f"the {part} {unit}: the share of each class (row) that was taken for each (column)"
        figures.insert(1, Picture(name, judged.shares, 0.0, 1.0, labels=(classes, classes)))
    return Step("confusion", f"the {part} {unit} by class", "confusion[class][taken for]", tuple(figures))


def _calibration(judged: Judged, unit: str, plotted: bool) -> Step:
    rows: list[tuple[Cell, ...]] = [
        (f"{b.low:.1f} to {b.high:.1f}", b.cases, b.sure, b.right, b.right - b.sure) for b in judged.bins
    ]
    figures: list[Figure] = [Table("", ("sure", unit, "sure, mean", "right", "right − sure"), tuple(rows))]
    if plotted and len(judged.bins) > 1:
        sure = np.array([b.sure for b in judged.bins])
        right = np.array([b.right for b in judged.bins])
        lines = (Series("right", right), Series("as right as sure", sure, reference=True))
        figures.append(Curve("how often it is right, by how sure it is", sure, lines, "sure", "share right"))
    return Step(
        "ECE",
        "is it as right as it is sure?",
        "ECE = Σ_b n_b/n · |right_b − sure_b|",
        tuple(figures),
        "Below 0 in the last column it is too sure of itself, above 0 it knows more than it trusts itself with.",
    )


def _hardest(found: ClassesExamined, unit: str) -> tuple[Step, ...]:
    cases = found.hardest
    if not cases:
        return ()
    title = f"the {unit} whose own class was held least likely"
    if cases[0].picture is None:
        return (Step("worst", title, "the smallest p of its own class first", (_table(found),)),)
    return tuple(
        Step(
            f"worst {i}",
            f"{case.name}: {_verdict(case, found.classes)}",
            "",
            (Picture(case.name, case.picture), _probabilities(case, found.classes)),
        )
        for i, case in enumerate(cases, start=1)
        if case.picture is not None
    )


def _table(found: ClassesExamined) -> Table:
    classes = found.classes
    around = found.hardest[0].neighbours is not None
    columns = ("case", "is", "taken for", "p of own", "p of taken", *(("classes of its neighbours",) if around else ()))
    rows: list[tuple[Cell, ...]] = [
        (case.name, classes[case.label], classes[case.predicted], float(case.p[case.label]),
         float(case.p[case.predicted]), *((_around(case, classes),) if around else ()))
        for case in found.hardest
    ]  # fmt: skip
    return Table("", columns, tuple(rows))


def _around(case: Case, classes: tuple[str, ...]) -> str:
    counts = [(count, name) for count, name in zip(case.neighbours or (), classes, strict=True) if count]
    return ", ".join(f"{count} {name}" for count, name in sorted(counts, key=lambda pair: -pair[0])) or "none known"


def _verdict(case: Case, classes: tuple[str, ...]) -> str:
    own, taken = classes[case.label], classes[case.predicted]
    return f"is {own}, and taken for it" if own == taken else f"is {own}, taken for {taken}"


def _probabilities(case: Case, classes: tuple[str, ...]) -> Table:
    places = dict.fromkeys([*np.argsort(-case.p, kind="stable")[:3].tolist(), case.label])
    rows = tuple((classes[i], float(case.p[i]), "its class" if i == case.label else "") for i in places)
    return Table("", ("class", "p", ""), rows, marked=(0,))


def _number(value: float) -> float | str:
    return "" if math.isnan(value) else float(value)


def _notice(found: ClassesExamined) -> tuple[str, ...]:
    judged, classes = found.judged, found.classes
    sentences = []
    pair = worst(by_class(judged.confusion))
    if pair is not None and pair.taken is not None:
        sentences.append(
            f"Worst pair: {classes[pair.label]} taken for {classes[pair.taken]}, {pair.times:,} of {pair.cases:,}."
        )
    if len(judged.labels) < ENOUGH:
        sentences.append(f"{len(judged.labels)} cases are too few to say whether it is as right as it is sure.")
    elif judged.ECE > CALIBRATED:
        sure, right = judged.mean_sure, judged.accuracy
        more, less = ("surer", "right") if sure > right else ("more often right", "sure")
        sentences.append(f"It is {more} than it is {less}: {sure:.1%} sure on average, {right:.1%} right.")
    else:
        sentences.append(
            f"It is about as right as it is sure: {judged.mean_sure:.1%} sure, {judged.accuracy:.1%} right."
        )
    return tuple(sentences)
