from itertools import pairwise
from math import prod

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from mlcli.checks.architectures import against_torch
from mlcli.core.architecture_layers import Conv, Dense, Pool
from mlcli.core.architecture_plans import NAMED, named_plan
from mlcli.core.architecture_text import parse_architecture, parse_input
from mlcli.core.architecture_views import box, disagreement, middle, sees, spans, spotlight
from mlcli.core.architectures import Architecture, build, totals, ungrouped
from mlcli.core.errors import InputError


def network(name: str) -> Architecture:
    return build(named_plan(name))


def column(name: str, layers: str, ask) -> list:
    built = network(name)
    return [ask(built.layers[built.position(layer)]) for layer in layers.split()]


def test_lenet5_layer_by_layer() -> None:
    weights = column("lenet5", "C1 S2 C3 S4 C5 F6 output", lambda layer: layer.weight_count)
    assert weights == [156, 12, 1516, 32, 48120, 10164, 0]
    assert sum(weights) == totals(network("lenet5")).weights == 60_000
    assert totals(network("lenet5-modern")).weights == 61_706
    assert column("lenet5", "C1 S2 C3 S4", lambda layer: layer.view.field) == [(r, r) for r in (5, 6, 14, 16)]


def test_alexnet_one_tower_and_two() -> None:
    one, two = totals(network("alexnet")), totals(network("alexnet-original"))
    assert (one.weights, one.multiply_adds) == (61_100_840, 714_188_480)
    assert (two.weights, two.multiply_adds) == (60_965_224, 724_406_816)
    assert totals(build(ungrouped(named_plan("alexnet-original")))).weights == 62_378_344
    maps = "conv1 pool1 conv2 pool2 conv3 conv4 conv5 pool5"
    for name in ("alexnet", "alexnet-original"):
        assert column(name, maps, lambda layer: layer.shape[1]) == [55, 27, 27, 13, 13, 13, 13, 6]
        assert column(name, maps, lambda layer: layer.view.field[1]) == [11, 19, 51, 67, 99, 131, 163, 195]


def test_the_papers_224_without_padding_does_not_divide() -> None:
    first = named_plan("alexnet-original").layers[0].kind
    assert isinstance(first, Conv)
    assert first.over.dropped((224, 224)) == (1, 1) and first.over.output((224, 224)) == (54, 54)
    assert first.over.dropped((227, 227)) == (0, 0) and first.over.output((227, 227)) == (55, 55)


def test_vgg16_and_the_others() -> None:
    vgg = network("vgg16")
    assert totals(vgg).weights == 138_357_544
    fields = [layer.view.field[0] for layer in vgg.layers if layer.view and len(layer.shape) == 3]
    assert fields == [3, 5, 6, 10, 14, 16, 24, 32, 40, 44, 60, 76, 92, 100, 132, 164, 196, 212]
    resnet = totals(network("resnet18"))
    assert (resnet.weights, resnet.multiply_adds) == (11_689_512, 1_814_073_344)
    assert totals(network("tiny-vgg")).weights == 280 + 3 * 910 + 16_910


@pytest.mark.parametrize("name", NAMED)
def test_torch_has_the_same_shapes_and_weights(name: str) -> None:
    assert all(check.passed for check in against_torch(network(name)))


@pytest.mark.parametrize("name", NAMED)
def test_the_columns_add_up_and_the_layers_follow_each_other(name: str) -> None:
    built = network(name)
    found = totals(built)
    assert found.weights == sum(prod(product) for layer in built.layers for product in layer.weights)
    assert found.dense_weights == sum(layer.weight_count for layer in built.layers if isinstance(layer.kind, Dense))
    assert found.dense_weight_share == found.dense_weights / found.weights
    assert built.layers[0].before == built.input
    for below, above in pairwise(built.layers):
        assert above.before == below.shape


def seen_by_gradient(built: Architecture, at: int, place: tuple[int, int]) -> np.ndarray:
    """Which cells of the input move one cell, by torch: positive kernels and means, so that nothing cancels."""
    x = torch.ones(1, *built.input, dtype=torch.float64, requires_grad=True)
    outputs = [x]
    for layer in built.layers[: at + 1]:
        over = layer.kind.window(layer.before)
        ones = torch.ones(1, layer.before[0], *over.kernel, dtype=torch.float64)
        (top, bottom), (left, right) = over.padding
        padded = torch.nn.functional.pad(outputs[-1], (left, right, top, bottom))
        out = torch.nn.functional.conv2d(padded, ones, None, over.stride, 0, over.dilation)
        outputs.append(out.expand(1, layer.shape[0], *layer.shape[1:]))
    outputs[-1][0, 0, *place].backward()
    assert x.grad is not None
    return x.grad[0, 0].numpy() != 0


@st.composite
def stacks(draw: st.DrawFn) -> str:
    """A few layers of maps on an oblong input, as text."""
    lines = ["input 1x61x53"]
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["conv 1", "pool max"]))
        k, s = draw(st.sampled_from(["1x2", "2x3", "3x1", "3", "5x3"])), draw(st.sampled_from(["1", "2", "2x1"]))
        more = f" dilation {draw(st.sampled_from(['1', '2x1', '3']))}" if kind == "conv 1" else ""
        lines.append(f"{kind} {k} stride {s}{more}" + f" padding {draw(st.sampled_from(['0', '1x0']))}" * (k == "3"))
    return "\n".join(lines)


@given(stacks(), st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_max=True))
def test_what_a_cell_sees_is_what_moves_it(text: str, down: float, right: float) -> None:
    try:
        built = build(parse_architecture(text, "drawn"))
    except InputError:  # the map became smaller than a kernel
        assume(False)
    last = len(built.layers) - 1
    H, W = built.layers[last].shape[1:]
    place = int(down * H), int(right * W)
    seen = sees(built, last, place)
    assert seen.cells[0] is not None
    assert np.array_equal(seen.cells[0], seen_by_gradient(built, last, place))
    assert disagreement(built, seen) in (0, None)
    for span, (first, final) in zip(spans(built, seen), box(seen.cells[0]), strict=True):
        assert span.inside[0] <= first <= final <= span.inside[1]


def test_an_added_map_is_seen_too() -> None:
    text = "input 1x19x23\na: conv 2 3 padding 1\nconv 2 1\nadd a conv 2 5 padding 2"
    built = build(parse_architecture(text, "residual"))
    seen = sees(built, 2, (7, 11))
    assert built.layers[2].view is not None and built.layers[2].view.field == (7, 7)
    assert seen.cells[0] is not None and box(seen.cells[0]) == ((4, 10), (8, 14))
    assert disagreement(built, seen) == 0


def test_a_dense_cell_sees_everything() -> None:
    built = network("tiny-vgg")
    seen = sees(built, built.position("output"), (3,))
    assert all(cells is not None and cells.all() for cells in seen.cells[:-2])


def test_the_middle_is_a_convolution_with_rows_and_columns() -> None:
    built = network("lenet5")
    assert middle(built) == (built.position("C3"), (5, 5))  # C5 gives a single cell


def test_spotlight_keeps_what_is_seen() -> None:
    image, cells = np.full((3, 2, 5), 0.5), np.zeros((2, 5), dtype=bool)
    cells[1, 2:4] = True
    lit = spotlight(image, cells)
    assert np.all(lit[:, cells] == 0.5) and np.all(lit[:, ~cells] < 0.5)


def test_links_groups_and_names() -> None:
    plan = parse_architecture(
        "input 6x7x11\nconv 4 3 groups 2 no-bias batchnorm relu\npool avg global\nflatten\ndense 5", "n"
    )
    built = build(plan)
    assert [layer.name for layer in built.layers] == ["conv1", "pool1", "flatten1", "dense1"]
    assert [layer.weights for layer in built.layers] == [((4, 3, 3, 3), (2, 4)), (), (), ((5, 4), (5,))]
    assert [layer.shape for layer in built.layers] == [(4, 5, 9), (4, 1, 1), (4,), (5,)]
    assert built.layers[0].multiply_adds == ((4, 3, 3, 3, 5, 9),)
    assert isinstance(built.layers[1].kind, Pool)


def test_padding_same_keeps_the_size() -> None:
    built = build(parse_architecture("input 1x13x17\nconv 2 4x5 padding same dilation 2x3", "same"))
    assert built.layers[0].shape == (2, 13, 17)
    assert against_torch(built)[0].passed


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("", "net.txt", "no input"),
        ("input 3x5x7", "net.txt", "no layer"),
        ("conv 8 3", "net.txt:1", "the first line is not the input"),
        ("input 3x5", "net.txt:1", "2 numbers"),
        ("input 3x5x7 grey\nconv 8 3", "net.txt:1", '"grey" is not understood here'),
        ("input 3x5x7\n\n# a comment\nconvolve 8 3", "net.txt:4", 'no layer is called "convolve"'),
        ("input 3x5x7\nconv eight 3", "net.txt:2", '"eight" is not a whole number'),
        ("input 3x5x7\nconv 8", "net.txt:2", "kernel is missing"),
        ("input 3x5x7\nconv 8 3 stride 0", "net.txt:2", "the stride is 0"),
        ("input 3x5x7\nconv 8 3x3x3", "net.txt:2", "3 numbers"),
        ("input 3x5x7\nconv 8 3 padding -1", "net.txt:2", '"-1" is not a whole number'),
        ("input 3x5x7\nconv 8 3 strid 2", "net.txt:2", '"strid" is not understood here'),
        ("input 3x5x7\nconv 8 3 padding same stride 2", "net.txt:2", "needs a stride of 1"),
        ("input 3x5x7\nconv 99999999999 3", "net.txt:2", "99999999999"),
        ("input 3x5x7\npool mean 2", "net.txt:2", 'not "mean"'),
        ("input 3x5x7\na: relu\na: relu", "net.txt:3", 'called "a" too'),
        ("input 3x5x7\nconv 8 3\nbig: conv 8 7", "net.txt:3 (big)", "its height is 7, the input's is 3"),
        ("input 3x5x7\nconv 8 3 groups 2", "net.txt:2 (conv1)", "2 groups"),
        ("input 3x5x7\nconv 8 3 links 6x3", "net.txt:2 (conv1)", "links"),
        ("input 3x5x7\ndense 8\nconv 8 1", "net.txt:3 (conv1)", "the layer before gives 8"),
        ("input 3x5x7\nadd conv1", "net.txt:2 (add1)", 'no layer before it is called "conv1"'),
        ("input 3x5x7\na: conv 8 3\nconv 8 3\nadd a", "net.txt:4 (add1)", "a gives 8×3×5 to add to it"),
        ("input 1x5x7\na: conv 1 1\nconv 1 1 stride 2 padding 2x3\nadd a", "net.txt:4 (add1)", "step differently"),
        ("input 3x5x7\npool max 2 padding 2", "net.txt:2 (pool1)", "more than half"),
        ("input 3x50000x50000\nconv 8 3", None, "2,500,000,000 cells"),
    ],
)  # fmt: skip
def test_what_does_not_fit_names_its_line_and_layer(text: str, where: str | None, message: str) -> None:
    with pytest.raises(InputError) as raised:
        build(parse_architecture(text, "net.txt", "net.txt"))
    assert message in raised.value.message
    assert raised.value.where == where


def test_a_size_that_does_not_fit_names_the_layer() -> None:
    with pytest.raises(InputError) as raised:
        build(named_plan("alexnet"), parse_input("3x32x32", "--input"))
    assert raised.value.where == "pool5"


@pytest.mark.parametrize(
    ("layer", "place", "message"),
    [("conv1", (55, 0), "no cell 55,0"), ("conv1", (3,), "no cell 3"), ("fc6", (4096,), "no cell 4096")],
)
def test_a_cell_that_is_not_there(layer: str, place: tuple[int, ...], message: str) -> None:
    built = network("alexnet")
    with pytest.raises(InputError, match=message):
        sees(built, built.position(layer), place)
    with pytest.raises(InputError, match='no layer of alexnet is called "conv9"'):
        built.position("conv9")
