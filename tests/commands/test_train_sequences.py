import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

SHORT = ("--length", "5", "--hidden", "5", "--epochs", "2", "--steps", "3")


@pytest.mark.parametrize(
    ("model", "dataset", "words"),
    [
        ("rnn", "adding", "always answering 1"),
        ("gru", "copy-memory", "guessing the symbols (10 ln 8 / (5 + 20))"),
        ("rnn", "copy", "train rnn · copy-memory (25 steps)"),
        ("lstm", "text", "a sample"),
        ("gru", "text", "read in 16 streams at once, 5 characters a step"),
    ],
)
def test_it_is_told_with_its_baseline_and_checked(mlcli: Callable, model: str, dataset: str, words: str) -> None:
    arguments = ("train", model, "--dataset", dataset, *SHORT, "--check")
    ran = mlcli(*arguments)
    assert ran.status == 0
    assert words in re.sub(r"\s+", " ", ran.stdout)
    assert "baseline: first" in ran.stdout
    assert re.search(r"check +core, in NumPy and float64: largest difference .* ✓", ran.stdout)
    assert max(map(len, ran.stdout.splitlines())) <= 80
    assert mlcli(*arguments).stdout == ran.stdout


def test_your_own_text_is_learned(mlcli: Callable, tmp_path: Path) -> None:
    (tmp_path / "my.txt").write_text("żółw \x1b[31m" * 67, "utf-8")
    arguments = ("train", "lstm", "--text", str(tmp_path / "my.txt"), *SHORT)
    assert "\x1b" not in mlcli(*arguments).stdout
    run = json.loads(mlcli(*arguments, "--json").stdout)
    assert run["data"]["alphabet"] == "".join(sorted(set("żółw \x1b[31m")))
    assert run["data"]["name"] == "my.txt"
    assert run["score"] == {"name": "bits per character", "better": "lower", "share": False}
    assert run["result"]["published"]["baseline"] is True
    assert run["settings"]["forget_bias"] == 1 and "forget_bias" not in run["changed"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--dataset", "karate"), "karate is a data set of node classification"),
        (("--dataset", "sort"), "sort is a data set of sequence to sequence, which lstm does not learn"),
        (("--dataset", "adding", "--text", "sample_data/text.txt"), "give either --dataset or your own files"),
        (("--text", "no.txt"), "no.txt: does not exist"),
        (("--text", "sample_data/image.png"), "is no UTF-8"),
        (("--text", "sample_data/kernel.csv"), "too short"),
        (("--length", "1"), "the adding problem needs at least 2 steps"),
        (("--dataset", "text", "--length", "5000"), "no 5000 characters in a row"),
        (("--forget-bias", "nan"), "--forget-bias"),
        (("--hidden", "0"), "--hidden"),
    ],
)
def test_what_cannot_be_done_is_told(mlcli: Callable, arguments: tuple[str, ...], message: str) -> None:
    ran = mlcli("train", "lstm", *arguments)
    assert (ran.status, ran.stdout) == (2, "")
    assert message in ran.stderr and "hint: " in ran.stderr and "Traceback" not in ran.stderr
