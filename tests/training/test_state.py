"""A run that is gone on with, from any step, is the one that was never interrupted; no other state is taken for it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mlcli.core.errors import InputError, RequestFailed
from mlcli.core.training import Epoch
from mlcli.training.fitting import Fitting, Outcome, why_stopped
from mlcli.training.state import State, from_bytes
from tests.training.kept_runs import KEPT, same
from tests.training.tasks import LineSettings, LineTask, points


def all_states(name: str) -> tuple[list[State], Outcome]:
    """After every step, and what comes of it."""
    fitting = Fitting(KEPT[name](), 3)
    states = [fitting.state(), *(fitting.state() for _ in fitting.run())]
    return states, fitting.outcome()


@pytest.mark.parametrize("name", KEPT)
def test_from_three_cuts_it_becomes_the_same_to_the_last_bit(name: str) -> None:
    states, due = all_states(name)
    assert any(state.batch for state in states) == (name not in ("gcn", "gat", "gatv2"))
    rng = np.random.default_rng(5)
    for cut in (*rng.choice(len(states) - 1, 3, replace=False), len(states) - 1):
        torch.rand(3)  # what happened in between has no say
        fitting = Fitting(KEPT[name](), 3, from_bytes(states[cut].to_bytes()))
        *_, last = (states[cut], *(fitting.state() for _ in fitting.run()))
        assert same(last, states[-1]), f"cut {cut}"
        outcome = fitting.outcome()
        assert (outcome.run.kept, outcome.run.stopped) == (due.run.kept, due.run.stopped)
        for weights, array in due.weights.items():
            assert torch.equal(torch.from_numpy(outcome.weights[weights]), torch.from_numpy(array))


def test_every_step_can_be_gone_on_from() -> None:
    states, _ = all_states("line")
    assert [state.batch for state in states[:7]] == [0, 1, 2, 3, 4, 0, 1]
    for state in states:
        fitting = Fitting(KEPT["line"](), 3, state)
        *_, last = (state, *(fitting.state() for _ in fitting.run()))
        assert same(last, states[-1])


def test_what_is_kept_does_not_change_with_the_network() -> None:
    fitting = Fitting(KEPT["line"](), 3)
    before = fitting.state()
    content = before.to_bytes()
    for _ in fitting.run():
        fitting.optimiser.moments()
    assert before.to_bytes() == content


def test_to_look_at_the_moments_does_not_make_any() -> None:
    fitting = Fitting(KEPT["gcn"](), 3)
    assert not fitting.state().moments and not fitting.optimiser.torch.state


def test_weights_that_are_not_finite_are_not_kept() -> None:
    fitting = Fitting(KEPT["line"](), 3)
    with torch.no_grad():
        fitting.network.b.fill_(float("inf"))  # type: ignore[union-attr, operator]
    with pytest.raises(RequestFailed, match="diverged"):
        fitting.state()


STATES = all_states("line")[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: replace(s, weights={"w": s.weights["w"]}), "weights are not those of this model"),
        (lambda s: replace(s, weights=s.weights | {"w": s.weights["w"].T}), "weights are not those of this model"),
        (lambda s: replace(s, best=s.best | {"w": s.best["w"].astype(np.float64)}), "best weights are not those"),
        (lambda s: replace(s, moments={"w/exp_avg": s.weights["w"]}), "does not remember such things"),
        (lambda s: replace(s, moments={"v/momentum_buffer": s.weights["w"]}), "does not remember such things"),
        (lambda s: replace(s, moments={"w/momentum_buffer": s.weights["w"][:2]}), "does not remember such things"),
        (lambda s: replace(s, seed=4), "not those of this seed"),
        (lambda s: replace(s, epochs=s.epochs[1:]), "not those of this seed"),
        (
            lambda s: replace(s, epochs=(*s.epochs, Epoch(4, 1.0, 1.0, 1.0, 1.0))),
            "it goes on after all 3 epochs were done",
        ),
        (lambda s: replace(s, rng={**s.rng, "bit_generator": "MT19937"}), "not a state of this training"),
        (lambda s: replace(s, rng={}), "not a state of this training"),
        (lambda s: replace(s, order={**s.order, "state": {"state": -1, "inc": 3}}), "not a state of this training"),
        (lambda s: replace(s, torch={"cpu": s.torch["cpu"][:9]}), "random states are not those"),
        (lambda s: replace(s, torch={"cpu": np.full_like(s.torch["cpu"], 255)}), "not a state of this training"),
        (lambda s: replace(s, means=np.full((2, 2), np.nan)), "not a state of this training"),
    ],
)
def test_another_state_is_refused(change: object, message: str) -> None:
    """As one who knows the format might write it."""
    state = change(STATES[-1])  # type: ignore[operator]
    with pytest.raises(InputError, match=message):
        Fitting(KEPT["line"](), 3, from_bytes(state.to_bytes()))


@pytest.mark.parametrize(("name", "message"), [("line", "leaves anything"), ("lstm", "its h is not that of this")])
def test_what_no_batch_leaves_is_refused(name: str, message: str) -> None:
    fitting = Fitting(KEPT[name](), 3)
    next(fitting.run())
    state = replace(fitting.state(), left={"h": np.zeros(3)})
    with pytest.raises(InputError, match=message):
        list(Fitting(KEPT[name](), 3, state).run())


@pytest.mark.parametrize(
    "content",
    [b"", b"\x80\x04.", bytes(8), (2**62).to_bytes(8, "little") + b"{}", b"\x02" + bytes(7) + b"{}", b"x" * 99],
    ids=["empty", "a pickle", "no header", "a header of 4 EiB", "no arrays", "letters"],
)
def test_what_is_no_state_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="is not the state of a training"):
        from_bytes(content)


@pytest.mark.parametrize("plain", ["{", "[]", "{}", '{"seed": -1, "step": 0, "batch": 0}', "[" * 100_000, "NaN"])
def test_a_header_that_tells_something_else_is_refused(plain: str) -> None:
    from safetensors.numpy import load, save

    arrays = load(STATES[-1].to_bytes())
    for metadata in ({"state": plain}, {"other": plain}):
        with pytest.raises(InputError, match="is not the state of a training"):
            from_bytes(save(arrays, metadata))
    with pytest.raises(InputError, match="is not the state of a training"):
        from_bytes(save({**arrays, "elsewhere/w": arrays["means"]}, {"state": "{}"}))


def test_longer_at_a_constant_rate_is_what_longer_from_the_start_would_have_been() -> None:
    short, long = (LineTask(points(), LineSettings(epochs=epochs)) for epochs in (3, 7))
    first, due = Fitting(short, 3), Fitting(long, 3)
    *_, cut = (first.state() for _ in first.run())
    *_, last = (due.state() for _ in due.run())
    fitting = Fitting(long, 3, cut)
    *_, reached = (fitting.state() for _ in fitting.run())
    assert same(reached, last)
    assert why_stopped(short, cut.epochs) == "all 3 epochs were done" and why_stopped(long, cut.epochs) == ""
