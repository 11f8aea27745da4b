import json
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved transformer that has hardly learned anything."""
    from mlcli.training.checkpoints import save
    from mlcli.training.fitting import train
    from mlcli.training.runs import study
    from tests.training.test_sequence_pairs import small

    made = small("reverse")
    outcome = train(made, 0, lambda epoch: None)
    folder = tmp_path_factory.mktemp("runs") / "reverse"
    save(folder, study(made, 1, [outcome]), outcome.run, outcome.weights, False)
    return folder


def test_a_saved_transformer_answers(mlcli: Callable, run: Path) -> None:
    ran = mlcli("attention", "--weights", str(run), "3 1 4", "--check", "--json")
    assert ran.status == 0, ran.stderr
    plain = json.loads(ran.stdout)
    assert plain["checks"][0]["passed"]
    [[x, y, due]] = plain["result"]["values"]
    assert (x, due) == ("3 1 4", "4 1 3") and y == due
    assert [step["symbol"] for step in plain["steps"]] == ["encoder", "y", "cross"]
    looks = plain["steps"][2]["figures"][0]["values"]
    assert [row.index(max(row)) for row in looks] == [2, 1, 0]
    alone = mlcli("attention", "--weights", str(run), "3 1 4", "--head", "1").stdout
    assert "weights, head 1" in alone and "weights, head 0" not in alone


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("3 x",), 'the model knows no "x"'),
        ((" ",), "the text holds no word"),
        ((), "takes a sentence of its symbols"),
        (("3", "--heads", "2"), "takes a sentence of its symbols"),
        (("3", "--head", "2"), "there is no head 2"),
        (("3 " * 65,), "65 symbols are too many"),
        (("3", "--prove", "hull"), "--weights: is for a single attention"),
    ],
)
def test_what_a_saved_transformer_cannot_answer(mlcli: Callable, run: Path, arguments: tuple, message: str) -> None:
    ran = mlcli("attention", "--weights", str(run), *arguments)
    assert (ran.status, ran.stdout) == (2, "")
    assert message in ran.stderr


def test_a_folder_that_is_no_run(mlcli: Callable, tmp_path: Path) -> None:
    ran = mlcli("attention", "--weights", str(tmp_path), "3 1")
    assert ran.status == 2 and "is not a saved model" in ran.stderr
