import dataclasses
import io
from collections.abc import Callable

import pytest
from rich.console import Console

from mlcli.core.training import Study
from mlcli.lesson import Lesson, Table
from mlcli.lessons.training import signed, tell
from mlcli.render.terminal import print_lesson
from tests.lessons.studies import PAPER, study


def drawn(lesson: Lesson, width: int = 80) -> str:
    page = io.StringIO()
    print_lesson(lesson, Console(file=page, width=width, color_system=None), 3)
    return page.getvalue()


def test_it_is_told_as_ever(golden: Callable[[str, str], None]) -> None:
    golden("train-gat", drawn(tell(study(), saved="runs/gat", further=("mlcli gnn-propagate --weights runs/gat",))))


def test_what_a_student_asks_is_answered() -> None:
    text = drawn(tell(study()))
    for fact in (
        "cora (2,708 nodes, 5,278 edges, 1,433 features, 3 classes)",
        "LeakyReLU(a_source · W h_u + a_target · W h_v), slope 0.2",
        "91,776",  # weights, all together
        "83.0 ± 1.0%",  # 82, 83, 84
        "83.0 ± 0.7%",
        "0.0 points against the published result: inside its deviation",
        "Worst pair: Theory taken for Neural Networks, 9 of 39",
        "[/red]",
    ):
        assert fact in text


@pytest.mark.parametrize("width", [40, 80, 200])
def test_it_fits_the_page(width: int) -> None:
    assert max(map(len, drawn(tell(study()), width).splitlines())) <= width


def told(made: Study) -> str:
    return drawn(tell(made))


def test_a_single_run_has_no_deviation() -> None:
    text = told(study(1))
    assert "82.0%" in text and "one run" in text and "±" not in text.split("result")[1].split("published")[0]
    assert "1 runs" not in text


def test_the_published_result_is_judged() -> None:
    outside = dataclasses.replace(PAPER, value=0.9)
    assert "−7.0 points against the published result: outside its deviation." in told(study(published=outside))
    assert "0.0 points against the published result." in told(
        study(published=dataclasses.replace(PAPER, deviation=None))
    )
    assert "published" not in told(study(published=None))


def test_changed_settings_are_named_beside_the_published_result() -> None:
    assert "Not the paper's settings: heads, lr." in told(study(changed=("heads", "lr")))


def test_gcn_has_its_own_rules() -> None:
    text = told(study(model="gcn"))
    assert "logits = Â ReLU(Â X W₁ + b₁) W₂ + b₂" in text
    assert "not fallen for 10" in text
    never = dataclasses.replace(study(model="gcn").description, stop="the last weights")
    assert "after 200 epochs; the last weights\n" in told(study(model="gcn", description=never))


def test_a_graph_of_strangers_is_told_so() -> None:
    summary = study().summary
    for share, by_chance, helps in [(0.5, 0.5, False), (0.55, 0.5, False), (0.2, 0.5, False), (0.4, 0.1, True)]:
        facts = {"homophily": share, "homophily by chance": by_chance}
        text = told(study(summary=dataclasses.replace(summary, facts=facts)))
        assert f"{share:.0%} of the edges join two nodes of one class, by chance {by_chance:.0%} would" in text
        assert ("hearing one's neighbours helps" in text) == helps != ("neighbours tell little" in text)
    assert "edges join" not in told(study(summary=dataclasses.replace(summary, facts={"homophily": None})))


def test_the_best_run_is_the_one_whose_curves_are_shown() -> None:
    lesson = tell(study())
    assert lesson.steps[0].symbol == "seed 0"  # all validate alike: the first
    (table,) = lesson.steps[1].figures
    assert isinstance(table, Table)
    assert table.marked == (0,)
    assert [row[0] for row in table.rows] == [0, 1, 2]


@pytest.mark.parametrize(("difference", "told"), [(-0.04, "0.0"), (0.04, "0.0"), (-0.06, "−0.1"), (12.34, "+12.3")])
def test_nothing_has_no_sign(difference: float, told: str) -> None:
    assert signed(difference, ".1f") == told
