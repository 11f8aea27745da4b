"""When to stop training and which weights to keep: by the validation part, never by the test part."""

import math
from dataclasses import dataclass
from typing import Protocol

from mlcli.core.training import ACCURACY, Epoch, Score


@dataclass(frozen=True)
class Judgement:
    """Of an epoch: whether the weights after it are the best so far, and whether it was the last."""

    keep: bool
    stop: bool


class StoppingRule(Protocol):
    """Sees every epoch once, in order, and decides by nothing else: a resumed run shows it the old epochs again.

    Args:
        told: when it stops and what it keeps, to follow "after 200 epochs, or".
        reason: why no epoch followed, if it stopped.
    """

    told: str
    reason: str

    def judge(self, epoch: Epoch) -> Judgement:
        """Keep these weights? Stop here?"""
        ...


class WindowRule:
    """Stop when the validation loss has not fallen for `window` epochs running; the last weights are kept.

    Source: Kipf & Welling, ICLR 2017, section 5.2. Their code compares the loss with its mean over the window instead,
    which suits its layers without biases. A bias moves all nodes at once, so the validation loss trembles, and that
    rule stops too early: Cora 80.9 %, CiteSeer 69.1 %, in place of 81.5 % and 70.3 %.

    Args:
        window: 0 never stops.
    """

    def __init__(self, window: int) -> None:
        when = f"when the validation loss has not fallen for {window} running; " if window else ""
        self.told = f"{when}the last weights"
        self.reason = f"the validation loss did not fall for {window} epochs running"
        self._window, self._last, self._risen = window, math.inf, 0

    def judge(self, epoch: Epoch) -> Judgement:
        """Keep always; stop as above."""
        self._risen = 0 if epoch.validation_loss < self._last else self._risen + 1
        self._last = epoch.validation_loss
        return Judgement(keep=True, stop=0 < self._window == self._risen)


class PatienceRule:
    """Stop after `patience` epochs in which neither validation loss nor score was as good as ever before.

    The weights kept are those after the last epoch in which both were.

    Source: Veličković et al., github.com/PetarV-/GAT, execute_cora.py.

    Args:
        patience: 0 never stops.
    """

    def __init__(self, patience: int, score: Score = ACCURACY) -> None:
        when = f"{patience} without a better validation loss or {score.name}; " if patience else ""
        self.told = f"{when}the best weights"
        self.reason = f"{patience} epochs without a better validation loss or {score.name}"
        self._patience, self._waited, self._score = patience, 0, score
        self._loss, self._best = math.inf, score.worst

    def judge(self, epoch: Epoch) -> Judgement:
        """Keep if both are as good as ever before; stop as above."""
        loss, score = epoch.validation_loss, epoch.validation_score
        better = loss <= self._loss, not self._score.better(self._best, score)
        self._waited = 0 if any(better) else self._waited + 1
        self._loss = min(self._loss, loss)
        self._best = score if better[1] else self._best
        return Judgement(keep=all(better), stop=0 < self._patience == self._waited)


class BestRule:
    """Keep the weights with the best validation score, of equals those with the lower loss.

    Args:
        patience: stop after so many epochs without better ones; 0 never stops.
    """

    def __init__(self, score: Score, patience: int = 0) -> None:
        when = f"{patience} without a better validation {score.name}; " if patience else ""
        self.told = f"{when}the weights with the best validation {score.name}"
        self.reason = f"{patience} epochs without a better validation {score.name}"
        self._patience, self._waited, self._score = patience, 0, score
        self._loss, self._best = math.inf, score.worst

    def judge(self, epoch: Epoch) -> Judgement:
        """Keep what is better; stop as above."""
        loss, score = epoch.validation_loss, epoch.validation_score
        keep = self._score.better(score, self._best) or (score == self._best and loss < self._loss)
        if keep:
            self._loss, self._best = loss, score
        self._waited = 0 if keep else self._waited + 1
        return Judgement(keep, stop=0 < self._patience == self._waited)
