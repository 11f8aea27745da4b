"""How a trained recurrent network is told: how it came about, and what it answers, beside what is due."""

from dataclasses import dataclass

import numpy as np

from mlcli.core.recurrence_answers import NumberAnswer, SymbolAnswers
from mlcli.core.recurrence_gradients import Gradients
from mlcli.core.sequences import InputSequence
from mlcli.lesson import Cell, Part, Result, Step, Table, Tensor, Term, Worked
from mlcli.lessons.recurrence_drawing import times

MOST_TERMS = 6  # of the answer, written out
MOST_LIKELY = 2  # symbols at a step: a line of 60 columns holds no more
MOST_NEXT = 5  # of what comes after a text
MOST_STEPS = 8  # by the gradient of the answer


@dataclass(frozen=True, eq=False)
class Trained:
    """What a trained network adds to the lesson of a recurrence: how it answers, how it came about, what it answers."""

    rules: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]
    result: Result
    next: tuple[str, ...]


def number_told(answer: NumberAnswer, sequence: InputSequence, story: str) -> Trained:
    """One number, after the last step."""
    T = len(sequence.values)
    rows = tuple((_named(one.without, sequence), one.o, one.y, one.error) for one in answer.answers)
    columns = ("", "answer o", "due y", "o − y")
    others = answer.answers[1:]
    step = Step(
        "o",
        "what is answered",
        f"o = W h_{T} + b,   y the sum of the marked values",
        (_sum(answer, T), Table("", columns, rows, marked=(0,))),
        "Without v_t, its value is 0 and the mark stays: what is due falls by that value. Where o falls by as much, "
        "the answer was made of that number." if others else "",
    )  # fmt: skip
    result = Table("after the last step", columns[1:], (rows[0][1:],))
    return Trained(
        _rules(f"o = W h_{T} + b, a number after the last step", story), (step,), Result(result),
        ("--seed 1 (another sequence)", f"--steps {2 * T} (a longer one)"),
    )  # fmt: skip


def copied_told(answers: SymbolAnswers, sequence: InputSequence, kept: int, story: str) -> Trained:
    """Symbols, in the last steps."""
    assert sequence.value_names is not None
    names, T = sequence.value_names, len(sequence.values)
    due, answered = ([names[symbol] for symbol in symbols[-kept:]] for symbols in (answers.y, answers.likeliest[:, 0]))
    rows = tuple(zip(times(sequence)[-kept:], due, answered, _floats(answers.p_due[-kept:]), strict=True))
    right, before = answers.right[-kept:].sum(), answers.right[:-kept]
    step = Step(
        "p_t",
        f"what is answered, the last {kept} steps",
        "p_t = softmax(W h_t + b);  p_t[k] is how likely k is due at step t",
        (Table("", ("", "due", "likeliest", "p of what is due"), rows),),
        f"In the {T - kept} steps before, blanks are due: {before.sum()} of them are answered.",
    )
    result = Table(
        "", ("to be kept", "answered", f"right of {kept}"), ((" ".join(due), " ".join(answered), int(right)),)
    )
    rules = _rules("p_t = softmax(W h_t + b), a symbol a step", story)
    return Trained(rules, (step,), Result(result), ("--seed 1 (another sequence)",))


def text_told(answers: SymbolAnswers, sequence: InputSequence, story: str) -> Trained:
    """The next character, at each step."""
    assert sequence.value_names is not None
    names = sequence.value_names
    known = {
        int(t): (float(p), float(bits)) for t, p, bits in zip(answers.due, answers.p_due, answers.bits, strict=True)
    }
    rows: list[tuple[Cell, ...]] = []
    for t, name in enumerate(times(sequence)):
        p, bits = known.get(t, (None, None))
        rows.append((name, names[answers.y[t]] if t in known else "?", p, bits, _likeliest(answers, t, names)))
    figures = [Table("", ("reads", "then", "p", "bits", "likeliest"), tuple(rows))]
    mean = [Tensor("bits a character, their mean", np.array(answers.mean_bits))] if known else []
    step = Step(
        "p_t",
        "which character comes next",
        "p_t = softmax(W h_t + b);  bits = −log2 p_t[the one that comes]",
        (*figures, *mean),
        "0 bits: it was sure, and right. 1 bit: as good as a coin that chooses between two." if known else "",
    )
    after = tuple((names[k], float(answers.p[-1, k])) for k in answers.likeliest[-1, :MOST_NEXT])
    result = Result(Table(f"what comes after t={len(rows)}", ("character", "p"), after))
    rules = _rules("p_t = softmax(W h_t + b), how likely each character is the next", story)
    return Trained(rules, (step,), result, ())


def hangs_on(gradients: Gradients, sequence: InputSequence, what: str) -> Step:
    """∂L/∂x_t of L = `what`: the steps where it is largest, and those that are marked, in order of time."""
    T, names, values = len(sequence.values), times(sequence), sequence.value_names or ()
    number = sequence.due is None
    first = T - gradients.back  # place of the first step that the way back reaches
    norms = gradients.x_norm
    largest = {int(place) for place in np.argsort(-norms, kind="stable")[:MOST_STEPS]}
    shown = sorted(largest | {t - 1 - first for t in sequence.marked if t > first})
    columns = ("", *(f"∂o/∂{value}" for value in values)) if number else ("", f"‖∂{what}/∂x_t‖")
    rows = tuple((names[first + at], *(_floats(gradients.x[at]) if number else [float(norms[at])])) for at in shown)
    marked = tuple(row for row, at in enumerate(shown) if first + at + 1 in sequence.marked)
    shown_of = f"{len(shown)} of {len(norms):,} steps: where it is largest, and the marked ones"
    return Step(
        f"∂{what}/∂x_t",
        "what the answer hangs on",
        f"L = {what}: ∂L/∂x_t says how far the answer moves if x_t is changed a little",
        (Table(shown_of, columns, rows, marked, whole=True),),
        "Of the sum itself ∂y/∂value is the mark: 1 where a step is marked, else 0." if number else "",
    )


def _sum(answer: NumberAnswer, T: int) -> Worked:
    """The largest products one by one, the others as one."""
    H = len(answer.h)
    first = answer.units if H <= MOST_TERMS + 2 else answer.units[:MOST_TERMS]
    terms = tuple(Term(f"h_{T}[{u}]", *map(float, (answer.h[u], answer.W[u], answer.products[u]))) for u in first)
    if len(first) == H:
        return Worked("o", (Part("W h", terms, answer.of_others(0)),), answer.answers[0].o, bias=answer.b)
    others = answer.of_others(len(first))
    label = f"{H - len(first):,} other units"
    units = ", ".join(str(u) for u in first)
    parts = (
        Part(f"units {units}", terms, answer.of_first(len(first))),
        Part(label, (Term(label, others, 1.0, others),), others),
    )
    return Worked("o", parts, answer.answers[0].o, bias=answer.b)


def _named(without: tuple[int, ...], sequence: InputSequence) -> str:
    return "without " + " and ".join(map(sequence.content, without)) if without else "all of x"


def _rules(answer: str, story: str) -> tuple[tuple[str, str], ...]:
    return ("answer", answer), ("trained", story)


def _likeliest(answers: SymbolAnswers, t: int, names: tuple[str, ...]) -> str:
    return ", ".join(f"{names[k]} {answers.p[t, k]:.0%}" for k in answers.likeliest[t, :MOST_LIKELY])


def _floats(values: np.ndarray) -> list[float]:
    return [float(value) for value in values]
