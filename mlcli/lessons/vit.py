"""How a trained ViT's answer is told: the picture in patches, the tokens, where each head looks, the classes."""

import numpy as np

from mlcli.core.attention_heads import class_looks, maps, weights_of
from mlcli.core.multi_head_attention import MultiHead
from mlcli.core.vit import Sight
from mlcli.lesson import Check, Figure, Lesson, Picture, Result, Step, Table
from mlcli.lessons.attention_heads import heads_step, more_heads
from mlcli.lessons.attention_input import drawn, rows
from mlcli.lessons.attention_steps import Names, weights_step

MOST_HEADS = 2


def tell_sight(
    record: Sight,
    classes: tuple[str, ...],
    *,
    source: str,
    read: tuple[str, ...],
    folder: str,
    head: int | None = None,
    checks: tuple[Check, ...] = (),
) -> Lesson:
    """The lesson of one picture.

    Args:
        classes: what the network can answer.
        head: the only one to show in full; None for the first few.
    """
    C, height, width = record.A.shape
    N, P = len(record.patches), record.patches.shape[2]
    grid = (height // P, width // P)
    tokens = ("class", *(f"{r},{c}" for r in range(grid[0]) for c in range(grid[1])))
    weights = weights_of(record.encoder, "self-attention")  # (L, H, N + 1, N + 1)
    L, H = weights.shape[:2]
    shown = tuple(range(min(H, MOST_HEADS))) if head is None else (head,)
    work = record.encoder.layers[-1][0].work
    assert isinstance(work, MultiHead)
    order = np.argsort(-record.probabilities, kind="stable")
    likeliest = classes[order[0]]
    return Lesson(
        title=f"{source}: the answer of {folder}, a trained ViT",
        command="attention",
        rules=(
            ("rule", "X = [class; flat(patch_n) W_E + b_E] + positions"),
            ("rule", "logits = encoder(X)[class] W + b,  probabilities = softmax(logits)"),
            ("size", f"{N} patches of {P}×{P} pixels and a class token: T = {N + 1}, d_model = {record.X.shape[1]}, "
                     f"{H} heads, L = {L} layers"),
            ("weights", f"learned, from {folder}"),
        ),
        inputs=(),
        read=read,
        steps=(
            Step("A", f"A, the picture, and its {grid[0]} × {grid[1]} patches",
                 f"patch_n = A[:, r·{P} : (r+1)·{P}, c·{P} : (c+1)·{P}],  n = {grid[1]} r + c", _cut(record, grid)),
            Step("flat", f"flat: each patch laid out as {C * P * P} numbers, from −1 (black) to 1 (white)",
                 "flat[n] = patch_n, channel by channel and row by row", (rows("flat", record.flat, tokens[1:]),)),
            Step("X", "X: the class token and the projected patches, each with the position that it has learned",
                 "X = [class; flat W_E + b_E] + positions", (rows("X", record.X, tokens),)),
            heads_step(class_looks(weights, *grid), "each map: the patches, where they lie in the picture",
                       "where the class token looks"),
            Step("weights", f"layer {L}: where each token (row) looks", "weights = softmax(Q Kᵀ / √d_k)",
                 tuple(figure for figure in weights_step(work.heads, Names(tokens, tokens, shown, H), grid).figures
                       if isinstance(figure, Picture))),
            Step("logits", "logits, and what softmax makes of them",
                 "logits = encoder(X)[class] W + b,  probabilities = exp(logits) / Σ exp(logits)",
                 (Table("", ("class", "logit", "probability"),
                        tuple((name, float(record.logits[k]), float(record.probabilities[k]))
                              for k, name in enumerate(classes)), marked=(int(order[0]),)),)),
        ),
        left_out=more_heads(H, shown, L),
        result=Result(Table("", ("answer", "probability", "next likely", "probability "),
                            ((likeliest, float(record.probabilities[order[0]]), classes[order[1]],
                              float(record.probabilities[order[1]])),))),
        notice=(
            "The class token is asked for the answer: only what the layers have carried to it counts.",
            "It answers with one of its classes, whatever the picture shows.",
        ),
        checks=checks,
        next=(f"--head {H - 1}", "--plot heads.png", "--check (the same by torch)", "--json"),
    )  # fmt: skip


def _cut(record: Sight, grid: tuple[int, int]) -> tuple[Figure, ...]:
    """The picture; of a grey one also its patches, with lines between them."""
    whole = drawn("A", record.A)
    if len(record.A) > 1:
        return (whole,)
    patches = record.patches[:, 0].reshape(*grid, *record.patches.shape[2:])
    return whole, Picture("A, cut into patches", maps(patches), -1.0, 1.0)
