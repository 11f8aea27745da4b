import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mlcli.training.checkpoints import load
from mlcli.training.unfinished import open_unfinished

ROOT = Path(__file__).parents[2]
SHORT = ("train", "gcn", "--dataset", "karate", "--epochs", "20")
OWN = ("--edges", "sample_data/edges.csv", "--labels", "sample_data/labels.csv")


@pytest.mark.parametrize("model", ["gcn", "gat", "gatv2", "sage", "gin"])
def test_it_is_told_and_checked(mlcli: Callable, model: str) -> None:
    ran = mlcli("train", model, "--dataset", "karate", "--epochs", "20", "--check")
    assert ran.status == 0
    assert f"train {model} · karate (34 nodes, 78 edges, 34 features, 2 classes)" in ran.stdout
    assert re.search(r"check +core, in NumPy and float64: largest difference .* ✓", ran.stdout)
    assert ran.stderr.splitlines()[0].startswith("epoch 20/20  loss ")
    assert max(map(len, ran.stdout.splitlines())) <= 80


@pytest.mark.parametrize(
    "arguments", [("mlp", "--dataset", "karate"), ("mlp",), ("cnn", "--channels", "3"), ("vit", "--patch", "4")]
)
def test_pictures_and_nodes_without_edges_are_learned_too(mlcli: Callable, arguments: tuple[str, ...]) -> None:
    ran = mlcli("train", *arguments, "--epochs", "2", "--check")
    assert ran.status == 0
    assert "core, in NumPy and float64" in ran.stdout and "edges join" not in ran.stdout
    assert max(map(len, ran.stdout.splitlines())) <= 80


@pytest.mark.parametrize("model", ["gat", "gatv2"])
def test_attention_off_has_no_a_and_is_opened_as_the_mean(mlcli: Callable, tmp_path: Path, model: str) -> None:
    saved = str(tmp_path / "off")
    ran = mlcli(
        "train", model, "--dataset", "karate", "--attention", "off", "--epochs", "9", "--check", "--save", saved
    )
    assert ran.status == 0 and "α_vu = 1 / (1 + |N(v)|)" in ran.stdout and "a_source" not in ran.stdout
    opened = mlcli("gnn-propagate", "--weights", saved, "--node", "11").stdout  # it hears one and itself
    assert re.search(r" 0 +\S.*? 0\.500 +0\.500 +0\.500", opened) and re.search(r"11 +\S.*? 0\.500 +0\.500", opened)


def test_the_list_holds_every_pair_and_what_is_published(mlcli: Callable) -> None:
    ran = mlcli("train", "--list", "--json")
    rows = json.loads(ran.stdout)["result"]["values"]
    pairs = {(row[0], row[1]): row for row in rows}
    assert pairs["gat", "cora"][3:5] == [0.83, 0.007]
    assert pairs["cnn", "digits"][3] is None and ("cnn", "cora") not in pairs and ("gcn", "lastfm") not in pairs
    assert pairs["sage", "ogbn-arxiv"][3:9] == [None, None, None, None, 0.7149, 0.0027]
    assert pairs["gat", "ogbn-arxiv"][3:] == [None] * 8
    for width in (60, 80):
        told = mlcli("train", "--list", width=width).stdout
        assert "mlp" in told and "83.0 ± 0.7%" in told and "•" not in told
        assert max(map(len, told.splitlines())) <= width
        assert all(value in told for value in ("55.5 ±", "71.7 ±", "71.5 ±", "batch"))


def test_without_a_model_it_says_how_it_is_called(mlcli: Callable) -> None:
    ran = mlcli("train")
    assert ran.status == 0 and "Usage: mlcli train" in ran.stdout and "--list" in ran.stdout


def test_the_same_command_prints_the_same_bytes_side_by_side_or_not(
    mlcli: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = []
    for cores in (1, 1, 3):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, cores=cores: set(range(cores)), raising=False)
        printed.append(mlcli(*SHORT, "--runs", "3", "--seed", "5", "--json").stdout)
    assert printed[0] == printed[1] == printed[2]
    run = json.loads(printed[0])
    assert run["seeds"] == [5, 6, 7]
    assert run["result"]["runs"] == 3
    assert run["changed"] == ["epochs"]


def test_every_setting_is_an_option(mlcli: Callable) -> None:
    options = "--hidden 3 --heads 5 --output-heads 2 --dropout 0.1 --slope 0.3 --lr 0.02 --weight-decay 0.001"
    ran = mlcli("train", "gat", *OWN, *options.split(), "--epochs", "7", "--patience", "2", "--json")
    run = json.loads(ran.stdout)
    assert run["settings"] == {
        "hidden": 3, "heads": 5, "output_heads": 2, "dropout": 0.1, "slope": 0.3, "lr": 0.02,
        "weight_decay": 0.001, "epochs": 7, "patience": 2, "optimizer": "adam", "momentum": 0.9,
        "schedule": "constant", "warmup": 0, "clip": 0.0, "attention": "on", "layers": 2,
    }  # fmt: skip
    assert run["weights"]["arrays"][0]["shape"] == [20, 5, 3]
    assert run["data"]["classes"] == ["chess", "climbing"]


def test_gradients_are_told_layer_by_layer(mlcli: Callable) -> None:
    line = ("train", "gat", "--dataset", "karate", "--epochs", "7", "--patience", "0", "--watch-gradients")
    run = json.loads(mlcli(*line, "--json").stdout)["runs"][0]
    assert {name: len(norms) for name, norms in run["gradients"].items()} == {"layers.0": 7, "layers.1": 7}
    told = mlcli(*line).stdout
    assert "how long each layer's gradient is" in told
    assert re.search(rf"layer 1 +{run['gradients']['layers.0'][0]:.3g} ", told)


def test_files_are_written_and_can_be_opened(mlcli: Callable, tmp_path: Path) -> None:
    names = {"--save": "model", "--plot": "curves.png", "--out": "run.JSON"}
    options = [word for option, name in names.items() for word in (option, str(tmp_path / name))]
    ran = mlcli(*SHORT, "--runs", "2", *options, "--plot", str(tmp_path / "curves.svg"))
    assert ran.status == 0
    run = json.loads((tmp_path / "run.JSON").read_text())
    model = load(tmp_path / "model")
    assert (run["schema"], model.config["seed"]) == ("mlcli.run/1", run["result"]["best_seed"])
    assert model.config["data"]["sha256"] == run["data"]["sha256"]
    assert (tmp_path / "curves.png").stat().st_size > 1000 and (tmp_path / "curves.svg").stat().st_size > 1000
    assert "Saved in" in ran.stdout
    twice = mlcli(*SHORT, "--plot", "curves.svg", "--out", "curves.svg", "--force")
    assert twice.status == 2 and "is named twice" in twice.stderr and "epoch" not in twice.stderr
    for option, name in names.items():  # taken names are told before any training
        again = mlcli(*SHORT, option, str(tmp_path / name))
        assert (again.status, again.stdout) == (2, "")
        assert "exists already" in again.stderr and "epoch" not in again.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--dataset", "coral"), 'there is no data set called "coral"'),
        (("--dataset", "lastfm"), "lastfm is a data set of ratings"),
        (("--dataset", "digits"), "digits is a data set of pictures, which gat does not learn"),
        (("--dataset", "karate", *OWN), "give either --dataset or your own files"),
        (OWN[:2], "your own graph needs --edges and --labels"),
        (OWN[2:], "your own graph needs --edges and --labels"),
        (("--plot", "curves.gif"), "curves.gif: this suffix is not known"),
        (("--save", "no/such/folder"), "no/such: the folder does not exist"),
        (("--dropout", "1"), "--dropout"),
        (("--lr", "nan"), "--lr"),
        (("--weight-decay", "inf"), "--weight-decay: must be a finite number, not inf"),
        (("--runs", "0"), "--runs"),
        (("--device", "cuda"), "--device: gat is trained on the CPU only"),
        (("--device", "tpu"), "--device"),
        (("--mixed-precision",), "--mixed-precision: gat is trained in 32 bits only"),
    ],
)
def test_what_cannot_be_done_is_told(mlcli: Callable, arguments: tuple[str, ...], message: str) -> None:
    ran = mlcli("train", "gat", *arguments)
    assert (ran.status, ran.stdout) == (2, "")
    assert message in ran.stderr and "hint: " in ran.stderr and "Traceback" not in ran.stderr


@pytest.mark.parametrize("fanout", ["10", "10,10,10", "ten,10", "-1,5", ""])
def test_neighbours_are_drawn_by_a_number_for_each_layer(mlcli: Callable, fanout: str) -> None:
    ran = mlcli("train", "sage", "--batch", "50", f"--fanout={fanout}")
    assert (ran.status, ran.stdout) == (2, "")
    assert f'error: --fanout: "{fanout}" is not two whole numbers' in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--layers", "3", "--batch", "50"), '"10,10" is not 3 whole numbers, one a layer\nhint: such as 10,10,10\n'),
        (("--layers", "3", "--fanout", "5,5"), '"5,5" is not 3 whole numbers'),
        (("--layers", "1", "--batch", "50", "--fanout", "5,5"), '"5,5" is not one whole number'),
    ],
)
def test_neighbours_are_drawn_for_as_many_layers_as_there_are(
    mlcli: Callable, arguments: tuple[str, ...], told: str
) -> None:
    ran = mlcli("train", "sage", *arguments)
    assert (ran.status, ran.stdout) == (2, "")
    assert f"error: --fanout: {told}" in ran.stderr


def test_three_layers_draw_three_times(mlcli: Callable) -> None:
    ran = mlcli("train", "sage", "--layers", "3", "--batch", "50", "--fanout", "3,2,1", "--epochs", "1")
    told = " ".join(ran.stdout.split())
    each = [f"{most} of its neighbours at most" for most in (3, 2, 1)]
    assert f"a node hears {', and each of those '.join(each)}, drawn anew for every step" in told


@pytest.mark.parametrize("layers", ["0", "17", "two"])
def test_layers_have_bounds(mlcli: Callable, layers: str) -> None:
    ran = mlcli("train", "gcn", "--layers", layers)
    assert (ran.status, ran.stdout) == (2, "")
    assert "--layers" in ran.stderr


@pytest.mark.parametrize("layers", ["1", "3"])
@pytest.mark.parametrize("model", ["gcn", "gat", "gatv2", "sage", "gin"])
def test_of_any_number_of_layers_a_run_is_saved_evaluated_predicted_and_traced(
    mlcli: Callable, tmp_path: Path, model: str, layers: str
) -> None:
    run = str(tmp_path / "run")
    line = ("train", model, "--dataset", "karate", "--layers", layers, "--epochs", "2", "--save", run)
    for again in (line, ("evaluate", run, "--map", "pca"), ("predict", run, "8"), ("gnn-propagate", "--weights", run)):
        ran = mlcli(*again, "--check", "--json")
        assert ran.status == 0, ran.stderr
        checks = json.loads(ran.stdout)["checks"]
        assert checks and all(check["passed"] for check in checks)
    traced = mlcli("gnn-propagate", "--weights", run, "--node", "8")
    assert f"{layers} layer{'s' if layers != '1' else ''} a node has heard of nodes" in " ".join(traced.stdout.split())
    assert f"--at NODE,{min(int(layers), 2)},0" in traced.stdout


def test_many_means_are_told_of_with_the_command_that_shows_them(mlcli: Callable) -> None:
    def told(*arguments: str) -> str:
        return " ".join(mlcli("train", *arguments, "--epochs", "1").stdout.split())

    for source, again in (
        (("--dataset", "karate"), "--dataset karate"),
        (OWN, f"{ROOT}/sample_data/edges.csv --features one-hot --unweighted"),
    ):
        command = f"mlcli gnn-propagate {again} --smoothing 5"
        said = told("gcn", "--layers", "5", *source)
        assert "5 layers take a mean over neighbours one after the other, and means of means grow alike" in said
        assert command in said
        assert mlcli(*command.split()[1:]).status == 0
    assert "over-smoothing" not in told("gcn", "--dataset", "karate")
    assert "over-smoothing" not in told("gin", "--dataset", "karate", "--layers", "5")  # which sums


def test_a_diverged_training_ends_with_status_1_and_writes_nothing(mlcli: Callable, tmp_path: Path) -> None:
    ran = mlcli(*SHORT, "--lr", "1e30", "--save", str(tmp_path / "model"))
    assert (ran.status, ran.stdout) == (1, "")
    assert "training diverged: the loss is not finite in epoch" in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_help_loads_no_torch() -> None:
    program = "import sys\nfrom mlcli.cli import main\nsys.argv = ['mlcli', 'train', 'gat', '--help']\n"
    program += "try:\n    main()\nexcept SystemExit:\n    sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True).returncode == 0


@pytest.mark.parametrize("runs", ["1", "3"])
def test_ctrl_c_ends_it_with_130_and_keeps_what_was_done(tmp_path: Path, runs: str) -> None:
    arguments = ["train", "gat", "--dataset", "karate", "--epochs", "1000000", "--patience", "0", "--runs", runs]
    process = subprocess.Popen(
        [sys.executable, "-m", "mlcli", *arguments, "--save", str(tmp_path / "model")],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a background job's children ignore it
    )  # fmt: skip
    assert process.stderr
    try:
        assert "epoch" in process.stderr.readline()
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to every process
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, out) == (130, "")
    assert f"interrupted: what was done is saved in {tmp_path / 'model'}" in err and "Traceback" not in err
    assert f"hint: mlcli train --resume {tmp_path / 'model'}" in err
    assert 1 <= len(open_unfinished(tmp_path / "model").states) <= int(runs)
    until = time.monotonic() + 20
    while _group_lives(process.pid):
        assert time.monotonic() < until
        time.sleep(0.05)


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_digits_are_told_apart_by_a_cnn(mlcli: Callable) -> None:
    run = json.loads(mlcli("train", "cnn", "--json").stdout)
    assert run["result"]["test_score"] >= 0.985
    assert (run["data"]["test"], run["data"]["unit"]) == (599, "pictures")


@pytest.mark.parametrize(
    ("model", "runs", "least"), [("gcn", 5, 0.81), ("gat", 1, 0.81), ("sage", 1, 0.8), ("mlp", 1, 0.54)]
)
def test_cora_is_learned_as_published(mlcli: Callable, public_data: Path, model: str, runs: int, least: float) -> None:
    ran = mlcli("train", model, "--dataset", "cora", "--runs", str(runs), "--json")
    run = json.loads(ran.stdout)
    assert run["result"]["test_score"] >= least
    if model in ("gcn", "gat"):
        assert run["weights"]["total"] == {"gcn": 23_063, "gat": 92_373}[model]
        assert abs(run["result"]["published"]["difference"]) < 2


@pytest.mark.parametrize("flag", ["--seed", "--runs", "--threads"])
def test_counts_beyond_reason_are_no_fault_of_the_program(mlcli: Callable, flag: str) -> None:
    ran = mlcli("train", "gcn", "--dataset", "karate", "--epochs", "2", flag, "9" * 20)
    assert (ran.status, ran.stdout) == (2, "")
    assert f"invalid value for '{flag}': it must be at most" in ran.stderr
