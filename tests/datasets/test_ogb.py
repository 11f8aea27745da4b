import dataclasses
import gzip
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcli.core.errors import RequestFailed
from mlcli.core.labelled_graphs import LabelledGraph
from mlcli.datasets import catalogue, ogb
from mlcli.datasets.catalogue import named
from mlcli.datasets.ogb import Counts, parse

SMALL = Counts(papers=7, citations=11, features=3, classes=5, train=3, validation=1, test=2)
FEATURES = "raw/node-feat.csv.gz"
LABELS = "raw/node-label.csv.gz"
EDGES = "raw/edge.csv.gz"
NAMES = "mapping/labelidx2arxivcategeory.csv.gz"
PLAIN = {
    # 0 and 1 cite each other, 2 cites 3 twice, 4 cites itself; paper 6 is in no part
    EDGES: "1,0\n0,1\n2,3\n2,3\n4,4\n5,0\n6,2\n3,1\n4,1\n6,5\n5,2\n",
    FEATURES: "0.5,-0.25,1e-05\n" + "".join(f"{-v}.5,{v},.125\n" for v in range(1, 7)),
    LABELS: "4\n0\n0\n3\n1\n2\n4\n",
    "split/time/train.csv.gz": "5\n0\n2\n",
    "split/time/valid.csv.gz": "1\n",
    "split/time/test.csv.gz": "4\n3\n",
    NAMES: "label idx,arxiv category\n0,arxiv cs na\n1,arxiv cs mm\n2,arxiv math co\n3,physics\n4,arxiv cs lg\n",
}
NEEDED = [*PLAIN]


def zipped(changed: Mapping[str, bytes | None] = {}, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The archive as it is published: folders, files that are not read, each table packed by gzip on its own.

    Args:
        changed: what stands in a file's place, as it is packed; None for none.
    """
    packed = {name: gzip.compress(text.encode()) for name, text in PLAIN.items()}
    packed["raw/node_year.csv.gz"] = gzip.compress(b"2013\n" * 7)
    with zipfile.ZipFile(file := io.BytesIO(), "w", how) as archive:
        for folder in ("arxiv/", "arxiv/processed/", "arxiv/raw/", "arxiv/split/"):
            archive.writestr(folder, b"")
        archive.writestr("arxiv/RELEASE_v1.txt", b"")
        for name, content in {**packed, **changed}.items():
            if content is not None:
                archive.writestr(f"arxiv/{name}", content)
    return file.getvalue()


def read(content: bytes) -> LabelledGraph:
    return parse({ogb.PATH: content}, SMALL)


def test_every_number_is_read_as_a_person_reads_it() -> None:
    graph = read(zipped())
    assert graph.graph.edges.T.tolist() == [[0, 1], [0, 5], [1, 3], [1, 4], [2, 3], [2, 5], [2, 6], [5, 6]]
    assert not graph.graph.directed and graph.graph.names == ("0", "1", "2", "3", "4", "5", "6")
    assert graph.features.shape == (7, 3) and graph.features.dtype == np.float64
    assert graph.features[[0, 6]].tolist() == [[0.5, -0.25, 1e-5], [-6.5, 6.0, 0.125]]
    assert graph.labels.tolist() == [4, 0, 0, 3, 1, 2, 4]
    assert graph.classes == ("cs.NA", "cs.MM", "math.CO", "physics", "cs.LG")
    assert [graph.train.tolist(), graph.validation.tolist(), graph.test.tolist()] == [[0, 2, 5], [1], [3, 4]]
    assert graph.read[0] == (
        "11 citations are listed, from the citing paper to the cited: their direction is left out; 2 repeat another "
        "or answer it and 1 join a paper to itself: 8 distinct undirected edges remain"
    )


def test_the_last_line_may_lack_its_end_and_a_table_may_be_packed_in_two_parts() -> None:
    halves = gzip.compress(b"4\n0\n0\n3") + gzip.compress(b"\n1\n2\n4")
    assert read(zipped({LABELS: halves})).labels.tolist() == [4, 0, 0, 3, 1, 2, 4]
    assert read(zipped(how=zipfile.ZIP_STORED)).labels.tolist() == [4, 0, 0, 3, 1, 2, 4]


def test_features_are_read_as_published() -> None:
    graph = read(zipped())
    assert graph.x() is graph.features
    row = dataclasses.replace(graph, divided=True).x()[1]
    np.testing.assert_allclose(row, np.array([-1.5, 1, 0.125]) / 2.625)


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=31))
def test_every_citation_is_an_edge_a_repeat_or_a_loop(citations: list[tuple[int, int]]) -> None:
    edges, told = ogb._distinct(np.array(citations, dtype=np.int64).reshape(-1, 2), 13)
    expected = sorted({(min(pair), max(pair)) for pair in citations if pair[0] != pair[1]})
    assert [tuple(edge) for edge in edges.T.tolist()] == expected
    loops = sum(u == v for u, v in citations)
    repeats = len(citations) - loops - len(expected)
    assert f"; {repeats} repeat another or answer it and {loops} join a paper to itself: {len(expected)} dis" in told


def test_the_published_counts() -> None:
    counts, data_set = ogb.ARXIV, named("ogbn-arxiv")
    assert counts.train + counts.validation + counts.test == counts.papers == 169_343
    assert data_set.size.startswith(f"{counts.papers:,} nodes") and f"{counts.classes} classes" in data_set.size
    (file,) = data_set.files
    assert (file.path, file.bytes) == (ogb.PATH, 83_058_288)


@pytest.mark.parametrize("name", NEEDED)
def test_a_file_that_is_missing_is_named(name: str) -> None:
    with pytest.raises(RequestFailed, match=r"^is missing$") as told:
        read(zipped({name: None}))
    assert told.value.where == f"ogbn-arxiv/arxiv.zip: {name}" and told.value.hint


@pytest.mark.parametrize("content", [b"", b"plain", zipped()[:-30], zipped()[:200], b"PK\3\4" + bytes(50)])
def test_what_is_no_zip_is_told(content: bytes) -> None:
    with pytest.raises(RequestFailed, match="is not a zip archive, or cut off") as told:
        read(content)
    assert told.value.where == "ogbn-arxiv/arxiv.zip"


def lines(name: str, place: int, line: str) -> dict[str, bytes]:
    """With another line there, from 1."""
    plain = PLAIN[name].splitlines()
    plain[place - 1] = line
    return {name: gzip.compress("\n".join(plain).encode())}


def text(name: str, plain: str) -> dict[str, bytes]:
    return {name: gzip.compress(plain.encode())}


GOOD = gzip.compress(PLAIN[FEATURES].encode())


@pytest.mark.parametrize(
    ("changed", "said", "where"),
    [
        ({FEATURES: GOOD[:-9]}, "is cut off", FEATURES),
        ({FEATURES: GOOD[:20]}, "is cut off", FEATURES),
        ({FEATURES: b"0.5,1\n"}, "is not packed by gzip, or damaged", FEATURES),
        ({FEATURES: GOOD[:-6] + b"\0" * 6}, "is not packed by gzip, or damaged", FEATURES),
        ({FEATURES: gzip.compress(bytes(10**7))}, "unpacks to more than the 525 bytes", FEATURES),
        ({FEATURES: bytes(10**7)}, "unpacks to more than the 525 bytes", FEATURES),
        ({FEATURES: b""}, "has 0 lines, not 7", FEATURES),
        (text(FEATURES, PLAIN[FEATURES] + "1,2,3\n"), "has 8 lines, not 7", FEATURES),
        (text(EDGES, PLAIN[EDGES][4:]), "has 10 lines, not 11", EDGES),
        (lines(EDGES, 3, "2,x"), '"x" is not a whole number', f"{EDGES}:3"),
        (lines(EDGES, 3, "2"), "has 1 numbers, not 2", f"{EDGES}:3"),
        (lines(EDGES, 11, "2,3,4"), "has 3 numbers, not 2", f"{EDGES}:11"),
        (lines(EDGES, 4, ""), '"" is not a whole number', f"{EDGES}:4"),
        (lines(EDGES, 4, "2;3"), '"2;3" is not a whole number', f"{EDGES}:4"),
        (lines(EDGES, 5, "#,4"), '"#" is not a whole number', f"{EDGES}:5"),
        (lines(EDGES, 1, "7,0"), "7 is not from 0 to 6", f"{EDGES}:1"),
        (lines(EDGES, 2, "0,-1"), "-1 is not from 0 to 6", f"{EDGES}:2"),
        (lines(EDGES, 2, "0," + "9" * 20), "holds a number that is too large", EDGES),
        (lines(EDGES, 2, "0,1.0"), '"1.0" is not a whole number', f"{EDGES}:2"),
        (lines(EDGES, 2, "0,1_0"), '"1_0" is not a whole number', f"{EDGES}:2"),
        (lines(FEATURES, 7, "1,2"), "has 2 numbers, not 3", f"{FEATURES}:7"),
        (lines(FEATURES, 2, "1,2e,3"), '"2e" is not a number', f"{FEATURES}:2"),
        (lines(FEATURES, 2, "1,0x2,3"), '"0x2" is not a number', f"{FEATURES}:2"),
        (lines(FEATURES, 2, "1,\xe9\x1b[2J,3"), "is not a number", f"{FEATURES}:2"),
        (lines(FEATURES, 5, "1,2,nan"), "nan is not a finite number", f"{FEATURES}:5"),
        (lines(FEATURES, 5, "-inf,2,3"), "-inf is not a finite number", f"{FEATURES}:5"),
        (lines(FEATURES, 5, "1,2,1e999"), "inf is not a finite number", f"{FEATURES}:5"),
        (lines(LABELS, 6, "nan"), '"nan" is not a whole number', f"{LABELS}:6"),
        (lines(LABELS, 6, "5"), "5 is not from 0 to 4", f"{LABELS}:6"),
        (lines(LABELS, 6, "2.5"), '"2.5" is not a whole number', f"{LABELS}:6"),
        (lines("split/time/valid.csv.gz", 1, "7"), "7 is not from 0 to 6", "split/time/valid.csv.gz:1"),
        (lines("split/time/valid.csv.gz", 1, "4"), "paper 4 is in the split twice, in valid and test", "split/time"),
        (lines("split/time/train.csv.gz", 1, "2"), "paper 2 is in the split twice, in train and train", "split/time"),
        (lines(NAMES, 3, "2,arxiv cs lo"), "does not name the classes 0 to 4", NAMES),
        (lines(NAMES, 3, "1 arxiv cs lo"), "does not name the classes 0 to 4", NAMES),
        (text(NAMES, PLAIN[NAMES] + "5,arxiv cs ai\n"), "does not name the classes 0 to 4", NAMES),
        (text(NAMES, ""), "does not name the classes 0 to 4", NAMES),
    ],
)
def test_what_is_wrong_is_told_with_its_place(changed: dict[str, bytes], said: str, where: str) -> None:
    with pytest.raises(RequestFailed, match=re.escape(said)) as told:
        read(zipped(changed))
    assert told.value.where == f"ogbn-arxiv/arxiv.zip: {where}"
    assert "\n" not in told.value.message and len(told.value.message) < 80


def test_a_file_that_the_zip_holds_damaged_is_told() -> None:
    whole = bytearray(zipped(how=zipfile.ZIP_STORED))
    whole[whole.index(GOOD[-8:])] ^= 1
    with pytest.raises(RequestFailed, match="is cut off or damaged") as told:
        read(bytes(whole))
    assert told.value.where == f"ogbn-arxiv/arxiv.zip: {FEATURES}"


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_is_packed_otherwise_is_not_unpacked(how: int) -> None:
    with pytest.raises(RequestFailed, match="packed in a way that no copy of it is"):
        read(zipped(how=how))


def test_what_is_encrypted_is_told() -> None:
    whole = bytearray(zipped())
    for entry in re.finditer(rb"PK\x01\x02", bytes(whole)):
        whole[entry.start() + 8] |= 1
    with pytest.raises(RequestFailed, match="is encrypted"):
        read(bytes(whole))


@given(st.data())
def test_a_damaged_archive_is_told_or_reads_the_same(data: st.DataObject) -> None:
    whole = bytearray(zipped())
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        graph = read(bytes(whole))
    except RequestFailed:
        return
    good = read(zipped())
    assert not (graph.features != good.features).sum() and np.array_equal(graph.graph.edges, good.graph.edges)


@pytest.fixture
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """The data folder holds this archive, and the catalogue its sum."""

    def put(content: bytes) -> None:
        pinned = named("ogbn-arxiv")
        file = dataclasses.replace(pinned.files[0], sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
        small = dataclasses.replace(pinned, files=(file,))
        others = (small if data_set is pinned else data_set for data_set in catalogue.DATA_SETS)
        monkeypatch.setattr(catalogue, "DATA_SETS", tuple(others))
        monkeypatch.setattr(ogb, "ARXIV", SMALL)
        (tmp_path / "data" / "ogbn-arxiv").mkdir(parents=True)
        (tmp_path / "data" / file.path).write_bytes(content)
        monkeypatch.setenv("MLCLI_DATA_DIR", str(tmp_path / "data"))

    return put


@pytest.mark.parametrize("model", ["gcn", "gat", "gatv2", "sage", "gin"])
def test_a_run_on_it_is_trained_saved_and_opened(
    model: str, fetched: Callable, mlcli: Callable, tmp_path: Path
) -> None:
    fetched(zipped())
    run = str(tmp_path / "run")
    assert "here already, checked" in mlcli("data", "fetch", "ogbn-arxiv").stdout
    more = ("--batch", "2", "--fanout", "2,1") if model == "sage" else ()
    ran = mlcli("train", model, "--dataset", "ogbn-arxiv", "--epochs", "3", "--save", run, "--check", *more)
    assert ran.status == 0, ran.stderr
    assert f"train {model} · ogbn-arxiv (7 nodes, 8 edges, 3 features, 5 classes)" in ran.stdout
    assert "features are divided" not in ran.stdout
    assert mlcli("evaluate", run, "--check").status == 0
    predicted = mlcli("predict", run, "3", "--json")
    traced = mlcli("gnn-propagate", "--weights", run, "--node", "3", "--check", "--json")
    assert predicted.status == traced.status == 0, traced.stderr
    assert all(check["passed"] for check in json.loads(traced.stdout)["checks"])
    assert not any("divided" in note for note in json.loads(traced.stdout)["read"])


@pytest.mark.parametrize("model", ["mlp", "embedding"])
def test_models_without_messages_learn_it_too(model: str, fetched: Callable, mlcli: Callable) -> None:
    fetched(zipped())
    ran = mlcli("train", model, "--dataset", "ogbn-arxiv", "--epochs", "2", "--check")
    assert ran.status == 0 and "ogbn-arxiv (7 nodes, " in ran.stdout


def test_a_bad_archive_ends_in_two_lines_and_the_status_of_a_failed_download(
    fetched: Callable, mlcli: Callable
) -> None:
    fetched(zipped(lines(LABELS, 6, "nan")))
    ran = mlcli("train", "gcn", "--dataset", "ogbn-arxiv")
    assert (ran.status, ran.stdout) == (1, "")
    assert ran.stderr == (
        f'error: ogbn-arxiv/arxiv.zip: {LABELS}:6: "nan" is not a whole number\n'
        "hint: remove it, to have it downloaded again\n"
    )
