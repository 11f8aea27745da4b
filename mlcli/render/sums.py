"""Sums of products in the terminal, as a person writes them."""

from rich.text import Text as Line

from mlcli.lesson import Worked
from mlcli.render.page import Page
from mlcli.render.text import number, safe


def draw_worked(worked: Worked, page: Page) -> list[Line]:
    """Letters first if there are any, then a line of products for each part, then their sum."""
    p = page.precision
    symbol = safe(worked.symbol)
    several = len(worked.parts) > 1
    rows: list[tuple[str, str]] = []
    if worked.letters:
        terms = [f"{safe(t.label)}×{_bracketed(t.coefficient, p)}" for part in worked.parts for t in part.terms]
        rows.append((f"{symbol} =", " + ".join(terms)))
    for part in worked.parts:
        products = " + ".join(f"{_bracketed(t.value, p)}·{_bracketed(t.coefficient, p)}" for t in part.terms)
        if not part.terms:  # what is not written out
            rows.append((f"{safe(part.label)}:", number(part.value, p)))
            continue
        head = f"{safe(part.label)}:" if several else "=" if worked.letters else f"{symbol} ="
        rows.append((head, products + (f" = {number(part.value, p)}" if several or worked.bias is not None else "")))
    total = number(worked.total, p)
    if several or worked.bias is not None:
        sums = [_bracketed(part.value, p) for part in worked.parts]
        bias = [] if worked.bias is None else [f"{_bracketed(worked.bias, p)} (bias)"]
        rows.append(("sum:" if several or worked.letters else "", " + ".join(sums + bias) + f" = {total}"))
    else:
        head, products = rows[-1]
        rows[-1] = (head, f"{products} = {total}")
    if worked.after:
        rows.append(("", f"{worked.after[0]} → {number(worked.after[1], p)}"))
    return page.equations(rows)


def _bracketed(value: float, precision: int) -> str:
    text = number(value, precision)
    return f"({text})" if text.startswith("-") else text
