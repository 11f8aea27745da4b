import json
from collections.abc import Callable
from pathlib import Path

import pytest

HELLO = ("rnn-unroll", "--text", "hello", "--cell", "lstm", "--hidden", "2")


def test_hello_in_the_terminal(mlcli: Callable, golden: Callable) -> None:
    ran = mlcli(*HELLO)
    golden("rnn-unroll-hello", ran.stdout)
    assert "alphabet e h l o" in ran.stdout
    assert "i 16 + f 16 + g 16 + o 16 = 64" in " ".join(ran.stdout.split())
    assert "c_t = f_t ∘ c_{t−1} + i_t ∘ g_t" in ran.stdout
    assert "3 more steps" in ran.stdout and ran.stderr == ""


def test_gradients_in_the_terminal(mlcli: Callable, golden: Callable) -> None:
    ran = mlcli("rnn-unroll", "sample_data/sequence.csv", "--gradients")
    golden("rnn-unroll-gradients", ran.stdout)
    assert "largest singular value of W_hh = 0.925" in ran.stdout and "it must vanish" in " ".join(ran.stdout.split())
    checked = mlcli("rnn-unroll", "sample_data/sequence.csv", "--gradients", "--check").stdout
    assert "torch.nn.RNN: " in checked and "torch.autograd: " in checked and checked.count("✓") == 2


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_one_cell_of_the_state_written_out(mlcli: Callable, cell: str) -> None:
    ran = mlcli("rnn-unroll", "--text", "hello", "--cell", cell, "--at", "4,2", "--check", "--json")
    plain = json.loads(ran.stdout)
    state = next(step for step in plain["steps"] if step["symbol"] == "h_4[2]")["figures"][0]
    value = state["after"][1] if state["after"] else state["total"]
    assert value == pytest.approx(plain["result"]["values"][3][2], abs=1e-14)
    assert all(check["passed"] for check in plain["checks"]) and len(plain["checks"]) == 2
    gates = {"rnn": 1, "gru": 5, "lstm": 6}[cell]
    assert len(plain["steps"]) == gates + 1  # and what is remembered
    labels = [term["label"] for term in plain["steps"][0]["figures"][0]["parts"][0]["terms"]]
    assert labels == ["e", "h", "l", "o"]


def test_every_gate_of_a_step_is_in_the_json(mlcli: Callable) -> None:
    plain = json.loads(mlcli(*HELLO, "--show", "5", "--json").stdout)
    rows = {}
    for figure in plain["steps"][4]["figures"][1:]:
        rows |= dict(zip(figure["labels"][0], figure["values"], strict=True))
    names = ["h_4", "c_4", "a_i", "a_f", "a_g", "a_o", "i", "f", "g", "o", "c_5", "tanh(c_5)", "h_5"]
    assert list(rows) == names
    for unit in range(2):
        kept = rows["f"][unit] * rows["c_4"][unit] + rows["i"][unit] * rows["g"][unit]
        assert rows["c_5"][unit] == pytest.approx(kept, abs=1e-15)
    assert rows["h_5"] == plain["result"]["values"][4]
    assert plain["left_out"] == "" and plain["seed"] == 0


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("example", ["adding", "sine"])
def test_the_examples(mlcli: Callable, cell: str, example: str) -> None:
    line = ("rnn-unroll", "--example", example, "--cell", cell, "--steps", "7", "--gradients", "--check", "--json")
    printed = mlcli(*line, "--seed", "3").stdout
    plain = json.loads(printed)
    assert all(check["passed"] for check in plain["checks"])
    assert len(plain["result"]["values"]) == 7
    assert mlcli(*line, "--seed", "3").stdout == printed != mlcli(*line, "--seed", "5").stdout


@pytest.mark.parametrize("width", [50, 80])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_no_line_is_wider_than_the_page(mlcli: Callable, width: int, cell: str) -> None:
    for more in (["--gradients"], ["--at", "2,6"]):
        ran = mlcli("rnn-unroll", "--text", "to be", "--cell", cell, "--hidden", "7", *more, width=width)
        assert ran.status == 0 and max(map(len, ran.stdout.splitlines())) <= width


@pytest.mark.parametrize(("text", "times"), [("a", "1"), ("abcd", "1 2 3 4"), ("abcde", "1 2 3 5")])
def test_the_unfolded_drawing_has_a_cell_a_step(mlcli: Callable, text: str, times: str) -> None:
    drawing = mlcli("rnn-unroll", "--text", text).stdout.partition("unfolded")[2].splitlines()[1:6]
    above, arrows, cells, _, below = drawing
    assert above.split() == [f"h_{t}" for t in times.split()] and below.split() == [f"x_{t}" for t in times.split()]
    assert ("..." in cells) == (text == "abcde")
    for place, character in enumerate(arrows):
        if character == "^":
            assert cells[place - 1 : place + 1].strip() and above[place] != " "


def test_one_step_has_no_way_back(mlcli: Callable) -> None:
    plain = json.loads(mlcli("rnn-unroll", "--text", "a", "--gradients", "--json").stdout)
    assert plain["notice"] == []


def test_names_from_a_file_are_made_safe(mlcli: Callable, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("day,[/red],\x1b[31mwet\nMon,1,2\nTue,3,4\n")
    ran = mlcli("rnn-unroll", str(tmp_path / "s.csv"))
    assert ran.status == 0 and "[/red]" in ran.stdout and "\x1b" not in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give one of: a file, --text, --example"),
        (["a.csv", "--text", "a"], "give one of: a file, --text, --example"),
        (["--text", "a", "--example", "sine"], "give one of: a file, --text, --example"),
        (["--text", ""], "no character"),
        (["missing.csv"], "does not exist"),
        (["--text", "hello", "--cell", "cnn"], "'cnn' is not one of 'rnn', 'gru', 'lstm'"),
        (["--text", "hello", "--hidden", "0"], "--hidden"),
        (["--text", "hello", "--steps", "7"], "ends at step 5, before 7"),
        (["--example", "adding", "--steps", "1"], "at least 2 steps"),
        (["--text", "hello", "--at", "middle"], '"middle" is not a cell'),
        (["--text", "hello", "--at", "1"], '"1" is not a cell'),
        (["--text", "hello", "--at", "0,0"], "no step 0"),
        (["--text", "hello", "--at", "6,0"], "no step 6"),
        (["--text", "hello", "--at", "5,3"], "no unit 3"),
    ],
)
def test_bad_calls_end_in_one_clear_line(mlcli: Callable, arguments: list[str], message: str) -> None:
    ran = mlcli("rnn-unroll", *arguments)
    assert (ran.status, ran.stdout) == (2, "")
    assert message in ran.stderr and len(ran.stderr.splitlines()) <= 2


@pytest.mark.parametrize(
    ("content", "message"),
    [("", "is empty"), ("1,2\n3\n", "s.csv:2:"), ("1,nan\n2,3\n", "s.csv:1")],
)
def test_bad_files_end_in_one_clear_line(mlcli: Callable, tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "s.csv").write_text(content)
    ran = mlcli("rnn-unroll", str(tmp_path / "s.csv"), "--hidden", "1")
    assert (ran.status, ran.stdout) == (2, "")
    assert message in ran.stderr and len(ran.stderr.splitlines()) <= 2
