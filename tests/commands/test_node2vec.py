import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mlcli.core.arcs import arcs_of
from mlcli.core.walks import draw_walks
from mlcli.datasets.karate import karate
from mlcli.models.skipgram import Engine, fit

QUICK = ("--dimensions", "5", "--walks", "3", "--walk-length", "11")
ODD = 'Ann,[/red]\n[/red],\x1b[31mEve\nEve B,Ann\n\x1b[31mEve,"x,y"\n'


def lesson(mlcli: Callable, *arguments: str) -> dict:
    ran = mlcli("node2vec", *arguments, "--json")
    assert (ran.status, ran.stderr) == (0, "")
    return json.loads(ran.stdout)


def table(step: dict) -> list[dict]:
    """A step's first table, a dictionary a row."""
    figure = step["figures"][0]
    return [dict(zip(figure["columns"], row, strict=True)) for row in figure["rows"]]


@pytest.fixture
def odd(tmp_path: Path) -> str:
    path = tmp_path / "odd.csv"
    path.write_text(ODD, "utf-8")
    return str(path)


def test_the_step_that_the_field_agrees_on(mlcli: Callable) -> None:
    plain = lesson(mlcli, "--example", "karate", "--p", "4", "--q", "0.5", "--start", "1", "--came-from", "0", *QUICK)
    step = plain["steps"][0]
    assert step["symbol"] == "P(x | t=0, v=1)"
    assert "Z = 9.25" in step["formula"]
    *rows, total = table(step)
    assert (total["to"], total["α·w"], total["P"]) == ("sum", 9.25, 1)
    assert {row["to"]: round(row["P"], 5) for row in rows} == {
        "0": 0.02703, **dict.fromkeys(("2", "3", "7", "13", "17", "19", "21"), 0.10811), "30": 0.21622,
    }  # fmt: skip
    assert [row["distance to 0"] for row in rows] == [0, *[1] * 7, 2]
    assert [row["α"] for row in rows] == ["1/p", *["1"] * 7, "1/q"]
    assert "left out, every edge counts 1" in plain["read"][0]


def test_a_trace_in_the_terminal(mlcli: Callable, golden: Callable) -> None:
    ran = mlcli("node2vec", "--example", "karate", "--p", "4", "--q", "0.5")
    walked, update, rest = ran.stdout.partition("  one update on the pair")
    golden("node2vec-karate", walked)  # the vectors' digits differ among processors
    assert update
    assert "77 more steps of this walk: --show 79" in rest
    assert "* Mr. Hi   + Officer" in rest
    assert ran.stderr == ""


def test_the_walk_goes_where_the_draws_say(mlcli: Callable) -> None:
    plain = lesson(mlcli, "sample_data/edges.csv", "--p", "0.5", "--q", "3", "--show", "7", *QUICK)
    *steps, walk, pairs, _ = plain["steps"]
    path = walk["figures"][0]["letters"]
    assert len(steps) == 7
    assert len(path) == 11
    for step, to in zip(steps, path[1:], strict=False):
        *rows, total = table(step)
        [drawn] = [row for row in rows if row["draw"] is not None]
        assert drawn["to"] == to
        assert drawn["draw"] < drawn["summed"]
        assert drawn is next(row for row in rows if row["summed"] > drawn["draw"])
        mass = "w" if step is steps[0] else "α·w"
        assert sum(row[mass] for row in rows) == pytest.approx(total[mass])
    for pair in table(pairs):
        place = walk["figures"][0]["marked"][0][0]
        assert (pair["centre"], pair["context"]) == (path[place], path[place + pair["offset"]])


def test_an_update_adds_up(mlcli: Callable) -> None:
    plain = lesson(mlcli, "--example", "karate", "--negative", "3", *QUICK)
    update = plain["steps"][-1]
    *rows, total = table(update)
    assert [row["label"] for row in rows] == [1, 0, 0, 0]
    assert sum(row["loss"] for row in rows) == pytest.approx(total["loss"])
    assert total["loss after"] < total["loss"]
    worked, x, y = update["figures"][2:]
    assert sum(term["product"] for term in worked["parts"][0]["terms"]) == pytest.approx(worked["total"])
    for old, gradient, new in (x["values"], y["values"]):
        assert np.allclose(np.array(old) - 0.025 * np.array(gradient), new)
    assert x["values"][1][0] == worked["total"]
    centre = update["symbol"].strip("()").split(",")[0]
    assert x["values"][0] == plain["result"]["values"][int(centre)]


def test_vectors_are_fitted_to_the_walks_of_the_seed(mlcli: Callable) -> None:
    plain = lesson(mlcli, "--example", "karate", "--p", "0.25", "--seed", "3", *QUICK)
    walks = draw_walks(arcs_of(karate().graph), 3, 11, 0.25, 1.0, seed=3)
    assert f"102 walks, 3 from each node, of up to 11 nodes: {(walks >= 0).sum():,} visits" in plain["rules"][-2][1]
    for engine in Engine:
        plain = lesson(mlcli, "--example", "karate", "--p", "0.25", "--seed", "3", "--engine", engine, *QUICK)
        fitted = fit(walks, np.bincount(walks.ravel()), dimensions=5, seed=3, engine=engine)
        assert np.array_equal(np.array(plain["result"]["values"], np.float32), fitted.vectors)
        assert any(fitted.engine in sentence for sentence in plain["notice"])
    assert plain["seed"] == 3


def test_another_seed_another_walk(mlcli: Callable) -> None:
    walks = [lesson(mlcli, "--example", "karate", "--seed", seed, *QUICK)["steps"][2]["figures"][0] for seed in "01"]
    assert walks[0]["letters"] != walks[1]["letters"]


def test_one_seed_one_file(mlcli: Callable, tmp_path: Path) -> None:
    for suffix in ("csv", "npy", "txt", "kv"):
        for name in ("a", "b"):
            ran = mlcli("node2vec", "--example", "karate", "--out", f"{tmp_path / name}.{suffix}", *QUICK)
            assert ran.status == 0
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()
    assert np.load(tmp_path / "a.npy").shape == (34, 5)
    assert len((tmp_path / "a.names.txt").read_text().splitlines()) == 34
    one, two = (mlcli("node2vec", "--example", "karate", "--json", "--check", *QUICK).stdout for _ in range(2))
    assert one == two
    assert one != mlcli("node2vec", "--example", "karate", "--json", "--check", "--seed", "1", *QUICK).stdout


def test_names_are_shown_safely_and_kept_whole(mlcli: Callable, odd: str, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    ran = mlcli("node2vec", odd, "--out", str(path), "--node", "[/red]", *QUICK)
    assert ran.status == 0
    assert "like [/red]" in ran.stdout
    assert "\\x1b[31mEve" in ran.stdout
    assert "\x1b" not in ran.stdout + ran.stderr
    rows = path.read_text("utf-8").splitlines()
    assert [row.rsplit(",", 5)[0] for row in rows[1:]] == ["Ann", "[/red]", "\x1b[31mEve", "Eve B", '"x,y"']


def test_weights_count_where_asked(mlcli: Callable, tmp_path: Path) -> None:
    plain = lesson(mlcli, "--example", "karate", "--weighted", "--start", "1", "--came-from", "0", *QUICK)
    assert {row["to"]: row["w"] for row in table(plain["steps"][0])[:3]} == {"0": 4, "2": 6, "3": 3}
    path = tmp_path / "weighted.csv"
    path.write_text("a,b,1\na,c,3\n")
    assert [row["P"] for row in table(lesson(mlcli, str(path), *QUICK)["steps"][0])] == [0.25, 0.75, 1]
    assert [row["P"] for row in table(lesson(mlcli, str(path), "--unweighted", *QUICK)["steps"][0])] == [0.5, 0.5, 1]


def test_a_directed_walk_ends_where_nothing_leads_on(mlcli: Callable, tmp_path: Path) -> None:
    path = tmp_path / "path.csv"
    path.write_text("a,b\nb,c\n")
    plain = lesson(mlcli, str(path), "--directed", *QUICK)
    assert plain["steps"][2]["figures"][0]["letters"] == ["a", "b", "c"]
    assert any(sentence.startswith("9 of 9 walks ended early") for sentence in plain["notice"])


def test_a_large_graph_is_traced_on_request_only(mlcli: Callable, tmp_path: Path) -> None:
    path = tmp_path / "ring.csv"
    path.write_text("".join(f"{i},{(i + 1) % 211}\n" for i in range(211)))
    assert lesson(mlcli, str(path), *QUICK)["steps"] == []
    assert lesson(mlcli, str(path), "--trace", *QUICK)["steps"]
    assert lesson(mlcli, str(path), "--start", "7", *QUICK)["steps"][0]["symbol"] == "P(x | v=7)"
    assert lesson(mlcli, "--example", "karate", "--no-trace", *QUICK)["steps"] == []


def test_check_samples_steps(mlcli: Callable) -> None:
    arguments = ("--example", "karate", "--start", "1", "--came-from", "0", "--p", "4", "--q", "0.5", "--check")
    checks = lesson(mlcli, *arguments, *QUICK)["checks"]
    assert len(checks) == 4
    assert checks[0]["name"].startswith(
        "20,000 sampled steps from 1, having come from 0, against P of its 9 candidates"
    )
    assert all(check["passed"] for check in checks)


def test_more_workers_are_warned_of(mlcli: Callable) -> None:
    def warned(*arguments: str) -> bool:
        notice = lesson(mlcli, "--example", "karate", "--engine", "gensim", *arguments, *QUICK)["notice"]
        return any("another run gives others" in sentence for sentence in notice)

    assert warned("--workers", "2")
    assert not warned()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("--p", "0"), "error: --p: must be above 0, not 0"),
        (("--p", "1e-200"), "error: --p: must be at least 1e-100, not 1e-200"),
        (("--q", "-2"), "error: --q: must be above 0, not -2"),
        (("--q", "nan"), "error: --q: must be above 0, not nan"),
        (("--node", "Ane"), 'error: --node: there is no node "Ane"\nhint: did you mean Ann?'),
        (("--node", "ANN"), 'error: --node: there is no node "ANN"\nhint: did you mean Ann?'),
        (("--start", "Ane"), 'error: --start: there is no node "Ane"\nhint: did you mean Ann?'),
        (("--came-from", "Ann"), "error: --came-from: needs --start"),
        (
            ("--start", "x,y", "--came-from", "Ann"),
            "error: --came-from: there is no edge from Ann to x,y\nhint: one comes there from \\x1b[31mEve",
        ),
        (("--dimensions", "0"), "error: --dimensions: must be at least 1, not 0"),
        (("--walks", "1.5"), "error: invalid value for '--walks': it is not a whole number\n"),
        (("--p", "1,5"), "error: invalid value for '--p': it is not a number\n"),
        (("--hide", "1"), "error: invalid value for '--hide': it must be at most 0.99\n"),
        (("--walk-length", "1"), "error: --walk-length: must be at least 2, not 1"),
        (
            ("--out", "x.png"),
            "error: x.png: this suffix is not known\nhint: one of .csv .npy .txt .kv for the vectors, .json .svg .html",
        ),
        (("--out", "x.csv", "--out", "x.json", "--out", "x.json"), "error: x.json: is named twice"),
        (("--out", "x.txt", "--out", "x.txt"), "error: x.txt: is named twice"),
        (("--out", "x.npy", "--out", "x.names.txt"), "error: x.names.txt: is named twice"),
        (("--out", "x.svg", "--plot", "x.svg"), "error: x.svg: is named twice"),
        (("--plot", "x.svg", "--plot", "x.svg"), "error: x.svg: is named twice"),
        (("--plot", "x.txt"), "error: x.txt: this suffix is not known"),
        (("--sweep", "p,r"), 'error: --sweep: "p,r" is neither p, q nor p,q'),
        (("--audit", "7"), "error: --audit: must be at least 1,000, not 7"),
        (("--evaluate", "classify"), "error: --evaluate: classify needs to know classes of the nodes"),
        (("--evaluate", "links"), "error: --evaluate: no two edges can be hidden"),
        (("--map", "tsne", "--example", "karate"), "error: give either a file, or --dataset, or --example"),
        (("--dataset", "karate", "--example", "karate"), "error: give either a file, or --dataset, or --example"),
        (("--sg", "0", "--engine", "torch"), "error: --sg: torch fits skip-gram only"),
        (("--sg", "2"), "error: invalid value for '--sg'"),
        (("--out", "no-such-folder/x.csv"), "error: no-such-folder: the folder does not exist"),
        (("--out", "x.txt"), "error: x.txt: the text form of word2vec keeps no name with a space in it"),
        (("--example", "karate"), "error: give either a file, or --dataset, or --example"),
        (("--seed", "4294967296"), "error: invalid value for '--seed'"),
    ],
)
def test_errors(mlcli: Callable, odd: str, arguments: tuple[str, ...], error: str) -> None:
    ran = mlcli("node2vec", odd, *arguments)
    assert (ran.status, ran.stdout) == (2, "")
    assert ran.stderr.startswith(error)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--out", "x.txt"),
        ("--start", "x,y", "--came-from", "Ann"),
        ("--node", "Ane"),
        ("--audit", "7"),
        ("--evaluate", "links"),
        ("--evaluate", "classify", "--labels", "few.csv"),
    ],
)
def test_errors_come_before_the_work(
    mlcli: Callable, odd: str, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    few = Path(odd).with_name("few.csv")
    few.write_text("Ann,1\nEve B,2\n")
    monkeypatch.setattr("mlcli.training.node2vec.draw_walks", pytest.fail)
    ran = mlcli("node2vec", odd, *(str(few) if argument == few.name else argument for argument in arguments))
    assert (ran.status, ran.stdout) == (2, "")
    assert arguments[0] in ran.stderr or arguments[1] in ran.stderr


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a,a\n", "error: the graph has 1 node and no edge between two"),
        ("a,b,-1\n", "weight \"-1\" is negative"),
        ("a,b,0\nb,c,1\n", "error: the weight of the edge from a to b is 0"),
        ("", "is empty"),
    ],
)  # fmt: skip
def test_graphs_that_cannot_be_walked(mlcli: Callable, tmp_path: Path, text: str, error: str) -> None:
    path = tmp_path / "edges.csv"
    path.write_text(text)
    ran = mlcli("node2vec", str(path))
    assert (ran.status, ran.stdout) == (2, "")
    assert error in ran.stderr


def test_the_karate_club_has_no_direction(mlcli: Callable) -> None:
    assert mlcli("node2vec", "--example", "karate", "--directed").status == 2


def test_one_edge_one_node_no_file(mlcli: Callable, tmp_path: Path) -> None:
    path = tmp_path / "pair.csv"
    path.write_text("a,b\n")
    assert len(lesson(mlcli, str(path), *QUICK)["result"]["values"]) == 2
    for arguments in ([str(path), "--map", "tsne"], ["--dataset", "lastfm"], ["--dataset", "core"], ["no-such.csv"]):
        ran = mlcli("node2vec", *arguments)
        assert (ran.status, ran.stdout) == (2, "")
        assert ran.stderr.count("\n") <= 2


def test_out_takes_vectors_and_the_lesson(mlcli: Callable, tmp_path: Path) -> None:
    from gensim.models import KeyedVectors

    names = ("v.csv", "v.txt", "v.kv", "v.npy", "told.json", "told.svg", "told.html")
    outs = [part for name in names for part in ("--out", str(tmp_path / name))]
    ran = mlcli("node2vec", "--example", "karate", *outs, *QUICK)
    assert ran.status == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names, "v.names.txt"])
    told = json.loads((tmp_path / "told.json").read_text())
    X = np.array(told["result"]["values"], np.float32)
    assert np.array_equal(np.load(tmp_path / "v.npy"), X)
    for vectors in (
        KeyedVectors.load_word2vec_format(str(tmp_path / "v.txt")),
        KeyedVectors.load(str(tmp_path / "v.kv")),
    ):
        assert np.array_equal(vectors["7"], X[7])
    assert (tmp_path / "v.csv").read_text().startswith("node,x0,x1,x2,x3,x4\n0,")
    assert "<svg" in (tmp_path / "told.svg").read_text()
    assert "v.csv and" in " ".join(told["notice"])


def test_cbow_is_told_without_an_update(mlcli: Callable) -> None:
    plain = lesson(mlcli, "--example", "karate", "--sg", "0", *QUICK)
    assert [step["symbol"] for step in plain["steps"][-2:]] == ["walk", "(centre, context)"]
    assert any("CBOW" in rule for _, rule in plain["rules"])
    assert any("Fitted by gensim" in sentence for sentence in plain["notice"])


def test_an_audit_adds_up(mlcli: Callable) -> None:
    plain = lesson(mlcli, "--example", "karate", "--p", "4", "--q", "0.5", "--no-trace", "--audit", "7001", *QUICK)
    [step] = plain["steps"]
    first, every = step["figures"]
    assert sum(row[5] for row in first["rows"]) == every["rows"][0][3]
    assert sum(row[4] for row in first["rows"]) == pytest.approx(every["rows"][0][3])
    *pairs, total = every["rows"]
    assert (len(pairs), total[3]) == (7, 7001)
    assert sum(row[3] for row in pairs) == 7001
    assert sum(row[4] for row in pairs) == pytest.approx(total[4])
    assert total[6] > 1e-4


def test_a_sweep_tells_what_p_and_q_change(mlcli: Callable) -> None:
    [step] = lesson(mlcli, "--example", "karate", "--no-trace", "--sweep", "p,q", *QUICK)["steps"]
    rows = table(step)
    assert [(row["p"], row["q"]) for row in rows] == [(p, q) for p in (0.25, 1, 4) for q in (0.25, 1, 4)]
    assert all(row["back"] + row["near"] + row["away"] == pytest.approx(1) for row in rows)
    assert rows[0]["back"] > rows[6]["back"]  # p 0.25 against p 4, q the same
    assert rows[0]["away"] > rows[2]["away"]
    [step] = lesson(mlcli, "--example", "karate", "--no-trace", "--sweep", "q", "--p", "2", *QUICK)["steps"]
    assert [(row["p"], row["q"]) for row in table(step)] == [(2, 0.25), (2, 1), (2, 4)]


def test_evaluations(mlcli: Callable) -> None:
    arguments = (
        "--evaluate",
        "classify",
        "--evaluate",
        "links",
        "--repeats",
        "3",
        "--hide",
        "0.25",
        "--no-trace",
        "--walks",
        "3",
    )
    classes, links = lesson(mlcli, "--dataset", "karate", *arguments, "--dimensions", "11")["steps"]
    assert [row["learned from"] for row in table(classes)] == [f"{tenth}0%" for tenth in range(1, 10)]
    assert table(classes)[-1]["micro F1"] > 0.8
    assert "each node has one" in classes["note"]
    assert [row["operator"] for row in table(links)] == [
        "average",
        "hadamard",
        "weighted-L1",
        "weighted-L2",
        "dot product",
    ]
    assert links["figures"][0]["name"].startswith("20 of 78 edges hidden")
    again = lesson(mlcli, "--example", "karate", *arguments, "--dimensions", "11")["steps"]
    assert again == [classes, links]


def test_labels_of_the_learner(mlcli: Callable, tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("node,class\nAda,chess;go\nBen,chess\nCleo,go\nCleo,chess\nKofi,climbing\n" + "".join(
        f"{name},climbing\n" for name in ("Lena", "Mira", "Nils", "Olga", "Pavel", "Quinn")))  # fmt: skip
    arguments = ("sample_data/edges.csv", "--labels", str(path), "--no-trace", "--evaluate", "classify", *QUICK)
    plain = lesson(mlcli, *arguments)
    assert "labels.csv: 2 nodes of several classes" in plain["read"]
    assert "labels.csv: 10 nodes without a label" in plain["read"]
    scatter = next(figure for figure in plain["result"]["figures"] if figure["kind"] == "scatter")
    assert scatter["groups"][:3] == ["chess + go", "chess", "chess + go"]
    assert "a count that is known of it" in plain["steps"][0]["note"]
    path.write_text(path.read_text() + "Bem,diving\nZoe,go\nYan,go\nXia,go\nWim,go\nWim,chess\nVik,go\n")
    more = lesson(mlcli, *arguments)
    left_out = "Bem (or is it Ben?), Zoe, Yan, Xia, Wim and 1 more"
    assert f"labels.csv: 6 nodes have a label but no edge, left out: {left_out}" in more["read"]
    assert more["steps"] == plain["steps"]
    path.write_text("node,class\nAnne,chess\nBem,climbing\n")
    ran = mlcli(*("node2vec", *arguments))
    assert (ran.status, ran.stdout) == (2, "")
    assert ran.stderr == f"error: {path}: names no node of the graph\nhint: check how the nodes are called\n"


def test_maps(mlcli: Callable, tmp_path: Path) -> None:
    for how, names in {"tsne": ("a.png", "b.png"), "pca": ("a.svg", "b.svg", "a.pdf")}.items():
        plots = [word for name in names for word in ("--plot", str(tmp_path / name))]
        ran = mlcli("node2vec", "--example", "karate", *plots, "--map", how, *QUICK)
        assert ran.status == 0
        assert ("t-SNE, perplexity 11" in ran.stdout) == (how == "tsne")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    text = (tmp_path / "a.svg").read_text()
    assert "<svg" in text
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


def test_cora(mlcli: Callable, public_data: Path) -> None:
    """Whole: a named graph, one round of walks, classes read off the vectors far above chance."""
    arguments = ("--walks", "2", "--dimensions", "32", "--evaluate", "classify", "--repeats", "1")
    plain = lesson(mlcli, "--dataset", "cora", *arguments)
    assert plain["rules"][3][1].startswith("2,708 nodes, 5,278 edges")
    [step] = plain["steps"]
    assert table(step)[4]["micro F1"] > 0.7


def test_gensim_is_loaded_when_it_is_needed_only() -> None:
    program = (
        "import sys, mlcli.commands.node2vec; "
        "print(*sorted({'gensim', 'torch', 'sklearn', 'networkx', 'matplotlib', 'scipy.stats'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ended.stdout.strip(), ended.stderr) == ("", "")


def test_walks_that_do_not_fit_in_memory_are_refused_before_one_is_drawn(mlcli: Callable) -> None:
    ran = mlcli("node2vec", "--example", "karate", "--walks", "100000000", "--walk-length", "100000")
    assert (ran.status, ran.stdout) == (2, "")
    assert "walks and vectors of 34 nodes take about" in ran.stderr and "--walk-length" in ran.stderr


@pytest.mark.parametrize(
    "flag", ["walks", "walk-length", "dimensions", "window", "negative", "epochs", "repeats", "audit"]
)
def test_counts_beyond_reason_are_no_fault_of_the_program(mlcli: Callable, flag: str) -> None:
    ran = mlcli("node2vec", "--example", "karate", f"--{flag}", "9" * 20)
    assert (ran.status, ran.stdout) == (2, "")
    assert f"--{flag}: must be at most 100,000,000, not 99,999,999,999,999,999,999" in ran.stderr
