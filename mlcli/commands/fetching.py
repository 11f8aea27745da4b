"""Data sets that are not here yet: a line on the terminal tells how far their download is."""

from mlcli.datasets.catalogue import named
from mlcli.datasets.storage import fetch_missing
from mlcli.render.progress import WorkProgress


def fetched(name: str) -> str:
    """`name` again, once the files of this data set are here.

    Raises:
        InputError: there is no such data set.
        RequestFailed: it cannot be downloaded.
    """
    with WorkProgress() as progress:
        fetch_missing(named(name), progress)
    return name
