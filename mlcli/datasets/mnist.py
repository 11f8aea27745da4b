"""MNIST and Fashion-MNIST: 70,000 grey pictures of 28×28 pixels, 10,000 of them to test on, as published.

Of the other 60,000 the last 5,000 validate: nothing is drawn, and the pictures stand in no order there.
"""

from collections.abc import Mapping

import numpy as np

from mlcli.core.pictures import LabelledPictures
from mlcli.datasets.catalogue import named
from mlcli.datasets.idx import read_idx
from mlcli.datasets.storage import copies, damaged

CLASSES = {
    "mnist": tuple("0123456789"),
    "fashion-mnist": (
        "T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
    ),
}  # fmt: skip
SIDE, TRAIN, VALIDATION, TEST = 28, 55_000, 5_000, 10_000


def load(name: str) -> LabelledPictures:
    """The data set called `name`.

    Raises:
        RequestFailed: it is not at hand and cannot be downloaded, or a file of it is not the pinned one.
    """
    return parse(name, {copy.file.path: copy.content for copy in copies(named(name))})


def parse(name: str, contents: Mapping[str, bytes]) -> LabelledPictures:
    """The pictures from the bytes of the four files.

    Args:
        contents: by path: `mnist/train-images-idx3-ubyte.gz`.

    Raises:
        RequestFailed: see `read_idx`; a label is none of the classes.
    """
    pixels, labels = [], []
    for part, count in (("train", TRAIN + VALIDATION), ("t10k", TEST)):
        images, classes = f"{name}/{part}-images-idx3-ubyte.gz", f"{name}/{part}-labels-idx1-ubyte.gz"
        pixels.append(read_idx(contents[images], images, (count, SIDE, SIDE)))
        labels.append(read_idx(contents[classes], classes, (count,)))
        if labels[-1].max() >= len(CLASSES[name]):
            raise damaged(f"has a label {labels[-1].max()}, above 9", classes)
    order = np.arange(TRAIN + VALIDATION + TEST)
    train, validation, test = np.split(order, [TRAIN, TRAIN + VALIDATION])
    return LabelledPictures(
        name=name,
        values=np.concatenate(pixels)[:, np.newaxis],
        brightest=255,
        labels=np.concatenate(labels).astype(np.int64),
        classes=CLASSES[name],
        train=train,
        validation=validation,
        test=test,
        read=(f"of the {TRAIN + VALIDATION:,} pictures to train on the last {VALIDATION:,} validate",),
    )
