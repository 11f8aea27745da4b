"""A saved RNN, GRU or LSTM as core unrolls it, and what it was trained on."""

from dataclasses import dataclass
from typing import Literal

from mlcli.core.errors import InputError
from mlcli.core.recurrence_answers import Answering, answering
from mlcli.core.sequence_problems import KEPT
from mlcli.training.checkpoints import TrainedModel
from mlcli.training.sequence_settings import RecurrentSettings

Problem = Literal["adding", "copy-memory", "text"]
MODELS = ("rnn", "gru", "lstm")


@dataclass(frozen=True, eq=False)
class OpenedRecurrent:
    """A trained network.

    Args:
        steps: of a sequence, as in training.
        alphabet: of a text; else empty.
        story: how it came about, in a sentence.
    """

    trained: Answering
    problem: Problem
    steps: int
    alphabet: str
    story: str


def opened(model: TrainedModel, where: str) -> OpenedRecurrent:
    """The network in a folder that `train rnn`, `gru` or `lstm --save` has written.

    Raises:
        InputError: another model's.
    """
    settings, config = model.settings, model.config
    if not isinstance(settings, RecurrentSettings):
        message = f"is a saved {settings.model}, not one of {', '.join(MODELS)}"
        raise InputError(message, where, "mlcli train lstm --save DIR")
    data = config["data"]
    problem: Problem = "text" if data["alphabet"] else "copy-memory" if data["name"] == "copy-memory" else "adding"
    story = (
        f"on {data['name']} with --length {settings.length}, from seed {config['seed']}: weights after epoch "
        f"{config['epoch']}, {config['score']} {config['scores']['test']:.4g} on what was held out"
    )
    steps = settings.length + (2 * KEPT if problem == "copy-memory" else 0)
    return OpenedRecurrent(answering(model.weights), problem, steps, data["alphabet"], story)
