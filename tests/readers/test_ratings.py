from pathlib import Path

import pytest

from mlcli.core.errors import InputError
from mlcli.core.recommendation import RatingSet
from mlcli.readers.ratings import read_ratings


@pytest.fixture
def write(tmp_path: Path):
    def written(text: str | bytes, name: str = "ratings.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return written


def rows(read: RatingSet) -> dict[tuple[str, str], float]:
    """The value of each user's item."""
    r = read.ratings
    return {(r.users[u], r.items[i]): v for u, i, v in zip(r.user, r.item, r.value.tolist(), strict=True)}


def test_a_header_says_what_is_what(write) -> None:
    read = read_ratings(write("timestamp,movieId,stars,userId\n9,Dune,4.5,Ann\n8,Alien,2,Bob\n"))
    assert rows(read) == {("Ann", "Dune"): 4.5, ("Bob", "Alien"): 2.0}
    assert read.ratings.rated
    assert read.ratings.time.tolist() == [9.0, 8.0]
    assert "the first line is a header: timestamp, movieId, stars, userId" in read.read


def test_a_header_in_other_words_goes_by_its_place(write) -> None:
    text = 'Nutzer;Film;Sterne;Datum\r\nZoë;"8½; uncut";0,5;2024-05-01\r\nJürgen;Æon;5;2024-04-30\r\n'
    read = read_ratings(write(text))
    assert rows(read) == {("Zoë", "8½; uncut"): 0.5, ("Jürgen", "Æon"): 5.0}
    assert read.ratings.rated
    assert read.ratings.time.tolist() == [1714521600.0, 1714435200.0]
    assert "columns: Nutzer the user, Film the item" in read.read
    assert "column Sterne the rating or the count" in read.read
    swapped = read_ratings(write("rating,film,Kunde\n4,Dune,Ann\n"))
    assert rows(swapped) == {("Ann", "Dune"): 4.0}


def test_words_that_may_be_a_header_are_said_to_be_taken_for_names(write) -> None:
    said = "the first line is a user and an item, Nutzer and Film, not a header such as user,item"
    assert said in read_ratings(write("Nutzer,Film\nAnn,Dune\n")).read
    assert not any("not a header" in line for line in read_ratings(write("Ann,Dune,3\nBob,Dune,1\n")).read)
    assert not any("not a header" in line for line in read_ratings(write("user,film\nAnn,Dune\n")).read)


def test_a_column_of_dates_is_a_time(write) -> None:
    read = read_ratings(write("Ann,Dune,2024-05-01\nBob,Dune,2024-04-30T12:00\n"))
    assert set(rows(read).values()) == {1.0}
    assert read.ratings.time.tolist() == [1714521600.0, 1714478400.0]


def test_without_a_header_it_is_user_item_value_time(write) -> None:
    read = read_ratings(write("7\t12\t3\t881250949\n10\t2\t5\t891717742\n7\t2\t1\t878887116\n", "u.data"))
    assert read.ratings.users == ("7", "10")  # by number
    assert read.ratings.items == ("2", "12")
    assert rows(read) == {("7", "12"): 3.0, ("10", "2"): 5.0, ("7", "2"): 1.0}
    assert sorted(read.ratings.time.tolist()) == [878887116.0, 881250949.0, 891717742.0]
    assert not read.test


def test_pairs_alone_are_enough_and_a_third_column_may_be_times(write) -> None:
    read = read_ratings(write("Ann,Dune\nBob,Dune\n"))
    assert rows(read) == {("Ann", "Dune"): 1.0, ("Bob", "Dune"): 1.0}
    assert not read.ratings.rated
    timed = read_ratings(write("1,2,881250949\n2,2,891717742\n"))
    assert set(rows(timed).values()) == {1.0}
    assert timed.ratings.time is not None


def test_many_different_values_are_counts(write) -> None:
    counts = write("".join(f"u{n % 5},i{n},{n * n}\n" for n in range(31)))
    read = read_ratings(counts)
    assert not read.ratings.rated
    assert "1 row with a count of 0 left out" in read.read
    assert len(rows(read)) == 30
    assert read_ratings(counts, rated=True).ratings.rated
    named = read_ratings(write("user,artist,plays\nAnn,Abba,3\nBob,Abba,7\n"))
    assert not named.ratings.rated


def test_the_last_of_a_pair_counts_by_time_where_it_is_known(write) -> None:
    read = read_ratings(write("user,item,rating\na,x,1\na,y,2\na,x,5\n"))
    assert rows(read) == {("a", "x"): 5.0, ("a", "y"): 2.0}
    assert "1 row for a pair of user and item that was there before: the last counts" in read.read
    timed = read_ratings(write("user,item,rating,time\na,x,1,2024-05-02\na,y,2,2024-05-01\na,x,5,2024-05-01T12:30\n"))
    assert rows(timed) == {("a", "x"): 1.0, ("a", "y"): 2.0}


def test_counts_of_a_pair_are_added(write) -> None:
    read = read_ratings(write("user,item,count\na,x,1\nb,x,10\na,x,5\n"))
    assert rows(read) == {("a", "x"): 6.0, ("b", "x"): 10.0}
    assert any(sentence.endswith("their counts are added") for sentence in read.read)


def test_a_file_to_test_on_shares_the_names(write) -> None:
    train = write("user,item,rating\na,x,1\nb,y,2\n")
    test = write("user,item,rating\nb,x,4\nc,z,5\na,x,3\n", "test.csv")
    read = read_ratings(train, test)
    assert read.ratings.users == ("a", "b", "c")
    assert read.ratings.items == ("x", "y", "z")
    tested = {pair for pair, kept in zip(rows(read), read.test.tolist(), strict=True) if kept}
    assert tested == {("b", "x"), ("c", "z")}
    assert rows(read)["a", "x"] == 1.0
    assert "1 row to test on left out: to learn from is the same user and item" in read.read


def test_what_editors_write_is_read(write) -> None:
    read = read_ratings(write('\ufeffuser;item;rating\r\n"Ann; B";Dune;4,5\r\nBob;"A ""B""";1,0\r\n'))
    assert rows(read) == {("Ann; B", "Dune"): 4.5, ("Bob", 'A "B"'): 1.0}


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("user,item,rating\na,x,four\n", ":2", 'the rating "four" is not a number'),
        ("a,x,1\nb,y,nan\n", ":2", 'the rating "nan" is not finite'),
        ("a,x,1\nb,y,1_0\n", ":2", "is not a number"),
        ("a,x,1\nb,,2\n", ":2", "the item is empty"),
        ("a,x,1\n,y,2\n", ":2", "the user is empty"),
        ("a,x,1\n\nb,y\n", ":3", "2 columns where the first line has 3"),
        ("a,x,\n", ":1", "the rating is empty"),
        ("user,item,count\na,x,2\nb,x,-3\n", ":3", "the count -3 is below 0"),
        ("user,item,count\na,x,0\n", "", "every count is 0"),
        ("user,item,rating,date\na,x,2,soon\n", ":2", 'time "soon" is neither a number nor a date'),
        ("user,item\n", "", "holds no rating"),
        ("alone\n", ":1", '"alone" is one column, not a user and an item'),
        ("", "", "is empty"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(write, text: str, where: str, message: str) -> None:
    path = write(text)
    with pytest.raises(InputError) as told:
        read_ratings(path)
    assert message in told.value.message
    assert told.value.where == f"{path}{where}"
    assert told.value.hint
