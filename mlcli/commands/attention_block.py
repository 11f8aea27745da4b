"""Layers of a Transformer, of mlcli attention."""

from mlcli.commands.attention_cost import announce
from mlcli.commands.attention_input import read_tokens
from mlcli.commands.attention_options import Block, Rule, Source, View
from mlcli.core.errors import InputError
from mlcli.core.transformer import stack
from mlcli.core.transformer_weights import DECODER, ENCODER, count_weights, draw_stack
from mlcli.lesson import Check, Lesson
from mlcli.lessons.transformer import tell_block
from mlcli.readers.attention_masks import read_mask

ENCODER_DRAW, DECODER_DRAW = 1, 2  # beside the seed, so that the same seed gives the same encoder in both


def lesson_of_block(block: Block, text: str | None, source: Source, rule: Rule, view: View) -> Lesson:
    """An encoder's layers, a decoder's with the encoder that it looks at, or a decoder's alone.

    Raises:
        InputError: options that do not go together; see `read_tokens`, `read_mask`, `stack`.
    """
    _refuse(block, source, rule, view)
    given = read_tokens(text, source, rule.heads, block.layers, True, view.seed)
    T, S = len(given.origin.queries), len(given.origin.keys)
    decodes, crosses = block.block == "decoder", given.C is not None
    mask = read_mask([*(["causal"] if decodes else []), *rule.mask], T, T)
    if view.check and mask.mask is not None and not mask.mask.any(axis=1).all():
        raise InputError("torch has no answer for a query that sees no key", "--check", "leave --check out")
    d_model = given.X.shape[1]
    d_ff = block.d_ff or 4 * d_model
    announce(T, max(T, S), d_model // rule.heads, rule.heads * block.layers)
    kinds = DECODER if crosses else ENCODER
    memory = None
    if given.C is not None:
        encoder = draw_stack(ENCODER, d_model, d_ff, block.layers, block.pre_norm, [view.seed, ENCODER_DRAW])
        memory = stack(given.C, encoder, rule.heads, activation=block.activation).out
    draw = DECODER_DRAW if decodes else ENCODER_DRAW
    parameters = draw_stack(kinds, d_model, d_ff, block.layers, block.pre_norm, [view.seed, draw])
    record = stack(given.X, parameters, rule.heads, mask.mask, memory, activation=block.activation)
    checks: tuple[Check, ...] = ()
    if view.check:
        from mlcli.checks.transformer import stack_against_torch

        checks = (stack_against_torch(record, parameters, rule.heads, mask.mask, memory, activation=block.activation),)
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
        checks=checks,
    )


def _refuse(block: Block, source: Source, rule: Rule, view: View) -> None:
    rule.refuse_but_heads_and_masks("--block")
    if view.query is not None:
        raise InputError("is for a single attention, not for --block", "--query", "leave --query or --block out")
    if source.qkv is not None:
        raise InputError("goes with a sentence, not with --qkv", "--block", "leave out --block or --qkv")
    if source.context is not None and block.block == "encoder":
        raise InputError("an encoder looks at its own text only", "--context", "--block decoder looks at another")
    if block.layer > block.layers:
        raise InputError(f"there is no layer {block.layer}", "--layer", f"layers go from 1 to {block.layers}")
    if view.head is not None and view.head >= rule.heads:
        raise InputError(f"there is no head {view.head}", "--head", f"heads go from 0 to {rule.heads - 1}")
