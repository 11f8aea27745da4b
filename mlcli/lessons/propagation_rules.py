"""The rules of propagation in the slide's symbols: what is computed, which variant it is, with which weights."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcli.core.propagation_layers import ATTENTION, Activation, Layer, Rule
from mlcli.lesson import Figure, Tensor

# `+B` stands where B_k h_v is added, if it is; `w` and `Σw` where the graph's weights count, if it has any.
RULES: dict[Rule, tuple[str, ...]] = {
    "mean": ("h_v^(k+1) = σ(W_k Σ_{u∈N(v)} w·h_u^k / |N(v)|+B)",),
    "mean-self": ("h_v^(k+1) = σ(W_k Σ_u w·h_u^k / (|N(v)| + 1))   u over N(v) and v itself",),
    "sum": ("h_v^(k+1) = σ(W_k Σ_{u∈N(v)} w·h_u^k+B)",),
    "max": ("h_v^(k+1) = σ(W_k max_{u∈N(v)} h_u^k+B)   each number for itself",),
    "sage": ("h_v^(k+1) = σ([W_k B_k] (mean_{u∈N(v)} w·h_u^k ‖ h_v^k))",),
    "gin": ("h_v^(k+1) = σ(W2_k relu(W_k s_v))", "s_v = (1 + ε) h_v^k + Σ_{u∈N(v)} w·h_u^k"),
    "gcn": ("h_v^(k+1) = σ(Σ_u W_k w·h_u^k / √(d_v d_u))   u over N(v) and v itself",),
    "gat": (
        "h_v^(k+1) = σ(Σ_u α_vu W_k h_u^k)   u over N(v) and v itself",
        "α_vu = exp(e_vu) / Σ_j exp(e_vj)   j likewise",
        "e_vu = LeakyReLU(a · (W_k h_u^k ‖ W_k h_v^k)) = LeakyReLU(a_source · W_k h_u^k + a_target · W_k h_v^k)",
    ),
    "gatv2": (
        "h_v^(k+1) = σ(Σ_u α_vu W_k h_u^k)   u over N(v) and v itself",
        "α_vu = exp(e_vu) / Σ_j exp(e_vj)   j likewise",
        "e_vu = a · LeakyReLU(W_k h_u^k + W_target_k h_v^k)",
    ),
}
UNBENT = {  # the same without LeakyReLU
    RULES["gat"][2]: "e_vu = a · (W_k h_u^k ‖ W_k h_v^k) = a_source · W_k h_u^k + a_target · W_k h_v^k",
    RULES["gatv2"][2]: "e_vu = a · (W_k h_u^k + W_target_k h_v^k)",
}
MATRICES: dict[Rule, str] = {  # C of H^(k+1) = σ(C H^k W_k + H^k B_k)
    "mean": "D^-1 A",
    "mean-self": "D^-1 (A + I)",
    "sum": "A",
    "sage": "D^-1 A",
    "gin": "A + (1 + ε) I",
    "gcn": "D^-½ (A + I) D^-½",
    "gat": "α",
    "gatv2": "α",
}
VARIANTS: dict[Rule, str] = {
    "mean": "the slide's mean: v is not in N(v)",
    "mean-self": "a mean with v among its own neighbours, so there is no B_k",
    "sum": "the slide's sum without its division by |N(v)|: v is not in N(v)",
    "max": "the largest in the place of the slide's mean: v is not in N(v)",
    "sage": "that of the GraphSAGE paper (Hamilton et al.) with its mean: joining the two vectors and weighing them is "
    "W_k mean + B_k h_v, so without a division by length it is the slide's mean",
    "gin": "that of the GIN paper (Xu et al.): a sum, which counts how often it hears a vector, and then an MLP of two "
    "layers; v comes in by 1 + ε, so there is no B_k",
    "gcn": "that of the GCN paper (Kipf & Welling), for which the slide has the mean: v is among its own neighbours, "
    "d counts it, there is no B_k",
    "gat": "that of the GAT paper (Veličković et al.): v is among its own neighbours, there is no B_k",
    "gatv2": "GATv2 (Brody et al.): LeakyReLU stands before a, so that the order of the neighbours may differ from v "
    "to v; v is among its own neighbours, there is no B_k",
}
ACTIVATIONS: dict[Activation, str] = {
    "relu": "relu(z) = z where z > 0, else 0",
    "elu": "elu(z) = z where z > 0, else exp(z) − 1",
    "tanh": "tanh(z), between −1 and 1",
    "none": "none: numbers stay as they are",
}


@dataclass(frozen=True)
class Origin:
    """Where the weights come from.

    Args:
        identity: W_k = I and a = 1 everywhere; they need not be shown.
        said: the sentence to say of it.
        shared: the heads share W.
        written_out: a sum of products is worth telling.
    """

    identity: bool
    said: str
    shared: bool = False
    written_out: bool = False


def has_own(layer: Layer) -> bool:
    """Whether B_k h_v is added."""
    rule = layer.passing.rule
    return rule == "sage" or (layer.passing.own and rule in ("mean", "sum", "max"))


def rule_rows(layer: Layer, layers: int, origin: Origin, weighted: bool, directed: bool) -> list[tuple[str, str]]:
    """The named lines above the numbers."""
    passing = layer.passing
    rule, own, K = passing.rule, has_own(layer), layer.weights.heads
    rows = [("rule", _formula(text, own, weighted, layer)) for text in RULES[rule]]
    rows += _matrices(rule, own)
    rows.append(("variant", _variant(layer)))
    if rule in ATTENTION and K > 1:
        apart = "all heads share W_k, as on the slide; each has its own a"
        if not origin.shared:
            apart = "each head has its own W_k and a, as in the paper; the slide has one W for all"
        agg = "concat, the heads beside each other" if passing.join == "concat" else "the mean of the heads"
        rows += [("heads", f"{K}: {apart}"), ("heads", f"AGG: {agg}{'' if layers == 1 else ' (in layer 1)'}")]
    rows += [("σ", ACTIVATIONS[passing.activation]), ("weights", origin.said)]
    if weighted:
        uses = "not used: a maximum has no weights" if rule == "max" else "w_vu, the weight of the edge, counts"
        uses = "not used: attention finds its own" if rule in ATTENTION else uses
        rows.append(("edges", uses + (", 1 on an added loop" if rule in ("gcn", "mean-self") else "")))
    if directed:
        rows.append(("edges", "u → v is a message from u to v: N(v) are those that point to v"))
    return rows


def _formula(text: str, own: bool, weighted: bool, layer: Layer) -> str:
    text = text.replace("+B", " + B_k h_v^k" if own else "").replace("w·", "w_vu " if weighted else "")
    if weighted:
        text = text.replace("(|N(v)| + 1)", "Σ_u w_vu").replace("|N(v)|", "Σ_u w_vu")
    if layer.passing.slope == 1:
        text = UNBENT.get(text, text)
    if layer.weights.b is not None:
        text = text.replace("W2_k relu(W_k s_v)", "W2_k relu(W_k s_v + b_k) + b2_k")
        if text.startswith("h_v^(k+1) = σ(") and "W2" not in text:
            head, _, rest = text.rpartition(")   ") if ")   " in text else (text[:-1], "", "")
            text = f"{head} + b_k)" + (f"   {rest}" if rest else "")
    return text


def _matrices(rule: Rule, own: bool) -> list[tuple[str, str]]:
    match rule:
        case "max":
            return [("matrices", "none: a maximum is no product of matrices")]
        case "gin":
            whole = f"H^(k+1) = σ(relu(({MATRICES[rule]}) H^k W_k) W2_k)"
        case _:
            whole = f"H^(k+1) = σ({MATRICES[rule]} H^k W_k{' + H^k B_k' if own else ''})"
    return [("matrices", whole), ("matrices", "a node is a row, so W_k h_u^k is row u of H^k W_k")]


def _variant(layer: Layer) -> str:
    passing = layer.passing
    variant = VARIANTS[passing.rule]
    match passing.rule:
        case "mean" | "sum" | "max":
            variant += (
                "; it comes in by B_k h_v"
                if passing.own
                else "; B_k h_v is left out, as in one of the slide's formulas"
            )
        case "sage":
            divided = (
                "each vector is then divided by its length"
                if passing.normalise
                else "the paper then divides: --normalise"
            )
            variant += f"; {divided}"
        case "gat" | "gatv2":
            heads = "one head, " if layer.weights.heads == 1 else ""
            bent = f"LeakyReLU has slope {passing.slope:g} below zero"
            variant += f"; {heads}{bent if passing.slope != 1 else 'LeakyReLU is left out'}"
    return variant


def weight_figures(layer: Layer, origin: Origin) -> list[Figure]:
    """Every weight that the layer uses, by the names that --weights FILE reads; heads stand side by side."""
    w, k, rule = layer.weights, layer.k, layer.passing.rule
    figures: list[Figure] = [_by_head(f"W_{k}", w.W[:, :1] if origin.shared else w.W)]
    if has_own(layer):
        figures.append(Tensor(f"B_{k}", w.B, ("in", "out"), sign=","))
    if rule == "gat":
        figures += [_attention(f"a_source_{k}", w.a_source), _attention(f"a_target_{k}", w.a_target)]
    if rule == "gatv2":
        figures += [_by_head(f"W_target_{k}", w.W_target), _attention(f"a_{k}", w.a_source)]
    if rule == "gin":
        figures.append(Tensor(f"W2_{k}", w.W_2, ("in", "out"), sign=","))
        figures.append(Tensor(f"eps_{k}", np.array([w.eps]), sign=","))
    figures += [
        Tensor(f"{name}_{k}", bias, ("out",), sign=",")
        for name, bias in (("b", w.b), ("b2", w.b_2))
        if bias is not None
    ]
    return figures


def _by_head(name: str, W: NDArray[np.float64]) -> Tensor:
    F_in, K, F_out = W.shape
    labels = (None, tuple(f"h{head}" for head in range(K) for _ in range(F_out))) if K > 1 else ()
    return Tensor(name, W.reshape(F_in, K * F_out), ("in", "out"), labels)


def _attention(name: str, a: NDArray[np.float64]) -> Tensor:
    if len(a) == 1:
        return Tensor(name, a[0], ("out",), sign=",")
    return Tensor(name, a, ("head", "out"), (tuple(f"h{head}" for head in range(len(a))), None), sign=",")
