import pytest

from mlcli.core.errors import InputError
from mlcli.readers.delimited import delimited
from mlcli.readers.source import Source


def rows(content: bytes | str, delimiter: str | None = None, comments: str = "#") -> list[tuple[int, list[str]]]:
    return list(text(content, delimiter, comments).rows())


def text(content: bytes | str, delimiter: str | None = None, comments: str = "#"):
    raw = content.encode() if isinstance(content, str) else content
    return delimited(Source("a.csv", "folder/a.csv", raw), delimiter, comments)


ONE_TO_SIX = [(1, ["1", "2", "3"]), (2, ["4", "5", "6"])]


@pytest.mark.parametrize(
    "content",
    [
        "1,2,3\n4,5,6\n",
        "1,2,3\n4,5,6",
        "1;2;3\n4;5;6\n",
        "1\t2\t3\n4\t5\t6\n",
        "1 2 3\n4 5 6\n",
        "  1   2 3\n4 \t 5 6  \n",
        " 1 , 2,3\n4,\t5,6 \n",
        "1,2,3\r\n4,5,6\r\n",
        "1,2,3\r4,5,6\r",
        "\ufeff1,2,3\n4,5,6\n",
        '"1","2",3\n4,5,"6"\n',
        '"1" "2" 3\n4\t5 "6"\n',
    ],
)
def test_the_same_rows_however_they_are_written(content: str) -> None:
    assert rows(content) == ONE_TO_SIX


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_with_its_mark(encoding: str) -> None:
    mark = "" if encoding == "utf-16" else "\ufeff"
    found = text((mark + "Zoë,2\r\nŁ,5\r\n").encode(encoding))
    assert list(found.rows()) == [(1, ["Zoë", "2"]), (2, ["Ł", "5"])]
    assert found.read == ("the text is UTF-16",)


def test_utf_16_without_its_mark_is_refused() -> None:
    with pytest.raises(InputError, match="is not text: byte 1 is zero"):
        text("1,2\n".encode("utf-16-le"))


@pytest.mark.parametrize(
    ("content", "place"), [(b"a,b\nc,\xe9\n", 6), (b"\xef\xbb\xbfa,b\nc,\xe9\n", 9), (b"a,b\r\nc\xff,", 6)]
)
def test_other_encodings_name_the_byte(content: bytes, place: int) -> None:
    with pytest.raises(InputError) as raised:
        text(content)
    assert raised.value.message == f"byte {place} (0x{content[place]:02X}) is not UTF-8"
    assert raised.value.where == "folder/a.csv:2"
    assert raised.value.hint == "save it as UTF-8"


def test_utf_16_that_is_cut_off() -> None:
    with pytest.raises(InputError, match="is not UTF-16"):
        text("a,b".encode("utf-16")[:-1])


@pytest.mark.parametrize("mark", [b"PK\x03\x04", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"%PDF"])
def test_other_files_are_no_text(mark: bytes) -> None:
    with pytest.raises(InputError, match="is not text: it is") as raised:
        text(mark + b"1,2")
    assert ("gunzip -k folder/a.csv" in (raised.value.hint or "")) == (mark == b"\x1f\x8b")


def test_comments_and_empty_lines_keep_their_numbers() -> None:
    found = text("# one\n1,2\n\n  # two\n,,\n3,4\n%,5\n")
    assert list(found.rows()) == [(2, ["1", "2"]), (3, []), (5, []), (6, ["3", "4"]), (7, ["%", "5"])]
    assert list(found.filled_rows()) == [(2, ["1", "2"]), (6, ["3", "4"]), (7, ["%", "5"])]
    assert found.read == ("2 comment lines skipped",)


def test_other_comments() -> None:
    assert rows("%a\n#b\n1,2", comments="#%") == [(3, ["1", "2"])]
    assert text("%a\n#b\n1,2", comments="%").read == ("1 comment line skipped",)


@pytest.mark.parametrize("content", ["\n\n", "# only\n#comments", "   \n"])
def test_nothing_but_comments(content: str) -> None:
    with pytest.raises(InputError, match="holds only empty lines and comments"):
        text(content)


def test_quoted_cells() -> None:
    assert rows('"a, b","c ""d"""\n\' x\',5" pipe\n') == [(1, ["a, b", 'c "d"']), (2, ["' x'", '5" pipe'])]


@pytest.mark.parametrize("content", ['a,b\n"c,d\ne,f', 'a,b\n"c"d,e'])
def test_quotes_that_do_not_match(content: str) -> None:
    with pytest.raises(InputError, match="the quotes do not match") as raised:
        rows(content)
    assert raised.value.where == "folder/a.csv:2"


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        ("Ann Lee,Bob Ray\nCid,Dan", ","),
        ("1,5;2,5\n3,5;4", ";"),
        ('"a;b",c\n"d;e",f', ","),
        ("a b\tc,d\ne\tf", "\t"),
        ("a,b\nc", ","),
        ("a b\nc d\ne,f g", " "),
        ("1\n2\n3", " "),
    ],
)
def test_the_delimiter_is_found(content: str, delimiter: str) -> None:
    assert text(content).delimiter == delimiter


@pytest.mark.parametrize(
    ("word", "content"),
    [
        ("tab", "a b\tc"),
        ("\\t", "a b\tc"),
        ("space", "a,b c"),
        ("comma", "a;b,c"),
        ("semicolon", "a;b,c"),
        ("|", "a|b"),
    ],
)
def test_the_delimiter_is_given(word: str, content: str) -> None:
    assert [len(cells) for _, cells in rows(content, word)] == [2]


@pytest.mark.parametrize("delimiter", ["::", "", '"', "\n", "tabs"])
def test_no_delimiter(delimiter: str) -> None:
    with pytest.raises(InputError, match="is not one character") as raised:
        text("a,b", delimiter)
    assert raised.value.where == "--delimiter"


def test_empty_cells_between_tabs() -> None:
    assert rows("\ta\t\nb\t\tc\n", "tab") == [(1, ["", "a", ""]), (2, ["b", "", "c"])]


def test_text_is_kept_as_it_is() -> None:
    names = ["[/red]", "\x1b[31m", "\u202ename", "a\x0bb", "a\x85b", "a\u2028b", "\xa0", "𝛼"]
    assert rows(",".join(names)) == [(1, names)]
