"""Layers of a Transformer, of mlcli attention."""

import numpy as np

from mlcli.commands.attention_cost import announce
from mlcli.commands.attention_input import read_tokens
from mlcli.commands.attention_options import Block, Rule, Source, View
from mlcli.core.errors import InputError
from mlcli.core.tokens import find
from mlcli.core.transformer import stack
from mlcli.core.transformer_query import NormRow, SublayerRow, norm_row, work_out_sublayer
from mlcli.core.transformer_weights import DECODER, ENCODER, count_weights, draw_stack
from mlcli.lesson import Check, Lesson
from mlcli.lessons.transformer import MOST_HEADS, tell_block
from mlcli.readers.attention_masks import read_mask

ENCODER_DRAW, DECODER_DRAW = 1, 2  # beside the seed, so that the same seed gives the same encoder in both


def lesson_of_block(
    block: Block, text: str | None, source: Source, rule: Rule, view: View, document: bool = False
) -> Lesson:
    """An encoder's layers, a decoder's with the encoder that it looks at, or a decoder's alone.

    Args:
        document: whether it will be written as JSON, whose size is then told before.

    Raises:
        InputError: options that do not go together; see `read_tokens`, `read_mask`, `stack`.
    """
    _refuse(block, source, rule, view)
    given = read_tokens(text, source, rule.heads, block.layers, True, view.seed)
    T, S = len(given.origin.queries), len(given.origin.keys)
    decodes, crosses = block.block == "decoder", given.C is not None
    mask = read_mask([*(["causal"] if decodes else []), *rule.mask], T, T)
    context_mask = read_mask(block.context_mask, T, S, "--context-mask")
    if view.check and any(m.mask is not None and not m.mask.any(axis=1).all() for m in (mask, context_mask)):
        raise InputError("torch has no answer for a query that sees no key", "--check", "leave --check out")
    t = None if view.query is None else find(given.tokens, view.query)
    d_model = given.X.shape[1]
    d_ff = block.d_ff or 4 * d_model
    written = 2 * (1 + crosses) * view.heads_shown(rule.heads, MOST_HEADS)  # weights, and these as a heat map
    announce(T, max(T, S), d_model // rule.heads, rule.heads * block.layers, written if document else 0)
    kinds = DECODER if crosses else ENCODER
    memory = None
    if given.C is not None:
        encoder = draw_stack(ENCODER, d_model, d_ff, block.layers, block.pre_norm, [view.seed, ENCODER_DRAW])
        memory = stack(given.C, encoder, rule.heads, activation=block.activation).out
    draw = DECODER_DRAW if decodes else ENCODER_DRAW
    parameters = draw_stack(kinds, d_model, d_ff, block.layers, block.pre_norm, [view.seed, draw])
    record = stack(given.X, parameters, rule.heads, mask.mask, memory, context_mask.mask, block.activation)
    rows: tuple[SublayerRow, ...] = ()
    last_row: NormRow | None = None
    checks: list[Check] = []
    if t is not None:
        layer = zip(record.layers[block.layer - 1], parameters.layers[block.layer - 1], strict=True)
        rows = tuple(work_out_sublayer(sublayer, own, t, view.head or 0) for sublayer, own in layer)
        if record.last is not None and parameters.last is not None and block.layer == block.layers:
            last_row = norm_row(record.last.x[t], parameters.last)
        largest = max(float(np.abs(sublayer.added).max()) for layer in record.layers for sublayer in layer)
        difference = max(row.difference for row in rows)
        checks.append(Check("the written-out query against the matrix products", difference, 1e-11 * max(1.0, largest)))
    if view.check:
        from mlcli.checks.transformer import stack_against_torch

        masks = (mask.mask, memory, context_mask.mask)
        checks.append(stack_against_torch(record, parameters, rule.heads, *masks, block.activation))
    return tell_block(
        record,
        count_weights(kinds, d_model, d_ff, block.layers, block.pre_norm),
        block=block.block or "",
        origin=given.origin,
        layer=block.layer,
        head=view.head,
        activation=block.activation,
        mask=mask.name,
        mask_rule=mask.rule,
        memory_layers=block.layers if crosses else 0,
        memory_mask=context_mask.name,
        memory_rule=context_mask.rule,
        rows=rows,
        last_row=last_row,
        checks=tuple(checks),
    )


def _refuse(block: Block, source: Source, rule: Rule, view: View) -> None:
    rule.refuse_but_heads_and_masks("--block")
    if source.qkv is not None:
        raise InputError("goes with a sentence, not with --qkv", "--block", "leave out --block or --qkv")
    if source.context is not None and block.block == "encoder":
        raise InputError("an encoder looks at its own text only", "--context", "--block decoder looks at another")
    if block.context_mask and source.context is None:
        raise InputError("there is no other text to hide", "--context-mask", "add --context, or use --mask")
    if block.layer > block.layers:
        raise InputError(f"there is no layer {block.layer}", "--layer", f"layers go from 1 to {block.layers}")
    if view.head is not None and view.head >= rule.heads:
        raise InputError(f"there is no head {view.head}", "--head", f"heads go from 0 to {rule.heads - 1}")
