import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mlcli.core.propagation_layers import WITH_SELF

RULES = ["mean", "mean-self", "sum", "max", "sage", "gin", "gcn", "gat", "gatv2"]


def test_the_lectures_graph_in_the_terminal(mlcli: Callable, golden: Callable) -> None:
    ran = mlcli("gnn-propagate", "--example", "slide")
    golden("gnn-propagate-slide", ran.stdout)
    assert "h_A^1 = σ(W_0 (h_B^0 + h_C^0 + h_D^0) / 3 + B_0 h_A^0)" in ran.stdout
    assert "u    c = 1/3  h_u^0  c · h_u^0" in ran.stdout
    assert "h_A^1 = relu(z)            (2.000 0.667)" in ran.stdout
    assert ran.stderr == ""


def test_attention_in_the_terminal(mlcli: Callable, golden: Callable) -> None:
    ran = mlcli("gnn-propagate", "--example", "toy", "--aggregate", "gat", "--weights", "random", "--node", "2")
    golden("gnn-propagate-gat", ran.stdout)
    assert "node 2: hears 1, 3, 4 and itself" in ran.stdout
    assert "GAT paper" in ran.stdout


@pytest.mark.parametrize(
    ("options", "values"),
    [
        (("mean-self",), [[1, 2], [3, 4], [4, 5], [4, 5]]),
        (("mean", "--no-self"), [[2, 3], [10 / 3, 13 / 3], [4, 5], [3, 4]]),
        (("mean",), [[2, 4], [16 / 3, 22 / 3], [8, 10], [9, 11]]),
    ],
)
def test_the_toy_graph_as_json(mlcli: Callable, options: tuple[str, ...], values: list) -> None:
    line = ("gnn-propagate", "--example", "toy", "--layers", "1", "--json", "--aggregate", *options)
    result = json.loads(mlcli(*line).stdout)["result"]
    assert [pytest.approx(row) for row in values] == result["values"]
    assert result["figures"][0]["labels"] == [["1", "2", "3", "4"], None]


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_agrees_with_itself_and_with_torch(mlcli: Callable, rule: str) -> None:
    line = (
        "--aggregate",
        rule,
        "--weights",
        "random",
        "--layers",
        "3",
        "--check",
        "--compare",
        "mean,gcn,gat,gatv2,sage,gin",
        "--json",
    )
    ran = mlcli("gnn-propagate", "sample_data/edges.csv", "--features", "sample_data/features.csv", *line)
    plain = json.loads(ran.stdout)
    assert [check["passed"] for check in plain["checks"]] == [True, True]
    assert plain["seed"] == 0
    variant = dict(plain["rules"])["variant"]
    assert ("no B_k" in variant) == (rule in WITH_SELF)


def test_json_is_byte_identical_and_follows_its_seed(mlcli: Callable) -> None:
    line = ("gnn-propagate", "--example", "karate", "--features", "random", "--weights", "random", "--json", "--seed")
    assert mlcli(*line, "7").stdout == mlcli(*line, "7").stdout != mlcli(*line, "11").stdout


def test_the_same_seed_gives_every_rule_the_same_weights(mlcli: Callable) -> None:
    line = ("gnn-propagate", "--example", "slide", "--weights", "random", "--hidden", "5", "--json", "--aggregate")
    weights = [
        next(figure["values"] for figure in json.loads(mlcli(*line, rule).stdout)["inputs"] if figure["name"] == "W_1")
        for rule in RULES
    ]
    assert len(weights[0]) == 5
    assert weights == [weights[0]] * len(RULES)


def test_features_stand_in_the_order_of_the_nodes(mlcli: Callable, tmp_path: Path) -> None:
    edges, features = tmp_path / "e.csv", tmp_path / "f.csv"
    edges.write_text("b,a\nc,b\n")
    features.write_text("node,x,y\nc,5,7\nz,0,0\na,1,2\nb,3,11\n")
    ran = mlcli("gnn-propagate", str(edges), "--features", str(features), "--layers", "1", "--no-self", "--json")
    result = json.loads(ran.stdout)["result"]
    assert result["figures"][0]["labels"][0] == ["b", "a", "c"]
    assert result["values"] == [[3, 4.5], [3, 11], [3, 11]]


@pytest.mark.parametrize(
    ("features", "values"), [("degree", [[1], [2], [1]]), ("one-hot", [[1, 0, 0], [0, 1, 0], [0, 0, 1]])]
)
def test_features_without_a_file(mlcli: Callable, tmp_path: Path, features: str, values: list) -> None:
    (tmp_path / "e.csv").write_text("a,b\nb,c\n")
    plain = json.loads(mlcli("gnn-propagate", str(tmp_path / "e.csv"), "--features", features, "--json").stdout)
    [x] = [figure for figure in plain["inputs"] if figure["name"].startswith("h^0")]
    assert x["values"] == values


@pytest.mark.parametrize("rule", RULES)
def test_a_node_without_neighbours_is_told(mlcli: Callable, tmp_path: Path, rule: str) -> None:
    (tmp_path / "e.csv").write_text("a,b\n")
    (tmp_path / "n.txt").write_text("a\nb\nlone\n")
    line = (str(tmp_path / "e.csv"), "--nodes", str(tmp_path / "n.txt"), "--node", "lone", "--aggregate", rule)
    ran = mlcli("gnn-propagate", *line, "--features", "one-hot", "--check", width=100)
    hears = "itself" if rule in {*WITH_SELF} - {"gin"} else "nobody"  # gin weighs v apart
    assert f"node lone: hears {hears}   h_lone" in ran.stdout and "(3 nodes, 1 edge), " in ran.stdout
    assert "N(lone) is empty:" in ran.stdout
    assert "nan" not in ran.stdout
    assert "h_lone^2 = " in ran.stdout


def test_a_directed_edge_carries_one_message(mlcli: Callable, tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("a,b\nc,b\n")
    line = (
        "gnn-propagate",
        str(tmp_path / "e.csv"),
        "--features",
        "one-hot",
        "--directed",
        "--no-self",
        "--layers",
        "1",
    )
    ran = mlcli(*line, "--json")
    assert json.loads(ran.stdout)["result"]["values"] == [[0, 0, 0], [0.5, 0, 0.5], [0, 0, 0]]


def test_weights_of_edges_count_unless_they_shall_not(mlcli: Callable, tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("source,target,weight\na,b,3\nb,c,1\n")
    line = ("gnn-propagate", str(tmp_path / "e.csv"), "--features", "one-hot", "--no-self", "--layers", "1", "--json")
    assert json.loads(mlcli(*line).stdout)["result"]["values"][1] == [0.75, 0, 0.25]
    plain = json.loads(mlcli(*line, "--unweighted").stdout)
    assert plain["result"]["values"][1] == [0.5, 0, 0.5]
    assert "not read: column weight" in plain["read"]
    assert "c = w/Σw" in mlcli(*line[:-1], "--node", "b").stdout


def test_loops_are_left_out_and_counted_or_kept(mlcli: Callable, tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("a,b\na,a\nb,c\nc,b\n")
    line = ("gnn-propagate", str(tmp_path / "e.csv"), "--features", "one-hot", "--no-self", "--layers", "1", "--json")
    plain, kept = (json.loads(mlcli(*line, *more).stdout) for more in ((), ("--loops",)))
    assert plain["result"]["values"][0] == [0, 1, 0]
    assert kept["result"]["values"][0] == [0.5, 0.5, 0]
    assert plain["read"] == [
        "1 edge of a node to itself left out",
        "1 edge given again and merged into the first",
        "x_v is one-hot: 1 at the node's own place",
    ]
    graph = dict(kept["rules"])["graph"]
    assert "edges to itself: 1" in graph
    assert "without an edge: none" in graph


def test_what_was_read_is_summed_up(mlcli: Callable, tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("a,b\nb,c\nb,d\n")
    (tmp_path / "n.txt").write_text("a\nb\nc\nd\nlone\n")
    plain = json.loads(
        mlcli("gnn-propagate", str(tmp_path / "e.csv"), "--nodes", str(tmp_path / "n.txt"), "--json").stdout
    )
    assert dict(plain["rules"])["graph"] == "neighbours: 1 has 0, 3 have 1, 1 has 3; without an edge: 1 (lone)"
    karate = json.loads(mlcli("gnn-propagate", "--example", "karate", "--json").stdout)
    assert "from 1 to 17 (33), 4.59 on average" in dict(karate["rules"])["graph"]
    assert "34 nodes, 78 edges" in karate["title"]


def test_a_name_cannot_drive_the_terminal(mlcli: Callable, tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("[/red],\x1b[2Jb\n\x1b[2Jb,c\n")
    for arguments in (("--node", "[/red]"), ("--show", "3"), ("--aggregate", "max", "--compare", "mean,gat")):
        ran = mlcli("gnn-propagate", str(tmp_path / "e.csv"), *arguments)
        assert ran.status == 0
        assert "\x1b" not in ran.stdout
        assert "[/red]" in ran.stdout


@pytest.mark.parametrize("width", [40, 50])
@pytest.mark.parametrize("rule", RULES)
def test_a_narrow_terminal_gets_the_same_facts(mlcli: Callable, rule: str, width: int) -> None:
    line = ("gnn-propagate", "sample_data/edges.csv", "--aggregate", rule, "--weights", "random", "--node", "Ada")
    ran = mlcli(*line, width=width)
    assert max(map(len, ran.stdout.splitlines())) <= width
    words = " ".join(ran.stdout.split())
    for fact in ("node Ada: hears Ben, Cleo, Femi, Jonas", "19 more nodes", "h_Ada^2"):
        assert fact in words


def test_a_maximum_marks_who_gives_each_number(mlcli: Callable) -> None:
    plain = json.loads(mlcli("gnn-propagate", "--example", "toy", "--aggregate", "max", "--node", "3", "--json").stdout)
    messages = plain["steps"][0]["figures"][0]
    assert messages["labels"][0] == ["2", "4"]
    assert messages["values"] == [[2, 3], [6, 7]]
    assert messages["marked"] == [[1, 0], [1, 1]]


def test_side_by_side_is_a_row_a_message(mlcli: Callable) -> None:
    ran = mlcli("gnn-propagate", "--example", "slide", "--compare", "mean,gcn,gat", "--json")
    steps = {step["symbol"]: step for step in json.loads(ran.stdout)["steps"]}
    [table] = steps["c_vu"]["figures"]
    assert table["columns"] == ["u → v", "mean", "gcn", "gat"]
    assert [row[0] for row in table["rows"]][:5] == ["A → A, itself", "B → A", "C → A", "D → A", "A → B"]
    assert len(table["rows"]) == 2 * 6 + 6
    assert table["rows"][0][1] is None, "the mean has no such message"
    assert table["rows"][1][1:3] == [pytest.approx(1 / 3), pytest.approx(12**-0.5)]
    [listening] = steps["entropy"]["figures"]
    assert [row[:2] for row in listening["rows"][:3]] == [["A", "mean"], ["", "gcn"], ["", "gat"]]
    assert listening["rows"][0][3] == pytest.approx(listening["rows"][0][4]), "equal shares have the largest entropy"
    of_one = mlcli("gnn-propagate", "--example", "karate", "--node", "33", "--compare", "gcn,gat").stdout
    assert "0 → 1" not in of_one
    assert "32 → 33" in of_one
    every = mlcli("gnn-propagate", "--example", "karate", "--compare", "gcn").stdout
    assert f"{2 * 78 + 34 - 24} more messages" in every


def test_without_leaky_relu_the_query_cancels(mlcli: Callable) -> None:
    line = (
        "gnn-propagate",
        "--example",
        "slide",
        "--aggregate",
        "gat",
        "--weights",
        "random",
        "--compare",
        "gat",
        "--json",
    )
    for more, same in ((("--no-leaky",), True), ((), False)):
        steps = {step["symbol"]: step for step in json.loads(mlcli(*line, *more).stdout)["steps"]}
        rows = steps["α_A"]["figures"][0]["rows"]
        assert (max(abs(row[1] - row[2]) for row in rows) < 1e-12) == same


@pytest.mark.parametrize("join", ["concat", "mean"])
def test_heads_are_told_one_by_one_and_joined(mlcli: Callable, join: str) -> None:
    line = (
        "gnn-propagate",
        "--example",
        "slide",
        "--aggregate",
        "gat",
        "--weights",
        "random",
        "--heads",
        "5",
        "--join",
        join,
    )
    ran = mlcli(*line, "--layers", "1", "--head", "3")
    assert "head 3, message by message" in ran.stdout
    assert "α head 4" in ran.stdout
    assert f"AGG = {join} of the heads" in ran.stdout
    assert "each head has its own W_k" in ran.stdout
    assert "share W_k" in mlcli(*line, "--shared-W").stdout
    values = json.loads(mlcli(*line, "--layers", "1", "--json").stdout)["result"]["values"]
    assert len(values[0]) == (15 if join == "concat" else 3)


def test_any_number_is_written_out(mlcli: Callable) -> None:
    plain = json.loads(
        mlcli("gnn-propagate", "--example", "toy", "--weights", "random", "--at", "2,1,1", "--json").stdout
    )
    [step] = [step for step in plain["steps"] if step["symbol"] == "h_2^1[1]"]
    written = step["figures"][0]
    assert written["total"] == pytest.approx(
        sum(term["product"] for part in written["parts"] for term in part["terms"])
    )
    assert written["total"] == pytest.approx(plain["steps"][0]["figures"][1]["rows"][2][1][1])


@pytest.mark.parametrize("rule", RULES)
def test_the_weights_that_json_holds_give_the_same_again(mlcli: Callable, tmp_path: Path, rule: str) -> None:
    line = ("gnn-propagate", "--example", "slide", "--aggregate", rule, "--json")
    heads = ("--heads", "2") if rule in ("gat", "gatv2") else ()
    first = mlcli(*line, *heads, "--weights", "random").stdout
    (tmp_path / "w.json").write_text(first)
    again = mlcli(*line, *heads, "--weights", str(tmp_path / "w.json")).stdout
    assert json.loads(again)["result"] == json.loads(first)["result"]


def test_weights_from_matrices(mlcli: Callable, tmp_path: Path) -> None:
    (tmp_path / "W.csv").write_text("1,0\n0,2\n\n3,0\n0,1\n")  # a matrix for each layer
    (tmp_path / "B.csv").write_text("0,0\n0,0\n")
    line = ("gnn-propagate", "--example", "toy", "--weights", str(tmp_path / "W.csv"), "--json")
    whole, alone = (json.loads(mlcli(*line, *more).stdout)["result"]["values"] for more in (
        ("--self-weights", str(tmp_path / "B.csv")), ("--no-self",)))  # fmt: skip
    assert whole == alone
    plain = json.loads(mlcli("gnn-propagate", "--example", "toy", "--no-self", "--json").stdout)["result"]["values"]
    assert [pytest.approx(row) for row in whole] == [[3 * a, 2 * b] for a, b in plain]


@pytest.mark.parametrize("rule", RULES)
def test_a_hub_is_not_told_in_full(mlcli: Callable, tmp_path: Path, rule: str) -> None:
    lengths = []
    for neighbours in (101, 211):
        edges = tmp_path / f"{neighbours}.csv"
        edges.write_text("".join(f"hub,n{i}\n" for i in range(neighbours)))
        ran = mlcli("gnn-propagate", str(edges), "--node", "hub", "--aggregate", rule, "--compare", "gcn,gat")
        assert f"hears n0, n1, n2, n3, n4, n5 and {neighbours - 6} more" in ran.stdout
        heard = neighbours + (rule in WITH_SELF and rule != "gin")
        assert f"{heard - 12} more" in ran.stdout
        lengths.append(len(ran.stdout.splitlines()))
    assert lengths[0] == lengths[1]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("", "give either a file or --example or --dataset"),
        ("sample_data/edges.csv --example toy", "give either a file or --example or --dataset"),
        ("--example toy --nodes README.md", "--nodes: goes with a file"),
        ("--example toy --node 5", '--node: there is no node "5"'),
        ("--example toy --aggregate gcn --self", "--self: gcn has no B_k"),
        ("--example toy --hidden 5", "--hidden: identity weights keep the 2 numbers"),
        ("--example toy --features nothing.csv", "nothing.csv: does not exist"),
        ("--example toy --compare mean,median", '--compare: "median" is no rule'),
        ("--example toy --compare max", '--compare: "max" has no coefficients'),
        ("--example toy --heads 2", "--heads: mean has no attention"),
        ("--example toy --aggregate gat --heads 2", "--heads: identity weights cannot take in"),
        ("--example toy --aggregate gat --head 1", "--head: there is no head 1"),
        ("--example toy --at 2,1", '--at: "2,1" is not a node, a layer and a place'),
        ("--example toy --at 2,3,0", "--at: there is no layer 3"),
        ("--example toy --at 2,1,2", "--at: layer 1 has no place 2"),
        ("--example toy --weights sample_data/features.csv", "sample_data/features.csv: W_0 is 20×6 where 2 rows fit"),
        ("--example toy --weights random --self-weights identity", "--self-weights: B_0 = I keeps 2 numbers"),
        ("--example toy --weights docs", "docs: is not a saved model"),
        ("--dataset nothing", 'there is no data set called "nothing"'),
        ("--example toy --layers 0", "invalid value for '--layers'"),
        ("--example toy --aggregate median", "invalid value for '--aggregate'"),
        ("--example toy --aggregate sum --layers 64 --features {huge}", "the numbers of layer"),
    ],
)
def test_bad_calls_end_in_one_line(mlcli: Callable, tmp_path: Path, line: str, error: str) -> None:
    (tmp_path / "huge.csv").write_text("1e300\n1e300\n1e300\n1e300\n")
    ran = mlcli("gnn-propagate", *line.format(huge=tmp_path / "huge.csv").split())
    assert ran.status == 2
    assert ran.stdout == ""
    assert ran.stderr.startswith(f"error: {error}")
    assert ran.stderr.splitlines()[-1].startswith("hint: ")


def test_attention_that_a_run_has_learned(mlcli: Callable, public_data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert mlcli("train", "gat", "--dataset", "cora", "--epochs", "3", "--save", str(folder)).status == 0
    ran = mlcli("gnn-propagate", "--weights", str(folder), "--node", "42", "--check", "--json")
    plain = json.loads(ran.stdout)
    assert [check["passed"] for check in plain["checks"]] == [True, True]
    assert plain["checks"][1]["name"] == "the saved model in torch"
    first, second, verdict = plain["steps"][:3]
    alphas = [figure for figure in first["figures"] if figure.get("columns", [""])[-1].startswith("α head")]
    assert [figure["columns"][2:] for figure in alphas] == [
        [f"α head {k}" for k in some] for some in (range(4), range(4, 8))
    ]
    assert [row[:2] for row in alphas[0]["rows"][:3]] == [[name, "Rule Learning"] for name in ("42", "87", "1372")]
    assert alphas[0]["rows"][3][2:] == [pytest.approx(1)] * 4
    assert second["figures"][0]["columns"] == ["u", "class", "α"]
    assert [row[3] for row in verdict["figures"][0]["rows"]].count("← its class") == 1
    assert len([figure for figure in plain["inputs"] if figure.get("name") in ("W_0", "a_source_0", "W_1", "b_1")]) == 4


@pytest.mark.parametrize("model", ["gcn", "gatv2", "sage", "gin"])
def test_every_saved_graph_network_opens_and_gives_the_same_logits(mlcli: Callable, tmp_path: Path, model: str) -> None:
    folder = tmp_path / "run"
    assert mlcli("train", model, "--dataset", "karate", "--epochs", "3", "--save", str(folder)).status == 0
    plain = json.loads(mlcli("gnn-propagate", "--weights", str(folder), "--node", "33", "--check", "--json").stdout)
    assert [check["passed"] for check in plain["checks"]] == [True, True]
    assert plain["checks"][1]["name"] == "the saved model in torch"


def test_a_run_shown_another_graph_says_so(mlcli: Callable, tmp_path: Path) -> None:
    folder, edges = tmp_path / "run", "sample_data/edges.csv"
    labels = ("--labels", "sample_data/labels.csv", "--features", "sample_data/features.csv")
    assert mlcli("train", "gcn", "--edges", edges, *labels, "--epochs", "2", "--save", str(folder)).status == 0

    def said(edges: str, *more: str) -> str:
        ran = mlcli("gnn-propagate", edges, "--weights", str(folder), *more, "--show", "0")
        assert ran.status == 0, ran.stderr
        return " ".join(ran.stdout.split())

    assert "is not" not in said(edges, *labels)
    alone = mlcli("gnn-propagate", "--weights", str(folder), "--node", "Ada", "--check")
    assert alone.status == 0 and "is not" not in alone.stdout and "Ada" in alone.stdout
    other = tmp_path / "edges.csv"
    other.write_text("".join(Path(edges).read_text().splitlines(keepends=True)[:-1]))
    assert "this is not what it learned from: edges, features, classes or split are others" in said(str(other), *labels)
    assert "whether this is the graph that it learned from is not known" in said(edges, *labels[2:])


@pytest.mark.parametrize(
    ("more", "error"),
    [
        (("--example", "toy"), "was trained on 64 features a node, the graph has 2\nhint: leave the graph out"),
        (("--layers", "3"), "--layers: the saved model says this itself"),
        (("--heads", "2"), "--weights: the saved model says itself what its layers are"),
        (("--compare", "mean,gin"), "--compare: gin needs weights that gcn has not learned"),
    ],
)
def test_a_run_that_does_not_fit(mlcli: Callable, tmp_path: Path, more: tuple[str, ...], error: str) -> None:
    folder = tmp_path / "run"
    assert mlcli("train", "gcn", "--epochs", "2", "--save", str(folder)).status == 0
    ran = mlcli("gnn-propagate", "--weights", str(folder), *more)
    assert (ran.status, ran.stdout) == (2, "")
    assert error in ran.stderr


def test_a_run_that_is_no_graph_network_is_refused_whether_its_graph_is_given_or_not(
    mlcli: Callable, tmp_path: Path
) -> None:
    edges, folder = "sample_data/edges.csv", str(tmp_path / "run")
    assert mlcli("train", "embedding", "--edges", edges, "--epochs", "2", "--save", folder).status == 0
    for given in ((), (edges,)):
        ran = mlcli("gnn-propagate", *given, "--weights", folder)
        assert ran.status == 2 and "is a saved embedding, not one of gcn, gat" in ran.stderr


def test_a_single_feature_is_told_to_lose_its_size(mlcli: Callable, tmp_path: Path) -> None:
    edges, few = "sample_data/edges.csv", tmp_path / "few.csv"
    names = [line.split(",")[0] for line in Path("sample_data/features.csv").read_text().splitlines()[1:]]
    few.write_text("name,age\n" + "".join(f"{name},{20 + n}\n" for n, name in enumerate(names)))
    graph = ("--labels", "sample_data/labels.csv", "--features")
    for line in (("train", "gcn", "--epochs", "2", "--edges", edges), ("gnn-propagate", edges)):
        one, more = (mlcli(*line, *graph, features).stdout for features in (str(few), "sample_data/features.csv"))
        assert "a single one becomes 1 or −1" in " ".join(one.split())
        assert "a single one" not in more and "divided by the sum of their sizes" in " ".join(more.split())


def test_nodes_renamed_at_random(mlcli: Callable) -> None:
    ran = mlcli("gnn-propagate", "sample_data/edges.csv", "--permute", "--weights", "random", "--json")
    plain = json.loads(ran.stdout)
    assert plain["checks"][0]["passed"]
    right, wrong = (row[1] for row in plain["result"]["values"])
    assert right < 1e-12
    assert wrong > 0.01
    assert "the classic mistake" in mlcli("gnn-propagate", "--example", "slide", "--permute").stdout


def test_smoothing_on_cora(mlcli: Callable, public_data: Path, tmp_path: Path) -> None:
    line = ("gnn-propagate", "--dataset", "cora", "--smoothing", "2", "--plot", str(tmp_path / "s.png"))
    ran = mlcli(*line, "--precision", "4")
    for number in ("0.8323", "0.3322", "0.1618"):
        assert number in ran.stdout
    assert (tmp_path / "s.png").read_bytes().startswith(b"\x89PNG")


def test_smoothing_with_weights_of_ones_own(mlcli: Callable) -> None:
    line = ("gnn-propagate", "--example", "karate", "--smoothing", "3", "--json")
    ran = mlcli(*line, "--features", "random", "--weights", "random", "--aggregate", "gat", "--activation", "tanh")
    rows = json.loads(ran.stdout)["result"]["values"]
    assert [row[0] for row in rows] == [0, 1, 2, 3]
    assert rows[-1][1] < rows[0][1]


def test_reach_layer_by_layer(mlcli: Callable) -> None:
    plain = json.loads(mlcli("gnn-propagate", "--example", "karate", "--reach", "--node", "16", "--json").stdout)
    rows = plain["result"]["values"]
    assert [row[1] for row in rows][:4] == [1, 3, 6, 18]
    assert rows[-1][1] == 34
    assert "hears of nobody new" in plain["notice"][0]


def test_what_cannot_be_told_apart(mlcli: Callable) -> None:
    plain = json.loads(mlcli("gnn-propagate", "--indistinguishable", "--json").stdout)
    assert [row[0] for row in plain["result"]["values"]] == ["mean", "sum", "max", "gin", "gcn", "gat"]
    assert all(row[3] < 1e-12 < row[4] for row in plain["result"]["values"])
    assert plain["steps"][2]["figures"][0]["rows"] == [["triangles", 0, 2]]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("--example toy --permute --reach", "--permute: is one proof, and so is --reach"),
        ("--example toy --indistinguishable", "--indistinguishable: brings its own two graphs"),
        ("--example toy --smoothing 3 --layers 2", "--layers: --smoothing says how many layers"),
        ("--example toy --matrices --plot x.gif", "x.gif: this suffix is not known"),
        ("{ring} --matrices --features degree", "--matrices: a dense matrix of 1,013 nodes has 1,026,169 numbers"),
    ],
)
def test_bad_proofs_end_in_one_line(mlcli: Callable, tmp_path: Path, line: str, error: str) -> None:
    ring = tmp_path / "ring.csv"
    ring.write_text("".join(f"{i},{(i + 1) % 1013}\n" for i in range(1013)))
    ran = mlcli("gnn-propagate", *line.format(ring=ring).split())
    assert (ran.status, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"error: {error}")


def test_the_graph_is_drawn_with_its_coefficients(mlcli: Callable, tmp_path: Path) -> None:
    line = ("gnn-propagate", "--example", "karate", "--aggregate", "gcn", "--json", "--plot", str(tmp_path / "g.svg"))
    plain = json.loads(mlcli(*line).stdout)
    graphs = [figure for step in plain["steps"] for figure in step["figures"] if figure["kind"] == "graph"]
    assert [len(graph["weights"]) for graph in graphs] == [2 * 78 + 34] * 2
    assert graphs[0]["groups"][0] == "Mr. Hi"
    assert "<svg" in (tmp_path / "g.svg").read_text("utf-8")
    ring = tmp_path / "ring.csv"
    ring.write_text("".join(f"{i},{(i + 1) % 1013}\n" for i in range(1013)))
    plain = json.loads(
        mlcli("gnn-propagate", str(ring), "--node", "7", "--json", "--plot", str(tmp_path / "r.png")).stdout
    )
    graphs = [figure for step in plain["steps"] for figure in step["figures"] if figure["kind"] == "graph"]
    assert graphs[0]["nodes"] == ["5", "6", "7", "8", "9"]
    ran = mlcli("gnn-propagate", str(ring), "--layers", "64", "--show", "0", "--plot", str(tmp_path / "s.png"))
    assert (ran.status, ran.stdout) == (2, "")
    assert ran.stderr.startswith("error: --plot: a picture of 1,013 nodes")
