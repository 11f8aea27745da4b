"""How all heads of all layers are shown at a glance: a small map for each."""

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.attention_heads import maps
from mlcli.lesson import Picture, Step


def heads_step(weights: Float[NDArray[np.float64], "L H T S"], axes: str, what: str = "self-attention") -> Step:
    """One picture, a row for each layer, a column for each head.

    Args:
        axes: what the rows and columns of each map are.
        what: whose weights these are.
    """
    L, H = weights.shape[:2]
    layers = "one layer" if L == 1 else f"layers 1 to {L} from top to bottom"
    heads = "one head" if H == 1 else f"heads 0 to {H - 1} from left to right"
    return Step("heads", f"{what}, all heads: {layers}, {heads}", axes,
                (Picture(f"weights of each head, {what}", maps(weights), 0.0, float(weights.max())),))  # fmt: skip


def more_heads(H: int, shown: tuple[int, ...], L: int) -> str:
    """How many of the last layer are not shown large, and how to see one."""
    more = [h for h in range(H) if h not in shown]
    return f"{len(more)} more head{'s' if len(more) > 1 else ''} of layer {L}: --head {more[0]}" if more else ""
