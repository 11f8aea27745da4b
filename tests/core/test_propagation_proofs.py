from pathlib import Path

import networkx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from mlcli.core.graphs import Graph
from mlcli.core.matrices import row_normalised
from mlcli.core.propagation import normalised_adjacency
from mlcli.core.propagation_colours import compare_twins, refine, triangles
from mlcli.core.propagation_comparison import compare
from mlcli.core.propagation_layers import Passing, Rule
from mlcli.core.propagation_messages import work_out
from mlcli.core.propagation_permutation import permute
from mlcli.core.propagation_proofs import cancel, verdict
from mlcli.core.propagation_reach import MOST_NODES, drawn_nodes, heard_of, reach
from mlcli.core.propagation_smoothing import diffusion, measure, smoothing
from mlcli.core.propagation_weights import identity_weights
from mlcli.datasets.graphs import hexagon, karate_club, slide, toy, two_triangles
from tests.core.propagation import RULES, drawn, passing, random_graph, run


@pytest.mark.parametrize("rule", RULES)
@given(seed=st.integers(0, 2**32))
@examples(max_examples=7)
def test_nodes_renamed_give_the_same_rows_and_rows_alone_do_not(rule: Rule, seed: int) -> None:
    graph = random_graph(seed)
    x, weights = drawn(graph, 3, 2, 2, seed)
    found = permute(x, [(passing(rule, "elu"), w) for w in weights], *graph.messages(), np.random.default_rng(seed))
    assert found.difference < 1e-9
    assert np.array_equal(np.sort(found.order), np.arange(len(x)))
    example = slide()
    assert example.features is not None
    wrong = permute(example.features, [(passing("mean"), w) for w in identity_weights(2, 1)], *example.graph.messages(),
                    np.random.default_rng(0))  # fmt: skip
    assert wrong.mistake > 0.1


def test_smoothing_of_cora_is_the_published(public_data: Path) -> None:
    from mlcli.datasets.labelled_graphs import load

    cora = load("cora")
    x = row_normalised(cora.features)
    arcs, weight = cora.graph.messages()
    found = smoothing(diffusion(x, "gcn", arcs, weight, 16), arcs)
    assert found.mad[[0, 1, 2, 4, 8, 16]].round(4).tolist() == [0.8323, 0.3322, 0.1618, 0.0753, 0.0334, 0.0131]
    assert (np.diff(found.dirichlet) < 0).all()


def test_smoothing_is_what_its_formulas_say() -> None:
    club = karate_club().graph
    arcs, weight = club.messages()
    h = np.random.default_rng(3).standard_normal((34, 5))
    h[7] = 0
    L = networkx.normalized_laplacian_matrix(networkx.karate_club_graph(), weight=None).toarray()
    mad, energy = measure(h, arcs)
    A = normalised_adjacency(arcs, 34).toarray()
    assert energy == pytest.approx(np.trace(h.T @ (np.eye(34) - A) @ h)), "with loops: I − Â"
    assert energy != pytest.approx(np.trace(h.T @ L @ h))
    lengths = np.linalg.norm(h, axis=1)
    distances = [1 - (h[u] @ h[v] / (lengths[u] * lengths[v]) if lengths[u] * lengths[v] else 0) for u, v in arcs.T]
    assert mad == pytest.approx(np.mean(distances))
    *_, last = diffusion(h, "gcn", arcs, weight, 5)
    assert last == pytest.approx(np.linalg.matrix_power(A, 5) @ h)


def test_reach_is_the_breadth_first_search_of_networkx() -> None:
    rng = np.random.default_rng(5)
    graph = Graph(tuple(map(str, range(83))), rng.integers(0, 83, (2, 101)), np.ones(101), directed=True)
    arcs = graph.arcs()
    found = reach(arcs, 83, 4, np.arange(83))
    net = networkx.DiGraph(list(map(tuple, arcs.T)))
    net.add_nodes_from(range(83))
    for v in range(83):
        away = networkx.single_source_shortest_path_length(net.reverse(), v)
        assert found.size[v].tolist() == [sum(d <= k for d in away.values()) for k in range(5)]
        assert heard_of(arcs, 83, v, 3).tolist() == sorted(u for u, d in away.items() if d <= 3)
        farthest = max(away.values())
        assert found.complete[v] == (farthest if farthest < 4 else -1)
    assert len(drawn_nodes(MOST_NODES + 5, rng)) == MOST_NODES


def test_karate_is_heard_of_in_five_layers_at_most() -> None:
    found = reach(karate_club().graph.arcs(), 34, 6, np.arange(34))
    assert found.complete.max() == 5, "its diameter"
    assert found.size[0, 1] == 17, "16 neighbours and itself"


def test_the_hexagon_and_two_triangles_cannot_be_told_apart() -> None:
    first, second = (example.graph.messages()[0] for example in (hexagon(), two_triangles()))
    rules = [Passing(rule, "tanh", own=True) for rule in RULES]
    found = compare_twins(first, second, 6, rules, 3, np.random.default_rng(1))
    assert max(found.alike.values()) < 1e-12
    assert min(found.told.values()) > 1e-3
    assert found.triangles == (0, 2)
    assert set(found.colours.rounds[-1].tolist()) == {0}


def test_colours_part_what_a_tree_parts() -> None:
    example = toy()
    colours = refine(np.ones((4, 1)), example.graph.arcs()).rounds[-1]
    assert len(set(colours.tolist())) == 3, "3 and 4 have the same neighbourhoods"
    assert colours[2] == colours[3]
    assert triangles(karate_club().graph.arcs(), 34) == 45


def test_the_same_arcs_under_several_rules() -> None:
    example = toy()
    assert example.features is not None
    arcs, weight = example.graph.messages()
    [w] = identity_weights(2, 1)
    found = compare(example.features, [(passing(rule), w) for rule in ("mean", "gcn", "gat")], arcs, weight, [1, 2])
    mean, gcn, gat = (method.coefficient for method in found.methods)
    assert found.arcs.T.tolist() == [[0, 1], [1, 1], [2, 1], [3, 1], [1, 2], [2, 2], [3, 2]]
    assert mean[[0, 2, 3, 4, 6]] == pytest.approx([1 / 3, 1 / 3, 1 / 3, 1 / 2, 1 / 2])
    assert np.isnan(mean[[1, 5]]).all()
    assert gcn == pytest.approx([8**-0.5, 1 / 4, 12**-0.5, 12**-0.5, 12**-0.5, 1 / 3, 1 / 3])
    assert gat[:4].sum() == pytest.approx(1)
    even, by_gcn, by_gat = found.listening[:3]
    assert (even.heard, even.entropy, even.uniform) == (3, pytest.approx(np.log(3)), pytest.approx(np.log(3)))
    assert (by_gcn.swapped, by_gcn.pairs) == (0, 3)
    assert by_gat.swapped == sum(
        (gcn[i] - gcn[j]) * (gat[i] - gat[j]) < 0 and abs(gcn[i] - gcn[j]) > 1e-12 for i in range(4) for j in range(i)
    )
    assert by_gat.entropy < by_gcn.entropy
    assert by_gat.top == 3


def test_only_without_leaky_relu_does_the_query_cancel() -> None:
    graph = slide().graph
    x, weights = drawn(graph, 3, 2, 1, 3)
    for slope, same in ((1.0, True), (0.2, False)):
        [layer] = run(graph, x, weights, Passing("gat", slope=slope))
        found = [cancel(layer, work_out(layer, v), 0) for v in range(6)]
        assert (max(one.difference for one in found) < 1e-12) == same
        assert all(one.bent != same for one in found)


def test_a_verdict() -> None:
    found = verdict(np.array([1.0, 3.0, 2.0]), 2)
    assert found.order.tolist() == [1, 2, 0]
    assert (found.right, verdict(found.logits, 1).right, verdict(found.logits, -1).right) == (False, True, None)
    assert found.shares.sum() == pytest.approx(1)
