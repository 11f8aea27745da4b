"""mlcli attention: each line of softmax(Q Kᵀ / √d_k) V as a step."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from mlcli.commands.options import command, program
from mlcli.core.attention import Attention, agreement, causal, measure, one_head, rounding, work_out
from mlcli.core.attention import attention as attend
from mlcli.core.errors import InputError
from mlcli.core.multi_head_attention import Joined, Projection, draw_parameters, join, project, split
from mlcli.core.tokens import embed, find, label, repeated, tokenize
from mlcli.lesson import Check
from mlcli.lessons.attention import tell
from mlcli.readers.attention import read_qkv
from mlcli.render.show import Output, show

app = program()

LONGEST_TITLE = 40  # characters of a sentence


class Unit(StrEnum):
    """What a token is."""

    WORD = "word"
    CHARACTER = "character"


class Mask(StrEnum):
    """What a query may see."""

    NONE = "none"
    CAUSAL = "causal"


class Fill(StrEnum):
    """The score of a key that it may not see."""

    INFINITE = "-inf"
    FINITE = "-9e15"


@command(
    app,
    examples=(
        'mlcli attention "the cat sat on the mat"',
        'mlcli attention "the cat sat on the mat" --query cat --mask causal',
    ),
)
def attention(
    text: Annotated[str | None, typer.Argument(help='A sentence: "the cat sat on the mat".')] = None,
    qkv: Annotated[
        str | None, typer.Option(metavar="FILE", help="An .npz with matrices Q, K, V, in the place of a sentence.")
    ] = None,
    by: Annotated[Unit, typer.Option(help="What a token of the sentence is.")] = Unit.WORD,
    d_model: Annotated[int, typer.Option(min=1, max=2048, help="Numbers that stand for a token.")] = 4,
    heads: Annotated[int, typer.Option(min=1, help="Split them among this many heads.")] = 1,
    mask: Annotated[Mask, typer.Option(help="What a query may see: all, or nothing after itself.")] = Mask.NONE,
    fill: Annotated[Fill, typer.Option(help="The score of what it may not see.")] = Fill.INFINITE,
    scale: Annotated[bool, typer.Option(help="Divide the scores by √d_k.")] = True,
    query: Annotated[str | None, typer.Option(help="Write this token, or position, out as sums of products.")] = None,
    head: Annotated[int | None, typer.Option(min=0, help="Show this head only, counted from 0.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Compute it with torch too and compare.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="For the embeddings and the weights.")] = 0,
    output: Output = Output(),
) -> None:
    """Follow a sentence through attention: queries, keys, values, scores, mask, softmax, weighted average."""
    given = _read(text, qkv, by, d_model, seed)
    if heads > 1 and given.projection is None:
        raise InputError("the matrices of --qkv are those of one head", "--heads", "give a sentence in their place")
    Q, K, V = (split(values, heads) if heads > 1 else values for values in given.QKV)
    seen = causal(len(given.queries), len(given.keys)) if mask == Mask.CAUSAL else None
    record = attend(Q, K, V, seen, float(fill), None if scale else 1.0)
    joined = join(record.out, given.projection.parameters.W_O) if heads > 1 and given.projection else None
    single = one_head(record, head or 0)
    row = None if query is None else work_out(single, find(given.queries, query))
    checks = []
    if row:
        name = "the written-out query against the matrix products"
        checks.append(Check(name, agreement(single, row), rounding(single)))
    if check:
        checks.append(_by_torch(record, given.projection, joined))
    lesson = tell(
        record,
        measure(record),
        joined,
        source=given.name,
        queries=label(given.queries),
        keys=label(given.keys),
        projection=given.projection,
        row=row,
        head=head,
        read=given.read,
        repeated=repeated(given.queries),
        checks=tuple(checks),
        seed=seed if given.projection else None,
    )
    show(lesson, output)


@dataclass(frozen=True, eq=False)
class _Input:
    """What attends, and to what."""

    name: str
    queries: tuple[str, ...]
    keys: tuple[str, ...]
    QKV: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
    projection: Projection | None = None
    read: tuple[str, ...] = ()


def _read(text: str | None, qkv: str | None, by: Unit, d_model: int, seed: int) -> _Input:
    if text is not None and qkv is None:
        tokens = tokenize(text, by.value)
        projection = project(embed(tokens, d_model, seed), draw_parameters(d_model, seed))
        name = text if len(text) <= LONGEST_TITLE else f"{text[: LONGEST_TITLE - 1]}…"
        return _Input(f'"{name}"', tokens, tokens, (projection.Q, projection.K, projection.V), projection)
    if qkv is not None and text is None:
        given = read_qkv(qkv)
        queries, keys = (tuple(f"{letter}{i}" for i in range(len(M))) for letter, M in (("q", given.Q), ("k", given.K)))
        return _Input(given.name, queries, keys, (given.Q, given.K, given.V), read=given.read)
    raise InputError("give either a sentence or --qkv", hint='mlcli attention "the cat sat on the mat"')


def _by_torch(record: Attention, projection: Projection | None, joined: Joined | None) -> Check:
    from mlcli.checks.attention import against_torch, multi_head_against_torch

    return multi_head_against_torch(projection, record, joined) if projection and joined else against_torch(record)
