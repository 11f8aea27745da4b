from pathlib import Path

import numpy as np
import pytest

from mlcli.lesson import Lesson, Picture, Result, Step, Text
from mlcli.render.heat_maps import heat_map
from mlcli.render.page import Page
from mlcli.render.plot_files import write_plot
from mlcli.render.terminal import draw

VALUES = np.array([[1.0, 0.0, 0.3], [0.0, 0.6, 0.5]])
FIGURE = Picture("weights", VALUES, labels=(("Ada", "a longer name"), ("x", "yyy", "\x1b[2Jz")))


def test_a_row_for_each_row_with_its_name() -> None:
    lines = [line.plain.rstrip() for line in draw(FIGURE, Page(60))]
    assert lines == [
        "     weights, as shades (2×3; dark is 0, bright 1)",
        "                        x    yyy \\x1b[…",
        "     Ada           ██████        ░░░░░░",
        "     a longer name        ▓▓▓▓▓▓ ▒▒▒▒▒▒",
    ]


def test_ascii_and_colour_show_the_same_cells() -> None:
    ascii_lines = [line.plain for line in draw(FIGURE, Page(60, ascii=True))]
    assert "@@@@@@" in ascii_lines[2] and all(line.isascii() for line in ascii_lines)
    [_, _, first, _] = draw(FIGURE, Page(60, colour=True))
    assert "rgb(255,255,255)" in next(str(span.style) for span in first.spans if "on" in str(span.style))


def test_a_page_too_narrow_for_names_gets_a_plain_picture() -> None:
    wide = Picture("weights", np.eye(29), labels=(tuple(map(str, range(29))),) * 2)
    assert heat_map(wide, Page(60)) == []
    assert "as shades" not in draw(wide, Page(60))[0].plain
    assert all(line.cell_len <= 60 for line in draw(wide, Page(60)))


@pytest.mark.parametrize("values", [VALUES, np.stack([VALUES] * 3, axis=2)])
def test_pictures_are_drawn_into_files(tmp_path: Path, values: np.ndarray) -> None:
    figure = Picture("a $b", values, labels=FIGURE.labels if values.ndim == 2 else ())
    lesson = Lesson("t", "attention", (), (), (Step("w", "w", "", (figure,)),), Result(Text("x")))  # type: ignore[arg-type]
    write_plot(lesson, tmp_path / "one.png")
    write_plot(lesson, tmp_path / "two.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert (tmp_path / "one.png").read_bytes()[:4] == b"\x89PNG"
