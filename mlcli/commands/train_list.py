"""What `mlcli train --list` tells: every model, the data sets that it can learn, and what is published of the two."""

from mlcli.core.training import Published
from mlcli.datasets.catalogue import DATA_SETS
from mlcli.lesson import Lesson, Result, Table
from mlcli.training.published import PUBLISHED
from mlcli.training.registry import MODELS


def table_of_models() -> Lesson:
    """A row for each pair in the answer; drawn, a row for each model, and one for each pair that is published."""
    pairs, able, published = [], [], []
    for name, model in MODELS.items():
        learned = [data_set for data_set in DATA_SETS if data_set.kind in model.tasks]
        able.append((name, ", ".join(data_set.name for data_set in learned)))
        for data_set in learned:
            found = PUBLISHED.get((name, data_set.name))
            known = (found.value, found.deviation, found.protocol, found.source) if found else (None,) * 4
            pairs.append((name, data_set.name, data_set.kind, *known))
            if found:
                published.append((name, data_set.name, _short(found), found.source.partition(";")[0]))
    columns = ("model", "data set", "kind", "value", "deviation", "protocol", "source")
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
            ),
        ),
        notice=("A model learns your own files of the same kind too: mlcli train MODEL --help names the options.",),
        next=("mlcli train gat --dataset cora --runs 10", "mlcli data list", "--json (with protocols and sources)"),
    )


def _short(published: Published) -> str:
    """`81.5%`; other scores as they are."""
    if published.baseline:
        return f"{published.value:.3g}"
    deviation = f" ± {100 * published.deviation:.1f}" if published.deviation else ""
    return f"{100 * published.value:.1f}{deviation}%"
