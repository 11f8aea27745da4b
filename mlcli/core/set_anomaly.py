"""The odd one out: sets of pictures of one class but one, and an encoder without positions that scores each picture.

    X[n] = flat(A_n) W_E + b_E      scores = encoder(X) w      probabilities = softmax(scores)      answer = argmax

Nothing says where in the set a picture stands, so that the set in another order has the same scores in that order
(permutation equivariance). A bias beside w would add the same to all scores, which softmax takes out again.

Symbols
    A_n  the pictures of a set, from 0 to 1  (C, H, W)      N  pictures of a set      odd  the place of the odd one
    W_E (C·H·W, d_model)     b_E, w (d_model,)     X (N, d_model)     H  heads

Source: the task is that of Lippe, UvA Deep Learning Tutorials, tutorial 6, which has it on features of CIFAR-100.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from mlcli.core.attention_proofs import Shuffled, draw_order, shuffle
from mlcli.core.errors import InputError
from mlcli.core.numerics import softmax
from mlcli.core.pictures import LabelledPictures
from mlcli.core.transformer import Stack, stack
from mlcli.core.transformer_weights import ENCODER, stack_of

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Part = Literal["train", "validation", "test"]

SMALLEST = 3  # of two pictures neither is the odd one
SEEDS: dict[Part, int] = {"train": 0, "validation": 1, "test": 2}
MEASURED = 2000  # sets of each part that are the same for every seed


@dataclass(frozen=True, eq=False)
class PictureSets:
    """Sets of positions of pictures.

    Args:
        odd: which place of the set holds the picture of another class.
    """

    members: Int[Integers, "sets N"]
    odd: Int[Integers, " sets"]


@dataclass(frozen=True, eq=False)
class SetAnomaly:
    """Pictures, from which sets are drawn; those of one part of the split never meet those of another."""

    kind: ClassVar[str] = "sets of pictures"

    name: str
    pictures: LabelledPictures

    def draw(self, part: Part, sets: int, N: int, rng: np.random.Generator) -> PictureSets:
        """N − 1 pictures of one class, no picture twice, and one of another class in a place drawn likewise.

        Raises:
            InputError: N is below `SMALLEST`, or a class has too few pictures.
        """
        labels, C = self.pictures.labels, len(self.pictures.classes)
        most = min(int(np.bincount(labels[getattr(self.pictures, each)], minlength=C).min()) for each in SEEDS)
        if not SMALLEST <= N <= most:
            reason = "there is no odd one in so few" if N < SMALLEST else f"a part has only {most} pictures of a class"
            raise InputError(f"no sets of {N}: {reason}", "--length", f"from {SMALLEST} to {most} pictures a set")
        members = getattr(self.pictures, part)
        by_class = [members[labels[members] == c] for c in range(C)]
        usual = rng.integers(C, size=sets)
        other = (usual + rng.integers(1, C, size=sets)) % C
        odd = rng.integers(N, size=sets)
        drawn = np.empty((sets, N), dtype=np.int64)
        for c, own in enumerate(by_class):
            of_class = np.flatnonzero(usual == c)
            drawn[of_class] = rng.permuted(np.tile(own, (len(of_class), 1)), axis=1)[:, :N]
        for c, own in enumerate(by_class):
            at = np.flatnonzero(other == c)
            drawn[at, odd[at]] = rng.choice(own, size=len(at))
        return PictureSets(drawn, odd)

    def shades(self, members: Int[Integers, "..."]) -> Float[Array, "... C H W"]:
        """The pictures at these positions, from 0 to 1."""
        return self.pictures.values[members] / self.pictures.brightest

    def measured(self, part: Part, N: int) -> PictureSets:
        """The sets of a part that every run is measured on.

        Raises:
            InputError: see `draw`.
        """
        return self.draw(part, MEASURED, N, np.random.default_rng([SEEDS[part], N]))


def farthest(flat: Float[Array, "sets N CHW"]) -> Int[Integers, " sets"]:
    """The place of the picture that lies farthest from the mean of the others: an answer without learning."""
    others = (flat.sum(axis=1, keepdims=True) - flat) / (flat.shape[1] - 1)
    return np.square(flat - others).sum(axis=2).argmax(axis=1)


def strip(pictures: Float[Array, "N C H W"]) -> Float[Array, "H NW"]:
    """Pictures side by side, a dark column between them; of several channels the mean."""
    H = pictures.shape[2]
    framed = np.pad(pictures.mean(axis=1), ((0, 0), (0, 0), (0, 1)))  # (N, H, W + 1)
    return framed.swapaxes(0, 1).reshape(H, -1)[:, :-1]


@dataclass(frozen=True, eq=False)
class Verdict:
    """What the network makes of one set."""

    flat: Float[Array, "N CHW"]
    X: Float[Array, "N d_model"]
    encoder: Stack
    scores: Float[Array, " N"]
    probabilities: Float[Array, " N"]
    answer: int


def judge(pictures: Float[Array, "N C H W"], weights: Mapping[str, NDArray[Any]], H: int) -> Verdict:
    """The score of each picture, by weights as training has left them."""
    own = _exact(weights)
    flat = pictures.reshape(len(pictures), -1)  # (N, C·H·W)
    X = flat @ own["W_E"] + own["b_E"]  # (N, d_model)
    encoder = stack(X, stack_of(own, "encoder", ENCODER), H)
    scores = encoder.out @ own["w"]  # (N,)
    return Verdict(flat, X, encoder, scores, softmax(scores), int(scores.argmax()))


def reordered(record: Verdict, weights: Mapping[str, NDArray[Any]], H: int, seed: int) -> Shuffled:
    """The scores of the same set in an order drawn from `seed`, against the scores put into that order afterwards."""
    own = _exact(weights)
    layers = stack_of(own, "encoder", ENCODER)
    order = draw_order(len(record.X), seed)
    return shuffle(lambda X: stack(X, layers, H).out @ own["w"][:, None], record.X, None, order)


def _exact(weights: Mapping[str, NDArray[Any]]) -> Mapping[str, Array]:
    return {name: array.astype(np.float64) for name, array in weights.items()}
