"""What the papers report for a model on a data set, by which protocol; or what a trivial answer scores."""

from mlcli.core.training import Published

_GCN = "Kipf & Welling, ICLR 2017, table 2"
_PROPAGATION = "Kipf & Welling, ICLR 2017, table 3"
_GAT = "Veličković et al., ICLR 2018, table 2"
_SPLIT = "the standard split (Yang et al. 2016), mean of 100 runs"

PUBLISHED = {
    ("mlp", "cora"): Published(0.551, None, _SPLIT, _PROPAGATION),
    ("mlp", "citeseer"): Published(0.465, None, _SPLIT, _PROPAGATION),
    ("gcn", "cora"): Published(0.815, None, _SPLIT, _GCN),
    ("gcn", "citeseer"): Published(0.703, None, _SPLIT, _GCN),
    ("gat", "cora"): Published(0.830, 0.007, _SPLIT, _GAT),
    ("gat", "citeseer"): Published(0.725, 0.007, _SPLIT, _GAT),
    ("lightgcn", "lastfm"): Published(
        0.2703,
        None,
        "all of the training data learned from, the last of 1,000 epochs; one run of their code",
        "the authors' code at 947ca2b, seed 2020; NDCG@20 0.2101",
    ),
}
