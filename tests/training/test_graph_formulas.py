"""The formulas of the graph networks say as many layers as there are."""

import pytest

from mlcli.training.graph_formulas import formulas
from mlcli.training.graph_settings import GATSettings, GATv2Settings, GCNSettings, GINSettings, SAGESettings


def test_gcn_is_one_line_of_two_layers_and_a_rule_of_more() -> None:
    A = ",   Â = D^-½ (A + I) D^-½"
    assert formulas(GCNSettings(layers=1))[0] == "logits = Â X W₁ + b₁" + A
    assert formulas(GCNSettings())[0] == "logits = Â ReLU(Â X W₁ + b₁) W₂ + b₂" + A
    many = formulas(GCNSettings(layers=12))
    assert many[0] == "H^k = ReLU(Â H^(k−1) W_k + b_k)   k = 1 … 11, H^0 = X"
    assert many[1] == "logits = Â H^11 W₁₂ + b₁₂" + A
    assert many[2].endswith("its neighbours u and itself, 12 times")


def test_a_single_layer_has_no_hidden_vector_to_tell_of() -> None:
    for settings in (GCNSettings(layers=1), SAGESettings(layers=1), GATSettings(layers=1), GATv2Settings(layers=1)):
        assert "{hidden}" not in "".join(formulas(settings))
    assert "{hidden}" in formulas(GINSettings(layers=1))[-1]  # inside its network of two


@pytest.mark.parametrize(
    ("settings", "own"),
    [
        (GATSettings, "W and a"),
        (GATv2Settings, "W, W_target and a"),
    ],
)
def test_attention_joins_the_heads_of_all_layers_but_the_last(settings: type[GATSettings], own: str) -> None:
    heads = "{heads} × {hidden} (heads × numbers), each head its own " + own + "; then ELU"
    mean = ": {output_heads} × classes, the mean of the heads gives the logits"
    assert formulas(settings())[-2:] == ("layer 1: " + heads, "layer 2" + mean)
    assert formulas(settings(layers=5))[-2:] == ("layers 1 to 4: " + heads, "layer 5" + mean)
    off = formulas(settings(layers=3, attention="off"))
    assert "attention is off" in off[1] and off[2].endswith("each head its own W; then ELU")


def test_layers_are_counted() -> None:
    assert [formulas(SAGESettings(layers=n))[1].partition(";")[0] for n in (1, 2, 3)] == [
        "one layer",
        "two layers, ReLU between them",
        "3 layers, ReLU between them",
    ]
    assert "; one such layer; " in formulas(GINSettings(layers=1))[1]
    assert "; 4 such layers, ReLU between them; " in formulas(GINSettings(layers=4))[1]
