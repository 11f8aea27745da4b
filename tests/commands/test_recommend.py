import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mlcli.core.arcs import arcs_of
from mlcli.core.graphs import Graph
from mlcli.core.walks import draw_walks
from mlcli.models.skipgram import Engine, fit
from mlcli.readers.ratings import read_ratings

SAMPLE = "sample_data/ratings.csv"
QUICK = ("--epochs", "20", "--dimensions", "5")
FITTED = ("mf", "lightgcn")  # which QUICK is for
TINY = "user,item,rating\nAnn,Dune,5\nAnn,Alien,4\nBob,Dune,5\nBob,Up,4\nCid,Up,1\nCid,Heat,1\nDee,Heat,5\nDee,Up,5\n"


def lesson(mlcli: Callable, *arguments: str) -> dict:
    ran = mlcli("recommend", *arguments, "--json")
    assert (ran.status, ran.stderr) == (0, "")
    return json.loads(ran.stdout)


def rows(figure: dict) -> list[dict]:
    """A table, a dictionary a row."""
    return [dict(zip(figure["columns"], row, strict=True)) for row in figure["rows"]]


def answer(told: dict) -> list[dict]:
    return rows(told["result"]["figures"][0])


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    path = tmp_path / "tiny.csv"
    path.write_text(TINY)
    return str(path)


def test_neighbours_in_the_terminal(mlcli: Callable, golden: Callable) -> None:
    ran = mlcli("recommend", SAMPLE, "--user", "7", "--check")
    golden("recommend-neighbours", ran.stdout)
    assert "s(7, 31) = 3·0.158 + 2·0.200 + 2·0.200 + 1·0.316 + 1·0.258 = 1.849" in ran.stdout
    assert (ran.status, ran.stderr) == (0, "")


def test_a_comparison_in_the_terminal(mlcli: Callable, golden: Callable) -> None:
    ran = mlcli("recommend", "--example", "synthetic", "--compare", *QUICK)
    counted = ran.stdout.partition("matrix factorisation")[0].partition("  NDCG@10 by hand")
    golden("recommend-compare", counted[0])  # what is trained differs in its digits among processors
    assert "item neighbours           0.750         0.150    0.446     0.975" in ran.stdout
    assert "synthetic: users, items and stars were made up by a program" in ran.stdout


def test_a_score_by_hand(mlcli: Callable, tiny: str) -> None:
    told = lesson(mlcli, tiny, "--user", "Ann")
    first = answer(told)[0]
    assert first["item"] == "Up"  # Bob likes Dune and Up: n = 1, d(Dune) = 2, d(Up) = 2
    assert first["score"] == pytest.approx(1 / 2)
    assert first["your items like it"] == "Dune (0.50)"
    assert first["users like you"] == "Bob (0.50)"
    [way, total] = rows(told["steps"][2]["figures"][0])
    assert list(way.values())[:4] == ["Ann", "Dune", "Bob", "Up"]
    assert way["weight"] == total["weight"] == pytest.approx(1 / np.sqrt(2 * 2 * 2 * 2 * 2 * 2))


@pytest.mark.parametrize("method", ["popularity", "neighbours", "mf", "node2vec", "lightgcn"])
def test_every_method_ranks_what_is_new_and_adds_up(mlcli: Callable, method: str) -> None:
    arguments = (SAMPLE, "--user", "7", "--method", method, "--top", "40", "--check", *QUICK * (method in FITTED))
    told = lesson(mlcli, *arguments)
    ranked = answer(told)
    had = {line.split(",")[1] for line in Path(SAMPLE).read_text().splitlines() if line.startswith("7,")}
    assert {row["item"] for row in ranked} == {str(n) for n in range(1, 41)} - had
    scores = [row["score"] for row in ranked]
    assert scores == sorted(scores, reverse=True)
    assert any("Only 30 of the 40 items are new to user 7" in sentence for sentence in told["notice"])
    assert all(check["passed"] for check in told["checks"])
    for step in told["steps"]:
        for figure in step["figures"]:
            if figure["kind"] == "worked":
                parts = figure["parts"]
                assert sum(part["value"] for part in parts) == pytest.approx(figure["total"])
                assert sum(t["product"] for t in parts[0]["terms"]) == pytest.approx(parts[0]["value"])
            if figure["kind"] == "table" and "share of the score" in figure["columns"]:
                *shares, total = (row["share of the score"] for row in rows(figure))
                assert sum(shares) == pytest.approx(total) == pytest.approx(scores[0])
    assert mlcli("recommend", *arguments, "--json").stdout == mlcli("recommend", *arguments, "--json").stdout


@pytest.mark.parametrize("engine", [None, *Engine])
def test_node2vec_scores_by_the_vectors_of_its_engine(mlcli: Callable, engine: Engine | None) -> None:
    data = read_ratings(SAMPLE).ratings
    liked = data.value > 3
    ends = np.stack([data.user[liked], data.item[liked] + 30])
    walks = draw_walks(arcs_of(Graph(tuple(map(str, range(70))), ends, np.ones(liked.sum()))), seed=11)
    fitted = fit(walks, np.bincount(walks[walks >= 0], minlength=70), seed=11, engine=engine or Engine.TORCH)
    chosen = () if engine is None else ("--engine", engine)
    told = lesson(mlcli, SAMPLE, "--user", "7", "--method", "node2vec", "--seed", "11", *chosen)
    x = fitted.vectors[data.users.index("7")].astype(float)
    y = {item: fitted.outputs[30 + place].astype(float) for place, item in enumerate(data.items)}
    for row in answer(told):
        assert row["score"] == pytest.approx(x @ y[row["item"]], rel=1e-9)
    assert any(sentence.startswith(f"Fitted by {fitted.engine}") for sentence in told["notice"])
    compared = lesson(mlcli, SAMPLE, "--compare", "--seed", "11", *chosen, *QUICK)
    assert any(rule.endswith(f"128 numbers a node; by {engine or Engine.TORCH}") for _, rule in compared["rules"])


def test_another_seed_gives_other_vectors(mlcli: Callable) -> None:
    first, second = (
        [row["score"] for row in answer(lesson(mlcli, SAMPLE, "--method", "mf", "--seed", seed, *QUICK))]
        for seed in ("0", "1")
    )
    assert first != second


def test_held_out_items_are_new_again_and_marked(mlcli: Callable) -> None:
    told = lesson(mlcli, SAMPLE, "--user", "7", "--leave-out", "2", "--latest", "--top", "40")
    held = [row["item"] for row in answer(told) if row["held out"] == "yes"]
    mine = [line.split(",") for line in Path(SAMPLE).read_text().splitlines() if line.startswith("7,")]
    liked = sorted((row for row in mine if int(row[2]) > 3), key=lambda row: int(row[3]))
    assert sorted(held) == sorted(row[1] for row in liked[-2:])
    assert any(sentence.startswith("2 of the 2 items that were held out") for sentence in told["notice"])


def test_comparison_measures_each_method_on_the_same(mlcli: Callable) -> None:
    told = lesson(mlcli, SAMPLE, "--compare", "--user", "3", "--top", "7", "--check", *QUICK)
    methods = answer(told)
    assert [row["method"] for row in methods] == [
        "at random (expected)", "popularity", "item neighbours", "matrix factorisation", "node2vec", "LightGCN"
    ]  # fmt: skip
    assert len(told["checks"]) == 5
    assert all(check["passed"] for check in told["checks"])
    *ranks, total = rows(told["steps"][0]["figures"][0])
    assert len(ranks) == 7
    assert sum(row["gain"] for row in ranks) == pytest.approx(total["gain"])
    assert f"= {total['gain'] / total['best']:.4f}" in told["steps"][0]["note"]


def test_a_comparison_leads_on_to_the_scores_that_it_compared(mlcli: Callable) -> None:
    told = lesson(mlcli, SAMPLE, "--compare", "--leave-out", "1", "--latest", "--top", "6", *QUICK)
    assert told["next"][1:] == []  # the latest are the latest, and fewer than one cannot be held out
    asked = told["next"][0].removesuffix(" (the scores themselves)").split()
    again = lesson(mlcli, SAMPLE, *asked, "--top", "6", *QUICK * (asked[asked.index("--method") + 1] in FITTED))
    by_hand = rows(told["steps"][0]["figures"][0])[:-1]
    assert [(row["item"], row["held out"] == "yes") for row in answer(again)] == [
        (row["item"], row["hit"] == 1) for row in by_hand
    ]
    assert "1 liked item of each user" in dict(told["rules"])["held out"]


def test_a_top_of_all_items_is_said_to_tell_nothing(mlcli: Callable) -> None:
    told = lesson(mlcli, SAMPLE, "--compare", "--top", "40", *QUICK)
    assert any(sentence.startswith("Nobody has more than 40 items to rank") for sentence in told["notice"])
    told = lesson(mlcli, SAMPLE, "--compare", "--top", "20", *QUICK)
    assert not any(sentence.startswith("Nobody has") for sentence in told["notice"])


def test_methods_that_are_equally_good_are_named_together(mlcli: Callable, tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    path.write_text("user,item,rating\nAnn,Dune,5\nAnn,Up,3\nBob,Dune,4\nBob,Heat,5\nBob,Up,1\n")
    told = lesson(mlcli, str(path), "--compare", "--leave-out", "1", *QUICK)
    names = "popularity, item neighbours, matrix factorisation, node2vec, LightGCN"
    assert told["notice"][0] == f"Highest NDCG@10: {names} alike."
    assert any(sentence.startswith("1 user is few") for sentence in told["notice"])


def test_who_likes_nothing_gets_what_is_popular(mlcli: Callable, tiny: str) -> None:
    for method in ("neighbours", "lightgcn"):
        told = lesson(mlcli, tiny, "--user", "Cid", "--method", method, *QUICK * (method in FITTED))
        assert [(row["item"], row["score"]) for row in answer(told)] == [("Dune", 2), ("Alien", 1)]
        assert any("likes nothing that could be learned from" in sentence for sentence in told["notice"])


def test_constant_ratings_are_told_to_say_nothing(mlcli: Callable, tmp_path: Path) -> None:
    path = tmp_path / "same.csv"
    path.write_text("user,item,rating\na,x,3\na,y,3\nb,x,3\nb,z,3\n")
    told = lesson(mlcli, str(path), "--user", "a")
    assert answer(told)[0]["item"] == "z"
    assert any("every rating is 3, which tells nothing" in text for _, text in told["rules"])


def test_items_that_nobody_likes_can_be_ranked(mlcli: Callable, tiny: str) -> None:
    told = lesson(mlcli, tiny, "--user", "Ann", "--like", "5")
    assert [row["item"] for row in answer(told)] == ["Up", "Heat"]
    assert any(sentence.startswith("1 item is liked by nobody") for sentence in told["notice"])


def test_names_from_a_file_are_shown_safely(mlcli: Callable, tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("user,item\n[red]a,\x1b[31mx\n[red]a,y\nb,y\nb,\x1b[2Jz\n", "utf-8")
    ran = mlcli("recommend", str(path))
    assert ran.status == 0
    assert "\x1b" not in ran.stdout
    assert "\\x1b[2Jz" in ran.stdout
    assert "[red]a" in ran.stdout


@pytest.mark.parametrize("width", [60, 80])
def test_nothing_is_wider_than_the_terminal(mlcli: Callable, width: int) -> None:
    ran = mlcli("recommend", SAMPLE, "--user", "7", "--method", "lightgcn", *QUICK, width=width)
    assert max(map(len, ran.stdout.splitlines())) <= width


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((), "error: give one of a file, --example, --dataset"),
        ((SAMPLE, "--example", "synthetic"), "error: give one of a file, --example, --dataset"),
        ((SAMPLE, "--user", "77"), 'error: --user: there is no user "77"\nhint: did you mean 7'),
        ((SAMPLE, "--like", "9"), "error: --like: no user likes anything: no value is at least 9"),
        ((SAMPLE, "--leave-out", "30"), "error: --leave-out: no user likes more than 30 items"),
        (("--example", "synthetic", "--test", SAMPLE), "error: --test: is for a file of ratings"),
        ((SAMPLE, "--test", SAMPLE), "error: --test: holds nothing that a user likes"),
        ((SAMPLE, "--method", "mf", "--lr", "0"), "error: --lr: must be a finite number above 0, not 0"),
        ((SAMPLE, "--method", "mf", "--decay", "-1"), "error: --decay: must be a finite number of at least 0, not -1"),
        ((SAMPLE, "--compare", "--method", "mf"), "error: --method: --compare measures every method"),
        (
            (SAMPLE, "--engine", "gensim"),
            "error: --engine: is not for neighbours\nhint: add --method node2vec, or leave",
        ),
        (
            (SAMPLE, "--epochs", "3"),
            "error: --epochs: is not for neighbours\nhint: add --method mf or --method lightgcn",
        ),
        ((SAMPLE, "--method", "mf", "--layers", "2"), "error: --layers: is not for mf"),
        ((SAMPLE, "--method", "node2vec", "--dimensions", "7"), "error: --dimensions: is not for node2vec"),
        (("nowhere.csv",), "error: nowhere.csv: does not exist"),
        ((SAMPLE, "--compare", "--user", "28"), "error: --user: nothing was held out from user 28"),
    ],
)
def test_bad_requests_are_one_clear_line(mlcli: Callable, arguments: tuple[str, ...], error: str) -> None:
    ran = mlcli("recommend", *arguments)
    assert (ran.status, ran.stdout) == (2, "")
    assert error in ran.stderr
    assert "hint: " in ran.stderr


def test_nothing_is_left_for_who_had_everything(mlcli: Callable, tmp_path: Path) -> None:
    path = tmp_path / "all.csv"
    path.write_text("a,x\na,y\nb,x\n")
    ran = mlcli("recommend", str(path), "--user", "a")
    assert ran.status == 2
    assert "user a has had all 2 items: nothing is left to recommend" in ran.stderr
    told = lesson(mlcli, str(path))  # and is not the one who is told of if nobody is named
    assert [row["item"] for row in answer(told)] == ["y"]
    path.write_text("a,x\n")
    assert "user a has had the only item: nothing is left" in mlcli("recommend", str(path), "--user", "a").stderr
    ran = mlcli("recommend", str(path))
    assert (ran.status, ran.stdout) == (2, "")
    assert "everybody who likes anything has had every item" in ran.stderr


def test_lastfm_is_split_as_its_authors_did(
    mlcli: Callable, public_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLCLI_DATA_DIR", str(public_data))
    told = lesson(mlcli, "--dataset", "lastfm", "--user", "424", "--top", "20", "--check")
    assert (
        "1,880 users, 4,489 items, 52,668 rows; 42,135 edges user – item to learn from" in dict(told["rules"])["size"]
    )
    assert "10,533 liked items" in dict(told["rules"])["held out"]
    assert all(check["passed"] for check in told["checks"])


def test_one_epoch_is_told_in_the_singular(mlcli: Callable) -> None:
    one, two = (("--epochs", epochs, "--dimensions", "5") for epochs in ("1", "2"))
    for way in (("--compare",), ("--method", "lightgcn")):
        assert "1 epochs" not in mlcli("recommend", "--example", "synthetic", *way, *one).stdout
    assert "2 epochs, batches" in " ".join(mlcli("recommend", "--example", "synthetic", *way, *two).stdout.split())
