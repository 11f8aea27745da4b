import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
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
    assert "largest singular value of W_hh = 0.925" in ran.stdout and "bound s^(5−t)" in ran.stdout
    assert "it must vanish" in " ".join(ran.stdout.split())
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
@pytest.mark.parametrize("example", ["adding", "sine", "letters"])
def test_the_examples(mlcli: Callable, cell: str, example: str) -> None:
    line = ("rnn-unroll", "--example", example, "--cell", cell, "--steps", "7", "--gradients", "--check", "--json")
    printed = mlcli(*line, "--seed", "3").stdout
    plain = json.loads(printed)
    assert all(check["passed"] for check in plain["checks"])
    assert len(plain["result"]["values"]) == 7
    assert mlcli(*line, "--seed", "3").stdout == printed != mlcli(*line, "--seed", "5").stdout


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_layers_and_both_directions(mlcli: Callable, cell: str) -> None:
    line = ("rnn-unroll", "--text", "hello", "--cell", cell, "--layers", "2", "--bidirectional", "--hidden", "3")
    plain = json.loads(mlcli(*line, "--gradients", "--loss", "mse 0.5", "--check", "--json").stdout)
    assert len(plain["checks"]) == 2 and all(check["passed"] for check in plain["checks"])
    assert [len(row) for row in plain["result"]["values"]] == [6] * 5
    assert [step["title"] for step in plain["steps"][:4]] == [
        "step 1 of 5 · l0", "step 5 of 5 · l0_reverse", "step 1 of 5 · l1", "step 5 of 5 · l1_reverse"
    ]  # fmt: skip
    worked = json.loads(mlcli(*line, "--at", "2,1,l1_reverse", "--json").stdout)
    [state] = [step["figures"][0] for step in worked["steps"] if step["symbol"] == "h_2[1]"]
    value = state["after"][1] if state["after"] else state["total"]
    assert value == pytest.approx(worked["result"]["values"][1][3 + 1], abs=1e-14)


def test_the_unfolding_holds_the_vectors_on_its_edges(mlcli: Callable) -> None:
    plain = json.loads(mlcli("rnn-unroll", "--text", "abc", "--json").stdout)
    [drawn] = [figure for figure in plain["inputs"] if figure.get("name", "").startswith("unfolded")]
    steps = [row for row in drawn["rows"] if row[0]]
    assert [row[1] for row in steps] == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert [row[3] for row in steps] == plain["result"]["values"]


def test_weights_move_both_ways(mlcli: Callable, tmp_path: Path) -> None:
    line, file = ("rnn-unroll", "--text", "hello", "--json"), str(tmp_path / "w.safetensors")
    drawn = json.loads(mlcli(*line, "--cell", "lstm", "--layers", "2", "--save-weights", file).stdout)
    given = json.loads(mlcli(*line, "--weights", file).stdout)
    assert given["result"]["values"] == drawn["result"]["values"] and given["seed"] is None
    assert "weights from w.safetensors" in given["read"]
    for more, message in [
        (("--cell", "gru"), "the weights are of cell lstm"),
        (("--layers", "3"), "the weights are of layers 2"),
        (("--bidirectional",), "one direction"),
        (("--activation", "relu"), "an LSTM has its own"),
        (("--text", "good"), "for 4 values a step, the sequence has 3"),
    ]:
        ran = mlcli("rnn-unroll", "--text", "hello", "--weights", file, *more)
        assert (ran.status, ran.stdout) == (2, "") and message in ran.stderr


def test_clipped_and_truncated(mlcli: Callable) -> None:
    line = ("rnn-unroll", "sample_data/sequence.csv", "--json")
    plain = json.loads(mlcli(*line, "--clip", "1", "--truncate", "2", "--check").stdout)
    steps = {step["title"]: step for step in plain["steps"]}
    assert all(check["passed"] for check in plain["checks"]) and len(plain["checks"]) == 2
    *_, (name, before, after) = steps["clipping at 1"]["figures"][0]["rows"]
    assert name == "all" and before > 1 and after == pytest.approx(1)
    whole = json.loads(mlcli(*line, "--clip", "1").stdout)
    before_whole = next(step for step in whole["steps"] if "clipping" in step["title"])["figures"][0]["rows"][-1][1]
    name, full, cut, share = steps["what truncation leaves out"]["figures"][0]["rows"][-1]
    assert (name, full, cut) == ("all", before_whole, before) and 0 < share < 1


def test_side_by_side_the_field_agrees_on_the_orders_of_magnitude(
    mlcli: Callable, golden: Callable, tmp_path: Path
) -> None:
    """Hidden 32, 100 steps, median of 5 seeds: RNN and LSTM vanish alike, with a forget bias of 3 an LSTM does not.

    How much is left hangs on the draw. Of PyTorch's own first weights, seeds 0 … 399 in fives, the medians lie between
    4e-27 and 2e-20 (RNN), 4e-22 and 2e-18 (LSTM), 0.06 and 3 (forget bias 3), 0.3 and 22 (forget bias 5).
    """
    line = ("rnn-unroll", "--example", "adding", "--steps", "100", "--hidden", "32", "--compare", "--seeds", "5")
    files = ("--plot", str(tmp_path / "fading.svg"), "--out", str(tmp_path / "fading.json"))
    ran = mlcli(*line, "--forget-bias", "0,1,3,5", *files)
    golden("rnn-unroll-compare", ran.stdout)
    told = " ".join(ran.stdout.split())
    assert "As they are drawn both vanish over 100 steps, the LSTM too" in told and "What changes it" in told
    assert "b = 3, theory" in (tmp_path / "fading.svg").read_text("utf-8")
    left = {row[0]: row[1] for row in json.loads((tmp_path / "fading.json").read_text("utf-8"))["result"]["values"]}
    assert 1e-27 < left["RNN"] < 1e-20 and 1e-22 < left["LSTM"] < 1e-19
    for b, expected in {0: 5e-21, 1: 4e-8, 3: 0.22, 5: 4.3}.items():
        assert expected / 10 < left[f"LSTM, forget bias {b}"] < expected * 10


def test_side_by_side_by_weights_checked_by_torch(mlcli: Callable) -> None:
    line = ("rnn-unroll", "--example", "sine", "--hidden", "7", "--compare", "--match", "weights", "--check", "--json")
    plain = json.loads(mlcli(*line).stdout)
    assert [check["name"] for check in plain["checks"]] == [f"torch.autograd, {c}" for c in ("RNN", "GRU", "LSTM")]
    assert all(check["passed"] for check in plain["checks"])
    assert "RNN 7 units, 70 weights, GRU 4 units, 84 weights, LSTM 3 units, 72 weights" in dict(plain["rules"])["size"]


def test_what_explodes_is_told_with_its_step(mlcli: Callable, tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", weight_ih_l0=np.ones((1, 1)), weight_hh_l0=np.array([[7.0]]))
    np.save(tmp_path / "x.npy", np.ones((199, 1)))
    np.save(tmp_path / "zeros.npy", np.zeros((199, 1)))
    line = ("rnn-unroll", str(tmp_path / "x.npy"), "--weights", str(tmp_path / "w.npz"), "--activation", "relu")
    ran = mlcli(*line)
    assert (ran.status, ran.stdout) == (1, "") and "step 179: the state of l0 exploded" in ran.stderr
    assert "--steps 178" in ran.stderr and mlcli(*line, "--steps", "178").status == 0
    still = ("rnn-unroll", str(tmp_path / "zeros.npy"), *line[2:4], "--gradients", "--clip", "1")
    back = mlcli(*still)
    assert back.status == 0 and "on its way back to step 21 it is beyond 1e150" in " ".join(back.stdout.split())
    assert "nan" not in mlcli(*still, "--json").stdout.lower()
    exploding = ("--example", "adding", "--steps", "199", "--hidden", "5", "--seed", "4", "--spectral-radius", "9")
    compared = mlcli("rnn-unroll", *exploding, "--activation", "relu")
    assert "The RNN with ρ = 9 exploded" in " ".join(compared.stdout.split()) and compared.stderr == ""


def test_a_long_sequence_goes_all_the_way_back(mlcli: Callable) -> None:
    ran = mlcli("rnn-unroll", "--example", "sine", "--steps", "2003", "--hidden", "7", "--gradients", "--show", "0")
    assert ran.status == 0 and "is below 1e-300 and counts as 0: it has vanished" in " ".join(ran.stdout.split())
    assert "of 2,003 steps, closer together" in ran.stdout


@pytest.mark.parametrize("width", [50, 80])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_no_line_is_wider_than_the_page(mlcli: Callable, width: int, cell: str) -> None:
    for more in (
        ["--gradients", "--truncate", "2", "--clip", "1"],
        ["--at", "2,6"],
        ["--layers", "2", "--bidirectional", "--gradients"],
    ):
        ran = mlcli("rnn-unroll", "--text", "to be", "--cell", cell, "--hidden", "7", *more, width=width)
        assert ran.status == 0 and max(map(len, ran.stdout.splitlines())) <= width


@pytest.mark.parametrize(("text", "times"), [("a", "1"), ("abcd", "1 2 3 4"), ("abcde", "1 2 3 5")])
def test_the_unfolded_drawing_has_a_cell_a_step(mlcli: Callable, text: str, times: str) -> None:
    drawing = mlcli("rnn-unroll", "--text", text).stdout.partition("unfolded")[2].partition("\n\n")[0]
    cells = [line.split() for line in drawing.splitlines() if "─> RNN ─>" in line]
    assert [words[0] for words in cells] == [f"t={t}" for t in times.split()]
    assert drawing.count("↓") == len(cells) - 1 + ("…" in drawing)


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
        (["--text", "hello", "--at", "5,3,l1"], "there is no cell l1"),
        (["--text", "hello", "--cell", "gru", "--activation", "relu"], "a GRU has its own"),
        (["--text", "hello", "--weights", "missing.npz"], "missing.npz: does not exist"),
        (["--weights", "no-such-run"], "no-such-run: does not exist"),
        (["--text", "hello", "--save-weights", "a.pt"], "suffix is not known"),
        (["--text", "hello", "--loss", "mae 1"], '"mae 1" is no loss'),
        (["--text", "hello", "--loss", "mse one"], '"one" is no list of numbers'),
        (["--text", "hello", "--loss", "mse 1,2", "--gradients"], "2 targets for 3 units"),
        (["--text", "hello", "--clip", "0"], "is a length above 0"),
        (["--text", "hello", "--clip", "nan"], "is a length above 0"),
        (["--text", "hello", "--truncate", "0"], "--truncate"),
        (["--text", "hello", "--truncate", "2", "--bidirectional"], "is for one direction"),
        (["--text", "hello", "--plot", "a.png"], "draws the way back"),
        (["--text", "hello", "--compare", "--cell", "gru"], "does not go with --compare"),
        (["--text", "hello", "--spectral-radius", "-1"], "a spectral radius is above 0"),
        (["--text", "hello", "--forget-bias", "1;2"], "no list of numbers"),
        (["--text", "h", "--compare"], "one step has no way back"),
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
