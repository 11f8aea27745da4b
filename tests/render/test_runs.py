import dataclasses
import json
import math

import pytest

from mlcli.lesson import Check
from mlcli.render.json import dumps
from mlcli.render.runs import run_document
from tests.lessons.studies import study
from tests.schema import validate


@pytest.mark.parametrize("runs", [1, 3])
@pytest.mark.parametrize("model", ["gcn", "gat"])
def test_it_is_as_its_schema_says(model: str, runs: int) -> None:
    plain = run_document(study(runs, model), (Check("core", 1e-7, 1e-5),))
    validate(plain)
    assert json.loads(dumps(plain), parse_constant=pytest.fail) == plain


def test_it_holds_every_number() -> None:
    plain = run_document(study())
    assert plain["seeds"] == [0, 1, 2]
    assert plain["weights"]["total"] == 1433 * 64 + 64
    assert plain["result"]["test_score"] == pytest.approx(0.83)
    assert plain["result"]["deviation"] == pytest.approx(0.01)
    assert plain["result"]["published"]["inside"] is True
    assert plain["result"]["confusion"] == [[30, 9, 0], [3, 18, 0], [0, 6, 33]]
    assert plain["result"]["worst"] == {
        "label": 0,
        "cases": 39,
        "right": 30,
        "accuracy": 30 / 39,
        "taken": 1,
        "times": 9,
    }
    assert plain["runs"][1]["epochs"]["train_loss"] == [2 / i for i in range(1, 8)]
    assert plain["runs"][1]["kept"] == 5


def test_without_a_published_result_and_a_deviation_it_says_null() -> None:
    plain = run_document(study(1, published=None))
    validate(plain)
    assert plain["result"]["published"] is None
    assert plain["result"]["deviation"] is None


def test_a_difference_that_is_no_number_is_spelled() -> None:
    plain = run_document(study(), (Check("core", math.nan, 1e-5),))
    validate(plain)
    assert json.loads(dumps(plain), parse_constant=pytest.fail)["checks"][0]["difference"] == "nan"


def test_every_epoch_field_is_there() -> None:
    epochs = run_document(study())["runs"][0]["epochs"]
    assert list(epochs) == [field.name for field in dataclasses.fields(study().runs[0].epochs[0])]
