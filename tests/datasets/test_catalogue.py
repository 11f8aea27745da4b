import re
from pathlib import Path

import pytest

from mlcli.core.errors import InputError
from mlcli.datasets.catalogue import DATA_SETS, DataSet, named

PUBLISHERS = (  # not commits
    "https://files.grouplens.org/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://snap.stanford.edu/ogb/",
)
AT_HAND = ("cora", "citeseer", "lastfm", "tinyshakespeare")  # in the folder of the public data


def test_every_file_is_pinned_to_a_commit_and_a_sum():
    for data_set in DATA_SETS:
        for file in data_set.files:
            assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
            if file.url.startswith(PUBLISHERS):
                continue
            commit = re.match(r"https://raw\.githubusercontent\.com/[\w-]+/[\w-]+/([0-9a-f]{40})/", file.url)
            assert commit, file.url
            assert data_set.source.endswith(f"/tree/{commit[1][:7]}")


def test_files_have_paths_of_their_own():
    paths = [file.path for data_set in DATA_SETS for file in data_set.files]
    assert len(set(paths)) == len(paths) == 8 + 8 + 8 + 1 + 4 + 4 + 2 + 2 + 1


def test_embedded_data_sets_have_nothing_to_download():
    assert [data_set.name for data_set in DATA_SETS if data_set.embedded] == [
        "karate",
        "digits-graph",
        "synthetic-ratings",
        "digits",
        "adding",
        "copy-memory",
        "text",
        "reverse",
        "sort",
        "copy",
        "set-anomaly-digits",
    ]
    assert all(data_set.embedded == (data_set.bytes == 0) for data_set in DATA_SETS)


def test_the_sums_and_sizes_are_those_of_the_files_at_hand(public_data: Path):
    listed = dict(reversed(line.split()) for line in (public_data / "SHA256SUMS").read_text().splitlines())
    files = [file for name in AT_HAND for file in named(name).files]
    assert {file.path: file.sha256 for file in files} == listed
    assert {file.path: file.bytes for file in files} == {path: (public_data / path).stat().st_size for path in listed}


@pytest.mark.parametrize("data_set", DATA_SETS, ids=lambda data_set: data_set.name)
def test_a_data_set_is_found_by_its_name(data_set: DataSet):
    assert named(data_set.name) is data_set


@pytest.mark.parametrize(("typed", "nearest"), [("croa", "cora"), ("CORA", "cora"), ("digit-graph", "digits-graph")])
def test_an_unknown_name_lists_all_the_nearest_first(typed: str, nearest: str):
    with pytest.raises(InputError) as error:
        named(typed)
    assert typed in error.value.message
    listed = (error.value.hint or "").removeprefix("choose one of ").split(", ")
    assert listed[0] == nearest
    assert sorted(listed) == sorted(data_set.name for data_set in DATA_SETS)
