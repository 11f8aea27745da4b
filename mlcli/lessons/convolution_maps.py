"""How the inputs, kernels and maps of a convolution are shown: numbers if they are few, else a picture."""

import numpy as np

from mlcli.core.convolution import Convolution
from mlcli.lesson import Figure, Picture, Result, Tensor, Values
from mlcli.lessons.windows import times

MOST_NUMBERS = 12  # rows and columns up to which a map is told in numbers, not as a picture
MOST_FILTERS = 3  # whose kernels and maps are shown


def map_figures(symbol: str, values: Values, name: str, channels: tuple[str, ...] = ()) -> tuple[Figure, ...]:
    """A stack of maps: in numbers if small, else as pictures of the first few.

    Args:
        channels: what each map is called, or empty.
    """
    if max(values.shape[1:]) <= MOST_NUMBERS:
        labels = (channels, None, None) if len(channels) == len(values) > 1 else ()
        return (Tensor(f"{name} {symbol}".strip(), values, ("c", "h", "w"), labels),)
    several = len(values) > 1
    named = [
        f", {channels[i]}" if i < len(channels) else f", channel {i}" if several else "" for i in range(len(values))
    ]
    more = f", the first {MOST_FILTERS} of {len(values)}" if len(values) > MOST_FILTERS else ""
    return tuple(
        Picture(f"{name} {symbol}{named[i] if several else ''}{more if i == 0 else ''}", values[i], *_range(values[i]))
        for i in range(min(len(values), MOST_FILTERS))
    )


def input_figure(record: Convolution, names: Values | None = None) -> Figure:
    """A; three channels of an image as its colours.

    Args:
        names: the letters of its cells, for the symbolic form.
    """
    A = record.A
    if max(A.shape[1:]) <= MOST_NUMBERS:
        return Tensor("input A", A, ("ci", "h", "w"), letters=names)
    if len(A) == 3:
        low, high, _ = _range(A)
        return Picture("input A, red green blue", np.moveaxis(A, 0, -1), low, high)
    return Picture("input A" + (f", channel 0 of {len(A)}" if len(A) > 1 else ""), A[0], *_range(A[0]))


def _range(values: Values) -> tuple[float, float, bool]:
    """What is drawn darkest and brightest, and whether the size counts in the place of the value."""
    low, high = float(values.min()), float(values.max())
    if 0 <= low and high <= 1:
        return 0.0, 1.0, False
    return (0.0, max(-low, high), True) if low < 0 else (low, high, False)


def kernel_figure(record: Convolution, filters: tuple[str, ...]) -> Figure:
    """A kernel that is the same for every channel is shown once; of many filters the first few."""
    W = record.W[:MOST_FILTERS]
    if bool(np.all(record.W == record.W[:1, :1])):
        what = [] if record.W.shape[1] == 1 else ["the same in each channel"]
        what += [] if len(record.W) == 1 else ["the same for each output channel"]
        return Tensor(", ".join(["kernel W", *what]), record.W[0, 0], ("m", "n"), sign="*")
    more = f", the first {MOST_FILTERS} of {len(record.W)} filters" if len(record.W) > MOST_FILTERS else ""
    if bool(np.all(W == W[:, :1])):
        same = ", the same in each channel" if W.shape[1] > 1 else ""
        return Tensor(f"kernel W{same}{more}", W[:, 0], ("co", "m", "n"), (filters[: len(W)], None, None))
    labels = (filters[: len(W)], None, None, None)
    return Tensor(f"kernel W{more}", W, ("co", "ci", "m", "n"), labels if len(W) > 1 else ())


def result_of(symbol: str, values: Values, filters: tuple[str, ...]) -> Result:
    """The answer: every number of it, and how it is best looked at."""
    one = len(values) == 1
    labels = () if one or len(filters) != len(values) else (filters, None, None)
    tensor = Tensor(symbol, values[0] if one else values, ("h", "w") if one else ("co", "h", "w"), labels)
    small = max(values.shape[1:]) <= MOST_NUMBERS
    return Result(tensor, () if small else map_figures(symbol, values, "feature map", filters))


def size_of(values: Values) -> str:
    """`3×5×7`."""
    return times(values.shape)
