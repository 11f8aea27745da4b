"""The named data sets: what each is, how large, whose, and where its files come from.

Embedded data sets come with networkx, scikit-learn or mlcli and need no download. The others are files of
one pinned commit each; the SHA-256 of every file is written here and checked before it is opened.
"""

import difflib
from dataclasses import dataclass
from typing import Literal

from mlcli.core.errors import InputError

Kind = Literal[
    "node classification", "pictures", "sequence to sequence", "sequence regression", "sequence labelling",
    "sets of pictures", "ratings", "text",
]  # fmt: skip


@dataclass(frozen=True)
class DataFile:
    """One file of a data set.

    Args:
        path: below the data folder: `planetoid/ind.cora.x`.
    """

    path: str
    sha256: str
    bytes: int
    url: str


@dataclass(frozen=True)
class DataSet:
    """What is known of a data set without opening it.

    Args:
        size: in words: nodes, edges, features, classes.
        licence: of the data; "not stated" where nobody said.
        source: where it was published, and where its files come from.
        files: empty for an embedded data set.
    """

    name: str
    title: str
    kind: Kind
    size: str
    licence: str
    source: str
    files: tuple[DataFile, ...] = ()

    @property
    def embedded(self) -> bool:
        """It comes with a library and needs no download."""
        return not self.files

    @property
    def bytes(self) -> int:
        """To download; 0 for an embedded data set."""
        return sum(file.bytes for file in self.files)


_PLANETOID = "kimiyoung/planetoid/af6abf468a772cc055bec88c52e4d6f51b7c37e3"
_LIGHTGCN = "gusye1234/LightGCN-PyTorch/947ca2b3b1d2d3545b114145710cb06c4e57b3d2"
_CHAR_RNN = "karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e"


def _file(path: str, commit: str, origin: str, bytes: int, sha256: str) -> DataFile:
    return DataFile(path, sha256, bytes, f"https://raw.githubusercontent.com/{commit}/{origin}")


def _planetoid(name: str, *files: tuple[str, int, str]) -> tuple[DataFile, ...]:
    return tuple(
        _file(f"planetoid/ind.{name}.{part}", _PLANETOID, f"data/ind.{name}.{part}", bytes, sha256)
        for part, bytes, sha256 in files
    )


DATA_SETS: tuple[DataSet, ...] = (
    DataSet(
        "karate",
        "who met whom in a karate club that split in two",
        "node classification",
        "34 nodes, 78 edges, 34 features, 2 classes",
        "not stated",
        "Zachary 1977, doi:10.1086/jar.33.4.3629752; comes with networkx",
    ),
    DataSet(
        "digits-graph",
        "handwritten digits, each joined to those that look like it",
        "node classification",
        "1,797 nodes, 8,727 edges, 64 features, 10 classes",
        "CC BY 4.0",
        "Alpaydin & Kaynak 1998, doi:10.24432/C50P49 (UCI); comes with scikit-learn",
    ),
    DataSet(
        "synthetic-ratings",
        "ratings made up by a program: odd users tend to like odd items",
        "ratings",
        "30 users, 40 items, 403 ratings of one to five stars",
        "MIT",
        "of our own making: sample_data/make.py; comes with mlcli",
    ),
    DataSet(
        "digits",
        "handwritten digits as pictures of 8×8 pixels",
        "pictures",
        "1,797 pictures, 10 classes",
        "CC BY 4.0",
        "Alpaydin & Kaynak 1998, doi:10.24432/C50P49 (UCI); comes with scikit-learn",
    ),
    DataSet(
        "cora",
        "machine-learning papers and their citations",
        "node classification",
        "2,708 nodes, 5,278 edges, 1,433 features, 7 classes",
        "not stated",
        "Sen et al. 2008, doi:10.1609/aimag.v29i3.2157; split of Yang et al. 2016, MIT; https://github.com/kimiyoung/planetoid/tree/af6abf4",
        _planetoid(
            "cora",
            ("x", 22119, "23cfa55d91c6f624233f5eb7b6e3f141f1bd2b2ae39608a63cf5d084bb27baab"),
            ("y", 4054, "94465c14eb53e04ca262198dcbb2521ee8af60fb3f3d546cd6ca24a511b0e7d1"),
            ("tx", 148025, "b9afbaa4a400df991f6f02ef677e1e44da55ffc04801fd02f9e673987829226a"),
            ("ty", 28135, "41f5ac76596a1699cc33f53084a2419e92961c42bb75f36fc38e616d348532ad"),
            ("allx", 257305, "9419ba2f26f5c35243db64aba110e0f35a04851609e0dc5433450676ca6b8543"),
            ("ally", 47959, "2b998f5cc7fedc86e7f97ca2498f47a1ffc1462c29e2d578b23bf3f62b6e7d71"),
            ("graph", 59847, "58f13302f39dde8852dad6fe6d15b89b077b6d7f837626bce671ef80344b383d"),
            ("test.index", 5000, "297ce89af2b51a6a194181c7dbe1796c6a1cf9cd9349a88383b1b1e227867875"),
        ),
    ),
    DataSet(
        "citeseer",
        "computer-science papers and their citations",
        "node classification",
        "3,327 nodes, 4,552 edges, 3,703 features, 6 classes",
        "not stated",
        "Sen et al. 2008, doi:10.1609/aimag.v29i3.2157; split of Yang et al. 2016, MIT; https://github.com/kimiyoung/planetoid/tree/af6abf4",
        _planetoid(
            "citeseer",
            ("x", 31087, "d20de19150741e555de0ed037195630fc194114ebc7fd72ced62810148aa22f6"),
            ("y", 3014, "8ba87e515d8e3ee3cf52f6d2c5b86aa73f11ecad825a808455209ec26cd54924"),
            ("tx", 260321, "539a8906a2da97628d212f2fdd668c109a8b3f0d36574b59e5d3fd5b5303da21"),
            ("ty", 24135, "55e5bd1ba1e733a04598753ad1a8d57957f4b8f89e74519f41f4f4938767e4ce"),
            ("allx", 595021, "2ac30345d95c9ec933a817ee0bdd6a5f077f8c184a20e696910192d534414668"),
            ("ally", 55623, "f704b2d986dde6c2669934de1f3ae5696a6cf9455c0f6b2646a2d135ea0a1c95"),
            ("graph", 61987, "d79a4ef9d3e7169aee8946145f6b7306e35bc79bffad26346cfb94e10e9912a7"),
            ("test.index", 5000, "2af990671580b6b2df5d158d1038f8292e30c9cd821b5453f399659b25b723d4"),
        ),
    ),
    DataSet(
        "lastfm",
        "who listened to which artist on Last.fm",
        "ratings",
        "1,880 users, 4,489 artists, 52,668 listenings (42,135 to train, 10,533 to test)",
        "non-commercial",
        "Cantador et al. 2011, HetRec; split of https://github.com/gusye1234/LightGCN-PyTorch/tree/947ca2b",
        (
            _file(
                "lastfm/data1.txt",
                _LIGHTGCN,
                "data/lastfm/data1.txt",
                579727,
                "c82af3228cbbda2f55a39244de09ed93292894f1d0d9f1908ebb57e27598fded",
            ),
            _file(
                "lastfm/test1.txt",
                _LIGHTGCN,
                "data/lastfm/test1.txt",
                144867,
                "de4417c0e6123284ce59a0934bcf5288ec1ec8774a18a1eef453c9952dfa48f9",
            ),
        ),
    ),
    DataSet(
        "adding",
        "two marked numbers, to be added after the last step",
        "sequence regression",
        "drawn, as many as are asked for, of any length",
        "none needed",
        "Hochreiter & Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735; drawn by mlcli",
    ),
    DataSet(
        "copy-memory",
        "ten symbols, to be said again after a long wait",
        "sequence labelling",
        "drawn, as many as are asked for, of any length",
        "none needed",
        "Arjovsky, Shah & Bengio 2016, arXiv:1511.06464; drawn by mlcli",
    ),
    DataSet(
        "text",
        "the house that Jack built, a rhyme that grows",
        "text",
        "1,926 characters, 27 distinct",
        "public domain",
        "a rhyme in print since 1755; comes with mlcli",
    ),
    DataSet(
        "tinyshakespeare",
        "scenes from Shakespeare's plays",
        "text",
        "1,115,394 characters, 65 distinct",
        "public domain",
        "Karpathy 2015; https://github.com/karpathy/char-rnn/tree/6f9487a",
        (
            _file(
                "text/tinyshakespeare.txt",
                _CHAR_RNN,
                "data/tinyshakespeare/input.txt",
                1115394,
                "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
            ),
        ),
    ),
    *(
        DataSet(
            name,
            f"digits, and the same {how}",
            "sequence to sequence",
            "22,500 sequences of 16 digits",
            "public domain",
            "drawn here from a fixed seed",
        )
        for name, how in (("reverse", "backwards"), ("sort", "in order"), ("copy", "once more"))
    ),
    DataSet(
        "set-anomaly-digits",
        "sets of handwritten digits, all of one class but one",
        "sets of pictures",
        "sets drawn from 1,797 pictures, 10 classes",
        "CC BY 4.0",
        "the pictures of digits; the task of Lippe's UvA Deep Learning Tutorial 6, with these for CIFAR-100",
    ),
)


def named(name: str) -> DataSet:
    """The data set called `name`.

    Raises:
        InputError: there is none; the hint names them all, the nearest spelling first.
    """
    names = [data_set.name for data_set in DATA_SETS]
    if name in names:
        return DATA_SETS[names.index(name)]
    nearest = difflib.get_close_matches(name.lower(), names, n=len(names), cutoff=0.5)
    others = [other for other in names if other not in nearest]
    raise InputError(f'there is no data set called "{name}"', hint=f"choose one of {', '.join(nearest + others)}")
