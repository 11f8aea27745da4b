"""A named data set of any kind, as core holds it."""

from mlcli.core.errors import InputError
from mlcli.core.labelled_graphs import LabelledGraph
from mlcli.core.pictures import LabelledPictures
from mlcli.core.recommendation import RatingSet
from mlcli.core.sequence_pairs import SequencePairs
from mlcli.core.sequence_problems import Adding, Copying
from mlcli.core.set_anomaly import SetAnomaly
from mlcli.core.texts import Text
from mlcli.datasets.catalogue import named

AnyData = LabelledGraph | LabelledPictures | RatingSet | SequencePairs | SetAnomaly | Adding | Copying | Text


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
        case "sequence to sequence":
            from mlcli.datasets import sequence_pairs

            return sequence_pairs.load(name)
        case "pictures":
            if name == "digits":
                from mlcli.datasets.digits import digits

                return digits()
            from mlcli.datasets import mnist

            return mnist.load(name)
        case "sets of pictures":
            from mlcli.datasets.digits import digits

            return SetAnomaly(name, digits())
        case "sequence regression":
            return Adding()
        case "sequence labelling":
            return Copying()
        case "text":
            from mlcli.datasets import texts

            return texts.load(name)
        case kind:
            raise InputError(f"{name} is a data set of {kind}, which no model learns here", hint="mlcli train --list")
