import numpy as np
import pytest
import torch

from mlcli.core.errors import InputError
from mlcli.core.recurrence import GATES
from mlcli.core.recurrence_layers import draw_network
from mlcli.core.recurrence_parameters import network_of, parameters

MODULES = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}


@pytest.mark.parametrize("cell", GATES)
@pytest.mark.parametrize(("layers", "directions"), [(1, 1), (3, 1), (2, 2)])
def test_names_and_shapes_are_pytorchs_and_come_back(cell, layers: int, directions: int) -> None:
    network = draw_network(cell, 3, 5, 0, layers, directions)
    ours = parameters(network)
    theirs = MODULES[cell](3, 5, layers, bidirectional=directions == 2).state_dict()
    assert {name: array.shape for name, array in ours.items()} == {name: tuple(t.shape) for name, t in theirs.items()}
    again, read = network_of(dict(reversed(ours.items())))
    assert again.first.cell == cell and (len(again.layers), again.D, again.H) == (layers, directions, 5) and read == ()
    assert all(np.array_equal(array, ours[name]) for name, array in parameters(again).items())


def test_a_network_inside_another_model_and_one_without_biases() -> None:
    ours = parameters(draw_network("gru", 3, 5, 0))
    whole = {f"encoder.rnn.{name}": array for name, array in ours.items()} | {"head.weight": np.zeros((1, 5))}
    network, read = network_of(whole)
    assert network.first.cell == "gru" and read == ("the names begin with encoder.rnn.", "left unread: head.weight")
    bare, read = network_of({name: array for name, array in ours.items() if "weight" in name})
    assert not bare.first.b_ih.any() and read == ("there are no biases: they are 0",)


def wrong(**changes: np.ndarray | None) -> dict[str, np.ndarray]:
    """A small RNN of 2 units, 3 values a step, with some arrays changed or taken away."""
    return {name: array for name, array in (parameters(draw_network("rnn", 3, 2, 0)) | changes).items()
            if array is not None}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "holds no weights of a recurrent network; its arrays: none"),
        ({"Q": np.zeros((2, 2))}, "its arrays: Q"),
        (wrong(weight_ih_l0=None), "has no weight_ih_l0"),
        (wrong(weight_ih_l0=np.zeros((3, 3))), "weight_ih_l0 is 3×3, not 2×3"),
        (wrong(weight_hh_l0=np.zeros((5, 2))), "weight_hh_l0 is 5×2: its rows are not 1, 3 or 4 times"),
        (wrong(weight_hh_l0=np.zeros((4, 2))), "weight_hh_l0 is 4×2: its rows are not"),
        (wrong(weight_hh_l0=np.zeros(2)), "weight_hh_l0 is 2, not a matrix"),
        (wrong(bias_hh_l0=np.zeros(3)), "bias_hh_l0 is 3, not 2"),
        (wrong(bias_hh_l0=None), "has no bias_hh_l0"),
        (wrong(weight_ih_l2=np.zeros((2, 2))), "has no weight_ih_l1"),
        (wrong(weight_ih_l0_reverse=np.zeros((2, 3))), "has no weight_hh_l0_reverse"),
        (wrong(weight_ih_l0_reverse_reverse=np.zeros((2, 3))), None),
        (wrong(weight_hr_l0=np.zeros((1, 2))), "projections"),
        ({**{f"a.{n}": a for n, a in wrong().items()}, **wrong()}, "holds several recurrent networks"),
    ],
)
def test_what_does_not_fit_is_told(given, message: str | None) -> None:
    if message is None:
        assert "left unread: weight_ih_l0_reverse_reverse" in network_of(given)[1]
        return
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        network_of(given)
