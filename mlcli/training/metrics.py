"""metrics.csv: a line for every epoch of every seed."""

import csv
import dataclasses
import io
from collections.abc import Iterable, Mapping

from mlcli.core.training import Epoch

METRICS = "metrics.csv"


def metrics(epochs: Mapping[int, Iterable[Epoch]]) -> bytes:
    """By seed."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["seed", *(field.name for field in dataclasses.fields(Epoch))])
    for seed, told in epochs.items():
        rows.writerows([seed, *dataclasses.astuple(epoch)] for epoch in told)
    return text.getvalue().encode()
