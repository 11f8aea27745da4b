import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mlcli.core.recommendation import RatingSet
from mlcli.core.recommendation_methods import Method
from mlcli.core.recommendation_ranking import quality
from mlcli.datasets.ratings import load
from mlcli.models.bpr import first_vectors
from mlcli.models.recommenders import by_vectors, mixed_over_layers
from mlcli.training.rating_ranking import RatingRanking
from mlcli.training.rating_settings import LightGCNSettings
from tests.core.recommendation import drawn_ratings


def task(seed: int = 3, **settings) -> RatingRanking:
    ratings = drawn_ratings(np.random.default_rng(seed), users=23, items=41)
    return RatingRanking(RatingSet("drawn", ratings), replace(LightGCNSettings(dimensions=5), **settings))


@pytest.mark.parametrize("layers", [0, 1, 3])
@pytest.mark.parametrize("seed", range(5))
def test_the_fast_recall_is_that_of_the_whole_ranking(seed: int, layers: int) -> None:
    made = task(seed, layers=layers, validation=1 + seed % 2)
    network = made.network(np.random.default_rng(seed))
    history = made.histories["validation"]
    scores = by_vectors(
        history, Method.LIGHTGCN, mixed_over_layers(history, first_vectors(network), layers, 0.0)
    ).scores
    with torch.no_grad():
        found = made.evaluate(network, "validation").score
    assert found == pytest.approx(quality(scores, history, made.K).recall)


def test_parts_share_nothing_and_make_up_what_is_liked() -> None:
    made = task()
    R, validation, test = (
        x.toarray() for x in (made.R, made.histories["validation"].held_out, made.histories["test"].held_out)
    )
    assert not (R * validation).any()
    assert not (R * test).any()
    assert not (validation * test).any()
    assert not (made.histories["test"].seen.toarray() * (validation + test)).any()
    ratings = made.data.ratings
    liked = np.zeros(ratings.shape)
    liked[ratings.user, ratings.item] = ratings.value > 3
    assert np.array_equal(R + validation + test, liked)
    u, i, j = made.triples["validation"].numpy()
    assert validation[u, i].all()
    assert not (R + validation)[u, j].any()


def test_the_digest_is_of_what_is_liked_in_whatever_order() -> None:
    made = task()
    ratings = made.data.ratings
    back = np.arange(len(ratings.user))[::-1]
    turned = replace(ratings, user=ratings.user[back], item=ratings.item[back], value=ratings.value[back], time=None)
    assert RatingRanking(RatingSet("other", turned), made.settings).digest() == made.digest()
    assert RatingRanking(RatingSet("drawn", ratings, like=2.0), made.settings).digest() != made.digest()


def test_lastfm_loads_as_its_reader_reads_it(public_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlcli.readers.ratings import read_ratings

    monkeypatch.setenv("MLCLI_DATA_DIR", str(public_data))
    loaded = load("lastfm")
    read = read_ratings(public_data / "lastfm/data1.txt", public_data / "lastfm/test1.txt")
    made, again = (RatingRanking(data, LightGCNSettings()) for data in (loaded, read))
    assert made.digest() == again.digest()
    assert made.summary().sizes == {"users": 1880, "items": 4489, "edges to learn from": 42135 - 1871}
    assert made.summary().test == 10533


def test_what_is_trained_and_saved_scores_items(mlcli: Callable, tmp_path: Path) -> None:
    folder = str(tmp_path / "lightgcn")
    quick = ("--epochs", "7", "--dimensions", "5")
    trained = json.loads(mlcli("train", "lightgcn", *quick, "--save", folder, "--check", "--json").stdout)
    assert trained["score"]["name"] == "recall@5"
    assert set(trained["result"]["more"]) == {"NDCG@5", "precision@5", "coverage"}
    assert all(check["passed"] for check in trained["checks"])
    twice = mlcli("train", "lightgcn", *quick, "--runs", "2").stdout
    assert "not scored" in twice and "nan" not in twice
    assert trained["data"]["validation"] + trained["data"]["train"] + trained["data"]["test"] == 165

    told = json.loads(mlcli("recommend", "--example", "synthetic", "--weights", folder, "--user", "7", "--json").stdout)
    assert not any("--method" in option for option in told["next"])
    compared = ("recommend", "--example", "synthetic", "--weights", folder, "--compare", "--json")
    [again] = json.loads(mlcli(*compared).stdout)["next"]
    assert "--leave-out 2 (the" in again
    rows = told["result"]["figures"][0]["rows"]
    assert len(rows) == 10
    asked = json.loads(mlcli("predict", folder, "7", "--check", "--json").stdout)
    named = [(row[1], pytest.approx(row[2])) for row in asked["steps"][0]["figures"][0]["rows"]]
    assert named == [(row[1], row[2]) for row in rows] and all(check["passed"] for check in asked["checks"])
    assert told["title"].endswith("by LightGCN")
    assert mlcli("recommend", "sample_data/ratings.csv", "--weights", folder, "--user", "7").status == 0
    for arguments, error in (
        (("--like", "5"), "was trained on other ratings, or another --like"),
        (("--method", "mf"), "holds vectors for lightgcn"),
        (("--leave-out", "1"), "--leave-out: 2 items of each user, drawn at random, were held out from the saved"),
        (("--latest",), "--latest: 2 items of each user, drawn at random, were held out from the saved training"),
    ):
        ran = mlcli("recommend", "--example", "synthetic", "--weights", folder, *arguments)
        assert (ran.status, ran.stdout) == (2, "")
        assert error in ran.stderr


def test_too_few_to_hold_out_is_told_by_the_options_of_training(mlcli: Callable, tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    path.write_text("".join(f"u{n},x\n" for n in range(5)))
    ran = mlcli("train", "lightgcn", "--ratings", str(path))
    assert (ran.status, ran.stdout) == (2, "")
    assert ran.stderr.startswith(
        "error: --test: no user likes more than 2 items, so that 2 could be held out\nhint: give"
    )


def test_options_for_a_file_need_one(mlcli: Callable) -> None:
    ran = mlcli("train", "lightgcn", "--like", "4")
    assert ran.status == 2
    assert "--like: is for ratings of your own" in ran.stderr
