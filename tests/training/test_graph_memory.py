"""What is told of memory before a graph network is trained: more for more, and no where it would not fit."""

import dataclasses
import math

import numpy as np
import pytest
from scipy import sparse

from mlcli.core.errors import InputError
from mlcli.core.graphs import Graph
from mlcli.core.labelled_graphs import LabelledGraph
from mlcli.training import graph_memory, memory, registry
from mlcli.training.graph_memory import needed, runs_that_fit, told
from mlcli.training.graph_settings import (
    GATSettings,
    GATv2Settings,
    GCNSettings,
    GINSettings,
    GraphSettings,
    SAGESettings,
)
from mlcli.training.picture_settings import MLPSettings


def graph(N: int, E: int, F: int = 11, train: float = 1.0) -> LabelledGraph:
    rng, nodes = np.random.default_rng(0), np.arange(N)
    edges = rng.integers(N, size=(2, E))
    X, labels = np.broadcast_to(np.ones(1), (N, F)), rng.integers(3, size=N)  # takes no room itself
    some = nodes[: round(N * train)]
    named = Graph(tuple(map(str, nodes)), edges, np.ones(E))
    return LabelledGraph("drawn", named, X, labels, ("a", "b", "c"), some, some, some)


def of_run(graph: LabelledGraph, settings: GCNSettings | GATSettings) -> float:
    need = needed(graph, settings)
    assert need is not None
    return need.run


def test_more_of_anything_takes_more() -> None:
    small, gat = graph(499, 1999), GATSettings()
    assert of_run(graph(997, 1999), gat) > of_run(small, gat)
    assert of_run(graph(499, 3989), gat) > of_run(small, gat)
    assert of_run(small, GATSettings(heads=13)) > of_run(small, gat)
    assert of_run(small, GATv2Settings()) > of_run(small, gat) > of_run(small, GCNSettings(hidden=64))
    assert of_run(graph(499, 1999, train=0.002), gat) < of_run(small, gat) / 3  # one node hears few
    assert needed(small, MLPSettings()) is None


@pytest.mark.parametrize("settings", [GCNSettings, SAGESettings, GINSettings, GATSettings, GATv2Settings])
def test_more_layers_take_more(settings: type[GraphSettings]) -> None:
    small, few = graph(499, 1999), graph(499, 1999, train=0.002)
    of = [needed(small, settings(layers=layers)) for layers in (1, 2, 3, 4)]
    assert of[0] == of[1] is not None
    assert of[1].run < of[2].run < of[3].run and of[1].kept < of[2].kept < of[3].kept
    assert of[3].run - of[2].run == pytest.approx(of[2].run - of[1].run)
    assert of_run(few, settings(layers=3)) > 3 * of_run(few, settings())  # those a step further are many more


def test_sparse_features_count_by_what_is_stored() -> None:
    dense = graph(499, 1999, F=101)
    few = dataclasses.replace(dense, features=sparse.csr_array(np.eye(499, 101)))
    assert of_run(few, GCNSettings()) < of_run(dense, GCNSettings())


def test_what_does_not_fit_is_refused_with_its_size_and_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    large = graph(9973, 99_991)
    need = needed(large, GATSettings())
    assert need is not None
    monkeypatch.setattr(graph_memory, "free_memory", lambda: need.most - 1)
    with pytest.raises(InputError, match=r"training gat on 99,991 edges takes about \d\.\d GB") as caught:
        registry.task(GATSettings(), large)
    assert caught.value.hint is not None and caught.value.hint.startswith("fewer --heads")
    with pytest.raises(InputError, match="takes about") as caught:
        registry.task(GATSettings(layers=3), large)
    assert caught.value.hint is not None and caught.value.hint.startswith("fewer --layers, fewer --heads")
    assert "train sage --batch" in caught.value.hint
    graph_memory.refuse_too_large(large, GATSettings(heads=7))
    graph_memory.refuse_too_large(large, SAGESettings(batch=64))
    monkeypatch.setattr(graph_memory, "free_memory", lambda: need.ready - 1)
    with pytest.raises(InputError, match="takes about") as caught:
        graph_memory.refuse_too_large(large, SAGESettings(batch=64))
    assert caught.value.hint == "fewer features, or a part of the graph"


def test_runs_go_side_by_side_as_far_as_memory_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    large = graph(997, 9973)
    need = needed(large, GATSettings())
    assert need is not None
    for runs, fit in [(0.5, 1), (1.5, 1), (2.5, 2), (99, 5)]:
        monkeypatch.setattr(graph_memory, "free_memory", lambda runs=runs: runs * need.run)
        assert runs_that_fit(large, GATSettings(), most=5) == fit


def test_only_what_is_large_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph_memory, "free_memory", lambda: 9e9)
    assert told(graph(499, 1999), GATSettings()) == ""
    assert told(graph(499, 99_991), GATSettings(heads=997)).endswith(" of memory, of 9.0 GB that are free")


def test_a_limit_on_the_process_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    assert 0 < memory.free_memory() < math.inf
    for limited in (resource.RLIMIT_DATA, resource.RLIMIT_AS):
        bounds = {limited: (1 << 20, 1 << 20)}
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        monkeypatch.setattr(resource, "getrlimit", lambda which, b=bounds, u=unlimited: b.get(which, u))
        assert memory.free_memory() == 0
