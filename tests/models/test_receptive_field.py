import numpy as np
import pytest
import torch

from mlcli.core.propagation import normalised_adjacency
from mlcli.models.products import SparseMatrix
from mlcli.models.receptive_field import inputs, receptive_field
from tests.models.graphs import random_graph


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_it_holds_the_nodes_that_many_steps_away(layers: int) -> None:
    for seed in range(4):
        graph = random_graph(seed)
        A = normalised_adjacency(graph.graph.arcs(), 29)
        nodes, parts = receptive_field(A, graph.train, layers)
        reach = np.linalg.matrix_power(A.toarray() > 0, layers)[graph.train].any(axis=0)
        assert sorted(nodes.tolist()) == np.flatnonzero(reach).tolist()
        product = np.eye(29)[nodes]
        for part in parts:
            product = part @ product
        np.testing.assert_allclose(product, np.linalg.matrix_power(A.toarray(), layers)[graph.train])


def test_rows_come_first_among_the_columns() -> None:
    graph = random_graph(2)
    A = normalised_adjacency(graph.graph.arcs(), 29)
    nodes, parts = receptive_field(A, graph.validation, 2)
    for part in parts:
        R, C = part.shape
        np.testing.assert_array_equal(part.toarray(), A.toarray()[np.ix_(nodes[:R], nodes[:C])])


def test_all_nodes_share_one_part() -> None:
    every = inputs(random_graph(0)).every
    assert every.parts[0] is every.parts[1]


def test_few_features_are_kept_sparse_and_many_are_not() -> None:
    assert isinstance(inputs(random_graph(0)).train.x, SparseMatrix)
    assert isinstance(inputs(random_graph(0, dense=True)).train.x, torch.Tensor)
