"""What all tasks share in which each case has one class: the loss, the scores, and who is taken for whom."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mlcli.core.evaluation import Case, ClassesExamined, hardest, judge
from mlcli.core.training import ACCURACY
from mlcli.core.training_mistakes import confusion
from mlcli.training.task import Loss, Mean, Measured, Part, Rng, Task


class Classification(Task):
    """Each case has one class: the loss is the cross-entropy, the score the share that is right.

    A batch is whatever `logits` takes.
    """

    score = ACCURACY
    loss_formula = "−1/{train} Σ log softmax(logits)[class]   over the {unit} to train on"

    @abstractmethod
    def parts(self, part: Part) -> Iterable[Any]:
        """A part in batches, to evaluate."""

    @abstractmethod
    def logits(self, network: nn.Module, batch: Any, rng: Rng | None) -> tuple[Tensor, Tensor]:
        """(B, C), and the true classes (B,)."""

    def loss(self, network: nn.Module, batch: Any, rng: Rng) -> Loss:
        """Cross-entropy, and the share that is right."""
        logits, labels = self.logits(network, batch, rng)
        with torch.no_grad():
            right = (logits.argmax(1) == labels).sum().item()
        return Loss(F.cross_entropy(logits, labels), right / len(labels), len(labels))

    def evaluate(self, network: nn.Module, part: Part) -> Measured:
        """The same over all batches of a part; of the test part also who was taken for whom."""
        loss, right, classes = Mean(), 0, len(self.data.classes)
        counts = np.zeros((classes, classes), dtype=np.int64) if part == "test" else None
        for batch in self.parts(part):
            logits, labels = self.logits(network, batch, None)
            loss.add(F.cross_entropy(logits, labels).item(), len(labels))
            predicted = logits.argmax(1)
            right += int((predicted == labels).sum().item())
            if counts is not None:
                counts += confusion(labels.cpu().numpy(), predicted.cpu().numpy(), classes)
        return Measured(loss.value, right / max(1, loss.cases), counts)

    def examined(self, network: nn.Module, part: Part, most: int) -> ClassesExamined:
        """By class, and how sure it is when it is right."""
        logits, labels = zip(*(self.logits(network, batch, None) for batch in self.parts(part)), strict=True)
        judged = judge(torch.cat(labels).cpu().numpy(), torch.cat(logits).double().cpu().numpy())
        places = hardest(judged, most).tolist()
        cases = (
            Case(label=int(judged.labels[i]), predicted=int(judged.predicted[i]), p=judged.probabilities[i],
                 **self.described(part, i))
            for i in places
        )  # fmt: skip
        return ClassesExamined(self.data.classes, judged, tuple(cases))

    def described(self, part: Part, place: int) -> Mapping[str, Any]:
        """Name, picture, neighbours of a part's case, as fields of `Case`.

        Args:
            place: of the case in the part, from 0.
        """
        return {"name": f"case {place + 1:,}"}
