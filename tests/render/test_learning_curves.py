import dataclasses
from pathlib import Path

import pytest

from mlcli.core.training import Published
from mlcli.render.learning_curves import write_plot
from tests.lessons.studies import study

BEGINNINGS = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


@pytest.mark.parametrize("suffix", BEGINNINGS)
def test_it_is_drawn_in_the_format_of_the_suffix_the_same_bytes_again(tmp_path: Path, suffix: str) -> None:
    for name in ("a", "b"):
        write_plot(study(), tmp_path / f"{name}{suffix}")
    first, again = ((tmp_path / f"{name}{suffix}").read_bytes() for name in ("a", "b"))
    assert first.startswith(BEGINNINGS[suffix])
    assert first == again
    assert b"date" not in first.lower()


def test_it_shows_every_run_and_what_is_what(tmp_path: Path) -> None:
    write_plot(study(), tmp_path / "a.svg")
    write_plot(study(1), tmp_path / "one.svg")
    text, one = ((tmp_path / name).read_text() for name in ("a.svg", "one.svg"))
    for word in ("training, with dropout", "weights kept", "accuracy", "loss", "train gat · cora · seed 0 of 3"):
        assert f"<!-- {word}" in text
    assert text.count("stroke-opacity: 0.3") > one.count("stroke-opacity: 0.3")


@pytest.mark.parametrize(("baseline", "times"), [(True, 1), (False, 0)])
def test_a_baseline_is_a_line_and_a_papers_result_is_none(tmp_path: Path, baseline: bool, times: int) -> None:
    published = Published(0.5, None, "guessing", "counted", baseline=baseline)
    write_plot(study(published=published), tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_text().count("<!-- baseline: guessing -->") == times


def test_where_the_score_is_the_loss_one_panel_is_enough(tmp_path: Path) -> None:
    same = study(1)
    [run] = same.runs
    epochs = tuple(dataclasses.replace(epoch, validation_score=epoch.validation_loss) for epoch in run.epochs)
    runs = (dataclasses.replace(run, epochs=epochs),)
    published = Published(0.5, None, "guessing", "counted", baseline=True)
    write_plot(dataclasses.replace(same, runs=runs, published=published), tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text()
    assert text.count("<!-- baseline: guessing -->") == text.count("<!-- weights kept -->") == 1


def test_a_name_is_never_taken_for_a_formula(tmp_path: Path) -> None:
    name = "$\\undefined{$ \x1b 図"
    write_plot(study(summary=dataclasses.replace(study().summary, name=name)), tmp_path / "a.png")
