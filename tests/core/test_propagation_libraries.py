"""One layer of each rule beside PyTorch Geometric's own, with the same weights, in float64."""

import warnings
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from mlcli.core.graph_attention import Join
from mlcli.core.graphs import Graph
from mlcli.core.propagation_layers import WITH_SELF, Passing, Rule, propagate
from mlcli.core.propagation_weights import Shape, Weights, draw_weights
from tests.core.propagation import random_graph

GRAPHS = range(300)  # directed or not, weighted, with loops, with nodes that hear nobody
F_IN, F_OUT = 5, 3


@cache
def library() -> Callable:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch_geometric import nn
    return nn


def convolution(rule: Rule, K: int, join: Join, bias: bool) -> torch.nn.Module:
    nn, concat = library(), join == "concat"
    match rule:
        case "gcn":
            return nn.GCNConv(F_IN, F_OUT, bias=bias)
        case "gat":
            return nn.GATConv(F_IN, F_OUT, K, concat=concat, bias=bias)
        case "gatv2":
            return nn.GATv2Conv(F_IN, F_OUT, K, concat=concat, bias=bias)
        case "gin":
            layers = (torch.nn.Linear(F_IN, F_OUT, bias), torch.nn.ReLU(), torch.nn.Linear(F_OUT, F_OUT, bias))
            return nn.GINConv(torch.nn.Sequential(*layers), eps=0.25)
        case _:
            aggregate = {"sum": "add", "max": "max"}.get(rule, "mean")
            return nn.SAGEConv(F_IN, F_OUT, aggr=aggregate, bias=bias, root_weight=rule not in WITH_SELF)


def parameters(rule: Rule, w: Weights, bias: bool) -> dict[str, torch.Tensor]:
    def rows(W: NDArray) -> torch.Tensor:
        return torch.from_numpy(W.reshape(F_IN, -1).T.copy())

    W, B, b = rows(w.W), rows(w.B[:, :F_OUT]), torch.from_numpy(w.b) if w.b is not None else None
    match rule:
        case "gcn":
            found = {"lin.weight": W, "bias": b}
        case "gat":
            halves = {"att_src": torch.from_numpy(w.a_source)[None], "att_dst": torch.from_numpy(w.a_target)[None]}
            found = {"lin.weight": W, "bias": b, **halves}
        case "gatv2":
            zeros = torch.zeros(len(W), dtype=torch.float64)  # of the two products; ours have none
            found = {"lin_l.weight": W, "lin_r.weight": rows(w.W_target), "att": torch.from_numpy(w.a_source)[None],
                     "lin_l.bias": zeros, "lin_r.bias": zeros, "bias": b}  # fmt: skip
        case "gin":
            found = {"nn.0.weight": W, "nn.0.bias": b, "nn.2.weight": torch.from_numpy(w.W_2.T.copy()),
                     "nn.2.bias": torch.from_numpy(w.b_2) if w.b_2 is not None else None}  # fmt: skip
        case _:
            found = {"lin_l.weight": W, "lin_l.bias": b} | ({} if rule in WITH_SELF else {"lin_r.weight": B})
    return {name: value for name, value in found.items() if value is not None and (bias or "bias" not in name)}


@pytest.mark.parametrize("rule", ["mean", "mean-self", "sum", "max", "sage", "gin", "gcn", "gat", "gatv2"])
def test_equal_to_torch_geometric_on_drawn_graphs(rule: Rule) -> None:
    seen = set()
    for K, join, bias in ((1, "concat", False), (3, "concat", True), (2, "mean", True)):
        conv = convolution(rule, K, join, bias).double()  # one module for all graphs: building them is what takes long
        shape = Shape(1, F_OUT, K if rule in ("gat", "gatv2") else 1, join)
        rng = np.random.default_rng(K)
        [w] = draw_weights(F_IN, shape, rng)
        joined = shape.joined if rule in ("gat", "gatv2") else F_OUT
        w = Weights(**vars(w) | {"eps": 0.25 if rule == "gin" else 0.0})
        if bias:
            w = Weights(**vars(w) | {"b": rng.standard_normal(joined), "b_2": rng.standard_normal(F_OUT)})
        conv.load_state_dict(parameters(rule, w, bias), strict=rule != "gin")
        for seed in GRAPHS[K::3]:
            graph = random_graph(seed, weighted=rule == "gcn")
            equal(graph, rule, Passing(rule, "none", rule not in WITH_SELF, join), w, conv, rng)
            seen.add(
                (
                    graph.directed,
                    len(graph.names) > len(set(graph.edges.ravel().tolist())),
                    bool((graph.edges[0] == graph.edges[1]).any()),
                )
            )
    assert len(seen) == 8, "directed or not, with and without lonely nodes, with and without loops"


def equal(graph: Graph, rule: Rule, how: Passing, w: Weights, conv: torch.nn.Module, rng: np.random.Generator) -> None:
    x = rng.standard_normal((len(graph.names), F_IN))
    arcs, weight = graph.messages(loops=True)
    [layer] = propagate(x, [(how, w)], arcs, weight)
    theirs = torch.from_numpy(arcs)
    if rule == "mean-self":  # the library has no such layer: loops where there are none
        N = len(x)
        lacking = np.setdiff1d(np.arange(N), arcs[0, arcs[0] == arcs[1]])
        theirs = torch.cat([theirs, torch.from_numpy(lacking).expand(2, -1)], dim=1)
    with torch.no_grad():
        out = conv(torch.from_numpy(x), theirs, *([torch.from_numpy(weight)] if rule == "gcn" else []))
    np.testing.assert_allclose(layer.passed.out, out.numpy(), rtol=1e-10, atol=1e-10)
