"""Handwritten digits as pictures, with a split that is the same on every machine.

Source: the 1,797 images of 8×8 pixels that come with scikit-learn (UCI, Alpaydin & Kaynak 1998). The split is ours.
"""

import numpy as np

from mlcli.core.pictures import LabelledPictures

BRIGHTEST = 16
TEST, VALIDATION = 599, 200  # a third, and a sixth of the rest
SPLIT_SEED = 0


def digits() -> LabelledPictures:
    """A third to test, 200 to validate, 998 to train on; drawn once and for all."""
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    order = np.random.RandomState(SPLIT_SEED).permutation(len(labels))  # this old generator never changes its stream
    test, validation, train = np.split(order, [TEST, TEST + VALIDATION])
    return LabelledPictures(
        name="digits",
        values=pixels.astype(np.uint8).reshape(-1, 1, 8, 8),
        brightest=BRIGHTEST,
        labels=labels.astype(np.int64),
        classes=tuple("0123456789"),
        train=np.sort(train),
        validation=np.sort(validation),
        test=np.sort(test),
        read=("the split is drawn once and for all: the test third is the same for every seed",),
    )
