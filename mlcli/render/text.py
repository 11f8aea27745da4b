"""Text and numbers as a terminal may show them: nothing from a file gets there raw."""

import math
import unicodedata
from collections.abc import Sequence

import numpy as np

from mlcli.lesson import Cell, Values

# What a console that knows ASCII only gets for the signs of the formulas; user text that is not ASCII is escaped.
ASCII = {
    "·": "*", "×": "x", "−": "-", "±": "+-", "÷": "/", "√": "sqrt", "Σ": "sum", "σ": "sigma", "α": "alpha",
    "∈": "in", "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "→": "->", "←": "<-", "↔": "<->", "…": "...", "✓": "ok",
    "✗": "FAILED", "⌊": "floor(", "⌋": ")", "‖": "||", "∂": "d", "∘": "*", "ᵀ": "^T", "²": "^2", "½": "1/2", "∞": "inf",
    "Â": "A^", "ε": "eps", "λ": "lambda", "β": "beta", "γ": "gamma", "Δ": "Delta", "█": "#", "▌": "=", "•": "*",
    "━": "=", "─": "-", "│": "|", "└": "`", "┌": "+", "┐": "+", "┘": "+", "├": "|", "∑": "sum", "∏": "prod", "°": "deg",
    "↓": "v", "↑": "^", "∙": ".", "φ": "phi", "ρ": "rho", "’": "'", "“": '"', "”": '"', "–": "-",
}  # fmt: skip

MOST_IN_A_VECTOR, LEAST_IN_A_VECTOR = 6, 4  # numbers of one that stands in a line; beyond, the middle is left out


def safe(text: str) -> str:
    r"""`text` with every control, escape, bidi and unprintable character made visible: ESC becomes \x1b."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def to_ascii(text: str) -> str:
    """`text` in ASCII: signs by the table above, accents dropped, the rest escaped."""
    if text.isascii():
        return text
    return "".join(c if c.isascii() else ASCII.get(c) or _without_accent(c) for c in text)


def _without_accent(character: str) -> str:
    bare = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return bare or character.encode("unicode_escape").decode()


def number(value: float, precision: int) -> str:
    """One number alone: a whole one without a point, others rounded, tiny and huge ones with an exponent.

    >>> number(411.0, 3), number(-2.93456, 3), number(4.4e-16, 3), number(float("nan"), 3)
    ('411', '-2.935', '4.4e-16', 'nan')
    """
    if not math.isfinite(value):
        return str(float(value))
    if value == int(value) and abs(value) < 1e7:
        return str(int(value))
    if 10**-precision <= abs(value) < 1e7:
        return f"{value:.{precision}f}"
    return f"{value:.1e}" if abs(value) < 1 else f"{value:.{precision}e}"


def numbers(values: Values, precision: int) -> Values:
    """The cells of one tensor, all in one form, so that their points stand below each other."""
    values = np.asarray(values)
    if values.dtype.kind in "US":
        return values.astype(object)
    finite = np.abs(values[np.isfinite(values)].astype(float))
    largest = finite.max(initial=0.0)
    if np.all(finite == np.floor(finite)) and largest < 1e7:
        form = "{:.0f}"
    elif largest >= 1e6 or 0 < largest < 10**-precision:
        form = f"{{:.{precision}e}}"
    else:
        form = f"{{:.{precision}f}}"
    cells = [_without_minus_zero(form.format(v)) if math.isfinite(v) else str(v) for v in values.ravel().tolist()]
    return np.array(cells, dtype=object).reshape(values.shape)


def _without_minus_zero(text: str) -> str:
    return text.removeprefix("-") if float(text) == 0 else text


def vectors(rows: Sequence[tuple[float, ...]], precision: int, most: int = MOST_IN_A_VECTOR) -> list[str]:
    """Each as `(0.300 -1.200)`, all in one form, so that their points stand below each other."""
    ends = [row if len(row) <= most else (*row[: most - 2], row[-1]) for row in rows]
    cells = numbers(np.array([value for row in ends for value in row]), precision).tolist()
    width = max(map(len, cells), default=0)
    written = iter(cells)
    texts = []
    for row, end in zip(rows, ends, strict=True):
        parts = [next(written).rjust(width) for _ in end]
        texts.append(f"({' '.join(parts if end is row else [*parts[:-1], '…', parts[-1]])})")
    return texts


def column(values: Sequence[Cell], precision: int, most: int = MOST_IN_A_VECTOR) -> list[str]:
    """A table's column of cells.

    Args:
        most: numbers of a vector; beyond, its middle is left out.
    """
    written = iter(vectors([value for value in values if isinstance(value, tuple)], precision, most))
    return [next(written) if isinstance(value, tuple) else cell(value, precision) for value in values]


def cell(value: str | int | float | None, precision: int) -> str:
    """A table's cell: None is empty, whole numbers have their thousands set apart."""
    if value is None:
        return ""
    if isinstance(value, str):
        return safe(value)
    return f"{value:,}" if isinstance(value, int) else number(value, precision)
