"""A trained Transformer's or ViT's answer, and where its heads look, in mlcli attention."""

from typing import Any

import numpy as np

from mlcli.commands.attention_options import Block, Rule, Source, View
from mlcli.core.errors import InputError
from mlcli.core.sequence_pairs import DIGITS, answer
from mlcli.core.set_anomaly import judge, reordered
from mlcli.core.tokens import tokenize
from mlcli.core.translation import from_weights, translate
from mlcli.core.vit import see
from mlcli.lesson import Check, Lesson
from mlcli.lessons.set_anomaly import tell_set
from mlcli.lessons.translation import tell_translation
from mlcli.lessons.vit import tell_sight
from mlcli.readers.images import read_image
from mlcli.readers.resizing import fitted
from mlcli.training.checkpoints import TrainedModel, load
from mlcli.training.opened_transformer import reads

LONGEST = 64  # symbols; the sequences that are learned have 16


def lesson_of_trained(text: str | None, source: Source, rule: Rule, view: View, block: Block) -> Lesson:
    """What the saved network makes of the symbols, the set, or the picture.

    Raises:
        InputError: another option of the input, no such saved model, an input that it cannot read.
    """
    assert view.weights is not None
    folder, saved = str(view.weights), load(view.weights)
    kind = reads(saved, folder)
    if rule != Rule() or block != Block() or view.query is not None:
        hint = "of the options, --head and --check go with it"
        raise InputError("a saved model has its own settings", "--weights", hint)
    if kind != "sets" and view.number is not None:
        raise InputError(f"this model learned from {kind}, not from sets", "--set", "leave it out")
    H = saved.settings.heads  # type: ignore[attr-defined]
    if view.head is not None and view.head >= H:
        raise InputError(f"there is no head {view.head}", "--head", f"heads go from 0 to {H - 1}")
    match kind:
        case "sequences":
            return _of_sequence(text, source, view, saved, folder)
        case "sets":
            return _of_set(text, source, view, saved, folder)
        case "pictures":
            return _of_picture(text, source, view, saved, folder)


def _of_sequence(text: str | None, source: Source, view: View, saved: TrainedModel, folder: str) -> Lesson:
    if text is None or source != Source():
        hint = f'mlcli attention --weights {folder} "3 1 4 1 5"'
        raise InputError("this saved model takes a sentence of its symbols", "--weights", hint)
    model = from_weights(saved.weights, saved.settings.heads, DIGITS)  # type: ignore[attr-defined]
    tokens = tokenize(text)
    for token in tokens:
        if token not in model.symbols:
            raise InputError(f'the model knows no "{token}"', folder, f"its symbols are {' '.join(model.symbols)}")
    if len(tokens) > LONGEST:
        raise InputError(f"{len(tokens):,} symbols are too many", folder, f"up to {LONGEST}")
    x = np.array([model.symbols.index(token) for token in tokens], dtype=np.int64)
    record = translate(model, x)
    rule = saved.config["data"]["name"]
    checks: tuple[Check, ...] = ()
    if view.check:
        from mlcli.checks.training import translation_against_torch
        from mlcli.models.transformer import Transformer

        network = Transformer.of(saved.settings, len(model.symbols), np.random.default_rng(0))
        checks = (translation_against_torch(_filled(network, saved), record),)
    return tell_translation(
        record, model, answer(rule, x[None])[0], source=text, folder=folder, rule=rule, head=view.head, checks=checks
    )


def _of_set(text: str | None, source: Source, view: View, saved: TrainedModel, folder: str) -> Lesson:
    if text is not None or source != Source():
        hint = f"mlcli attention --weights {folder} --set 3"
        raise InputError("this saved model takes one of its test sets, no input of your own", "--weights", hint)
    from mlcli.commands.train_source import task_of

    assert view.weights is not None
    made = task_of(saved, view.weights)
    sets, H = made.sets["test"], made.settings.heads
    drawn = int(np.random.default_rng(view.seed).integers(len(sets.odd)))
    k = drawn if view.number is None else view.number
    if k >= len(sets.odd):
        raise InputError(f"there is no test set {k:,}", "--set", f"they go from 0 to {len(sets.odd) - 1:,}")
    members, pictures = sets.members[k], made.data.shades(sets.members[k])
    record = judge(pictures, saved.weights, H)
    checks: tuple[Check, ...] = ()
    if view.check:
        from mlcli.checks.training import verdict_against_torch

        checks = (verdict_against_torch(made.trained(saved.weights), record),)
    return tell_set(
        record, pictures, [made.data.pictures.classes[c] for c in made.data.pictures.labels[members]],
        int(sets.odd[k]), reordered(record, saved.weights, H, view.seed), number=f"test set {k:,} of {len(sets.odd):,}",
        folder=folder, head=view.head, checks=checks, seed=view.seed,
    )  # fmt: skip


def _of_picture(text: str | None, source: Source, view: View, saved: TrainedModel, folder: str) -> Lesson:
    if text is not None or source.image is None or source != Source(image=source.image, size=source.size):
        hint = f"mlcli attention --weights {folder} --image FILE; of the options, --size goes with it"
        raise InputError("this saved model takes a picture, and has its own patches", "--weights", hint)
    data, own = saved.config["data"], saved.settings
    C, H, W = shape = tuple(data["sizes"][name] for name in ("channels", "rows", "columns"))
    image = read_image(source.image, gray=C == 1)
    if source.size is not None and (source.size, source.size) != (H, W):
        raise InputError(
            f"the model learned from {H}×{W} pixels", "--size", "leave it out: any picture is brought there"
        )
    values, done = fitted(image.values, H, W)
    read = image.read + done
    record = see(values, saved.weights, own.patch, own.heads)  # type: ignore[attr-defined]
    checks: tuple[Check, ...] = ()
    if view.check:
        from mlcli.checks.training import sight_against_torch
        from mlcli.models.vit import ViT

        network = ViT.of(own, shape, len(data["classes"]), np.random.default_rng(0))
        checks = (sight_against_torch(_filled(network, saved), values, record),)
    return tell_sight(record, tuple(data["classes"]), source=image.name, read=read, folder=folder, head=view.head,
                      checks=checks)  # fmt: skip


def _filled(network: Any, saved: TrainedModel) -> Any:
    from mlcli.training.task import set_weights

    set_weights(network, saved.weights)
    return network
