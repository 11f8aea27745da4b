import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcli.render.text import cell, column, number, numbers, safe, to_ascii


@given(st.text())
def test_nothing_unprintable_is_left(text: str) -> None:
    assert safe(text).isprintable()


@given(st.text(st.characters(codec="ascii", exclude_categories=("Cc",))))
def test_plain_text_stays(text: str) -> None:
    assert safe(text) == text


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\nb\tc", r"a\nb\tc"),
        ("abc\u202edef", r"abc\u202edef"),
        ("\x9b2J", r"\x9b2J"),
        ("file\udcff", r"file\udcff"),
        ("[/red]", "[/red]"),
        ("Ω naïve 猫", "Ω naïve 猫"),
    ],
)
def test_what_could_drive_a_terminal_is_made_visible(raw: str, shown: str) -> None:
    assert safe(raw) == shown


@given(st.text())
def test_ascii_is_ascii(text: str) -> None:
    assert to_ascii(text).isascii()


def test_signs_keep_their_meaning_in_ascii() -> None:
    assert to_ascii("Σ A·W − α → ⌊5/2⌋ naïve 猫") == r"sum A*W - alpha -> floor(5/2) naive \u732b"


def test_cells_of_one_tensor_share_a_form() -> None:
    assert numbers(np.array([1.0, -20.0]), 3).tolist() == ["1", "-20"]
    assert numbers(np.array([1.0, 0.25]), 3).tolist() == ["1.000", "0.250"]
    assert numbers(np.array([[-0.0001, 2.5]]), 2).tolist() == [["0.00", "2.50"]]
    assert numbers(np.array([1e-9, 0.0]), 2).tolist() == ["1.00e-09", "0.00e+00"]
    assert numbers(np.array([np.nan, np.inf, -np.inf, 1.0]), 2).tolist() == ["nan", "inf", "-inf", "1"]


def test_single_numbers() -> None:
    assert [number(v, 2) for v in (3.0, 3.14159, -0.5, 1e-5, 123456789.5)] == [
        "3",
        "3.14",
        "-0.50",
        "1.0e-05",
        "1.23e+08",
    ]
    assert [cell(v, 2) for v in (None, "a\x1b", 1234567, 0.5)] == ["", r"a\x1b", "1,234,567", "0.50"]


def test_vectors_of_one_column_share_a_form() -> None:
    assert column([(1.0, -20.5), None, (0.25,), ()], 2) == ["(  1.00 -20.50)", "", "(  0.25)", "()"]
    assert column([tuple(range(6)), tuple(range(7))], 2) == ["(0 1 2 3 4 5)", "(0 1 2 3 … 6)"]
    assert column([tuple(range(7))], 2, most=4) == ["(0 1 … 6)"]
