"""The task of ViT: pictures told apart, each moved a little in training, since few of them teach little of place."""

import shlex

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mlcli.core.errors import InputError
from mlcli.core.pictures import LabelledPictures
from mlcli.models.shared_draws import to_draw
from mlcli.models.vit import ViT
from mlcli.training.picture_classification import PictureClassification
from mlcli.training.task import Rng
from mlcli.training.vit_settings import ViTSettings


class PatchClassification(PictureClassification):
    """Pixels from 0 to 1.

    Raises:
        InputError: not a single patch fits into the pictures.
    """

    def __init__(self, data: LabelledPictures, settings: ViTSettings, device: str = "cpu") -> None:
        *_, H, W = data.values.shape
        if settings.patch > min(H, W):
            message = f"a patch of {settings.patch}×{settings.patch} does not fit into {H}×{W} pixels"
            raise InputError(message, "--patch", f"at most {min(H, W)}")
        super().__init__(data, settings, device)  # type: ignore[arg-type]

    def network(self, rng: Rng) -> ViT:
        """With as many outputs as there are classes."""
        _, C, H, W = self.data.values.shape
        return ViT.of(self.settings, (C, H, W), len(self.data.classes), rng)

    def logits(self, network: nn.Module, batch: Tensor, rng: Rng | None) -> tuple[Tensor, Tensor]:
        """Of the pictures at these positions; in training they are moved."""
        x = self.x[batch]
        return self.seen(network, x if rng is None else moved(x, self.settings.shift, rng), rng), self.labels[batch]

    def further(self, run: str, given: str | None = None) -> tuple[str, ...]:
        """Where its heads look."""
        picture = "FILE" if given is None or given.isdecimal() else shlex.quote(given)
        return (f"mlcli attention --image {picture} --weights {run}",)

    def decayed(self, network: nn.Module) -> list[nn.Parameter]:
        """All but biases, norms, positions and the class token."""
        return [weight for weight in super().decayed(network) if weight is not network.positions]


def moved(x: Tensor, most: int, rng: Rng) -> Tensor:
    """Each picture by up to `most` pixels down or up and right or left; black comes in at the edge."""
    B, _, H, W = x.shape
    cases, own = to_draw(rng, B)
    down, right = (torch.from_numpy(rng.integers(2 * most + 1, size=(cases, 1))[own]) for _ in range(2))
    rows, columns = down + torch.arange(H), right + torch.arange(W)  # (B, H), (B, W)
    around = F.pad(x, (most,) * 4).movedim(1, 3)  # (B, H + 2·most, W + 2·most, C)
    return around[torch.arange(B)[:, None, None], rows[:, :, None], columns[:, None, :]].movedim(3, 1)
