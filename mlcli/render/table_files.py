"""A lesson's table as a file: CSV with every number, Markdown and LaTeX as the terminal shows it."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from mlcli.files import refuse_existing, write_whole
from mlcli.lesson import Lesson, Table
from mlcli.render.show import Output, option
from mlcli.render.text import cell, safe

LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "±": r"$\pm$", "−": "$-$", "×": r"$\times$",
}  # fmt: skip


@dataclass(frozen=True)
class TableOutput(Output):
    """The options that every command shares, where --out takes the table too."""

    out: list[Path] = option(
        [],
        "Write the table to FILE: .csv (every digit), .md or .tex; or all that is told: .json, .txt, .svg, .html. "
        "May be repeated.",
        metavar="FILE",
    )

    def __post_init__(self) -> None:
        """See `Output`; the same of a table.

        Raises:
            InputError: see `Output`.
        """
        super().__post_init__()
        for path in self.tables:
            refuse_existing(path, self.force)

    @property
    def tables(self) -> list[Path]:
        """The files that the table goes to."""
        return [path for path in self.out if path.suffix.lower() in WRITERS]

    @property
    def lessons(self) -> list[Path]:
        """The files that the lesson goes to."""
        return [path for path in self.out if path not in self.tables]

    @property
    def known(self) -> str:
        """The suffixes that --out takes, as a hint."""
        return f"{super().known} {' '.join(WRITERS)}"

    def write_tables(self, lesson: Lesson) -> None:
        """The answer, or how it is drawn.

        Raises:
            RequestFailed: the system refused.
        """
        for path in self.tables:
            write_whole(path, WRITERS[path.suffix.lower()](lesson), self.force)


def _as_csv(lesson: Lesson) -> str:
    answer = lesson.result.answer
    assert isinstance(answer, Table)
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(answer.columns)
    rows.writerows(answer.rows)
    return text.getvalue()


def _shown(lesson: Lesson) -> tuple[Table, list[list[str]]]:
    table = next((figure for figure in lesson.result.drawn if isinstance(figure, Table)), lesson.result.answer)
    assert isinstance(table, Table)
    return table, [
        [safe(str(part)) if isinstance(part, tuple) else cell(part, 3) for part in row] for row in table.rows
    ]


def _as_markdown(lesson: Lesson) -> str:
    table, rows = _shown(lesson)
    lines = [list(table.columns), ["---"] * len(table.columns), *rows]
    written = (" | ".join(text.replace("|", r"\|") for text in line) for line in lines)
    return f"{_title(lesson)}\n\n" + "".join(f"| {line} |\n" for line in written)


def _as_latex(lesson: Lesson) -> str:
    table, rows = _shown(lesson)
    head, *body = [" & ".join(map(_latex, line)) + r" \\" for line in [list(table.columns), *rows]]
    return "\n".join(
        [
            f"% {_title(lesson)}",
            rf"\begin{{tabular}}{{{'l' * len(table.columns)}}}",
            r"\hline",
            head,
            r"\hline",
            *body,
            r"\hline",
            r"\end{tabular}",
            "",
        ]
    )


def _title(lesson: Lesson) -> str:
    return safe(f"mlcli {lesson.command}: {lesson.title}, seed {lesson.seed}")


def _latex(text: str) -> str:
    return "".join(LATEX.get(character, character) for character in text)


WRITERS = {".csv": _as_csv, ".md": _as_markdown, ".tex": _as_latex}
