"""A named data set of any kind, as core holds it."""

from mlcli.core.errors import InputError
from mlcli.core.graphs import LabelledGraph
from mlcli.core.recommendation import RatingSet
from mlcli.datasets.catalogue import named

AnyData = LabelledGraph | RatingSet


def load(name: str) -> AnyData:
    """The data set called `name`.

    Raises:
        InputError: there is none, or nothing is trained on it.
        RequestFailed: it is not at hand and cannot be downloaded, or a file of it is not the pinned one.
    """
    match named(name).kind:
        case "node classification":
            from mlcli.datasets import labelled_graphs

            return labelled_graphs.load(name)
        case "ratings":
            from mlcli.datasets import ratings

            return ratings.load(name)
        case kind:
            raise InputError(f"{name} is a data set of {kind}, which no model learns here", hint="mlcli train --list")
