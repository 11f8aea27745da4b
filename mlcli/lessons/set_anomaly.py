"""How a set with an odd one out is told: the pictures, where each head looks, the scores, the answer and the truth."""

from collections.abc import Sequence

import numpy as np

from mlcli.core.attention_heads import looks_at, weights_of
from mlcli.core.attention_proofs import Shuffled
from mlcli.core.set_anomaly import Verdict, strip
from mlcli.lesson import Check, Lesson, Picture, Result, Step, Table
from mlcli.lessons.attention_heads import heads_step, more_heads
from mlcli.lessons.attention_steps import Names

ACROSS = 5  # pictures in a row
MOST_HEADS = 2


def tell_set(
    record: Verdict,
    pictures: np.ndarray,
    classes: Sequence[str],
    odd: int,
    shuffled: Shuffled,
    *,
    number: str,
    folder: str,
    head: int | None = None,
    checks: tuple[Check, ...] = (),
    seed: int,
) -> Lesson:
    """The lesson of one set.

    Args:
        pictures: (N, C, H, W), from 0 to 1.
        classes: of each picture; the network is not told.
        odd: the place of the odd one.
        number: which set it is: `test set 3 of 2,000`.
        head: the only one to show; None for the first few.
        seed: draws the other order, and the set where no number was given.
    """
    N = len(classes)
    tokens = tuple(f"{place}:{name}" for place, name in enumerate(classes))
    weights = weights_of(record.encoder, "self-attention")  # (L, H, N, N)
    L, H = weights.shape[:2]
    shown = tuple(range(min(H, MOST_HEADS))) if head is None else (head,)
    names = Names(tokens, tokens, shown, H)
    last = names.each_head(names.by_key("weights", weights[-1]))
    right = record.answer == odd
    found = f"{classes[record.answer]}, at place {record.answer}"
    rows = [(place, strip(pictures[place : place + ACROSS])) for place in range(0, N, ACROSS)]
    return Lesson(
        title=f"{number}: the odd one out by {folder}",
        command="attention",
        rules=(
            ("rule", "X[n] = flat(A_n) W_E + b_E,  scores = encoder(X) w,  the odd one = argmax scores"),
            ("order", "no positions: nothing says which place a picture has"),
            ("size", f"N = {N} pictures of {record.flat.shape[1]} pixels, d_model = {record.X.shape[1]}, {H} heads, "
                     f"L = {L} layers"),
            ("weights", f"learned, from {folder}; the pictures of this set were never in training"),
        ),
        inputs=(),
        steps=(
            Step("A", "A, the pictures: all of one class but one", "",
                 tuple(Picture(f"places {place} to {min(N, place + ACROSS) - 1}", values) for place, values in rows)),
            heads_step(weights, f"rows and columns of each map: places 0 to {N - 1}"),
            Step("odd", f"what each head makes of the odd one, {tokens[odd]}",
                 "others = the mean of weights[t][odd] over all t ≠ odd,  itself = weights[odd][odd]",
                 (Table("", ("layer", "head", "others give it", "it gives itself"),
                        tuple((look.layer, look.head, look.from_others, look.itself)
                              for look in looks_at(weights, odd))),),
                 f"A head that looked at all alike would give it 1/{N}."),
            Step("weights", f"layer {L}: where each picture (row) looks; a name is place:class",
                 "weights = softmax(Q Kᵀ / √d_k)", tuple(names.heat_map(w) for w in last)),
            Step("scores", "scores, and what softmax makes of them", "probabilities = exp(scores) / Σ exp(scores)",
                 (Table("", ("place", "class", "score", "probability", ""), _scored(record, classes, odd),
                        marked=(record.answer,)),)),
            Step("order", "the same set in another order",
                 "scores[order]: computed, then put into the order;  scores of A[order]: of the pictures in that order",
                 (Table("", ("order", "class", "scores[order]", "scores of A[order]"),
                        _reordered(shuffled, classes)),),
                 "The scores go with the pictures: without positions the encoder is permutation equivariant."),
        ),
        left_out=more_heads(H, shown, L),
        result=Result(Table("", ("answer", "probability", "the odd one", ""),
                            ((found, float(record.probabilities[record.answer]),
                              f"{classes[odd]}, at place {odd}", "right" if right else "wrong"),))),
        notice=(
            "The classes stand beside the pictures for you: the network sees pixels only, and was told the place "
            "of the odd one, never a class.",
        ),
        checks=(Check("the same set in another order", shuffled.difference, 1e-9), *checks),
        next=("--set 41", f"--head {H - 1}", "--plot heads.png", "--check (the same by torch)", "--json"),
        seed=seed,
    )  # fmt: skip


def _scored(record: Verdict, classes: Sequence[str], odd: int) -> tuple[tuple, ...]:
    told = {record.answer: "answer", odd: "odd"}
    if record.answer == odd:
        told[odd] = "odd, answer"
    return tuple(
        (place, name, float(record.scores[place]), float(record.probabilities[place]), told.get(place, ""))
        for place, name in enumerate(classes)
    )


def _reordered(shuffled: Shuffled, classes: Sequence[str]) -> tuple[tuple, ...]:
    both = (shuffled.out[:, 0], shuffled.shuffled_out[:, 0])
    return tuple(
        (int(place), classes[place], float(after), float(before))
        for place, after, before in zip(shuffled.order, *both, strict=True)
    )
