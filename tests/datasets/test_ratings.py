from types import SimpleNamespace

import pytest

from mlcli.datasets import ratings

U_DATA = b"7\t3\t5\t881250949\n2\t1\t1\t881250950\n7\t1\t4\t881250951\n"
U_ITEM = "1|Toy Story (1995)|01-Jan-1995||x|0\n2|GoldenEye (1995)|01-Jan-1995||x|0\n3|Misérables, Les (1995)|||x|1\n"


def test_films_have_their_titles_and_ratings_their_stars_and_times(monkeypatch: pytest.MonkeyPatch) -> None:
    files = [SimpleNamespace(content=U_DATA), SimpleNamespace(content=U_ITEM.encode("latin-1"))]
    monkeypatch.setattr(ratings, "copies", lambda data_set: iter(files))
    found = ratings.load("movielens-100k").ratings
    assert found.items == ("Toy Story (1995) [1]", "Misérables, Les (1995) [3]")
    assert found.users == ("2", "7") and found.rated
    told = {
        (found.users[u], found.items[i][:3]): v for u, i, v in zip(found.user, found.item, found.value, strict=True)
    }
    assert told == {("7", "Mis"): 5.0, ("2", "Toy"): 1.0, ("7", "Toy"): 4.0}
    assert found.time is not None and found.time.tolist() == [881250949, 881250950, 881250951]
