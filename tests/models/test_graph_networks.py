"""Graph networks: core, our models and PyTorch Geometric's layers with equal weights give equal numbers in float64."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mlcli.checks.training import against_core, core_outputs
from mlcli.core.labelled_graphs import LabelledGraph
from mlcli.core.matrices import row_normalised
from mlcli.core.propagation import normalised_adjacency
from mlcli.models.adjacency import mean_adjacency, sum_adjacency
from mlcli.models.gat import GAT, UniformGAT
from mlcli.models.gatv2 import GATv2
from mlcli.models.gcn import GCN
from mlcli.models.gin import GIN
from mlcli.models.receptive_field import Inputs, inputs
from mlcli.models.sage import SAGE
from mlcli.training.registry import MODELS as MODELS_BY_NAME
from mlcli.training.registry import task
from tests.models.graphs import random_graph

Network = GCN | GAT | SAGE | GIN
TIGHT = {"rtol": 1e-10, "atol": 1e-12}
GRAPHS = [random_graph(seed, dense=seed < 2) for seed in range(4)]
MODELS = ("gcn", "gat", "gatv2", "sage", "gin")
ADJACENCY = {"sage": mean_adjacency, "gin": sum_adjacency}


def ready(model: str, graph: LabelledGraph, layers: int = 2) -> Inputs:
    return inputs(graph, layers, dtype=torch.float64, adjacency=ADJACENCY.get(model, normalised_adjacency))


def network(model: str, layers: int = 2, F_in: int = 7, C: int = 3, seed: int = 5) -> Network:
    """Every weight drawn, biases too."""
    rng = np.random.default_rng(seed)
    if model in ("gat", "gatv2"):
        built = (GAT if model == "gat" else GATv2)(F_in, 5, C, 3, 2, 0.6, 0.2, rng, layers)
    else:
        built = {"gcn": GCN, "sage": SAGE, "gin": GIN}[model](F_in, 5, C, 0.5, rng, layers)
    built.double()
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.copy_(torch.from_numpy(rng.standard_normal(parameter.shape)))
    return built


def by_geometric(ours: Network, graph: LabelledGraph) -> Tensor:
    """PyTorch Geometric's layers with the weights of ours."""
    from torch_geometric.nn import GATConv, GATv2Conv, GCNConv, GINConv, SAGEConv

    x = row_normalised(graph.features)
    h = torch.from_numpy(x if isinstance(x, np.ndarray) else x.toarray())
    arcs, last = torch.from_numpy(graph.graph.arcs()), len(ours.layers) - 1
    for i, layer in enumerate(ours.layers):
        weights = {name: weight.detach() for name, weight in layer.named_parameters()}
        if isinstance(ours, GCN):
            conv = GCNConv(*weights["W"].shape).double()
            named = {"lin.weight": weights["W"].T, "bias": weights["b"]}
        elif isinstance(ours, SAGE):
            conv = SAGEConv(*weights["W"].shape).double()
            named = {"lin_l.weight": weights["W"].T, "lin_l.bias": weights["b"], "lin_r.weight": weights["B"].T}
        elif isinstance(ours, GIN):
            F_in, hidden = weights["W"].shape
            inner = nn.Sequential(nn.Linear(F_in, hidden), nn.ReLU(), nn.Linear(hidden, weights["W_2"].shape[1]))
            conv = GINConv(inner, train_eps=True).double()
            named = {
                "eps": weights["eps"][None],
                "nn.0.weight": weights["W"].T,
                "nn.0.bias": weights["b"],
                "nn.2.weight": weights["W_2"].T,
                "nn.2.bias": weights["b_2"],
            }
        elif isinstance(ours, GATv2):
            F_in, K, F_out = weights["W"].shape
            conv = GATv2Conv(F_in, F_out, K, concat=i < last, negative_slope=ours.slope).double()
            zeros = torch.zeros(K * F_out).double()
            named = {
                "lin_l.weight": weights["W"].flatten(1).T,
                "lin_l.bias": zeros,
                "lin_r.weight": weights["W_target"].flatten(1).T,
                "lin_r.bias": zeros,
                "att": weights["a"][None],
                "bias": weights["b"],
            }
        else:
            F_in, K, F_out = weights["W"].shape
            conv = GATConv(F_in, F_out, K, concat=i < last, negative_slope=ours.slope).double()
            named = {
                "lin.weight": weights["W"].flatten(1).T,
                "att_src": weights["a_source"][None],
                "att_dst": weights["a_target"][None],
                "bias": weights["b"],
            }
        conv.load_state_dict(named)
        h = conv(h, arcs)
        if i < last:
            h = F.elu(h) if isinstance(ours, GAT) else F.relu(h)
    return h


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("model", MODELS)
def test_core_model_and_geometric_agree(model: str, layers: int, graph: LabelledGraph) -> None:
    ours = network(model, layers)
    assert len(ours.layers) == layers
    every = ready(model, graph, layers).every
    logits = ours(every.parts, every.x)
    torch.testing.assert_close(logits, by_geometric(ours, graph), **TIGHT)
    torch.testing.assert_close(logits, torch.from_numpy(core_outputs(ours, graph, 29)), **TIGHT)


@pytest.mark.parametrize("model", ["gcn", "sage", "gin"])
def test_three_layers_are_dense_products(model: str) -> None:
    ours, graph = network(model, 3), GRAPHS[0]
    read = ready(model, graph, 3)
    A, h = torch.from_numpy(read.A.toarray()), torch.as_tensor(read.X)
    for k, layer in enumerate(ours.layers):
        match model:
            case "gcn":
                h = A @ h @ layer.W + layer.b
            case "sage":
                h = A @ h @ layer.W + h @ layer.B + layer.b
            case "gin":
                h = F.relu((A @ h + (1 + layer.eps) * h) @ layer.W + layer.b) @ layer.W_2 + layer.b_2
        h = F.relu(h) if k < 2 else h
    torch.testing.assert_close(ours(read.every.parts, read.every.x), h, **TIGHT)


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("model", MODELS)
def test_what_is_not_heard_changes_no_gradient(model: str, graph: LabelledGraph) -> None:
    """Of three layers: the loss over the nodes to train on, from what they depend on and from the whole graph."""
    read, grads = ready(model, graph, 3), []
    for field, nodes in ((read.train, slice(None)), (read.every, graph.train)):
        ours = network(model, 3)
        F.cross_entropy(ours(field.parts, field.x)[nodes], field.labels[nodes]).backward()
        grads.append([parameter.grad for parameter in ours.parameters()])
    assert all(grad.any() for grad in grads[0])
    for part, whole in zip(*grads, strict=True):
        torch.testing.assert_close(part, whole, **TIGHT)


def test_the_penalty_of_gcn_is_on_the_first_layers_W_however_many_there_are() -> None:
    for layers in (1, 2, 5):
        ours = network("gcn", layers)
        assert [id(parameter) for parameter in ours.decayed()] == [id(ours.layers[0].W)]


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("model", MODELS)
def test_gradients_agree_with_geometric(model: str, layers: int, graph: LabelledGraph) -> None:
    """Of the loss over the training nodes: ours reads only what that loss depends on."""
    ours, field = network(model, layers), ready(model, graph, layers).train
    F.cross_entropy(ours(field.parts, field.x), field.labels).backward()
    grads = [parameter.grad.clone() for parameter in ours.parameters()]  # type: ignore[union-attr]
    leaves = dict(ours.named_parameters())
    numeric = {name: _slope(ours, graph, leaf) for name, leaf in leaves.items()}
    for (name, direction), grad in zip(numeric.items(), grads, strict=True):
        slope, along = direction
        assert (grad * along).sum().item() == pytest.approx(slope, rel=1e-6, abs=1e-9), name


def _slope(ours: Network, graph: LabelledGraph, leaf: torch.nn.Parameter) -> tuple[float, Tensor]:
    """The loss by PyTorch Geometric, a little way along a random direction and back."""
    along = torch.from_numpy(np.random.default_rng(1).standard_normal(leaf.shape))
    losses = []
    with torch.no_grad():
        for step in (1e-5, -2e-5, 1e-5):
            leaf += step * along
            logits = by_geometric(ours, graph)[graph.train]
            losses.append(F.cross_entropy(logits, torch.from_numpy(graph.labels[graph.train])).item())
    return (losses[0] - losses[1]) / 2e-5, along


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("model", MODELS)
def test_a_part_of_the_nodes_gets_the_same_logits_as_all(model: str, layers: int) -> None:
    ours = network(model, layers)
    for graph in GRAPHS:
        read = ready(model, graph, layers)
        whole = ours(read.every.parts, read.every.x)
        for part, field in ((graph.train, read.train), (graph.validation, read.validation), (graph.test, read.test)):
            torch.testing.assert_close(ours(field.parts, field.x), whole[part], **TIGHT)


@pytest.mark.parametrize("model", MODELS)
def test_in_training_something_is_dropped(model: str) -> None:
    ours, field = network(model), ready(model, GRAPHS[0]).every
    evaluated, trained = ours(field.parts, field.x), ours(field.parts, field.x, np.random.default_rng(1))
    assert not torch.allclose(evaluated, trained)
    assert torch.equal(trained, ours(field.parts, field.x, np.random.default_rng(1)))


def test_alpha_is_dropped_as_the_features_are() -> None:
    ours, field = network("gat"), inputs(GRAPHS[0], dtype=torch.float64).every
    ours.dropout = 0.0  # of the features alone
    assert not torch.allclose(ours(field.parts, field.x), ours(field.parts, field.x, np.random.default_rng(1)))


@pytest.mark.parametrize("model", MODELS)
def test_the_check_holds_in_float32_and_sees_a_wrong_weight(model: str) -> None:
    ours = network(model).float()
    made = task(MODELS_BY_NAME[model].settings(), GRAPHS[1])
    outputs = made.outputs(ours)
    assert against_core(ours, made).passed
    with torch.no_grad():
        bias = "b_2" if model == "gin" else "b"
        getattr(ours.layers[1], bias).add_(1e-3 * float(abs(outputs).max()))
    made.outputs = lambda network: outputs
    assert not against_core(ours, made).passed


@pytest.mark.parametrize("graph", GRAPHS)
def test_attention_off_is_geometrics_attention_with_a_of_0(graph: LabelledGraph) -> None:
    rng, field = np.random.default_rng(3), ready("gat", graph).every
    off = UniformGAT(7, 5, 3, 3, 2, 0.6, 0.2, rng).double()
    assert {name.split(".")[2] for name in off.state_dict()} == {"W", "b"}
    on = GAT(7, 5, 3, 3, 2, 0.6, 0.2, rng).double()
    with torch.no_grad():
        for layer, other in zip(on.layers, off.layers, strict=True):
            layer.W.copy_(other.W)
            layer.b.copy_(other.b)
            layer.a_source.zero_()
            layer.a_target.zero_()
    told = off(field.parts, field.x).detach().numpy()
    np.testing.assert_allclose(told, by_geometric(on, graph).detach().numpy(), **TIGHT)
    np.testing.assert_allclose(told, core_outputs(off, graph, 0), **TIGHT)


def test_attention_off_starts_from_the_same_W_and_learns_it() -> None:
    on, off = (kind(7, 5, 3, 3, 2, 0.6, 0.2, np.random.default_rng(11)) for kind in (GAT, UniformGAT))
    assert torch.equal(on.layers[1].W, off.layers[1].W)
    field = ready("gat", GRAPHS[0]).train
    off.double()(field.parts, field.x, np.random.default_rng(0)).sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in off.parameters())


def test_fresh_weights_are_as_many_as_the_papers_and_in_glorots_range() -> None:
    rng = np.random.default_rng(0)
    gcn, gat = GCN(1433, 16, 7, 0.5, rng), GAT(1433, 8, 7, 8, 1, 0.6, 0.2, rng)
    assert sum(p.numel() for p in gcn.parameters()) == 23_063
    assert sum(p.numel() for p in gat.parameters()) == 92_373
    W = gcn.layers[0].W
    assert 0.99 < W.abs().max().item() / (6 / (1433 + 16)) ** 0.5 <= 1
    assert gcn.layers[0].b.abs().max().item() == 0
