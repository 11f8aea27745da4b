import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mlcli.core.errors import InputError
from mlcli.readers.matrices import MatrixInput, parse_matrix, read_matrix

FINITE = st.floats(allow_nan=False, allow_infinity=False)
MATRICES = arrays.arrays(np.float64, arrays.array_shapes(min_dims=2, max_dims=2, max_side=7), elements=FINITE)
STACKS = arrays.arrays(np.float64, arrays.array_shapes(min_dims=3, max_dims=3, max_side=5), elements=FINITE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("matrices")


@pytest.fixture
def read(tmp_path: Path):
    def from_content(content: str | bytes, name: str = "m.csv") -> MatrixInput:
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return read_matrix(tmp_path / name)

    return from_content


@given(MATRICES, st.sampled_from([",", ";", "\t", " ", ", "]))
@settings(max_examples=80, deadline=None)
def test_what_is_written_is_read(folder: Path, values: np.ndarray, delimiter: str) -> None:
    (folder / "m.csv").write_text("\n".join(delimiter.join(map(repr, row)) for row in values.tolist()))
    assert np.array_equal(read_matrix(folder / "m.csv").values, values)


@given(STACKS)
@settings(max_examples=40, deadline=None)
def test_a_stack_is_read(folder: Path, values: np.ndarray) -> None:
    blocks = ["\n".join(",".join(map(repr, row)) for row in matrix) for matrix in values.tolist()]
    (folder / "m.csv").write_text("\n\n\n".join(blocks) + "\n\n")
    found = read_matrix(folder / "m.csv").values
    assert np.array_equal(found, values if len(values) > 1 else values[0])


@given(MATRICES | STACKS)
@settings(max_examples=40, deadline=None)
def test_npy(folder: Path, values: np.ndarray) -> None:
    np.save(folder / "m.npy", values)
    assert np.array_equal(read_matrix(folder / "m.npy").values, values)


def test_numpy_s_own_text(folder: Path) -> None:
    values = np.random.default_rng(3).standard_normal((5, 3))
    np.savetxt(folder / "m.txt", values, header="a header of savetxt")
    found = read_matrix(folder / "m.txt")
    assert np.array_equal(found.values, values)
    assert found.read == ("1 comment line skipped",)


def test_plain_numbers_have_no_names(read) -> None:
    found = read("1,2,3\n4,5,6\n")
    assert found.values.dtype == np.float64
    assert (found.name, found.row_names, found.column_names, found.read) == ("m.csv", None, None, ())


@pytest.mark.parametrize(
    ("content", "rows", "columns"),
    [
        ("a,b\n1,2\n3,4", None, ("a", "b")),
        ("x,1,2\ny,3,4", ("x", "y"), None),
        (",a,b\nx,1,2\ny,3,4", ("x", "y"), ("a", "b")),
        ("step,a,b\nx,1,2\ny,3,4", ("x", "y"), ("a", "b")),
        ("node,a,b\n7,1,2\n5,3,4", ("7", "5"), ("a", "b")),
        ("a b\nx 1 2\ny 3 4", ("x", "y"), ("a", "b")),
        ("a b\n7 1 2\n5 3 4", ("7", "5"), ("a", "b")),
        (",0,1\n0,1,2\n1,3,4", ("0", "1"), ("0", "1")),
        ("x,1,2\n7,3,4", None, None),
    ],
)
def test_names(read, content: str, rows: tuple | None, columns: tuple | None) -> None:
    if rows is columns is None:
        with pytest.raises(InputError, match='column 1 "x" is not a number'):
            read(content)
        return
    found = read(content)
    assert np.array_equal(found.values, [[1, 2], [3, 4]])
    assert (found.row_names, found.column_names) == (rows, columns)
    assert len(found.read) == (rows is not None) + (columns is not None)


def test_one_row_with_its_name(read) -> None:
    assert read("x,1,2").row_names == ("x",)


def test_one_column(read) -> None:
    assert read("1\n2\n3").values.shape == (3, 1)
    assert read("h\n1\n2").column_names == ("h",)


def test_a_stack_takes_its_names_from_the_first_matrix(read) -> None:
    found = read("a,b\n1,2\n\nc,d\n3,4\n")
    assert np.array_equal(found.values, [[[1, 2]], [[3, 4]]])
    assert found.column_names == ("a", "b")
    assert found.read[-1] == "a stack of 2 matrices, parted by empty lines"


def test_matrices_of_a_stack_differ(read) -> None:
    with pytest.raises(InputError) as raised:
        read("1,2,3\n4,5,6\n\n# more\n7,8,9\n")
    assert raised.value.message == "a matrix of 1×3 where the first has 2×3"
    assert str(raised.value.where).endswith("m.csv:5")


def test_decimal_commas(read) -> None:
    found = read("1,5;-2,25\n3;,5e1\n")
    assert np.array_equal(found.values, [[1.5, -2.25], [3, 5]])
    assert found.read == ("decimal commas: 1,5 is 1.5",)


def test_commas_that_may_be_thousands(read) -> None:
    with pytest.raises(InputError, match=r'"1,234" may be 1\.234 or 1234'):
        read("1,234;5\n6;7,890")
    assert read("1,234;5\n6;7,89").values[0, 0] == 1.234  # 7,89 can only be decimal


def test_commas_beside_points(read) -> None:
    with pytest.raises(InputError, match='column 1 "1,5" is not a number'):
        read("1,5;2.5\n3;4")


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("1,2,3,4\n1,2,3\n", 2, "3 values where line 1 has 4"),
        ("# a\n\n1,2\n3,4\n5\n", 5, "1 value where line 3 has 2"),
        ("a,b\n1,2\n3,4,5\n", 3, "3 values where line 1 has 2"),
        ("a b\nx 1 2\ny 3\n", 3, "2 values where line 2 has 3"),
        ("1,2\n3,abc\n", 2, 'column 2 "abc" is not a number'),
        ("1,abc\n3,4\n", 1, 'column 2 "abc" is not a number'),
        ("x,1\ny,abc\n", 2, 'column 2 "abc" is not a number'),
        ("1,2\n,4\n", 2, "column 1 is empty"),
        ("1,,2\n3,4,5\n", 1, "column 2 is empty"),
        ("x,1\ny,2\n,3\n", 3, "the name in column 1 is empty"),
        (",2,3\n4,5,6\n", 1, "column 1 is empty"),
        ("1,2\nnan,4\n", 2, 'column 1 "nan" is not finite'),
        ("1,-inf\n3,4\n", 1, 'column 2 "-inf" is not finite'),
        ("1e999,2\n3,4\n", 1, 'column 1 "1e999" is not finite'),
        ("1_000,2\n3,4\n", 1, 'column 1 "1_000" is not a number'),
        ("a,b,c\nd,e,f\n", 2, 'column 2 "e" is not a number'),
        ("x\n", 1, 'column 1 "x" is not a number'),
        ("1,0x10\n3,4\n", 1, 'column 2 "0x10" is not a number'),
        ("1|2\n3|4\n", 2, 'column 1 "3|4" is not a number'),
        ('"1,2\n3,4\n', 1, "the quotes do not match"),
    ],
)
def test_the_place_of_what_is_wrong(read, content: str, line: int, message: str) -> None:
    with pytest.raises(InputError) as raised:
        read(content)
    assert raised.value.message == message
    assert str(raised.value.where).endswith(f"m.csv:{line}")
    assert raised.value.hint


@pytest.mark.parametrize(("content", "told"), [("1|2\n3|4\n", True), ("1,2\n3,x\n", False)])
def test_a_single_column_hints_at_delimiters(read, content: str, told: bool) -> None:
    with pytest.raises(InputError) as raised:
        read(content)
    assert ("set apart by commas" in str(raised.value.hint)) == told


def test_a_long_cell_is_cut_in_the_message(read) -> None:
    with pytest.raises(InputError) as raised:
        read("1," + "x" * 10_000)
    assert len(raised.value.message) < 100


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16", "float32", ">f8"])
def test_npy_of_other_numbers(read, dtype: str) -> None:
    values = np.array([[0, 1, 1], [1, 0, 1]], dtype=dtype)
    file = io.BytesIO()
    np.save(file, values)
    found = read(file.getvalue(), "m.npy").values
    assert found.dtype == np.dtype("float64")
    assert np.array_equal(found, values)


def test_npy_of_one_row(read) -> None:
    file = io.BytesIO()
    np.save(file, np.arange(5.0))
    found = read(file.getvalue())  # known by its content, not by its name
    assert np.array_equal(found.values, [np.arange(5)])
    assert found.read == ("a single row",)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.array(3.0), r"has the shape \(\)"),
        (np.zeros((0, 3)), r"has the shape \(0, 3\)"),
        (np.zeros((2, 3, 5, 7)), r"has the shape \(2, 3, 5, 7\)"),
        (np.array([["a"]]), "holds <U1, not real numbers"),
        (np.array([[1j]]), "holds complex128"),
        (np.array([[object()]]), "Object arrays cannot be loaded"),
        (np.array([(1, 2.0)], dtype="i4,f8"), "not real numbers"),
        (np.array([[1.0, 2.0], [3.0, np.nan]]), "the value at 1, 1 is not finite: nan"),
        (np.array([[-np.inf]]), "the value at 0, 0 is not finite: -inf"),
    ],
)
def test_npy_of_what_is_no_matrix(read, values: np.ndarray, message: str) -> None:
    file = io.BytesIO()
    np.save(file, values)
    with pytest.raises(InputError, match=message):
        read(file.getvalue(), "m.npy")


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-5],
        lambda content: content[:9],
        lambda content: content.replace(b"(3, 5), }        ", b"(300000, 300000)}"),
        lambda content: content.replace(b"(3, 5), }    ", b"(-3, -500), }"),
        lambda content: content.replace(b"'<f8'", b"open "),
        lambda content: b"\x93NUMPY\x09\x00" + content[8:],
    ],
)
def test_damaged_npy(read, damage) -> None:
    file = io.BytesIO()
    np.save(file, np.zeros((3, 5)))
    damaged = damage(file.getvalue())
    assert damaged != file.getvalue()
    with pytest.raises(InputError, match=r"is no \.npy file of numbers"):
        read(damaged, "m.npy")


@given(MATRICES, st.sampled_from([" ", ", ", ",", "  "]), st.sampled_from([";", "; ", " ;", ";\n"]))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_parsed(values: np.ndarray, between: str, rows: str) -> None:
    text = rows.join(between.join(map(repr, row)) for row in values.tolist())
    assert np.array_equal(parse_matrix(text), values)


def test_fractions() -> None:
    assert np.array_equal(parse_matrix("1/9 -1/2; 0.5/2 3"), [[1 / 9, -0.5], [0.25, 3]])


def test_a_semicolon_at_the_end() -> None:
    assert np.array_equal(parse_matrix(" 1 2; 3 4; "), [[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("1 2; 3", "--kernel, row 2", "1 value where row 1 has 2"),
        ("1 2;; 3 4", "--kernel, row 2", "1 value where row 1 has 2"),
        ("1 2; 3 x", "--kernel, row 2", 'column 2 "x" is not a number'),
        ("1 nan", "--kernel, row 1", 'column 2 "nan" is not finite'),
        ("1 1/0", "--kernel, row 1", 'column 2 "1/0" divides by zero'),
        ("1/ 2", "--kernel, row 1", "column 1 is empty"),
        ("1/2/3 2", "--kernel, row 1", 'column 1 "2/3" is not a number'),
        ("", "--kernel", "holds no values"),
        (" ; ", "--kernel", "holds no values"),
    ],
)
def test_the_place_of_what_is_wrong_in_a_text(text: str, where: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_matrix(text, "--kernel")
    assert (raised.value.where, raised.value.message) == (where, message)
    assert raised.value.hint


def test_a_text_without_a_place() -> None:
    with pytest.raises(InputError) as raised:
        parse_matrix("1 2; 3")
    assert raised.value.where == "row 2"
