import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

RHYME = "the cat sat on the mat; the rat sat on the cat. " * 23


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Saved networks that have seen little, a folder each; that of adding has learned to."""
    from mlcli.core.sequence_problems import Adding, Copying
    from mlcli.core.texts import Text
    from mlcli.training.sequence_settings import GRUSettings, LSTMSettings, RNNSettings

    short: dict[str, Any] = {"epochs": 2, "steps": 3}
    folder = tmp_path_factory.mktemp("runs")
    made = {
        "adding": (LSTMSettings(length=5, hidden=17, epochs=3, lr=0.03), Adding()),
        "copy": (GRUSettings(length=3, hidden=7, **short), Copying()),
        "text": (RNNSettings(length=5, hidden=7, layers=2, **short), Text("rhyme", RHYME)),
    }
    return {name: _saved(folder / name, *pair) for name, pair in made.items()} | {"gcn": _gcn(folder / "gcn")}


def _saved(folder: Path, settings: Any, data: Any) -> str:
    from mlcli.training.checkpoints import save
    from mlcli.training.fitting import train
    from mlcli.training.registry import task
    from mlcli.training.runs import study

    made = task(settings, data)
    outcome = train(made, 0, lambda epoch: None)
    save(folder, study(made, 1, [outcome]), outcome.run, outcome.weights, False)
    return str(folder)


def _gcn(folder: Path) -> str:
    from mlcli.datasets.loading import load
    from mlcli.training.graph_settings import GCNSettings

    return _saved(folder, GCNSettings(epochs=1), load("karate"))


def told(mlcli: Callable, *line: str) -> dict[str, Any]:
    ran = mlcli("rnn-unroll", "--weights", *line, "--json")
    assert ran.status == 0, ran.stderr
    return json.loads(ran.stdout)


def step_of(plain: dict[str, Any], title: str) -> dict[str, Any]:
    return next(step for step in plain["steps"] if title in step["title"])


def test_an_lstm_that_adds_holds_the_marked_numbers(mlcli: Callable, runs: dict[str, str]) -> None:
    plain = told(mlcli, runs["adding"], "--gradients", "--check", "--seed", "3")
    names = [check["name"] for check in plain["checks"]]
    assert names == [
        "the trained network, in torch and float32", "the trained network, in torch and float64", "torch.nn.LSTM",
        "torch.autograd",
    ]  # fmt: skip
    assert all(check["passed"] for check in plain["checks"])
    [[o, y, error]] = plain["result"]["values"]
    x = plain["inputs"][0]["values"]
    assert len(x) == 5 and y == pytest.approx(sum(value * mark for value, mark in x)) and error == o - y
    assert abs(error) < 0.15  # 1/6 is the mean square of one that always answers 1
    hangs = {row[0]: row[1:] for row in step_of(plain, "hangs on")["figures"][0]["rows"]}
    assert all((abs(by_value) > 0.5) == ("marked" in name) for name, (by_value, _) in hangs.items())
    [first, _] = [t for t, (_, mark) in enumerate(x, start=1) if mark]
    followed = step_of(plain, f"what v_{first} leaves in the memory")
    assert followed["figures"][2]["name"].endswith("through time") and "It is held" in followed["note"]
    assert [figure["kind"] for figure in followed["figures"]] == ["table", "curve", "table", "picture", "picture"]
    assert dict(plain["rules"])["trained"].startswith("on adding with --length 5, from seed 0: weights after epoch ")
    assert plain["seed"] == 3
    assert any(step["title"] == f"step {first} of 5" for step in plain["steps"])


def test_the_sum_written_out_is_the_answer(mlcli: Callable, runs: dict[str, str]) -> None:
    plain = told(mlcli, runs["adding"], "--steps", "7")
    worked, answers = step_of(plain, "what is answered")["figures"]
    assert sum(part["value"] for part in worked["parts"]) + worked["bias"] == pytest.approx(worked["total"])
    assert sum(len(part["terms"]) for part in worked["parts"]) == 7 and "11 other units" in worked["parts"][1]["label"]
    assert worked["total"] == pytest.approx(answers["rows"][0][1], rel=1e-10)
    assert len(plain["inputs"][0]["values"]) == 7


def test_numbers_and_marks_of_ones_own(mlcli: Callable, runs: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("0.5,1\n0.1,0\n0.3,1\n0.9,0\n")
    plain = told(mlcli, runs["adding"], str(tmp_path / "mine.csv"))
    assert plain["result"]["values"][0][1] == pytest.approx(0.8) and plain["seed"] is None
    assert "the sum of the marked values" in " ".join(plain["notice"]) and step_of(plain, "what v_1 leaves")
    np.save(tmp_path / "none.npy", np.array([[0.5, 0.0], [0.1, 0.0]]))
    plain = told(mlcli, runs["adding"], str(tmp_path / "none.npy"))
    assert len(step_of(plain, "what is answered")["figures"][1]["rows"]) == 1


def test_copied_symbols_beside_those_that_are_due(mlcli: Callable, runs: dict[str, str]) -> None:
    plain = told(mlcli, runs["copy"], "--check", "--gradients")
    assert all(check["passed"] for check in plain["checks"])
    [[due, answered, right]] = plain["result"]["values"]
    rows = step_of(plain, "last 10 steps")["figures"][0]["rows"]
    assert due.split() == [row[1] for row in rows] and answered.split() == [row[2] for row in rows]
    assert right == sum(row[1] == row[2] for row in rows)
    symbols = plain["inputs"][0]["labels"][0]
    assert [name.split()[1] for name in symbols[:10]] == due.split() and symbols[12] == "t=13 sign"
    assert len(symbols) == 23 and step_of(plain, "what x_1 leaves")


def test_a_text_in_the_characters_that_it_knows(mlcli: Callable, runs: dict[str, str]) -> None:
    plain = told(mlcli, runs["text"], "--text", "the mat", "--check", "--gradients", "--follow", "3")
    assert all(check["passed"] for check in plain["checks"]) and plain["seed"] is None
    assert f"alphabet space . ; {' '.join('acehmnorst')}" in " ".join(plain["read"])
    rows = step_of(plain, "which character comes next")["figures"][0]["rows"]
    assert [row[1] for row in rows] == ["h", "e", "space", "m", "a", "t", "?"] and rows[-1][2] is None
    assert [step["symbol"] for step in plain["steps"][2:4]] == ["Δ_t of l0", "Δ_t of l1"]
    assert [step["title"] for step in plain["steps"][:2]] == ["step 3 of 7 · l0", "step 3 of 7 · l1"]
    whole = told(mlcli, runs["text"], "--text", "the mat", "--steps", "4")
    assert [row[1] for row in step_of(whole, "which character")["figures"][0]["rows"]] == ["h", "e", "space", "m"]
    assert told(mlcli, runs["text"], "--text", "t")["result"]["figures"][0]["columns"] == ["character", "p"]


@pytest.mark.parametrize("line", [("adding",), ("copy",), ("text", "--text", "the cat sat on the mat")])
@pytest.mark.parametrize("width", [50, 80])
def test_it_fits_and_is_the_same_again(
    mlcli: Callable, runs: dict[str, str], line: tuple[str, ...], width: int
) -> None:
    name, *more = line
    given = ("rnn-unroll", "--weights", runs[name], *more, "--gradients", "--clip", "1", "--truncate", "3")
    ran = mlcli(*given, width=width)
    assert ran.status == 0 and max(map(len, ran.stdout.splitlines())) <= width
    assert mlcli(*given, width=width).stdout == ran.stdout
    assert "\x1b" not in ran.stdout


def test_its_weights_move_on_and_its_figures_are_drawn(mlcli: Callable, runs: dict[str, str], tmp_path: Path) -> None:
    file, plot = tmp_path / "w.npz", tmp_path / "memory.svg"
    plain = told(mlcli, runs["adding"], "--save-weights", str(file), "--plot", str(plot), "--at", "2,0")
    again = json.loads(mlcli("rnn-unroll", "--example", "adding", "--steps", "5", "--weights", str(file), "--at", "2,0",
                             "--json").stdout)  # fmt: skip
    state = [next(step for step in lesson["steps"] if step["symbol"] == "h_2[0]") for lesson in (plain, again)]
    assert state[0] == state[1]
    assert "the forget gate" in plot.read_text("utf-8")


def test_one_input_is_followed_through_weights_that_are_drawn(mlcli: Callable) -> None:
    plain = json.loads(mlcli("rnn-unroll", "--text", "hello", "--cell", "gru", "--follow", "2", "--json").stdout)
    followed = next(step for step in plain["steps"] if step["symbol"] == "Δ_t")
    assert followed["title"] == "what x_2 leaves in the memory" and "h_t with x_2 = 0" in followed["formula"]
    for t, *_, delta in followed["figures"][2]["rows"]:
        assert (delta == 0) == (t == "t=1 h")


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("adding", ("--text", "hello"), "--text: is not what a network reads that was trained on adding"),
        ("adding", ("--example", "sine"), "--example: is not what a network reads that was trained on adding"),
        ("adding", ("sample_data/sequence.csv",), "for 2 values a step, the sequence has 3"),
        ("adding", ("missing.csv",), "does not exist"),
        ("adding", ("missing.csv", "--example", "adding"), "give one of: a file, --example"),
        ("adding", ("--cell", "gru"), "the weights are of cell lstm"),
        ("adding", ("--hidden", "3"), "the weights are of hidden 17"),
        ("adding", ("--layers", "2"), "the weights are of layers 1"),
        ("adding", ("--bidirectional",), "one direction"),
        ("adding", ("--activation", "relu"), "an LSTM has its own"),
        ("adding", ("--steps", "1"), "at least 2 steps"),
        ("adding", ("--follow", "6"), "there is no step 6"),
        ("adding", ("--follow", "0"), "--follow"),
        ("adding", ("--compare",), "does not go with --compare"),
        ("adding", ("--at", "9,0"), "there is no step 9"),
        ("copy", ("sample_data/sequence.csv",), "FILE: is not what a network reads that was trained on copy-memory"),
        ("copy", ("--example", "adding"), "--example: is not what a network reads"),
        ("copy", ("--steps", "20"), "at least 21 steps"),
        ("text", (), "was trained on a text and reads one"),
        ("text", ("--text", ""), "no character"),
        ("text", ("--text", "the Cat"), '"C" is not in the alphabet that was learned'),
        ("text", ("--text", "the\x1b"), "is not in the alphabet"),
        ("text", ("--text", "the", "--example", "letters"), "--example: is not what a network reads"),
        ("text", ("--text", "the", "--steps", "4"), "ends at step 3, before 4"),
        ("gcn", (), "is a saved gcn, not one of rnn, gru, lstm"),
    ],
)
def test_what_a_run_does_not_read(
    mlcli: Callable, runs: dict[str, str], name: str, arguments: tuple[str, ...], message: str
) -> None:
    ran = mlcli("rnn-unroll", "--weights", runs[name], *arguments)
    assert (ran.status, ran.stdout) == (2, "")
    assert message in ran.stderr and len(ran.stderr.splitlines()) <= 2 and "\x1b" not in ran.stderr


def test_a_folder_that_is_no_run_and_one_that_is_damaged(mlcli: Callable, runs: dict[str, str], tmp_path: Path) -> None:
    ran = mlcli("rnn-unroll", "--weights", str(tmp_path))
    assert (ran.status, ran.stdout) == (2, "") and "is not a saved model" in ran.stderr
    damaged = tmp_path / "run"
    damaged.mkdir()
    for file in Path(runs["adding"]).iterdir():
        (damaged / file.name).write_bytes(file.read_bytes())
    (damaged / "model.safetensors").write_bytes(b"")
    ran = mlcli("rnn-unroll", "--weights", str(damaged))
    assert (ran.status, ran.stdout) == (2, "") and "is damaged" in ran.stderr
