"""How the answer to one sequence is told: a number, symbols, a text that goes on."""

import numpy as np

from mlcli.core.prediction import Drawn, NumberPrediction, PlacesPrediction, TextPrediction
from mlcli.lesson import Cell, Curve, Series, Step, Table, Text
from mlcli.lessons.evaluation_sequences import named
from mlcli.lessons.prediction_told import Told, bar

MOST_DRAWN, MOST_MARKED = 10, 8


def tell_number(found: NumberPrediction) -> Told:
    """What it answers, and what it would have answered had the sequence ended before."""
    T = len(found.x)
    steps = np.arange(1, T + 1)
    marked = np.flatnonzero(found.x[:, 1])
    rows: list[tuple[Cell, ...]] = [
        (int(t) + 1, float(found.x[t, 0]), float(found.so_far[t]), float(found.o[t])) for t in marked[:MOST_MARKED]
    ]
    lines = (Series("o, if it ended here", found.o), Series("sum of the marked so far", found.so_far, reference=True))
    answer = float(found.o[-1])
    due = "two steps are to be marked" if found.due is None else found.due
    return Told(
        rules=(("rule", "o = W h_T + b after the last step; it is to be the sum of the two marked values"),),
        steps=(
            Step("o_t", f"{found.given.name}: {T} steps, {len(marked)} of them marked", "o_t = W h_t + b",
                 (Curve("does it remember?", steps, lines, "step", "o"),
                  Table("", ("marked step", "value", "sum so far", "o"), tuple(rows))),
                 "Only the last answer was ever trained: what it holds before that is its memory, seen half-way."),
        ),
        answer=(("answer o", answer), ("sum", due)),
        notice=("Not two steps are marked: it never learned what to answer then.",) if found.due is None else (
            f"It answers {answer:.3f} where the sum is {found.due:.3f}.",),
    )  # fmt: skip


def tell_places(found: PlacesPrediction) -> Told:
    """Symbol by symbol, with how sure it was and what it would have written next."""
    rows: list[tuple[Cell, ...]] = [
        (t, y, p, bar(p), instead, p_instead, due, "yes" if y == due else "no")
        for t, (y, p, instead, p_instead, due) in enumerate(
            zip(found.y, found.p.tolist(), found.instead, found.p_instead.tolist(), found.due, strict=True)
        )
    ]
    wrong = tuple(i for i, (y, due) in enumerate(zip(found.y, found.due, strict=True)) if y != due)
    right = len(rows) - len(wrong)
    return Told(
        rules=(("rule", "y_t = argmax logits_t, one after the other"), ("due", found.rule)),
        steps=(
            Step("y", f"{' '.join(found.x)}: the answer, symbol by symbol", "p_t = softmax(logits_t)",
                 (Table("", ("t", "y_t", "p", "", "next likely", "p ", "due", "right"), tuple(rows), marked=wrong),)),
        ),
        answer=(("answer", " ".join(found.y)), ("due", " ".join(found.due)), ("right", f"{right} of {len(rows)}")),
        notice=("The answer is exact." if not wrong else f"{len(wrong)} of {len(rows)} symbols are wrong.",),
    )  # fmt: skip


def tell_text(found: TextPrediction) -> Told:
    """The first characters with their rivals, then all of it."""
    first = found.drawn[:MOST_DRAWN]
    more = len(found.drawn) - len(first)
    rows: list[tuple[Cell, ...]] = [(t, named(one.character), one.p, _rivals(one)) for t, one in enumerate(first, 1)]
    how = "the likeliest each time" if not found.temperature else f"drawn, τ = {found.temperature:g}"
    text, begun = found.given.name + found.text, f'after "{found.given.name}"'
    return Told(
        rules=(
            ("rule", "p = softmax(o_t / τ); c_{t+1} is drawn from p, and read as the next input"),
            ("τ", "the temperature: below 1 the likely becomes likelier, at 0 the likeliest is always taken"),
        ),
        steps=(
            Step("c_{t+1}", f"{begun}: the first {len(first)} characters, {how}", "p = softmax(o_t / τ)",
                 (Table("", ("t", "drawn", "p", "the likeliest"), tuple(rows)),),
                 f"… {more} more characters." if more > 0 else ""),
            Step("text", "all of it", "", (Text(text),)),
        ),
        answer=(("goes on", found.text),),
        notice=() if found.bits is None else (
            f"The beginning itself cost it {found.bits:.2f} bits a character: the fewer, the more it is like what it "
            "learned.",),
        next=("--temperature 0.5", "--temperature 0 (no chance)", "--seed 1", "--length 500"),
    )  # fmt: skip


def _rivals(one: Drawn) -> str:
    return ", ".join(f"{named(character)} {p:.2f}" for character, p in one.likeliest)
