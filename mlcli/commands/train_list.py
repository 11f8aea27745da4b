"""What `mlcli train --list` tells: every model, the data sets that it can learn, and what is published of the two."""

from mlcli.core.training import Published
from mlcli.datasets.catalogue import DATA_SETS
from mlcli.lesson import Cell, Lesson, Result, Table
from mlcli.training.published import ELSEWHERE, PUBLISHED
from mlcli.training.registry import MODELS


def table_of_models() -> Lesson:
    """A row for each pair in the answer; drawn, a row for each model, and one for each pair that is published."""
    pairs, able, published, elsewhere = [], [], [], []
    for name, model in MODELS.items():
        learned = [data_set for data_set in DATA_SETS if data_set.kind in model.tasks]
        able.append((name, ", ".join(data_set.name for data_set in learned)))
        for data_set in learned:
            found, other = (table.get((name, data_set.name)) for table in (PUBLISHED, ELSEWHERE))
            pairs.append((name, data_set.name, data_set.kind, *_known(found), *_known(other)))
            if found:
                published.append((name, data_set.name, _short(found), found.source.partition(";")[0]))
            if other:
                elsewhere.append((name, data_set.name, _short(other), other.source))
    protocols = {published.source: published.protocol for published in ELSEWHERE.values()}
    known = ("value", "deviation", "protocol", "source")
    columns = ("model", "data set", "kind", *known, *(f"elsewhere, {column}" for column in known))
    return Lesson(
        title="the models, what each can learn, and what is published of the two",
        command="train --list",
        rules=(),
        inputs=(),
        steps=(),
        result=Result(
            Table("", columns, tuple(pairs)),
            (
                Table("what each can learn", ("model", "data sets"), tuple(able), whole=True),
                Table(
                    "what is published, or a baseline to beat",
                    ("model", "data set", "", "source"),
                    tuple(published),
                    whole=True,
                ),
                Table(
                    "what is published by another protocol, near which ours is to be",
                    ("model", "data set", "", "source"),
                    tuple(elsewhere),
                    whole=True,
                ),
                Table("these other protocols", ("source", "protocol"), tuple(protocols.items()), whole=True),
            ),
        ),
        notice=("A model learns your own files of the same kind too: mlcli train MODEL --help names the options.",),
        next=("mlcli train gat --dataset cora --runs 10", "mlcli data list", "--json (with protocols and sources)"),
    )


def _known(found: Published | None) -> tuple[Cell, ...]:
    return (found.value, found.deviation, found.protocol, found.source) if found else (None,) * 4


def _short(published: Published) -> str:
    """`81.5%`; other scores as they are."""
    if published.baseline:
        return f"{published.value:.3g}"
    deviation = f" ± {100 * published.deviation:.1f}" if published.deviation else ""
    return f"{100 * published.value:.1f}{deviation}%"
