"""How the learning rate changes while a model is trained.

    constant   lr_t = lr
    cosine     lr_t = lr · (1 + cos(π t / T)) / 2
    step       lr_t = lr · 0.1 from T/2 on, lr · 0.01 from 3T/4 on
    warm-up    in the first w steps lr_t = lr · (t + 1) / w; the others count their t and T from there

Symbols: t steps done, T steps in all, w steps of warm-up.
Source: Loshchilov & Hutter, SGDR, ICLR 2017, equation 5 without restarts; warm-up as in Goyal et al. 2017, section 2.2.
"""

import math
from typing import Literal

Schedule = Literal["constant", "cosine", "step"]


def share_of_rate(schedule: Schedule, t: int, T: int, w: int = 0) -> float:
    """lr_t / lr.

    >>> [share_of_rate("cosine", t, 4) for t in (0, 2)], share_of_rate("step", 3, 4), share_of_rate("cosine", 0, 9, 4)
    ([1.0, 0.5], 0.01, 0.25)
    """
    if t < w:
        return (t + 1) / w
    done = (t - w) / max(1, T - w)
    match schedule:
        case "constant":
            return 1.0
        case "cosine":
            return (1 + math.cos(math.pi * done)) / 2
        case "step":
            return 0.01 if done >= 3 / 4 else 0.1 if done >= 1 / 2 else 1.0
