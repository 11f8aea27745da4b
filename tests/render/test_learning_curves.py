import dataclasses
from pathlib import Path

import pytest

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


def test_a_name_is_never_taken_for_a_formula(tmp_path: Path) -> None:
    name = "$\\undefined{$ \x1b 図"
    write_plot(study(summary=dataclasses.replace(study().summary, name=name)), tmp_path / "a.png")
