"""A lesson in the terminal: lines of text, laid out for a width, the same facts with and without colour.

Colour has one meaning everywhere: `TAKES_PART` the cells that take part now, `RESULT` the answer, `WARNING` what
went wrong. What colour says is said without it too: marked cells stand in brackets.
"""

from itertools import zip_longest
from typing import assert_never

from rich.console import Console
from rich.text import Text as Line

from mlcli.lesson import (
    Check,
    Curve,
    Figure,
    Graph,
    Lesson,
    Picture,
    Scatter,
    Step,
    Table,
    Tensor,
    Text,
    Tree,
    Worked,
)
from mlcli.render import plots
from mlcli.render.graphs import draw_graph, draw_tree
from mlcli.render.page import RESULT, TAKES_PART, WARNING, Page
from mlcli.render.sums import draw_worked
from mlcli.render.tables import draw_table
from mlcli.render.tensors import draw_row, draw_tensor
from mlcli.render.text import number


def draw_lesson(lesson: Lesson, page: Page) -> list[Line]:
    """The whole lesson, in the order of telling; an empty line between its sections."""
    answer = _figures(lesson.result.drawn or (lesson.result.answer,), page, apart=True)
    sections = [
        page.paragraph(f"{lesson.command} · {lesson.title}", "bold", ""),
        page.facts([*lesson.rules, *(("read", text) for text in lesson.read)]),
        _figures(lesson.inputs, page, apart=True),
        *(_step(step, page) for step in lesson.steps),
        page.paragraph(f"… {lesson.left_out}", "dim", "  ") if lesson.left_out else [],
        [page.line("  result", f"bold {RESULT}"), *answer] if lesson.steps else answer,
        [
            *page.facts(("notice", text) for text in lesson.notice),
            *(line for check in lesson.checks for line in _check(check, page)),
            *page.facts([("next", " · ".join(lesson.next))] if lesson.next else []),
            *page.facts([("seed", str(lesson.seed))] if lesson.seed is not None else []),
        ],
    ]
    told = [section for section in sections if section]
    return [line for i, section in enumerate(told) for line in ([Line()] if i else []) + section]


def _step(step: Step, page: Page) -> list[Line]:
    head = page.paragraph(step.title, "bold", "  ")
    if step.symbol not in step.title:
        symbol = page.line(f"   {step.symbol}", TAKES_PART)
        if head[-1].cell_len + symbol.cell_len <= page.width:
            head[-1].append_text(symbol)
        else:
            head += page.paragraph(step.symbol, TAKES_PART)
    formula = page.paragraph(step.formula, "dim") if step.formula else []
    note = page.paragraph(step.note) if step.note else []
    return [*head, *formula, *_figures(step.figures, page), *note]


def _check(check: Check, page: Page) -> list[Line]:
    verdict = "✓" if check.passed else f"✗ more than {number(check.tolerance, page.precision)}"
    text = f"{check.name}: {check.measure} {number(check.difference, page.precision)}  {verdict}"
    return page.facts([("check", text)], "" if check.passed else WARNING)


def _figures(figures: tuple[Figure, ...], page: Page, apart: bool = False) -> list[Line]:
    """Figures below each other, but tensors joined by signs (window × kernel = products) in a row if they fit.

    Args:
        apart: an empty line between them.
    """
    lines: list[Line] = []
    row: list[Tensor] = []
    for figure, following in zip_longest(figures, figures[1:]):
        if isinstance(figure, Tensor):
            row.append(figure)
            if isinstance(following, Tensor) and following.sign:
                continue
        lines += [Line()] if apart and lines else []
        lines += draw_row(row, page) if len(row) > 1 else draw(figure, page)
        row = []
    return lines


def draw(figure: Figure, page: Page) -> list[Line]:
    """One figure as lines, none wider than the page."""
    match figure:
        case Tensor():
            return draw_tensor(figure, page)
        case Worked():
            return draw_worked(figure, page)
        case Graph():
            return draw_graph(figure, page)
        case Tree():
            return draw_tree(figure, page)
        case Curve():
            return plots.curve(figure, page)
        case Scatter():
            return plots.scatter(figure, page)
        case Picture():
            return plots.picture(figure, page)
        case Table():
            return draw_table(figure, page)
        case Text():
            return [line for part in figure.text.split("\n") for line in page.paragraph(part)]
        case _:
            assert_never(figure)


def print_lesson(lesson: Lesson, console: Console, precision: int) -> None:
    """The lesson on a console, at the console's width, colours and encoding."""
    page = Page(width=console.width, precision=precision, ascii=not console.encoding.startswith("utf"),
                colour=console.color_system is not None and not console.no_color)  # fmt: skip
    for line in draw_lesson(lesson, page):
        line.rstrip()
        console.print(line, no_wrap=True, crop=False, overflow="ignore", highlight=False, markup=False, emoji=False)
