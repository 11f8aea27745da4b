import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mlcli.core.errors import InputError
from mlcli.lesson import Curve, Lesson, Result, Scatter, Series, Step, Table, Tensor
from mlcli.render.plot_files import refuse_plot, write_plot

BEGINNINGS = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}
CURVE = Curve(
    "how it fades",
    np.arange(3),
    (Series("‖∂L/∂h_t‖", np.array([1.0, 0.0, 1e-9])), Series("the $bound", np.ones(3), reference=True)),
    "distance",
    "norm",
    log_y=True,
    marks=((2, "end"),),
)
SCATTER = Scatter("nodes", np.eye(2), ("Ann", "Ben"), ("a", "b"))


def lesson(*figures) -> Lesson:
    answer = Result(Tensor("h", np.zeros(2)))
    return Lesson("a title", "rnn-unroll", (), (), (Step("s", "a step", "", figures),), answer)


@pytest.mark.parametrize("suffix", BEGINNINGS)
def test_it_is_drawn_in_the_format_of_the_suffix_the_same_bytes_again(tmp_path: Path, suffix: str) -> None:
    for name in ("a", "b"):
        write_plot(lesson(CURVE, SCATTER), tmp_path / f"{name}{suffix}")
    first, again = ((tmp_path / f"{name}{suffix}").read_bytes() for name in ("a", "b"))
    assert first.startswith(BEGINNINGS[suffix]) and first == again


def test_every_name_is_in_it_as_it_is_written(tmp_path: Path) -> None:
    write_plot(lesson(CURVE, Table("", ("a",), ()), SCATTER), tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text()
    for name in ("how it fades", "‖∂L/∂h_t‖", "the $bound", "distance", "norm", "end", "nodes", "Ann", "a title"):
        assert f"{name} -->" in text
    assert "stroke-dasharray" in text


def test_names_that_would_lie_over_an_earlier_one_are_left_out(tmp_path: Path) -> None:
    near = np.array([[0, 0], [0.001, 0], [1, 1], [1, 0.5], [1.001, 1]])
    crowded = Scatter("nodes", near, ("Ann", "Ben", "Cid", "Dee", "Eve"))
    for name in ("a", "b"):
        write_plot(lesson(SCATTER, crowded), tmp_path / f"{name}.svg")
    text = (tmp_path / "a.svg").read_text()
    assert text == (tmp_path / "b.svg").read_text()
    times = {name: text.count(f"<!-- {name} -->") for name in crowded.labels}
    assert times == {"Ann": 2, "Ben": 1, "Cid": 1, "Dee": 1, "Eve": 0}  # Ann and Ben in the other panel too
    assert "nodes; 2 of 5 names left out, where there is no room -->" in text


def test_a_panel_for_each_figure(tmp_path: Path) -> None:
    heights = []
    for figures in ((CURVE,), (CURVE, SCATTER, CURVE)):
        write_plot(lesson(*figures), tmp_path / "a.png", force=True)
        heights.append(Image.open(io.BytesIO((tmp_path / "a.png").read_bytes())).height)
    assert heights[1] == 3 * heights[0]


def test_a_lesson_without_a_figure_to_draw(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to draw"):
        write_plot(lesson(Table("", ("a",), ())), tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


def test_names_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "there.png").write_text("")
    for name, message in (("a.gif", "suffix"), ("there.png", "exists already"), ("no/a.png", "does not exist")):
        with pytest.raises(InputError, match=message):
            refuse_plot(tmp_path / name, force=False)
    refuse_plot(tmp_path / "there.png", force=True)
