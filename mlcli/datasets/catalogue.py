"""The named data sets: what each is, how large, whose, and where its files come from.

Embedded data sets come with networkx, scikit-learn or mlcli and need no download. The others are files of
one pinned commit each, or their publisher's; the SHA-256 of every file is written here and checked before it is opened.
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
_FASHION = "zalandoresearch/fashion-mnist/b2617bb6d3ffa2e429640350f613e3291e10b141"
_CHAR_RNN = "karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e"


def _file(path: str, commit: str, origin: str, bytes: int, sha256: str) -> DataFile:
    return DataFile(path, sha256, bytes, f"https://raw.githubusercontent.com/{commit}/{origin}")


def _planetoid(name: str, *files: tuple[str, int, str]) -> tuple[DataFile, ...]:
    return tuple(
        _file(f"planetoid/ind.{name}.{part}", _PLANETOID, f"data/ind.{name}.{part}", bytes, sha256)
        for part, bytes, sha256 in files
    )


def _pictures(name: str, folder: str, *files: tuple[str, int, str]) -> tuple[DataFile, ...]:
    return tuple(DataFile(f"{name}/{file}", sha256, bytes, f"{folder}/{file}") for file, bytes, sha256 in files)


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
        "pubmed",
        "papers on diabetes and their citations",
        "node classification",
        "19,717 nodes, 44,324 edges, 500 features, 3 classes",
        "not stated",
        "Namata et al. 2012, MLG; split of Yang et al. 2016, MIT; https://github.com/kimiyoung/planetoid/tree/af6abf4",
        _planetoid(
            "pubmed",
            ("x", 23172, "fbe9cb5c47200d1b7769a26e579be3b7130b556831f9d850e77c4c74f2599b33"),
            ("y", 854, "e6c807633307a07ed659249006536a147c7999c797f11a2560752990181b41b3"),
            ("tx", 405505, "4eb5f5d0f30f26497eb0ac6ac9719d09c67e284f1ed0385c93f3ef27a671da3d"),
            ("ty", 12135, "ee2e0d4819d9fbcc403689c3bf2e49face401b605932f093bc58ab6461130fdd"),
            ("allx", 7578385, "508e538e2abdccdd54c4d3e9f49d638b4af7107d85845f66ddea5a5152658b7e"),
            ("ally", 224739, "0c37bbe3b5014ec365e9d393cf4791925e5ed94fb194305d74f064a8d7b50f0e"),
            ("graph", 471808, "5b89f0036ca22909471f1e6558eb42fa06e0c730a577bde5b058b40638f81dc9"),
            ("test.index", 6000, "b101d421688bbaecbd82e8a18f1e282378d6830f3a37666f28ebc47f844341b5"),
        ),
    ),
    DataSet(
        "ogbn-arxiv",
        "papers on arXiv and their citations",
        "node classification",
        "169,343 nodes, 1,157,799 edges, 128 features, 40 classes",
        "ODC-BY 1.0",
        "Hu et al. 2020, arXiv:2005.00687; Open Graph Benchmark, release 1; https://ogb.stanford.edu",
        (
            DataFile(  # its publisher gives no sum; several who fetched it independently write down this one
                "ogbn-arxiv/arxiv.zip",
                "49f85c801589ecdcc52cfaca99693aaea7b8af16a9ac3f41dd85a5f3193fe276",
                83058288,
                "https://snap.stanford.edu/ogb/data/nodeproppred/arxiv.zip",
            ),
        ),
    ),
    DataSet(
        "mnist",
        "handwritten digits as pictures of 28×28 pixels",
        "pictures",
        "70,000 pictures, 10 classes",
        "CC BY-SA 3.0",
        "LeCun, Cortes & Burges 1998; the copy that TensorFlow and PyTorch load",
        _pictures(
            "mnist",
            "https://storage.googleapis.com/cvdf-datasets/mnist",
            ("train-images-idx3-ubyte.gz", 9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
            ("train-labels-idx1-ubyte.gz", 28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            ("t10k-images-idx3-ubyte.gz", 1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
            ("t10k-labels-idx1-ubyte.gz", 4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
        ),
    ),
    DataSet(
        "fashion-mnist",
        "clothes and shoes as pictures of 28×28 pixels",
        "pictures",
        "70,000 pictures, 10 classes",
        "MIT",
        "Xiao, Rasul & Vollgraf 2017, arXiv:1708.07747; https://github.com/zalandoresearch/fashion-mnist/tree/b2617bb",
        _pictures(
            "fashion-mnist",
            f"https://raw.githubusercontent.com/{_FASHION}/data/fashion",
            (
                "train-images-idx3-ubyte.gz",
                26421880,
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            ("train-labels-idx1-ubyte.gz", 29515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            ("t10k-images-idx3-ubyte.gz", 4422102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            ("t10k-labels-idx1-ubyte.gz", 5148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
        ),
    ),
    DataSet(
        "movielens-100k",
        "who gave which film how many stars",
        "ratings",
        "943 users, 1,682 films, 100,000 ratings of one to five stars",
        "research only",
        "Harper & Konstan 2015, doi:10.1145/2827872; https://grouplens.org/datasets/movielens/100k",
        tuple(
            DataFile(
                f"movielens-100k/{name}",
                sha256,
                bytes,
                f"https://files.grouplens.org/datasets/movielens/ml-100k/{name}",
            )
            for name, bytes, sha256 in (
                ("u.data", 1979173, "06416e597f82b7342361e41163890c81036900f418ad91315590814211dca490"),
                ("u.item", 236344, "553841ebc7de3a0fd0d6b62a204ea30c1e651aacfb2814c7a6584ac52f2c5701"),
            )
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
