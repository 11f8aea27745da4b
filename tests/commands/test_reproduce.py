import csv
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mlcli.core.errors import RequestFailed
from mlcli.training import reproductions
from mlcli.training.reproductions import Linear, Recommended, Trained, Walked

QUICK = ("reproduce", "digits", "--only", "mlp,logistic", "--runs", "3")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[int]:
    """Networks that are scored without being trained, and a cache of one's own; the seeds that were asked for."""
    asked: list[int] = []

    def trained(self: Trained, seed: int) -> dict[str, float]:
        asked.append(seed)
        return {self.task.score.name: 0.8 + seed / 1000}

    monkeypatch.setattr(Trained, "__call__", trained)
    monkeypatch.setattr(Walked, "__call__", lambda self, seed: {"accuracy": 0.7 + seed / 500})
    monkeypatch.setattr(Linear, "__call__", lambda self, seed: {"accuracy": 0.9375})
    monkeypatch.setattr(Recommended, "__call__", lambda self, seed: {"recall@20": 0.25, "NDCG@20": 0.125})
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return asked


def test_a_row_is_mean_and_sample_deviation_of_its_seeds(mlcli: Callable) -> None:
    ran = mlcli(*QUICK, "--seed", "5")
    assert ran.status == 0
    assert re.search(r"logistic regression +93\.8%", ran.stdout)
    assert re.search(r"MLP +80\.6 ± 0\.1%", ran.stdout)
    assert "mlp seed 6: accuracy 0.8060" in ran.stderr
    assert max(map(len, ran.stdout.splitlines())) <= 80


def test_cora_has_its_rows_beside_the_published_values(mlcli: Callable, public_data: Path) -> None:
    ran = mlcli("reproduce", "cora", "--runs", "2")
    rows = re.findall(r"^     (MLP, no edges|GCN|GAT|GAT, attention off|GraphSAGE|node2vec)  +[78]\d", ran.stdout, re.M)
    assert rows == ["MLP, no edges", "GCN", "GAT", "GAT, attention off", "GraphSAGE", "node2vec"]
    assert re.search(r"GAT +80\.0 ± 0\.1% +83\.0 ± 0\.7% +−2\.9, 2\.2 outside$", ran.stdout, re.M)
    assert re.search(r"GAT, attention off +80\.0 ± 0\.1%$", ran.stdout, re.M)
    plain = " ".join(ran.stdout.split())
    assert "GAT: 2.9 points below the published 83.0 ± 0.7%: 2.2 outside its deviation." in plain
    assert "58.2 ± 2.1% is published by another protocol" in plain
    assert max(map(len, ran.stdout.splitlines())) <= 80


@pytest.mark.parametrize("width", [60, 80])
def test_lastfm_tells_both_scores(mlcli: Callable, public_data: Path, width: int) -> None:
    ran = mlcli("reproduce", "lastfm", "--runs", "2", width=width)
    assert re.search(r"popularity +25\.0% +0\.1250", ran.stdout)
    assert re.search(r"LightGCN +25\.0 ±( 0\.0%)? +0\.1250 +27\.0% +−2\.0", ran.stdout)
    assert max(map(len, ran.stdout.splitlines())) <= width and "•" not in ran.stdout


def test_check_computes_the_means_once_more(mlcli: Callable) -> None:
    ran = mlcli(*QUICK, "--check")
    assert ran.status == 0 and re.search(r"check +Python's statistics.*: largest difference", ran.stdout)


def test_the_same_command_prints_the_same_bytes(mlcli: Callable) -> None:
    assert mlcli(*QUICK, "--json").stdout == mlcli(*QUICK, "--json").stdout


@contextmanager
def ends_at(last: int, error: BaseException, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The run of this seed ends so."""
    fine = Trained.__call__

    def ended(self: Trained, seed: int) -> dict[str, float]:
        if seed == last:
            raise error
        return fine(self, seed)

    with monkeypatch.context() as patched:
        patched.setattr(Trained, "__call__", ended)
        yield


def test_an_interrupted_one_goes_on_with_the_seeds_that_are_left(
    mlcli: Callable, monkeypatch: pytest.MonkeyPatch, quick: list[int]
) -> None:
    whole = mlcli(*QUICK, "--json").stdout
    quick.clear()
    with ends_at(2, KeyboardInterrupt(), monkeypatch):
        ran = mlcli(*QUICK)
    assert (ran.status, ran.stdout, quick) == (130, "", [0, 1])
    assert "3 of 4 runs are kept" in ran.stderr
    again = mlcli(*QUICK, "--json")
    assert again.stdout == whole and quick == [0, 1, 2]
    assert "3 of 4 runs are kept from one that was interrupted" in again.stderr
    assert mlcli(*QUICK, "--json").stderr.count("mlp seed") == 3  # what was finished is trained anew


def test_a_shorter_one_in_between_loses_nothing_of_a_longer_one(
    mlcli: Callable, monkeypatch: pytest.MonkeyPatch, quick: list[int]
) -> None:
    with ends_at(2, KeyboardInterrupt(), monkeypatch):
        assert mlcli(*QUICK).status == 130
    quick.clear()
    assert mlcli(*QUICK, "--runs", "1").status == 0 and quick == []
    assert mlcli(*QUICK).status == 0 and quick == [2]


def test_fresh_forgets_and_a_failed_run_keeps(
    mlcli: Callable, monkeypatch: pytest.MonkeyPatch, quick: list[int]
) -> None:
    with ends_at(1, RequestFailed("training diverged"), monkeypatch):
        ran = mlcli(*QUICK)
    assert ran.status == 1 and ran.stdout == ""
    quick.clear()
    assert mlcli(*QUICK, "--fresh").status == 0 and sorted(quick) == [0, 1, 2]


def test_kept_lines_that_are_cut_changed_or_of_another_setting_are_not_believed(
    mlcli: Callable, monkeypatch: pytest.MonkeyPatch, quick: list[int], tmp_path: Path
) -> None:
    with ends_at(2, KeyboardInterrupt(), monkeypatch):
        mlcli(*QUICK)
    (kept,) = (tmp_path / "cache").rglob("digits-mlp-*")
    first, second = kept.read_bytes().splitlines()
    kept.write_bytes(first.replace(b"0.8", b"0.9") + b"\n" + second[:-4] + b"\n\xff\x00 junk\n")
    quick.clear()
    ran = mlcli(*QUICK)
    assert ran.status == 0 and quick == [0, 1, 2] and "80.1 ± 0.1%" in ran.stdout
    assert not list((tmp_path / "cache").rglob("digits-mlp-*"))


def test_tables_go_into_files(mlcli: Callable, tmp_path: Path) -> None:
    names = [tmp_path / f"t{suffix}" for suffix in (".csv", ".md", ".tex", ".json", ".txt")]
    ran = mlcli(*QUICK, *(part for name in names for part in ("--out", str(name))))
    assert ran.status == 0
    rows = list(csv.DictReader(names[0].read_text().splitlines()))
    assert [row["row"] for row in rows] == ["logistic", "mlp"]
    assert float(rows[1]["mean"]) == pytest.approx(0.801, abs=1e-12)
    assert float(rows[1]["deviation"]) == pytest.approx(0.001, rel=1e-9)
    assert "| MLP | 80.1 ± 0.1% |" in names[1].read_text("utf-8")
    assert r"MLP & 80.1 $\pm$ 0.1\% \\" in names[2].read_text("utf-8")
    assert json.loads(names[3].read_text())["command"] == "reproduce"
    refused = mlcli(*QUICK, "--out", str(names[1]))
    assert refused.status == 2 and "exists already" in refused.stderr and refused.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("reproduce", "mnist"), "mnist"),
        (("reproduce", "digits", "--only", "mlp,gcn"), '"gcn" is no row of digits'),
        (("reproduce", "digits", "--only", ""), '"" is no row of digits'),
        (("reproduce", "digits", "--runs", "0"), "--runs"),
        (("reproduce", "digits", "--runs", "9" * 20), "invalid value for '--runs': it must be at most 100000"),
        (("reproduce", "digits", "--seed", "-1"), "--seed"),
        (("reproduce", "digits", "--out", "t.xyz"), "this suffix is not known"),
    ],
)
def test_bad_input_is_told_and_trains_nothing(
    mlcli: Callable, quick: list[int], arguments: tuple[str, ...], said: str
) -> None:
    ran = mlcli(*arguments)
    assert ran.status == 2 and said in ran.stderr and ran.stdout == "" and quick == []


def test_what_is_scored_is_what_train_and_recommend_score(mlcli: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    from mlcli.datasets.loading import load
    from mlcli.training.picture_settings import MLPSettings
    from mlcli.training.registry import task

    data = load("digits")
    settings = MLPSettings(epochs=3)
    found = Trained(task(settings, data))(4)
    told = json.loads(mlcli("train", "mlp", "--epochs", "3", "--seed", "4", "--json").stdout)
    assert found == {"accuracy": told["result"]["test_score"]}
    assert reproductions.table(data).entries["logistic"]().work(0)["accuracy"] == pytest.approx(0.95, abs=0.01)


def test_node2vec_is_scored_by_a_linear_classifier_as_sklearn_fits_it(public_data: Path) -> None:
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    from mlcli.datasets.loading import load

    data = load("digits")
    X = data.values.reshape(len(data.labels), -1) / data.brightest
    scores = []
    for label in range(10):
        model = LogisticRegression(C=1.0, tol=1e-9, max_iter=10_000)
        model.fit(X[data.train], data.labels[data.train] == label)
        scores.append(model.decision_function(X[data.test]))
    right = np.argmax(scores, axis=0) == data.labels[data.test]
    assert reproductions._linear(X, data) == right.mean()
