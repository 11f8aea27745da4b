"""How answers to sequences are told: numbers, symbols one by one, the characters of a text."""

import numpy as np

from mlcli.core.evaluation_sequences import NumbersExamined, PlacesExamined, SumCase, TextExamined
from mlcli.lesson import Cell, Curve, Scatter, Series, Step, Table
from mlcli.lessons.evaluation_told import Told

NAMES = {" ": "space", "\n": "newline", "\t": "tab"}
MOST_POINTS = 400
MOST_CHARACTERS = 12


def tell_numbers(found: NumbersExamined, part: str) -> Told:
    """Of the adding problem."""
    some = slice(None, MOST_POINTS)
    points = Scatter(
        "a point a sequence: the sum from left to right, the answer upwards", np.stack([found.y, found.o], 1)[some],
        tuple(map(str, range(1, len(found.y[some]) + 1))), x_label="sum y", y_label="answer o",
    )  # fmt: skip
    return Told(
        rules=(("measure", "mean squared error = Σ (o − y)² / n over the sequences"),),
        steps=(
            Step("o", f"sums and answers of the {part} part", "", (points,), "Right answers lie on the diagonal."),
            Step(
                "wait", "is the first number forgotten?",
                "the steps from the first marked number to the end; groups of equally many sequences",
                (_by_wait(found),),
            ),
            Step("worst", "the largest errors", "o − y", (_sums(found.hardest),)),
        ),
        notice=(
            f"The error after the longest waits is {found.longest_to_shortest:.1f} times that after the shortest.",
            f"{'Better' if found.error < found.blind else 'Not better'} than always answering 1.",
        ),
    )  # fmt: skip


def _by_wait(found: NumbersExamined) -> Curve:
    blind = np.full(len(found.waits), found.blind)
    lines = (Series("error", found.by_wait), Series("always answering 1", blind, reference=True))
    return Curve("mean squared error", found.waits, lines, "steps to remember", "error")


def _sums(cases: tuple[SumCase, ...]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (*(f"{value:.3f} at t={step}" for value, step in zip(case.values, case.steps, strict=True)), case.y, case.o,
         case.o - case.y)
        for case in cases
    ]  # fmt: skip
    return Table("", ("first marked", "second marked", "sum y", "answer o", "o − y"), tuple(rows))


def tell_places(found: PlacesExamined, part: str) -> Told:
    """Of answers symbol by symbol."""
    x = np.arange(1, len(found.by_place) + 1)
    hardest, easiest = int(found.by_place.argmin()), int(found.by_place.argmax())
    rows = tuple((" ".join(c.x), " ".join(c.due), " ".join(c.answered), c.right) for c in found.hardest)
    return Told(
        rules=(("measure", "exact: every place of the answer is right"),),
        steps=(
            Step("place", f"the {part} part, place by place", "the share of answers that are right there",
                 (Curve("share right", x, (Series("right", found.by_place),), "place", "share right"),)),
            Step("worst", "the answers with the fewest right places", "",
                 (Table("", ("x", "due", "answered", "right"), rows),)),
        ),
        rows={
            "exact match": (f"{found.exact:.1%}", f"answers that are right at all {len(x)} places"),
            "share of symbols right": (f"{found.by_place.mean():.1%}", "of all places"),
        },
        notice=(
            f"Hardest place: {hardest + 1}, right in {found.by_place[hardest]:.1%}; easiest: {easiest + 1}, "
            f"{found.by_place[easiest]:.1%}.",
        ),
    )  # fmt: skip


def tell_text(found: TextExamined, part: str) -> Told:
    """Of the next character."""
    first = found.characters[:MOST_CHARACTERS]
    rows: list[tuple[Cell, ...]] = [(named(c.character), c.cases, c.bits, c.right) for c in first]
    more = len(found.characters) - len(first)
    dear = max(first, key=lambda c: c.bits)
    surprises: list[tuple[Cell, ...]] = [
        (f"…{_visible(c.before)}", named(c.character), c.p, named(c.instead), c.p_instead) for c in found.hardest
    ]
    return Told(
        rules=(
            ("measure", "bits = −log2 p(c_t | c_1 … c_{t−1}); perplexity = 2^bits"),
            ("measure", "foreseen: the character was the likeliest of all"),
        ),
        steps=(
            Step("bits", f"the {part} part by character: the {len(first)} most frequent" + (f" of {len(first) + more}"
                 if more else ""), "", (Table("", ("character", "times", "bits", "foreseen"), tuple(rows)),)),
            Step("worst", "what it expected least", "",
                 (Table("", ("after", "came", "p", "likeliest", "p "), tuple(surprises)),)),
        ),
        rows={"foreseen": (f"{found.right:.1%}", "characters that were the likeliest")},
        notice=(
            f"Dearest of the frequent ones: {named(dear.character)}, {dear.bits:.2f} bits.",
            f"One who knows only how often each character occurs needs {found.by_frequency:.2f} bits a character.",
        ),
    )  # fmt: skip


def named(character: str) -> str:
    """A character as it can be read in a table."""
    return NAMES.get(character, character)


def _visible(text: str) -> str:
    return text.replace("\n", "↵")
