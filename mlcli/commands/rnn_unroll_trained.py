"""A trained RNN, GRU or LSTM on an input of its own kind, in mlcli rnn-unroll: its gates, and its answer."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from mlcli.commands.rnn_unroll_input import read, refuse_others
from mlcli.commands.rnn_unroll_options import Back, Cells, Example, Sequence, View
from mlcli.commands.rnn_unroll_trace import traced
from mlcli.core.errors import InputError
from mlcli.core.recurrence_answers import answer_number, answer_symbols
from mlcli.core.recurrence_layers import Network, Run, run_layers
from mlcli.core.sequence_problems import KEPT
from mlcli.core.sequences import InputSequence
from mlcli.lesson import Check, Lesson
from mlcli.lessons.recurrence import tell
from mlcli.lessons.recurrence_trained import Trained, copied_told, hangs_on, number_told, text_told
from mlcli.readers.sequences import read_sequence, spell
from mlcli.training.checkpoints import TrainedModel, load
from mlcli.training.opened_recurrent import OpenedRecurrent, opened

TASK = "The task: after the last step, answer with the sum of the marked values."


def lesson_of_trained(
    path: str | None, sequence: Sequence, cells: Cells, back: Back, view: View
) -> tuple[Lesson, Network]:
    """What a saved network makes of a sequence; and the network.

    Raises:
        InputError: no saved recurrent network; an input of another kind, or an option that the run contradicts.
    """
    where = str(cells.weights)
    saved = load(Path(where))
    run = opened(saved, where)
    given = _given(path, sequence, run, where, view.seed)
    network = run.trained.network
    refuse_others(given, network, cells, where)
    if cells.activation != "tanh":
        raise InputError("the saved network says this itself", "--activation", "leave it out")
    runs = run_layers(given.values, network)
    score = run.trained.score_of_last(runs, given)
    view = replace(view, follow=view.follow or next(iter(given.marked), 1))
    trace = traced(given, network, runs, back, back.parsed_loss() if back.loss else score, view)
    if view.check:
        trace = replace(trace, checks=(*_by_torch(saved, run, given, runs), *trace.checks))
    told = _told(run, given, runs)
    if trace.back and trace.back.loss is score:
        told = replace(told, steps=(*told.steps, hangs_on(trace.back.gradients, given, score.name)))
    drawn = path is None and run.problem != "text"
    return tell(trace, trained=told, read=(f"weights from {where}",), seed=view.seed if drawn else None), network


def _given(path: str | None, sequence: Sequence, run: OpenedRecurrent, where: str, seed: int) -> InputSequence:
    """What the network was made for: its problem, drawn anew or from a file of values and marks, or a text."""
    example = {"adding": Example.ADDING, "copy-memory": Example.COPY_MEMORY, "text": None}[run.problem]
    its_own = 'add --text "…" in the characters that it knows' if run.problem == "text" else "leave it out"
    for name, value, kind in (
        ("FILE", path, "adding"), ("--text", sequence.text, "text"), ("--example", sequence.example, None)
    ):  # fmt: skip
        if value is not None and kind != run.problem and value != example:
            raise InputError(f"is not what a network reads that was trained on {run.problem}", name, its_own)
    if path is not None and sequence.example is not None:
        raise InputError("give one of: a file, --example", hint="leave --example out")
    if run.problem == "text":
        if sequence.text is None:
            raise InputError("was trained on a text and reads one", where, its_own)
        found = spell(sequence.text, run.alphabet)
    elif path is not None:
        found = _with_marks(read_sequence(path))
    else:
        return read(None, replace(sequence, example=example, steps=sequence.steps or run.steps), seed)
    return found.first(sequence.steps) if sequence.steps else found


def _with_marks(found: InputSequence) -> InputSequence:
    """Its second column marks."""
    if found.values.shape[1] != 2:
        return found  # which is refused for its size
    marked = tuple(int(t) + 1 for t in np.flatnonzero(found.values[:, 1]))
    return replace(found, value_names=("value", "mark"), marked=marked, number=0, notice=(TASK,))


def _told(run: OpenedRecurrent, given: InputSequence, runs: list[Run]) -> Trained:
    if given.due is None:
        return number_told(answer_number(given, run.trained, runs), given, run.story)
    answers = answer_symbols(run.trained, runs, given.due)
    if run.problem == "copy-memory":
        return copied_told(answers, given, KEPT, run.story)
    return text_told(answers, given, run.story)


def _by_torch(saved: TrainedModel, run: OpenedRecurrent, given: InputSequence, runs: list[Run]) -> list[Check]:
    """The answers at every step, by the network as it was trained."""
    from mlcli.checks.recurrence import answers_against_torch
    from mlcli.models.recurrent import Recurrent
    from mlcli.training.task import set_weights

    trained, F = run.trained, given.values.shape[1]
    cells = trained.network
    sizes = cells.first.cell, F, cells.H, len(cells.layers), len(trained.b)
    network = Recurrent(*sizes, {}, 0.0, np.random.default_rng(0))
    set_weights(network, saved.weights)
    return answers_against_torch(network, given.values, trained.answers(runs))
