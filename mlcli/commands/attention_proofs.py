"""What is said of attention, shown by running it, in mlcli attention."""

import numpy as np
from numpy.typing import NDArray

from mlcli.commands.attention_block import ENCODER_DRAW
from mlcli.commands.attention_input import Given, read_tokens
from mlcli.commands.attention_options import Block, Proof, Rule, Source, View
from mlcli.commands.options import refuse_given
from mlcli.core.attention import Attention, attention, refuse_too_many
from mlcli.core.attention_masks import FILLS, fill_rows
from mlcli.core.attention_proofs import confuse, draw_order, graph_as_mask, hull, shuffle
from mlcli.core.errors import InputError
from mlcli.core.graph_attention import AttentionWeights
from mlcli.core.multi_head_attention import draw_parameters, multi_head, project
from mlcli.core.positions import sinusoidal
from mlcli.core.tokens import embed
from mlcli.core.transformer import stack
from mlcli.core.transformer_weights import ENCODER, draw_stack
from mlcli.datasets.graphs import ExampleGraph, slide
from mlcli.lesson import Graph, Lesson
from mlcli.lessons.attention_proofs import tell_fill, tell_graph, tell_hull, tell_shuffle, tell_split
from mlcli.readers.attention_masks import read_mask
from mlcli.readers.edge_lists import read_edges

F_OUT = 4  # numbers in a node's vector


def lesson_of_proof(proof: Proof, text: str | None, source: Source, rule: Rule, block: Block, view: View) -> Lesson:
    """The one that is asked for.

    Raises:
        InputError: options that do not go together; what the input cannot show.
    """
    _refuse(proof, source, rule, block, view)
    if proof.prove == "graph":
        if text is not None or source != Source():
            raise InputError(
                "shows a graph, not a text", "--prove graph", "leave the text out; --edges FILE is a graph"
            )
        return _graph(proof, view.seed)
    heads = rule.heads if proof.prove in ("shuffle", "split") else 1
    given = read_tokens(text, source, heads, block.layers, False, view.seed)
    match proof.prove:
        case "shuffle":
            return _shuffle(given, rule, block, view.seed)
        case "hull":
            return tell_hull(hull(_single(given, rule, view.seed), view.seed), _single(given, rule, view.seed),
                             origin=given.origin)  # fmt: skip
        case "split":
            H = rule.heads if rule.heads > 1 else 2
            parameters = draw_parameters(given.E.shape[1], view.seed)
            return tell_split(confuse(given.X, parameters, H), origin=given.origin, tokens=given.origin.queries, H=H)
        case _:
            return _fill(given, view.seed)


def _single(given: Given, rule: Rule, seed: int) -> Attention:
    p = project(given.X, draw_parameters(given.X.shape[1], seed), given.C)
    return attention(p.Q, p.K, p.V, scale=rule.scale, temperature=rule.temperature)


def _shuffle(given: Given, rule: Rule, block: Block, seed: int) -> Lesson:
    T, d_model = given.E.shape
    if T == 1:
        raise InputError("a single token cannot be shuffled", "--prove shuffle", "give two words or more")
    if given.C is not None:
        raise InputError("is about a text's own order", "--prove shuffle", "leave --context out")
    mask = read_mask(rule.mask, T, T)
    if block.block == "encoder":
        layers = draw_stack(ENCODER, d_model, block.d_ff or 4 * d_model, block.layers, block.pre_norm,
                            [seed, ENCODER_DRAW])  # fmt: skip
        what = f"{block.layers} encoder layer{'s' if block.layers > 1 else ''}"

        def f(X: NDArray[np.float64]) -> NDArray[np.float64]:
            return stack(X, layers, rule.heads, mask.mask, activation=block.activation).out
    else:
        parameters = draw_parameters(d_model, seed)
        what = "self-attention"

        def f(X: NDArray[np.float64]) -> NDArray[np.float64]:
            return multi_head(X, parameters, rule.heads, mask.mask).out

    order = draw_order(T, seed)
    P = sinusoidal(T, d_model) if given.P is None else given.P
    return tell_shuffle(
        shuffle(f, given.E, None, order), shuffle(f, given.E, P, order), origin=given.origin,
        tokens=given.origin.queries, what=f"{what}, {rule.heads} head{'s' if rule.heads > 1 else ''}", mask=mask.name,
    )  # fmt: skip


def _fill(given: Given, seed: int) -> Lesson:
    record = _single(given, Rule(), seed)
    hidden = np.zeros((1, len(record.K)), dtype=bool)
    own = tuple(attention(record.Q[:1], record.K, record.V, hidden, fill) for fill in FILLS)
    return tell_fill(record.scaled[0], fill_rows(record.scaled[0]), own, origin=given.origin)


def _graph(proof: Proof, seed: int) -> Lesson:
    if proof.edges is None:
        given = slide()
    else:
        edges = read_edges(proof.edges, weighted=False)
        given = ExampleGraph(edges.name, edges.graph, None, edges.read)
    names, N = given.graph.names, len(given.graph.names)
    refuse_too_many(N, N)
    h = embed(names, F_OUT, seed) if given.features is None else given.features
    rng = np.random.default_rng(seed)
    W, a_source, a_target = (rng.standard_normal((*rows, 1, F_OUT)) for rows in ((h.shape[1],), (), ()))
    weights = AttentionWeights(W, a_source, a_target, np.zeros(F_OUT))
    record = graph_as_mask(h, weights, given.graph.arcs())
    pairs = tuple((int(u), int(v)) for u, v in given.graph.edges.T)
    read = given.read if given.features is not None else (*given.read, "h is drawn from N(0, 1) for each node")
    return tell_graph(record, Graph("graph", names, pairs), source=given.name, read=read, seed=seed)


def _refuse(proof: Proof, source: Source, rule: Rule, block: Block, view: View) -> None:
    if proof.edges is not None and proof.prove != "graph":
        raise InputError("is the graph of --prove graph", "--edges", "add --prove graph, or leave --edges out")
    where = f"--prove {proof.prove}"
    if source.qkv is not None:
        raise InputError("goes with a sentence, not with --qkv", where, "leave --qkv out")
    refuse_given(view, f"is for a single attention, not for {where}", ("seed",))
    if block.block is not None and (proof.prove != "shuffle" or block.block == "decoder"):
        raise InputError(f"--block {block.block} is not for {where}", hint="--prove shuffle goes with --block encoder")
    if proof.prove != "hull":
        rule.refuse_but_heads_and_masks(where)
    if proof.prove in ("hull", "fill", "graph"):
        rule.refuse_heads(where)
    if rule.mask and proof.prove != "shuffle":
        raise InputError(f"is not for {where}", "--mask", "leave --mask out")
