"""A saved Transformer or ViT as core traces it, told apart by its weights: what it reads, and with what."""

from typing import Literal

from mlcli.core.errors import InputError
from mlcli.training.checkpoints import TrainedModel

Reads = Literal["sequences", "sets", "pictures"]


def reads(model: TrainedModel, where: str) -> Reads:
    """What is put into the model in a folder that `train --save` has written.

    Raises:
        InputError: it has no attention over tokens.
    """
    match model.settings.model:
        case "vit":
            return "pictures"
        case "transformer":
            return "sequences" if "E" in model.weights else "sets"
        case name:
            hint = "mlcli train transformer --save DIR, or mlcli train vit --save DIR"
            raise InputError(f"is a saved {name}, not a transformer or vit", where, hint)
