import re

import numpy as np
import pytest

from mlcli.lesson import (
    Check,
    Curve,
    Figure,
    Graph,
    Lesson,
    Part,
    Picture,
    Result,
    Scatter,
    Series,
    Step,
    Table,
    Tensor,
    Term,
    Text,
    Tree,
    Worked,
)  # fmt: skip
from mlcli.render.json import document, dumps
from mlcli.render.page import Page
from mlcli.render.terminal import draw, draw_lesson
from tests.schema import validate

HOSTILE = "\x1b[31m[/red]\u202e"
LONG = "long" * 53
WORDS = ("the", "internationalisation", "漢字漢字", "antidisestablishmentarianism", HOSTILE, "of", "cat")

FIGURES: dict[str, Figure] = {
    "vector": Tensor("x", np.array([0.5, -1.25]), ("f",), (("left", HOSTILE),)),
    "matrix": Tensor("A", np.arange(6.0).reshape(2, 3), ("h", "w"), marked=((1, 2),)),
    "stack": Tensor("K", np.arange(12.0).reshape(2, 2, 3) / 8, ("ci", "h", "w")),
    "large": Tensor("L", np.arange(41.0 * 43).reshape(41, 43)),
    "words": Tensor("scores", np.arange(49.0).reshape(7, 7) / 64, ("t", "s"), (WORDS, WORDS)),
    "scalar": Tensor("s", np.array(0.125)),
    "infinite": Tensor("N", np.array([[np.nan, np.inf, -np.inf]])),
    "worked": Worked("B[0]", (Part("ci=0", (Term("a", 0.5, -2.0, -1.0), Term("b", 3.0, 1.0, 3.0)), 2.0),), 2.5, 0.5),
    "letters": Worked("B", (Part("", (Term("a", 1.0, 2.0, 2.0), Term("b", 2.0, -3.0, -6.0)), -4.0),), -4, letters=True),
    "after": Worked("h", (Part("", (Term("x", 1.0, 0.5, 0.5),), 0.5),), 0.5, after=("tanh", 0.4621)),
    "graph": Graph("G", ("A", HOSTILE, "C"), ((0, 1), (1, 2)), (0.25, 0.75), ("one", "two", "two"), marked_nodes=(0,)),
    "directed": Graph("D", ("A", "B"), ((0, 1),), directed=True, marked_edges=(0,)),
    "long names": Graph(LONG, (LONG, "B"), ((0, 1),), groups=(LONG, LONG)),
    "long tree": Tree("A", (1.0,), (Tree(LONG, (2.0,)),)),
    "long sum": Worked(LONG, (Part("", (Term("x", 1.0, 0.5, 0.5),), 0.5),), 0.5),
    "long scalar": Tensor(LONG, np.array(0.125)),
    "tree": Tree("A", (1.0, 2.0), (Tree("B", (0.5,), (Tree("D"),)), Tree(HOSTILE)), marked=True),
    "curve": Curve("loss", np.arange(7), (Series("train", 0.5 ** np.arange(7)),), "epoch", "", True, ((3, "best"),)),
    "empty curve": Curve("loss", np.array([]), (Series("train", np.array([])),), "epoch", "loss"),
    "scatter": Scatter("map", np.array([[0.0, 1], [2, 3], [5, 4]]), ("A", HOSTILE, LONG), ("x", "y", HOSTILE)),
    "picture": Picture("photo", np.linspace(0, 1, 19 * 23).reshape(19, 23)),
    "coloured": Picture("photo", np.linspace(0, 1, 90 * 130 * 3).reshape(90, 130, 3)),
    "signed": Picture("edges", np.linspace(-1, 1, 150 * 170).reshape(150, 170), signed=True),
    "table": Table("classes", ("name", "n", "share"), ((HOSTILE, 1234, 0.5), ("b", None, 0.25)), (0,)),
    "vectors": Table("messages", ("u", "c", "h_u"), ((HOSTILE, 0.5, (0.25, -1.0)), ("b", 1, (np.inf, 2.0)))),
    "wide table": Table("", tuple(f"column {i}" for i in range(11)), (tuple(range(11)),)),
    "text": Text("A sentence that is long enough to be wrapped on a narrow page, and then some more of it."),
}  # fmt: skip


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("colour", [True, False])
@pytest.mark.parametrize("name", FIGURES)
def test_no_line_is_wider_than_the_page_and_nothing_raw_reaches_it(name: str, colour: bool, width: int) -> None:
    lines = draw(FIGURES[name], Page(width=width, colour=colour))
    assert lines
    for line in lines:
        assert line.cell_len <= width, line.plain
        assert line.plain.isprintable()


@pytest.mark.parametrize("name", FIGURES)
def test_an_ascii_page_gets_ascii(name: str) -> None:
    for line in draw(FIGURES[name], Page(ascii=True)):
        assert line.plain.isascii(), line.plain


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_in_json_without_loss(name: str) -> None:
    figure = FIGURES[name]
    lesson = _lesson(figure)
    plain = document(lesson)
    validate(plain)
    [drawn] = plain["steps"][0]["figures"]
    assert drawn["kind"] == type(figure).__name__.lower()
    for attribute in ("values", "points", "x"):
        values = getattr(figure, attribute, None)
        if isinstance(values, np.ndarray):
            assert np.array_equal(np.array(drawn[attribute], dtype=float), values, equal_nan=True)
    assert dumps(plain).isascii()


def text_of(figure: Figure, width: int = 80) -> str:
    return "\n".join(line.plain for line in draw(figure, Page(width=width)))


def test_marked_cells_stand_in_brackets() -> None:
    assert text_of(FIGURES["matrix"]).splitlines()[1:] == ["       0   1   2 ", "       3   4  [5]"]


def test_what_is_left_out_of_a_large_tensor_is_said() -> None:
    text = text_of(FIGURES["large"])
    assert "(41×43)" in text and "left out" in text and "1762" in text


def test_long_names_of_columns_are_cut_before_a_column_is_left_out() -> None:
    heads, *rows = draw(FIGURES["words"], Page(width=80))[1:]
    assert "left out" not in "".join(row.plain for row in rows)
    assert "inte" in heads.plain and "internat" not in heads.plain
    assert {row.cell_len for row in rows} == {heads.cell_len}  # wide characters are counted as wide


def test_long_names_in_a_row_run_on_before_they_are_left_out() -> None:
    names = np.array([f"a name of\x1b[31m some length, {n}" for n in range(13)], dtype=object)
    walk = Tensor("walk", np.arange(13), ("turn",), (tuple("abcdefghijklm"),), names, ((5,),))
    lines = draw(walk, Page(width=60))
    text = " ".join(line.plain.strip() for line in lines)
    assert all(f" some length, {n}" in text for n in range(13)) and "left out" not in text
    assert re.search(r"f \[a name [^;]+ 5\];", text)
    assert all(line.cell_len <= 60 and line.plain.isprintable() for line in lines)


def test_a_sign_before_the_first_tensor_needs_room_too() -> None:
    W, Q = Tensor("W", np.ones((2, 31)), sign="X ×"), Tensor("Q", np.ones((2, 5)), sign="=")
    lesson = Lesson("title", "test", (), (), (Step("Q", "Q", "", (W, Q)),), Result(Q))
    for width in range(60, 100):
        lines = draw_lesson(lesson, Page(width=width))
        assert all(line.cell_len <= width for line in lines)


@pytest.mark.parametrize("width", [23, 40, 80])
def test_what_a_step_gives_goes_below_its_title_where_it_does_not_fit_beside(width: int) -> None:
    step = Step("P(x | t=Ann, v=Bob)", "step 2 of 7   from Bob, having come from Ann", "", ())
    lines = draw_lesson(Lesson("title", "test", (), (), (step,), Result(FIGURES["vector"])), Page(width=width))
    assert all(line.cell_len <= width for line in lines)
    assert step.symbol in " ".join(" ".join(line.plain for line in lines).split())


def test_sums_are_written_as_a_person_writes_them() -> None:
    assert text_of(FIGURES["worked"]).split("\n") == [
        "     B[0] = 0.500·(-2) + 3·1 = 2",
        "            2 + 0.500 (bias) = 2.500",
    ]
    assert "a×2 + b×(-3)" in text_of(FIGURES["letters"])
    assert "tanh → 0.462" in text_of(FIGURES["after"])


def test_signs_stand_between_tensors_if_they_fit_and_before_them_if_not() -> None:
    step = Step("C", "C", "", (Tensor("A", np.ones((2, 2))), Tensor("B", np.ones((2, 2)), sign="×")))
    lesson = Lesson("title", "test", (), (), (step,), Result(Tensor("C", np.ones((1, 1)))))
    wide = [line.plain for line in draw_lesson(lesson, Page(width=80))]
    narrow = [line.plain for line in draw_lesson(lesson, Page(width=14))]
    assert any(line.strip().startswith("1 1") and "×" in line for line in wide)
    assert any(line.strip() == "× B" for line in narrow)


def test_a_mean_would_let_signed_values_cancel() -> None:
    values = np.tile([[-1.0, 1.0]], (200, 100))
    assert "█" in text_of(Picture("edges", values, 0, 1, signed=True))


def test_the_lesson_is_told_in_order_and_a_failed_check_shows() -> None:
    text = "\n".join(line.plain for line in draw_lesson(_lesson(Text("figure")), Page()))
    order = [
        "test · title",
        "rule",
        "read",
        "input",
        "step one",
        "figure",
        "left",
        "result",
        "notice",
        "check",
        "next",
        "seed",
    ]
    places = [text.index(word) for word in order]
    assert places == sorted(places)
    assert "✗" in text


def _lesson(figure: Figure) -> Lesson:
    return Lesson(
        title="title", command="test", rules=(("rule", "y = x"),), read=("read as it was",), inputs=(Text("input"),),
        steps=(Step("y", "step one", "y = x", (figure,)),), left_out="3 left", result=Result(Tensor("y", np.ones(2))),
        notice=("something",), checks=(Check("another way", float("nan"), 1e-9),), next=("--more",), seed=0,
    )  # fmt: skip


def test_vectors_are_cut_before_a_table_becomes_a_list() -> None:
    row = tuple(i / 8 for i in range(11))
    table = Table("", ("u", "h_u", "m_u"), (("a", row, row),))
    assert "0.375 … 1.250)  (0.000" in text_of(table, width=90)
    assert "(0.000 0.125 … 1.250)" in text_of(table, width=70)
    assert "•" in text_of(table, width=50)


def test_several_texts_are_wrapped_before_a_table_becomes_a_list() -> None:
    names = ("Evelyn Jefferson", "Theresa Anderson", "Laura Mandeville")
    table = Table("", ("one", "cosine", "two", "cosine", "three"), ((names[0], 0.5, names[1], 0.25, names[2]),))
    assert text_of(table, width=74).count("\n") == 1
    wrapped = text_of(table, width=60)
    assert "Evelyn" in wrapped and "Theresa" in wrapped and "•" not in wrapped
    assert max(map(len, wrapped.splitlines())) <= 60
    assert "• one: Evelyn Jefferson, cosine 0.500, two:\n" in text_of(table, width=50)


def test_a_map_of_few_points_names_those_beside_which_there_is_room() -> None:
    def drawn(points: list[tuple[float, float]], *names: str) -> str:
        return text_of(Scatter("map", np.array(points), names), width=80)

    apart = drawn([(0, 0), (1, 0), (0.5, 1)], "Ann", "Bob", "Cid")
    assert "│* Ann" in apart and apart.endswith("Bob *") and "* Cid" in apart
    crowded = drawn([(0, 0), (0.017, 0), (0.034, 0), (1, 1)], "Ann", "Bob", "Cid", "Dee")
    assert "│*** Cid" in crowded and "Ann" not in crowded and "Bob" not in crowded
    assert crowded.endswith("(2 of 4 names left out)") and "left out" not in apart
    assert "漢" not in drawn([(0, 0), (1, 1)], "漢字", "Ann")  # wider than a cell of the frame
    many = [(float(i), float(i % 7)) for i in range(41)]
    assert "a7" in drawn(many[:40], *(f"a{i}" for i in range(40)))
    assert "a7" not in drawn(many, *(f"a{i}" for i in range(41)))


def test_many_points_are_counted_as_people_count() -> None:
    assert "(1,203 points)" in text_of(Scatter("map", np.zeros((1203, 2)), tuple(map(str, range(1203)))))


def test_a_small_graph_is_drawn_and_listed() -> None:
    graph = Graph("graph", ("hub", "a", "b", "c\x1b"), ((0, 1), (0, 2), (0, 3)))
    for width in (30, 80):
        text = "\n".join(line.plain for line in draw(graph, Page(width=width)))
        assert max(map(len, text.splitlines())) <= width
        picture, _, listed = text.partition("     hub –")
        assert all(name in picture for name in ("hub", "a", "b", "c\\x1b"))
        assert "··" in picture
        assert listed.split()[:3] == ["a,", "b,", "c\\x1b"]
    wide = Graph("graph", ("東京", "a"), ((0, 1),))
    assert "··" not in "\n".join(line.plain for line in draw(wide, Page()))
    assert "\x1b" not in text
