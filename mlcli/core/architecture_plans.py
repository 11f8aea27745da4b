"""The networks that have a name, written as anyone may write their own.

Source: LeCun et al., "Gradient-based learning applied to document recognition" (1998); Krizhevsky et al., "ImageNet
classification with deep convolutional neural networks" (2012), and the one-tower form that torchvision ships, after
Krizhevsky, "One weird trick for parallelizing convolutional neural networks" (2014); Simonyan and Zisserman, "Very deep
convolutional networks for large-scale image recognition" (2014), network D; He et al., "Deep residual learning for
image recognition" (2015); Wang et al., "CNN Explainer" (2020) for Tiny VGG.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from mlcli.core.architecture_text import parse_architecture
from mlcli.core.architecture_transformer_plans import TRANSFORMERS, base_notice
from mlcli.core.architectures import Plan, build, totals, ungrouped
from mlcli.core.errors import InputError

LENET5 = """
input 1x32x32
C1: conv 6 5x5 tanh
S2: subsample 2 tanh
C3: conv 16 5x5 links 6x3 9x4 1x6 tanh   # six of the maps see 3 of those below, nine see 4, one sees all 6
S4: subsample 2 tanh
C5: conv 120 5x5 tanh
F6: dense 84 tanh
output: dense 10 fixed                   # the distance to ten given patterns, not trained
"""
LENET5_MODERN = """
input 1x32x32
conv1: conv 6 5x5 relu
pool1: pool max 2
conv2: conv 16 5x5 relu
pool2: pool max 2
fc1: dense 120 relu
fc2: dense 84 relu
fc3: dense 10
"""
ALEXNET = """
input 3x224x224
conv1: conv 64 11x11 stride 4 padding 2 relu
pool1: pool max 3 stride 2
conv2: conv 192 5x5 padding 2 relu
pool2: pool max 3 stride 2
conv3: conv 384 3x3 padding 1 relu
conv4: conv 256 3x3 padding 1 relu
conv5: conv 256 3x3 padding 1 relu
pool5: pool max 3 stride 2
fc6: dense 4096 relu dropout
fc7: dense 4096 relu dropout
fc8: dense 1000
"""
ALEXNET_ORIGINAL = """
input 3x227x227
conv1: conv 96 11x11 stride 4 relu lrn
pool1: pool max 3 stride 2
conv2: conv 256 5x5 padding 2 groups 2 relu lrn   # two groups: one for each of the two graphics cards
pool2: pool max 3 stride 2
conv3: conv 384 3x3 padding 1 relu
conv4: conv 384 3x3 padding 1 groups 2 relu
conv5: conv 256 3x3 padding 1 groups 2 relu
pool5: pool max 3 stride 2
fc6: dense 4096 relu dropout
fc7: dense 4096 relu dropout
fc8: dense 1000 softmax
"""
TINY_VGG = """
input 3x64x64
conv1_1: conv 10 3x3 relu
conv1_2: conv 10 3x3 relu
pool1: pool max 2
conv2_1: conv 10 3x3 relu
conv2_2: conv 10 3x3 relu
pool2: pool max 2
output: dense 10 softmax
"""


def _vgg16() -> Iterator[str]:
    yield "input 3x224x224"
    for block, (channels, depth) in enumerate([(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)], start=1):
        for layer in range(1, depth + 1):
            yield f"conv{block}_{layer}: conv {channels} 3x3 padding 1 relu"
        yield f"pool{block}: pool max 2"
    yield from ("fc6: dense 4096 relu dropout", "fc7: dense 4096 relu dropout", "fc8: dense 1000")


def _resnet18() -> Iterator[str]:
    yield "input 3x224x224"
    yield "conv1: conv 64 7x7 stride 2 padding 3 no-bias batchnorm relu"
    yield "pool1: pool max 3 stride 2 padding 1"
    before = "pool1"
    for stage, channels in enumerate([64, 128, 256, 512], start=2):
        for block in "ab":
            halves = stage > 2 and block == "a"
            name = f"{stage}{block}"
            yield f"conv{name}1: conv {channels} 3x3{' stride 2' if halves else ''} padding 1 no-bias batchnorm relu"
            yield f"conv{name}2: conv {channels} 3x3 padding 1 no-bias batchnorm"
            shortcut = f" conv {channels} 1x1 stride 2 no-bias batchnorm" if halves else ""
            yield f"add{name}: add {before}{shortcut} relu"
            before = f"add{name}"
    yield from ("pool5: pool avg global", "fc: dense 1000")


def _lenet_notice(plan: Plan) -> str:
    modern = totals(build(named_plan("lenet5-modern"))).weights
    return (
        "This is the network of 1998: C3 sees some of the maps below only, pooling is learned, the output is not. "
        f"What is called LeNet-5 today (lenet5-modern) has {modern:,} weights."
    )


def _modern_notice(plan: Plan) -> str:
    first = totals(build(named_plan("lenet5"))).weights
    return f"The network of 1998 (lenet5) had {first:,} weights: fewer links in its third layer, learned pooling."


def _alexnet_notice(plan: Plan) -> str:
    original = totals(build(named_plan("alexnet-original"))).weights
    return (
        f"One tower, as libraries ship it; the two towers of the paper (alexnet-original) have {original:,} weights. "
        "The paper's picture says 224 and shows no padding, but (224 − 11) / 4 is not whole: 224 with padding 2 gives "
        "55, and so does 227 without."
    )


def _original_notice(plan: Plan) -> str:
    without = totals(build(ungrouped(plan))).weights
    return (
        f"Two groups are the two towers; without groups there would be {without:,} weights. The paper writes 224, but "
        "(224 − 11) / 4 is not whole: 227 gives 55, and so does 224 with padding 2, as in alexnet, the one tower."
    )


def _nothing(plan: Plan) -> str:
    return ""


@dataclass(frozen=True)
class Named:
    """A network, and what there is to say of it beyond its numbers, worked out when it is asked for."""

    text: str
    notice: Callable[[Plan], str] = _nothing


NAMED = {
    "lenet5": Named(LENET5, _lenet_notice),
    "lenet5-modern": Named(LENET5_MODERN, _modern_notice),
    "alexnet": Named(ALEXNET, _alexnet_notice),
    "alexnet-original": Named(ALEXNET_ORIGINAL, _original_notice),
    "vgg16": Named("\n".join(_vgg16())),
    "tiny-vgg": Named(TINY_VGG),
    "resnet18": Named("\n".join(_resnet18()), lambda plan: "Where maps are added, the larger field counts."),
    **{
        name: Named(text, base_notice if name == "transformer-base" else _nothing)
        for name, text in TRANSFORMERS.items()
    },
}


def named_plan(name: str) -> Plan:
    """The network of that name, not yet worked out.

    Raises:
        InputError: there is none; the hint names those that there are, the nearest first.
    """
    if name in NAMED:
        return parse_architecture(NAMED[name].text, name)
    near = get_close_matches(name, NAMED, n=1)
    others = [other for other in NAMED if other not in near]
    raise InputError(
        f'no architecture is called "{name}"',
        None,
        f"one of {', '.join(near + others)}; or a text file, a layer a line",
    )
