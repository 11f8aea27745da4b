"""A saved Transformer as core traces it."""

from mlcli.core.errors import InputError
from mlcli.core.sequence_pairs import DIGITS
from mlcli.core.translation import Translator, from_weights
from mlcli.training.checkpoints import TrainedModel
from mlcli.training.transformer_settings import TransformerSettings


def opened(model: TrainedModel, where: str) -> Translator:
    """The Transformer in a folder that `train transformer --save` has written.

    Raises:
        InputError: another model's.
    """
    if not isinstance(model.settings, TransformerSettings):
        name = model.settings.model
        raise InputError(f"is a saved {name}, not a transformer", where, "mlcli train transformer --save DIR")
    return from_weights(model.weights, model.settings.heads, DIGITS)
