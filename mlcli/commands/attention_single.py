"""One attention, of one head or several, of mlcli attention."""

from mlcli.commands.attention_cost import announce
from mlcli.commands.attention_input import read_matrices, read_tokens
from mlcli.commands.attention_options import Rule, Source, View
from mlcli.core.attention import Attention, agreement, attention, measure, one_head, rounding, work_out
from mlcli.core.attention_masks import fill_rows
from mlcli.core.errors import InputError
from mlcli.core.multi_head_attention import Joined, Projection, draw_parameters, join, project, split
from mlcli.core.tokens import find
from mlcli.lesson import Check, Lesson
from mlcli.lessons.attention import MOST_HEADS, tell
from mlcli.lessons.attention_input import Origin
from mlcli.readers.attention_masks import MaskInput, read_mask


def lesson_of_matrices(text: str | None, source: Source, rule: Rule, view: View, document: bool = False) -> Lesson:
    """Of Q, K and V as the user gave them.

    Args:
        document: whether it will be written as JSON, whose size is then told before.
    """
    if text is not None:
        raise InputError("give either a sentence or --qkv", hint='mlcli attention "the cat sat on the mat"')
    if rule.heads > 1:
        raise InputError("the matrices of --qkv are those of one head", "--heads", "give a sentence in their place")
    given, origin = read_matrices(source)
    mask = read_mask(rule.mask, len(given.Q), len(given.K))
    announce(len(given.Q), len(given.K), given.Q.shape[1], written=_written(rule, view) if document else 0)
    record = attention(given.Q, given.K, given.V, mask.mask, float(rule.fill), rule.scale, rule.temperature)
    return _told(record, origin, given.queries, mask, view)


def lesson_of_tokens(text: str | None, source: Source, rule: Rule, view: View, document: bool = False) -> Lesson:
    """Of a text or a picture; `document` as above."""
    given = read_tokens(text, source, rule.heads, 1, False, view.seed)
    T, S = len(given.origin.queries), len(given.origin.keys)
    mask = read_mask(rule.mask, T, S)
    d_model = given.X.shape[1]
    announce(T, S, d_model // rule.heads, rule.heads, _written(rule, view) if document else 0)
    projection = project(given.X, draw_parameters(d_model, view.seed), given.C)
    Q, K, V = (
        split(values, rule.heads) if rule.heads > 1 else values for values in (projection.Q, projection.K, projection.V)
    )
    record = attention(Q, K, V, mask.mask, float(rule.fill), rule.scale, rule.temperature)
    joined = join(record.out, projection.parameters.W_O) if rule.heads > 1 else None
    return _told(record, given.origin, given.tokens, mask, view, projection, joined)


def _written(rule: Rule, view: View) -> int:
    """The arrays of queries × keys in a document: scores, scaled, masked, weights, and these as a heat map."""
    scaled, masked = rule.scale or rule.temperature != 1, any(mask != "none" for mask in rule.mask)
    return (3 + scaled + masked) * view.heads_shown(rule.heads, MOST_HEADS)


def _told(
    record: Attention,
    origin: Origin,
    tokens: tuple[str, ...],
    mask: MaskInput,
    view: View,
    projection: Projection | None = None,
    joined: Joined | None = None,
) -> Lesson:
    single = one_head(record, view.head or 0)
    row = None if view.query is None else work_out(single, find(tokens, view.query))
    blind = mask.mask is not None and not mask.mask.any(axis=1).all()
    checks = []
    if row:
        name = "the written-out query against the matrix products"
        checks.append(Check(name, agreement(single, row), rounding(single)))
    if view.check:
        checks.append(_by_torch(record, projection, joined, blind))
    return tell(
        record,
        measure(record),
        joined,
        origin=origin,
        projection=projection,
        mask=mask.name,
        mask_rule=mask.rule,
        fills=fill_rows(single.scaled[0]) if blind else (),
        row=row,
        head=view.head,
        checks=tuple(checks),
    )


def _by_torch(record: Attention, projection: Projection | None, joined: Joined | None, blind: bool) -> Check:
    from mlcli.checks.attention import against_torch, multi_head_against_torch

    if blind and (joined or record.fill > -1e300):
        message = "torch has no such answer: a query sees no key"
        raise InputError(message, "--check", "leave --check out, or use one head and --fill -inf")
    return multi_head_against_torch(projection, record, joined) if projection and joined else against_torch(record)
