"""The named data sets whose nodes are to be classified, ready to train on."""

import hashlib
from collections.abc import Callable, Mapping

from mlcli.core.errors import InputError
from mlcli.core.labelled_graphs import LabelledGraph
from mlcli.datasets.catalogue import DATA_SETS, DataSet, named
from mlcli.datasets.storage import PARSED, cache_folder, copies


def names() -> tuple[str, ...]:
    """What `load` takes."""
    return tuple(data_set.name for data_set in DATA_SETS if data_set.kind == "node classification")


def load(name: str) -> LabelledGraph:
    """The graph of a named data set, its features as they are published (not normalised).

    Raises:
        InputError: there is no such data set, or it is not of nodes with labels.
        RequestFailed: it is not at hand and cannot be downloaded, or a file of it is not the pinned one.
    """
    data_set = named(name)
    match name:
        case "karate":
            from mlcli.datasets.karate import karate

            return karate()
        case "digits-graph":
            from mlcli.datasets.digits_graph import digits_graph

            return digits_graph()
        case "cora" | "citeseer" | "pubmed":
            from mlcli.datasets import planetoid

            return _parsed(data_set, lambda contents: planetoid.parse(name, contents))
        case "ogbn-arxiv":
            from mlcli.datasets import ogb

            return _parsed(data_set, lambda contents: ogb.parse(contents, ogb.ARXIV))
        case _:
            raise InputError(f"{name} is a data set of {data_set.kind}", hint=f"choose one of {', '.join(names())}")


def _parsed(data_set: DataSet, parse: Callable[[Mapping[str, bytes]], LabelledGraph]) -> LabelledGraph:
    """Parsed from its files, which are looked at each time; or, those being right, as it was kept the last time."""
    from mlcli.datasets import graph_archive

    contents = {copy.file.path: copy.content for copy in copies(data_set)}
    sums = hashlib.sha256("".join(file.sha256 for file in data_set.files).encode()).hexdigest()
    path = cache_folder() / PARSED / f"{data_set.name}-{sums[:12]}-{graph_archive.FORMAT}.npz"
    graph = graph_archive.kept(data_set.name, path)
    if graph is None:
        graph = parse(contents)
        graph_archive.keep(graph, path)
    return graph
