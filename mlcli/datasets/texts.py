"""The named texts."""

from mlcli.core.texts import Text
from mlcli.datasets.catalogue import named
from mlcli.datasets.samples import sample
from mlcli.datasets.storage import copies


def load(name: str) -> Text:
    """The text called `name`: its one file, or the sample that comes with mlcli.

    Raises:
        RequestFailed: it is not at hand and cannot be downloaded, or its file is not the pinned one.
    """
    data_set = named(name)
    content = sample("text.txt").read_bytes() if data_set.embedded else next(copies(data_set)).content
    return Text(name, content.decode("utf-8"))
