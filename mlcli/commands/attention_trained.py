"""A trained Transformer's answer, and where it looks, in mlcli attention."""

import numpy as np

from mlcli.commands.attention_options import Block, Rule, Source, View
from mlcli.core.errors import InputError
from mlcli.core.sequence_pairs import answer
from mlcli.core.tokens import tokenize
from mlcli.core.translation import translate
from mlcli.lesson import Check, Lesson
from mlcli.lessons.translation import tell_translation
from mlcli.training.checkpoints import TrainedModel, load
from mlcli.training.opened_transformer import opened

LONGEST = 64  # symbols; the sequences that are learned have 16


def lesson_of_trained(text: str | None, source: Source, rule: Rule, view: View, block: Block) -> Lesson:
    """What the saved network makes of the symbols.

    Raises:
        InputError: another option of the input, no saved transformer, a symbol that it does not know.
    """
    folder = str(view.weights)
    if text is None or source != Source() or rule != Rule() or block != Block() or view.query is not None:
        hint = f'mlcli attention --weights {folder} "3 1 4 1 5"; of the options, --head and --check go with it'
        raise InputError("a saved model takes a sentence of its symbols, and has its own settings", "--weights", hint)
    assert view.weights is not None
    saved = load(view.weights)
    model = opened(saved, folder)
    tokens = tokenize(text)
    for token in tokens:
        if token not in model.symbols:
            raise InputError(f'the model knows no "{token}"', folder, f"its symbols are {' '.join(model.symbols)}")
    if len(tokens) > LONGEST:
        raise InputError(f"{len(tokens):,} symbols are too many", folder, f"up to {LONGEST}")
    if view.head is not None and view.head >= model.H:
        raise InputError(f"there is no head {view.head}", "--head", f"heads go from 0 to {model.H - 1}")
    x = np.array([model.symbols.index(token) for token in tokens], dtype=np.int64)
    record = translate(model, x)
    rule_name = saved.config["data"]["name"]
    return tell_translation(
        record, model, answer(rule_name, x[None])[0], source=text, folder=folder, rule=rule_name, head=view.head,
        checks=(_by_torch(saved, record.x, model.symbols),) if view.check else (),
    )  # fmt: skip


def _by_torch(saved: TrainedModel, x: np.ndarray, symbols: tuple[str, ...]) -> Check:
    from mlcli.checks.training import translated, translation_against_torch
    from mlcli.models.transformer import Transformer
    from mlcli.training.task import set_weights

    own = saved.settings
    network = Transformer.of(own, len(symbols), np.random.default_rng(0))
    set_weights(network, saved.weights)
    return translation_against_torch(network, translated(network, symbols, x))
