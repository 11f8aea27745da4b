"""Architectures as text, one layer a line: how it is read, and the networks of the lecture written in it.

    input 3x224x224
    conv1: conv 64 11x11 stride 4 padding 2 relu
    pool1: pool max 3 stride 2
    fc6: dense 4096 relu

Symbols: K S P D kernel, stride, padding, dilation: one number, or rows x columns.

    [NAME:] conv CHANNELS K [stride S] [padding P|same] [dilation D] [groups N] [links NxN …] [no-bias]
    [NAME:] pool max|avg K [stride S] [padding P]       S is K where it is not said
    [NAME:] pool max|avg global
    [NAME:] subsample K [stride S]                      a mean with a factor and a bias for each map, as in LeNet-5
    [NAME:] dense FEATURES [no-bias] [fixed]
    [NAME:] add NAME [conv CHANNELS K …]                an earlier map added, through a convolution if one is named
    [NAME:] embed V D                                   a row of D numbers for each of V words
    [NAME:] patches P D                                 a picture cut into P x P patches, each projected to D numbers
    [NAME:] positions N | segments N                    a learned vector added for each place, or each segment
    [NAME:] class-token | first | layernorm | target    see `architecture_transformers`
    [NAME:] encoder|decoder|decoder-alone HEADS D_FF    a whole layer of a Transformer
    [NAME:] tied V                                      a score for each word, by the table of embed
    [NAME:] flatten, relu, tanh, sigmoid, softmax, lrn, batchnorm, dropout

The words of the last line but `flatten` may also stand at the end of any other: `conv 64 3 relu`.
"""

import re
from collections.abc import Callable
from difflib import get_close_matches

from mlcli.core.architecture_layers import Add, CellByCell, Conv, Dense, Flatten, Kind, Pool, Shape
from mlcli.core.architecture_transformers import (
    ClassToken,
    Embed,
    First,
    Layer,
    Norm,
    Patches,
    Table,
    Target,
    Tied,
)
from mlcli.core.architectures import Plan, Written
from mlcli.core.errors import InputError
from mlcli.core.windows import Pair, Window, even, same

CELL_BY_CELL = ("relu", "tanh", "sigmoid", "softmax", "lrn", "batchnorm", "dropout")
LARGEST = 10_000_000  # of any number in a line
MOST_LAYERS = 10_000


class _Words:
    """The words of one line that are still to be read, and where the line stands, for errors."""

    def __init__(self, words: list[str], where: str) -> None:
        self.words, self.where = words, where

    def error(self, message: str, hint: str) -> InputError:
        return InputError(message, self.where, hint)

    def take(self, what: str) -> str:
        if not self.words:
            raise self.error(f"{what} is missing at the end of the line", "see docs/architecture.md for the words")
        return self.words.pop(0)

    def if_next(self, word: str) -> bool:
        return bool(self.words) and self.words[0] == word and bool(self.words.pop(0))

    def number(self, what: str, least: int = 1) -> int:
        return self._whole(self.take(what), what, least)

    def pair(self, what: str, least: int = 1) -> Pair:
        """`3` is three rows and three columns, `3x5` is three rows and five columns."""
        parts = [self._whole(part, what, least) for part in re.split("[x×]", self.take(what))]
        if len(parts) > 2:
            raise self.error(f"the {what} has {len(parts)} numbers", "one number, or rows x columns: 3x5")
        return parts[0], parts[-1]

    def _whole(self, text: str, what: str, least: int) -> int:
        if not re.fullmatch("[0-9]+", text):
            raise self.error(f'the {what} "{text}" is not a whole number', "such as 3, or 3x5 for rows x columns")
        if len(text) > 9 or not least <= int(text) <= LARGEST:
            raise self.error(f"the {what} is {text}", f"give a number from {least} to {LARGEST:,}")
        return int(text)


def parse_architecture(text: str, name: str, where: str = "") -> Plan:
    """The network that `text` describes, not yet worked out.

    Args:
        name: what it is called.
        where: the file, for errors; a line number is added.

    Raises:
        InputError: a line that is not understood, no `input`, no layer, two layers of one name.
    """
    shape: Shape | None = None
    layers: list[Written] = []
    names: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        called, words = _split(line)
        if not words and not called:
            continue
        rest = _Words(words, f"{where}:{number}" if where else f"line {number}")
        if shape is None:
            shape = _input(rest)
            continue
        word = rest.take("the kind of layer")
        kind, after = _kind(word, rest), _after(rest)
        names[word] = names.get(word, 0) + 1
        called = called or f"{word}{names[word]}"
        if any(layer.name == called for layer in layers):
            raise rest.error(f'a layer above is called "{called}" too', "give each a name of its own, or none")
        layers.append(Written(called, kind, after, rest.where if where else ""))
        if len(layers) > MOST_LAYERS:
            raise rest.error(f"more than {MOST_LAYERS:,} layers", "leave some out")
    if shape is None or not layers:
        missing = "no layer" if shape else "no input"
        raise InputError(f"it has {missing}", where or None, "input 1x28x28, then a layer a line: conv 8 3 relu")
    return Plan(name, shape, tuple(layers))


def parse_input(text: str, where: str) -> Shape:
    """`3x224x224`, or a single number for a row of numbers.

    Raises:
        InputError: neither.
    """
    rest = _Words([text], where)
    parts = [_Words([part], where).number("size") for part in re.split("[x×]", text)]
    if len(parts) not in (1, 3):
        raise rest.error(f'"{text}" has {len(parts)} numbers', "channels x rows x columns, such as 3x224x224")
    return tuple(parts)


def _split(line: str) -> tuple[str, list[str]]:
    """The layer's name, if it has one, and the words; what follows # is a comment."""
    bare = line.partition("#")[0].strip()
    called, colon, rest = bare.partition(":")
    if not colon:
        return "", bare.split()
    return called.strip(), rest.split()


def _input(rest: _Words) -> Shape:
    if rest.take("input") != "input" or not rest.words:
        raise rest.error("the first line is not the input", "input 3x224x224: channels, rows, columns")
    shape = parse_input(rest.take("size"), rest.where)
    _nothing_left(rest)
    return shape


def _kind(word: str, rest: _Words) -> Kind:
    if word in CELL_BY_CELL:
        return _cell_by_cell(word, rest)
    if word not in KINDS:
        known = [*KINDS, *CELL_BY_CELL]
        near = get_close_matches(word, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(known)}"
        raise rest.error(f'no layer is called "{word}"', hint)
    return KINDS[word](rest)


def _after(rest: _Words) -> tuple[str, ...]:
    after = []
    while rest.words and rest.words[0] in CELL_BY_CELL:
        after.append(_cell_by_cell(rest.take(""), rest).what)
    _nothing_left(rest)
    return tuple(after)


def _nothing_left(rest: _Words) -> None:
    if rest.words:
        raise rest.error(
            f'"{rest.words[0]}" is not understood here', "see docs/architecture.md for the words of a line"
        )


def _cell_by_cell(word: str, rest: _Words) -> CellByCell:
    if word == "dropout" and rest.words and re.fullmatch(r"[01]?\.?[0-9]*", rest.words[0]):
        rest.take("")  # how much is dropped changes no shape
    return CellByCell(word)


def _conv(rest: _Words) -> Conv:
    channels, kernel = rest.number("number of channels"), rest.pair("kernel")
    stride, dilation, padding, groups, bias, links = (1, 1), (1, 1), (0, 0), 1, True, []
    keep_size = False
    while rest.words:
        if rest.if_next("stride"):
            stride = rest.pair("stride")
        elif rest.if_next("padding"):
            keep_size = rest.if_next("same")
            padding = padding if keep_size else rest.pair("padding", 0)
        elif rest.if_next("dilation"):
            dilation = rest.pair("dilation")
        elif rest.if_next("groups"):
            groups = rest.number("number of groups")
        elif rest.if_next("no-bias"):
            bias = False
        elif rest.if_next("links"):
            while rest.words and re.fullmatch(r"[0-9]+[x×][0-9]+", rest.words[0]):
                links.append(rest.pair("links"))
        else:
            break
    if keep_size and stride != (1, 1):
        raise rest.error("padding same needs a stride of 1", "give the padding as a number")
    sides = same(kernel, dilation) if keep_size else even(padding)
    return Conv(channels, Window(kernel, stride, sides, dilation), groups, bias, tuple(links))


def _pool(rest: _Words) -> Pool:
    how = rest.take("max or avg")
    if how not in ("max", "avg"):
        raise rest.error(f'a pool takes the max or the avg, not "{how}"', "pool max 2, or pool avg global")
    if rest.if_next("global"):
        return Pool(how, None)
    return Pool(how, _pool_window(rest))


def _pool_window(rest: _Words) -> Window:
    kernel = stride = rest.pair("window")
    padding = (0, 0)
    while rest.words:
        if rest.if_next("stride"):
            stride = rest.pair("stride")
        elif rest.if_next("padding"):
            padding = rest.pair("padding", 0)
        else:
            break
    return Window(kernel, stride, even(padding))


def _subsample(rest: _Words) -> Pool:
    return Pool("avg", _pool_window(rest), learned=True)


def _dense(rest: _Words) -> Dense:
    features, bias, fixed = rest.number("number of features"), True, False
    while rest.words and rest.words[0] in ("no-bias", "fixed"):
        bias, fixed = (False, fixed) if rest.take("") == "no-bias" else (bias, True)
    return Dense(features, bias, fixed)


def _add(rest: _Words) -> Add:
    source = rest.take("the name of an earlier layer")
    if not rest.if_next("conv"):
        return Add(source)
    return Add(source, _conv(rest), rest.if_next("batchnorm"))


KINDS: dict[str, Callable[[_Words], Kind]] = {
    "conv": _conv,
    "pool": _pool,
    "subsample": _subsample,
    "dense": _dense,
    "flatten": lambda rest: Flatten(),
    "add": _add,
    "embed": lambda rest: Embed(rest.number("size of the vocabulary"), rest.number("d_model")),
    "patches": lambda rest: Patches(rest.number("side of a patch"), rest.number("d_model")),
    "positions": lambda rest: Table("positions", rest.number("number of positions")),
    "segments": lambda rest: Table("segments", rest.number("number of segments")),
    "class-token": lambda rest: ClassToken(),
    "encoder": lambda rest: Layer("encoder", rest.number("number of heads"), rest.number("d_ff")),
    "decoder": lambda rest: Layer("decoder", rest.number("number of heads"), rest.number("d_ff")),
    "decoder-alone": lambda rest: Layer("decoder-alone", rest.number("number of heads"), rest.number("d_ff")),
    "layernorm": lambda rest: Norm(),
    "target": lambda rest: Target(),
    "first": lambda rest: First(),
    "tied": lambda rest: Tied(rest.number("size of the vocabulary")),
}
