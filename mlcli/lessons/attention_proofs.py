"""What is said of attention, told as it was run."""

import numpy as np
from numpy.typing import NDArray

from mlcli.core.attention import Attention
from mlcli.core.attention_masks import Filled
from mlcli.core.attention_proofs import Confused, GraphAsMask, Hull, Reshaped, Shuffled
from mlcli.lesson import Check, Graph, Lesson, Picture, Result, Scatter, Step, Table, Tensor
from mlcli.lessons.attention_input import Origin, rows
from mlcli.lessons.attention_steps import Names, fill_tables, fill_text

MOST_HEADS = 2
ROUNDING = 1e-12


def tell_shuffle(
    without: Shuffled, placed: Shuffled, *, origin: Origin, tokens: tuple[str, ...], what: str, mask: str = ""
) -> Lesson:
    """Shuffled tokens give shuffled outputs, until positions are added.

    Args:
        without, placed: without and with positions.
        what: f, in words: what the tokens went through.
        mask: what hides keys by their place, which tells places apart too; empty for nothing.
    """
    order = tuple(tokens[t] for t in without.order)
    moved = tuple((t, token, after) for t, (token, after) in enumerate(zip(tokens, order, strict=True)))
    table = (("without positions", without.difference), ("with positions", placed.difference))
    holds = "shuffled tokens give the same rows, shuffled: it sees a set, not a sentence."
    return Lesson(
        title=f"{origin.source}: what becomes of shuffled tokens?",
        command="attention",
        rules=(
            ("claim", "without positions f(E[order]) = f(E)[order], with them f(E[order] + P) ≠ f(E + P)[order]"),
            ("f", what),
        ),
        inputs=(),
        read=origin.read,
        steps=(
            Step("order", "order: the tokens in another order", "E[order][t] = E[order[t]]",
                 (Table("", ("t", "token", "shuffled"), moved),)),
            Step("f", "without positions", "f(E)[order], shuffled afterwards, against f(E[order]), shuffled before",
                 (rows("f(E)[order]", without.out, order), rows("f(E[order])", without.shuffled_out, order))),
            Step("f + P", "with positions: P stays where it is, the tokens move",
                 "f(E + P)[order] against f(E[order] + P)",
                 (rows("f(E + P)[order]", placed.out, order), rows("f(E[order] + P)", placed.shuffled_out, order))),
        ),
        result=Result(Table("", ("", "largest difference"), table)),
        notice=(
            f"The {mask} tells places apart already: even without positions the outputs differ."
            if mask
            else f"Without positions, {holds}",
            "With positions, each token's vector says where it stands: another order is another sentence.",
        ),
        checks=() if mask else (Check("shuffled before against shuffled afterwards", without.difference, ROUNDING),),
        next=("--block encoder", "--mask causal", "--seed 1", "--prove hull", "--json"),
        seed=origin.seed,
    )  # fmt: skip


def tell_hull(record: Hull, head: Attention, *, origin: Origin) -> Lesson:
    """A weighted average stays among the values."""
    queries = tuple((query, float(record.least[t]), float(record.sums[t])) for t, query in enumerate(origin.queries))
    columns = tuple(
        (d, *(float(ends[d]) for ends in (record.low, record.out_low, record.out_high, record.high)))
        for d in range(len(record.low))
    )
    drawn = ()
    if len(record.low) > 1:
        points = np.concatenate([head.V[:, :2], record.out[:, :2], record.raw[:, :2]])
        labels = origin.keys + 2 * origin.queries
        groups = (
            ("value",) * len(head.V) + ("out, by softmax",) * len(record.out) + ("by scores alone",) * len(record.raw)
        )
        drawn = (Scatter("the first two columns", points, labels, groups, "column 0", "column 1"),)
    ends = (("by softmax (weights above 0, with the sum 1)", record.beyond), ("by scores alone", record.raw_beyond))
    return Lesson(
        title=f"{origin.source}: does an output leave the hull of the values?",
        command="attention",
        rules=(
            ("claim", "out[t] = Σ_s weights[t][s] V[s] lies within the hull of the values: no direction u has "
             "out[t] · u > max_s V[s] · u"),
            ("why", "weights ≥ 0 and Σ_s weights[t][s] = 1, so that out[t] · u is an average of the V[s] · u"),
        ),
        inputs=(),
        read=origin.read,
        steps=(
            Step("weights", "weights: none below 0, and the sum 1", "weights = softmax(Q Kᵀ / √d_k)",
                 (Table("", ("query", "least weight", "sum"), queries),)),
            Step("out", "out: in each column between the least and the largest value", "out = weights V",
                 (Table("", ("column", "least V", "least out", "largest out", "largest V"), columns),)),
            Step("u", "any direction, not only the columns: 1,000 of them",
                 "max over t and u of (out[t] · u − max_s V[s] · u); below 0 is inside",
                 drawn, "By scores alone: the same average, weighted by scaled / Σ scaled, which may be below 0."),
        ),
        result=Result(Table("", ("averaged", "reaches past the values by at most"), ends)),
        notice=(
            "Attention mixes what is there and invents nothing: what is new in a Transformer comes from W_V, W_O and "
            "the feed-forward network.",
        ),
        checks=(Check("no direction in which out lies beyond all values", max(record.beyond, 0.0), ROUNDING),),
        next=("--temperature 0.1", "--prove graph", "--json"),
        seed=origin.seed,
    )  # fmt: skip


def tell_graph(record: GraphAsMask, graph: Graph, *, source: str, read: tuple[str, ...], seed: int) -> Lesson:
    """Graph attention is attention with the graph as its mask."""
    nodes = graph.nodes
    names = Names(nodes, nodes)
    weights = names.by_key("weights", record.weights)
    source_of, target = record.by_arc.arcs
    asks = record.hears_most
    arcs = tuple(
        (nodes[int(u)], float(e), float(alpha), float(record.weights[asks, u]))
        for u, v, e, alpha in zip(source_of, target, record.by_arc.e[:, 0], record.by_arc.alpha[:, 0], strict=True)
        if v == asks
    )
    return Lesson(
        title=f"{source} ({len(nodes):,} nodes): graph attention is attention with the graph as its mask",
        command="attention",
        rules=(
            ("claim", "α_vu = exp(e_vu) / Σ_{k in N(v)} exp(e_vk) = softmax(mask(e))[v][u], with mask = A + I"),
            ("rule", "e_vu = LeakyReLU(a_source · W h_u + a_target · W h_v),  h'_v = Σ_u α_vu W h_u"),
            ("drawn", "W, a_source and a_target from N(0, 1)"),
        ),
        inputs=(graph,),
        read=read,
        steps=(
            Step("V", "V: what each node hands on", "V = h W, as values are X W_V",
                 (Tensor("V", record.by_arc.m[:, 0], ("v", "f"), (nodes, None)),)),
            Step("e", "e: the score of every pair, joined or not",
                 "e[v][u] = LeakyReLU(a_target · V[v] + a_source · V[u])", (names.by_key("e", record.e),),
                 "In the place of Q Kᵀ: a sum of two numbers, not a product of vectors."),
            Step("masked", "masked: the graph says who is heard", "mask = A + I;  masked = e where mask = 1, else −∞",
                 (names.by_key("mask", record.mask.astype(int)), names.by_key("masked", record.masked))),
            Step("weights", "weights: the softmax of each row", "weights = softmax(masked)",
                 (weights, *((names.heat_map(weights),) if len(nodes) > 1 else ()))),
            Step("α", f"node {nodes[asks]} the other way: arc by arc, by graph attention",
                 "α_vu = exp(e_vu) / Σ_k exp(e_vk), over v's neighbours and v itself",
                 (Table("", ("u", "e_vu", "α_vu, by arc", "weights[v][u], by mask"), arcs),)),
        ),
        result=Result(Tensor("h' = weights V", record.out, ("v", "f"), (nodes, None))),
        notice=(
            "The same numbers both ways. Text is the graph in which every token is joined to every other; the causal "
            "mask is the graph whose arcs lead forward only.",
            "The mask takes N² numbers, the arcs only as many as there are: for large graphs one goes arc by arc.",
        ),
        checks=(Check("masked attention against graph attention by arcs", record.difference, ROUNDING),),
        next=("--edges sample_data/edges.csv", "mlcli gnn-propagate --example slide --compare", "--json"),
        seed=seed,
    )  # fmt: skip


def tell_split(record: Confused, *, origin: Origin, tokens: tuple[str, ...], H: int) -> Lesson:
    """The reshape that runs without an error and is wrong."""
    T = len(tokens)
    names = Names(origin.queries, origin.keys)
    table = tuple((run.way, run.difference, run.missing, run.leaked) for run in record.runs)
    right, split, join = record.runs
    return Lesson(
        title=f"{origin.source}: {H} heads, split and joined as one should, and as one should not",
        command="attention",
        rules=(
            ("right", "Q.reshape(T, H, d_k).swapaxes(0, 1): every head gets some columns of every token"),
            ("wrong", "Q.reshape(H, T, d_k): the same shape, no error; every head gets all columns of some tokens"),
            ("test", "a causal mask, and each token changed in turn: out[t] is to change with the tokens s ≤ t only"),
        ),
        inputs=(),
        read=origin.read,
        steps=(
            Step("Q_h", "Q_h, split right: whose numbers each row holds", "row t of each head is of token t",
                 _whose("Q", record.tokens, tokens)),
            Step("Q_h?", "Q_h, split confused", "row t holds several pieces of one token, or of two",
                 _whose("Q", record.confused_tokens, tokens),
                 "A head then attends within its own part of the text: the others it never sees."),
            *(_reach(run, names) for run in (right, split, join)),
        ),
        left_out=f"{H - MOST_HEADS} more heads: --json has them" if H > MOST_HEADS else "",
        result=Result(Table("", ("way", "largest difference of out", "of s ≤ t not seen", "of s > t seen"), table)),
        notice=(
            "All three run, and give the same shapes. Only the first is attention: a test that compares with a known "
            "implementation finds it, a look at the shapes does not.",
            f"join confused: heads.reshape({T}, d_model) without swapping the axes back lets a token see what comes "
            "after it, and a language model trained so looks far better than it is.",
        ),
        next=(f"--heads {2 * H} --d-model {4 * H}", "--prove shuffle", "--json"),
        seed=origin.seed,
    )  # fmt: skip


def _whose(name: str, of: NDArray[np.int64], tokens: tuple[str, ...]) -> tuple[Tensor, ...]:
    letters = np.array(tokens, dtype=object)[of]
    return tuple(
        Tensor(f"{name}, head {h}", of[h], ("t", "d"), letters=letters[h]) for h in range(min(len(of), MOST_HEADS))
    )


def _reach(run: Reshaped, names: Names) -> Step:
    says = {
        "right": "The lower triangle, as the mask has it.",
        "split confused": f"{run.missing} of the tokens that should be seen are not.",
        "join confused": f"{run.leaked} tokens are seen that come later, {run.missing} are not seen that should be.",
    }
    labels = (names.queries, names.keys)
    return Step(
        "reach", f"{run.way}: which tokens change which output", "reach[t][s] = 1 where out[t] changes with token s",
        (Picture(f"reach, {run.way}", run.reach.astype(float), labels=labels),), says[run.way],
    )  # fmt: skip


def tell_fill(
    scaled: NDArray[np.float64], fills: tuple[Filled, ...], own: tuple[Attention, ...], *, origin: Origin
) -> Lesson:
    """What becomes of a query that sees no key.

    Args:
        scaled: the first query's scores.
        own: mlcli's attention for that query alone with all keys hidden, for each fill.
    """
    query = origin.queries[0]
    here = tuple((fill_text(a.fill), tuple(a.weights[0].tolist()), tuple(a.out[0].tolist())) for a in own)
    return Lesson(
        title=f"{origin.source}: a query that sees no key",
        command="attention",
        rules=(
            ("claim", "masked = scaled where mask = 1, else fill; which fill matters as soon as a row has no 1"),
            ("plain", "weights = exp(x − max x) / Σ exp(x − max x), as libraries compute a softmax"),
        ),
        inputs=(),
        read=origin.read,
        steps=(
            Step("scaled", f"scaled[{query}]: its scores, before any mask", "scaled = Q Kᵀ / √d_k",
                 (Tensor("scaled", scaled, ("s",), (origin.keys,)),)),
            Step("plain", "plain softmax, in three precisions",
                 "no key left: (fill, fill, …);  one left: (scaled[0], fill, …)",
                 fill_tables(fills),
                 "−9e15 is no float16, whose lowest number is −65504: there it becomes −∞, and the weights NaN."),
            Step("mlcli", "what mlcli does, in float64",
                 "−∞ throughout: weights 0, out 0;  −9e15 throughout: equal weights",
                 (Table("", ("fill", "weights", "out"), here),)),
        ),
        result=Result(Table("", ("fill", "weights of a query that sees no key"), tuple(row[:2] for row in here))),
        notice=(
            "As long as a key is left, both fills give the same weights in every precision.",
            "With none left, −∞ says so (NaN, or the zeros of torch's scaled_dot_product_attention); −9e15 quietly "
            "averages everything that should have been hidden.",
        ),
        next=(f"--mask padding:{len(origin.keys)} --fill -9e15", "--prove split", "--json"),
        seed=origin.seed,
    )  # fmt: skip
