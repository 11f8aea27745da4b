"""The graph networks as the slide writes them, for any number of layers; {hidden} stands for a setting."""

from mlcli.training.graph_settings import GATSettings, GATv2Settings, GCNSettings, GINSettings, GraphSettings

HEARS = "h'_v = Σ_u α_vu W h_u + b   u over N(v) and v itself"
SOFTMAX = "α_vu = exp(e_vu) / Σ_j exp(e_vj)   j likewise"
ALIKE = "α_vu = 1 / (1 + |N(v)|): attention is off, v hears its neighbours and itself alike"
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def formulas(settings: GraphSettings) -> tuple[str, ...]:
    """A line each."""
    N = settings.layers
    match settings:
        case GCNSettings():
            return _gcn(N)
        case GATv2Settings() if settings.attention == "on":
            e = "a · LeakyReLU(W h_u + W_target h_v), slope {slope}: a comes after, so whom v hears depends on v"
            return (HEARS, SOFTMAX, f"e_vu = {e}", *_heads(N, "W, W_target and a"))
        case GATSettings() if settings.attention == "on":
            e = "LeakyReLU(a_source · W h_u + a_target · W h_v), slope {slope}"
            return (HEARS, SOFTMAX, f"e_vu = {e}", *_heads(N, "W and a"))
        case GATSettings():
            return (HEARS, ALIKE, *_heads(N, "W"))
        case GINSettings():
            return (
                "s_v = (1 + ε) h_v + Σ_{{u∈N(v)}} h_u: the sum tells counts apart that a mean does not",
                f"h'_v = ReLU(s_v W + b) W₂ + b₂; {_layers('such', N)}; ε is learned",
                "a hidden vector is {hidden} numbers",
            )
    hidden = "; a hidden vector is {hidden} numbers" if N > 1 else ""
    return (
        "h'_v = W Σ_{{u∈N(v)}} h_u / |N(v)| + B h_v + b: the lecture's layer",
        _layers("", N) + hidden,
    )


def _gcn(N: int) -> tuple[str, ...]:
    A = "Â = D^-½ (A + I) D^-½"
    heard = "Â_vu = 1/√(d_v d_u): a node v hears its neighbours u and itself"
    if N == 1:
        return (f"logits = Â X W₁ + b₁,   {A}", heard)
    if N == 2:
        between = "between the two layers a node is {hidden} numbers"
        return (f"logits = Â ReLU(Â X W₁ + b₁) W₂ + b₂,   {A}", f"{heard}, twice", between)
    last = str(N).translate(SUBSCRIPTS)
    return (
        f"H^k = ReLU(Â H^(k−1) W_k + b_k)   k = 1 … {N - 1}, H^0 = X",
        f"logits = Â H^{N - 1} W{last} + b{last},   {A}",
        f"{heard}, {N} times",
        "between two layers a node is {hidden} numbers",
    )


def _heads(N: int, own: str) -> tuple[str, ...]:
    if N == 1:
        return (
            f"layer 1: {{output_heads}} × classes (heads × numbers), each head its own {own}; the logits: their mean",
        )
    first = "layer 1" if N == 2 else f"layers 1 to {N - 1}"
    return (
        f"{first}: {{heads}} × {{hidden}} (heads × numbers), each head its own {own}; then ELU",
        f"layer {N}: {{output_heads}} × classes, the mean of the heads gives the logits",
    )


def _layers(such: str, N: int) -> str:
    """`two such layers, ReLU between them`."""
    count = {1: "one", 2: "two"}.get(N, str(N))
    return " ".join(filter(None, (count, such, "layer" if N == 1 else "layers, ReLU between them")))
