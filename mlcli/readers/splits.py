"""Which nodes to train on, to validate and to test, where the learner does not say.

Large graphs: as Planetoid (Yang et al. 2016), 20 nodes a class to train, 500 to validate, 1,000 to test.
Small graphs: of each class four tenths to train, two to validate, four to test, and at least one each.
"""

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.readers.wording import counted

TRAIN_A_CLASS, VALIDATION, TEST = 20, 500, 1000
TRAIN_SHARE, VALIDATION_SHARE = 0.4, 0.2

Split = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


def split(labels: NDArray[np.int64], classes: tuple[str, ...], seed: int, where: str) -> tuple[Split, str]:
    """Positions to train on, to validate and to test, drawn at random; and the rule that was used, in a sentence.

    Args:
        labels: a position in `classes` for each node, −1 where unknown.
        where: the file of labels, for errors.

    Raises:
        InputError: a class has fewer than three nodes.
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    members = [order[labels[order] == label] for label in range(len(classes))]
    for name, nodes in zip(classes, members, strict=True):
        if len(nodes) < 3:
            hint = "label more of them, or say train, val or test in a third column, split"
            message = f"class {name} has {counted(len(nodes), 'node')}; to train, validate and test on it takes three"
            raise InputError(message, where, hint)

    drawn = f"drawn with seed {seed}"
    enough = all(len(nodes) >= TRAIN_A_CLASS for nodes in members)
    if enough and sum(map(len, members)) >= TRAIN_A_CLASS * len(classes) + VALIDATION + TEST:
        train = np.concatenate([nodes[:TRAIN_A_CLASS] for nodes in members])
        rest = order[(labels[order] >= 0) & ~np.isin(order, train)]
        validation, test = rest[:VALIDATION], rest[VALIDATION : VALIDATION + TEST]
        rule = f"{TRAIN_A_CLASS} nodes a class to train, {VALIDATION} to validate, {TEST:,} to test, {drawn}"
    else:
        first = [max(1, round(TRAIN_SHARE * len(nodes))) for nodes in members]
        second = [n + max(1, round(VALIDATION_SHARE * len(nodes))) for n, nodes in zip(first, members, strict=True)]
        train = np.concatenate([nodes[:n] for n, nodes in zip(first, members, strict=True)])
        validation = np.concatenate([nodes[n:m] for n, m, nodes in zip(first, second, members, strict=True)])
        test = np.concatenate([nodes[m:] for m, nodes in zip(second, members, strict=True)])
        rule = f"of each class 40 % to train, 20 % to validate, 40 % to test, at least one each, {drawn}"
    return (np.sort(train), np.sort(validation), np.sort(test)), rule
