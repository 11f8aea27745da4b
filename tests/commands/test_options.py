import shlex
from collections.abc import Callable

import pytest

UNUSED = [
    ("conv-trace sample_data/matrix.csv --layer conv2", "--layer: is for a saved network"),
    ("conv-trace sample_data/matrix.csv --pad-mode reflect", "--pad-mode: nothing is laid around the input"),
    ("conv-trace sample_data/matrix.csv --at 0,0 --show 5", "--show: --at works out one cell"),
    ("architecture lenet5 --text --input 1x40x40", "--input: is not for --text"),
    ("architecture lenet5 --text --check", "--check: is not for --text"),
    ("architecture lenet5 --at C1,3,3 --show 5", "--show: is for the list of layers"),
    ("attention 'a b' --patch 4", "--patch: is for pictures"),
    ("attention --qkv sample_data/attention.csv --by character", "--by: goes with a sentence, not with --qkv"),
    ("attention --qkv sample_data/attention.csv --size 8", "--size: goes with a sentence, not with --qkv"),
    ("attention --image sample_data/image.png --by character", "--by: goes with a text, not with --image"),
    ("attention 'a b' --prove hull --check", "--check: is for a single attention, not for --prove hull"),
    ("rnn-unroll --text hello --seeds 3", "--seeds: is for --compare"),
    ("rnn-unroll --text hello --match weights", "--match: is for --compare"),
    ("gnn-propagate --example toy --loops", "--loops: goes with a file"),
    ("gnn-propagate --example toy --weighted", "--weighted: its edges have no weights"),
    ("gnn-propagate --dataset digits-graph --weighted", "--weighted: its edges have no weights"),
    ("gnn-propagate --example toy --aggregate gat --join mean", "--join: there is one head"),
    ("gnn-propagate --example toy --aggregate gat --shared-W", "--shared-W: there is one head"),
    ("gnn-propagate --example toy --node 2 --show 5", "--show: --node and --at show one node"),
    ("gnn-propagate --example toy --permute --check", "--check: is for the trace, not for --permute"),
    ("gnn-propagate --example toy --permute --node 2", "--node: is for the trace, not for --permute"),
    ("gnn-propagate --example toy --reach --compare mean,gcn", "--compare: is for the trace, not for --reach"),
    ("gnn-propagate --example toy --reach --no-leaky", "--no-leaky: --reach counts edges"),
    ("gnn-propagate --example toy --smoothing 3 --heads 2", "--heads: gcn has no attention"),
    ("gnn-propagate --example toy --smoothing 3 --hidden 7", "--hidden: identity weights keep the 2 numbers"),
    ("gnn-propagate --indistinguishable --aggregate gcn", "--aggregate: --indistinguishable takes every rule"),
    ("gnn-propagate --indistinguishable --directed", "--directed: --indistinguishable brings its own two graphs"),
    ("node2vec --example karate --repeats 3", "--repeats: is for --evaluate"),
    ("node2vec --example karate --evaluate classify --hide 0.3", "--hide: is for --evaluate links"),
    ("node2vec --example karate --no-trace --show 5", "--show: is for a walk that is told"),
    ("node2vec --example karate --no-trace --start 5", "--start: is for a walk that is told"),
    ("node2vec --dataset digits-graph --weighted", "--weighted: the edges of digits-graph have no weights"),
    ("predict sample_data/run-karate 8 --top 3", "--top: changes nothing for a run on node classification"),
    ("predict sample_data/run-rhyme a --top 3", "--top: changes nothing for a run on text"),
    ("predict sample_data/run-digits 8 --length 3", "--length: changes nothing for a run on pictures"),
    ("train gcn --dataset karate --momentum 0.5", "--momentum: changes nothing with --optimizer adam"),
    ("train cnn --dataset digits --momentum 0.5", "--momentum: changes nothing with --optimizer adamw"),
    ("train sage --dataset karate --fanout 2,2", "--fanout: changes nothing with --batch 0"),
    ("train gat --dataset karate --attention off --slope 0.1", "--slope: changes nothing with --attention off"),
    ("train mlp --dataset karate --batch 5", "--batch: is for pictures: nodes are taken all at once"),
    ("train gcn --dataset karate --checkpoint-every 5m", "--checkpoint-every: keeps states in the folder of --save"),
]


@pytest.mark.parametrize(("line", "error"), UNUSED, ids=[line for line, _ in UNUSED])
def test_an_option_that_changes_nothing_is_refused(mlcli: Callable, line: str, error: str) -> None:
    ran = mlcli(*shlex.split(line))
    assert (ran.status, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"error: {error}") and "\nhint: " in ran.stderr


@pytest.mark.parametrize(
    "line",
    [
        "gnn-propagate --example karate --weighted --show 0",
        "gnn-propagate --example toy --reach --node 2 --layers 3",
        "gnn-propagate --example toy --aggregate gat --heads 2 --join mean --shared-W --show 0",
        "conv-trace sample_data/matrix.csv --padding same --pad-mode reflect --show 0",
        "predict sample_data/run-rhyme a --length 3 --temperature 0.5",
        "train gcn --dataset karate --epochs 2 --optimizer sgd --momentum 0.5",
        "train sage --dataset karate --epochs 2 --batch 8 --fanout 2,2",
    ],
)
def test_and_one_that_changes_something_is_not(mlcli: Callable, line: str) -> None:
    assert mlcli(*line.split()).status == 0
