"""Digits drawn at random, and the rule that answers them: nothing to download, and as hard as one likes."""

from typing import cast

import numpy as np

from mlcli.core.sequence_pairs import DIGITS, Rule, SequencePairs

LENGTH = 16
TRAIN, VALIDATION, TEST = 20_000, 500, 2_000


def load(name: str) -> SequencePairs:
    """20,000 sequences of 16 digits to train on; with 10^16 there are, none of the others is among them."""
    x = np.random.default_rng(16).integers(0, 10, (TRAIN + VALIDATION + TEST, LENGTH))
    train, validation, test = np.split(np.arange(len(x)), [TRAIN, TRAIN + VALIDATION])
    return SequencePairs(cast(Rule, name), DIGITS, x, train, validation, test)
