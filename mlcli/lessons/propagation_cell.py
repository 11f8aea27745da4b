"""How one number is told: the sum of products that it is, and the sums that its factors are."""

from mlcli.core.propagation_cell import Products, Written, total, write_heard, write_message, write_out, write_score
from mlcli.core.propagation_layers import ATTENTION, Layer
from mlcli.core.propagation_messages import Update
from mlcli.lesson import Figure, Part, Step, Term, Text, Worked
from mlcli.lessons.propagation_update import Names, pair

MOST_TERMS = 12
MOST_MESSAGES = 3


def cell_step(layer: Layer, update: Update, f: int, names: Names) -> Step:
    """h_v^(k+1)[f] and whatever goes into it."""
    written = write_out(layer, update, f)
    name, k = names.nodes[update.v], layer.k
    symbol = f"h_{name}^{k + 1}[{f}]"
    figures: list[Figure] = [worked(written, layer, symbol)]
    first_w = layer.passing.rule in (*ATTENTION, "gcn")
    for u in update.sources[:MOST_MESSAGES].tolist() if first_w else []:
        figures += _worked(
            f"m_{names.nodes[u]}[{f % update.heads[0].messages.shape[1]}]", (write_message(layer, u, f),)
        )
    if layer.passing.rule in ATTENTION and len(update.sources):
        head = f // update.heads[0].messages.shape[1] if layer.passing.join == "concat" else 0
        before = "" if layer.passing.slope == 1 or layer.passing.rule == "gatv2" else " before LeakyReLU"
        u = names.nodes[int(update.sources[0])]
        figures += _worked(f"e_{pair(name, u)}{before}", write_score(layer, update, 0, head))
    if not first_w:
        for i in range(min(len(update.joined), MOST_MESSAGES)):
            heard = write_heard(update, i)
            if heard is not None and len(update.sources):
                figures += _worked(f"sum[{i}]", (heard,))
    left_out = len(update.sources) - MOST_MESSAGES
    if first_w and left_out > 0:
        figures.append(Text(f"… the messages of {left_out:,} more: alike"))
    return Step(symbol, f"{symbol} written out", _formula(layer, written), tuple(figures))


def worked(written: Written, layer: Layer, symbol: str) -> Worked:
    """The sum of products, and σ of it."""
    activation = layer.passing.activation
    after = None if activation == "none" and not layer.passing.normalise else (activation, written.out)
    if layer.passing.normalise:
        after = (f"{activation}, divided by the length", written.out)
    parts = tuple(_part(products) for products in written.parts)
    return Worked(symbol, parts, written.z, written.bias, after=after)


def short_enough(written: Written) -> bool:
    """Whether the sum fits a line or two."""
    return all(len(part.values) <= MOST_TERMS for part in written.parts)


def _worked(symbol: str, parts: tuple[Products, ...]) -> list[Figure]:
    left_out = [f"{part.left_out:,} more terms of {symbol} are 0" for part in parts if part.left_out]
    return [Worked(symbol, tuple(map(_part, parts)), total(parts)), *map(Text, left_out)]


def _part(products: Products) -> Part:
    columns = zip(products.values.tolist(), products.coefficients.tolist(), products.products.tolist(), strict=True)
    return Part(products.label, tuple(Term("", *column) for column in columns), products.total)


def _formula(layer: Layer, written: Written) -> str:
    k, f = layer.k, written.f
    bias = "" if written.bias is None else f" + b_{k}[{f}]"
    match layer.passing.rule:
        case "gin":
            return f"z[{f}] = Σ_i relu(W_{k} s)[i] · W2_{k}[i, {f}]{bias.replace('b_', 'b2_')}"
        case "gcn" | "gat" | "gatv2":
            c = "c_vu" if layer.passing.rule == "gcn" else "α_vu"
            return f"z[{f}] = Σ_u m_u[{f}] · {c}{bias},  m_u[{f}] = Σ_i h_u[i] · W_{k}[i, {f}]"
        case _:
            own = f" + Σ_i h_v[i] · B_{k}[i, {f}]" if len(written.parts) > 1 else ""
            return f"z[{f}] = Σ_i sum[i] · W_{k}[i, {f}]{own}{bias},  sum[i] = Σ_u h_u[i] · c_vu"
