import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from mlcli.datasets.samples import folder
from mlcli.readers.edge_lists import read_edges
from mlcli.readers.images import read_image
from mlcli.readers.labelled_graphs import read
from mlcli.readers.matrices import read_matrix

SAMPLES = folder()
SHAPES = {"digit.csv": (8, 8), "matrix.csv": (5, 5), "kernel.csv": (3, 3), "sequence.csv": (5, 3)}


def test_the_script_makes_what_is_there(tmp_path: Path) -> None:
    subprocess.run([sys.executable, SAMPLES / "make.py", tmp_path], check=True)
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == sorted(path.name for path in SAMPLES.iterdir() if path.suffix in (".csv", ".png", ".txt"))
    for name in made:
        if name.endswith((".csv", ".txt")):
            assert (tmp_path / name).read_bytes() == (SAMPLES / name).read_bytes()
    pixels = [np.asarray(Image.open(place / "image.png")) for place in (tmp_path, SAMPLES)]
    assert np.array_equal(*pixels)


def test_every_file_is_explained() -> None:
    readme = (SAMPLES / "README.md").read_text()
    assert all(f"`{path.name}`" in readme for path in SAMPLES.iterdir() if path.suffix in (".csv", ".png", ".txt"))


def test_the_picture() -> None:
    image = read_image(SAMPLES / "image.png")
    assert image.values.shape == (1, 28, 28)
    assert image.values.max() == 1


def test_the_matrices() -> None:
    for name, shape in SHAPES.items():
        matrix = read_matrix(SAMPLES / name)
        assert matrix.values.shape == shape
        assert matrix.read == ()


def test_the_network() -> None:
    found = read_edges(SAMPLES / "edges.csv")
    assert (found.merged, found.self_loops, len(found.graph.names)) == (0, 0, 20)
    graph = read(SAMPLES / "edges.csv", SAMPLES / "features.csv", SAMPLES / "labels.csv")
    assert graph.graph.names == found.graph.names
    assert graph.classes == ("chess", "climbing")
    u, v = graph.graph.edges
    assert (graph.labels[u] == graph.labels[v]).mean() > 0.9
    assert 0 <= graph.features.min() and graph.features.max() <= 1


def test_the_ratings() -> None:
    with (SAMPLES / "ratings.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["user", "item", "rating", "timestamp"]
    assert {row["rating"] for row in rows} == {"1", "2", "3", "4", "5"}
    assert len({(row["user"], row["item"]) for row in rows}) == len(rows)
    times = [int(row["timestamp"]) for row in rows]
    assert times == sorted(times)


def test_the_saved_run_opens_on_the_sets_it_was_tested_on() -> None:
    from mlcli.commands.train_source import task_of
    from mlcli.training.checkpoints import load

    run = load(SAMPLES / "run-odd")
    made = task_of(run, SAMPLES / "run-odd")
    assert made.evaluate(made.trained(run.weights), "test").score == run.config["scores"]["test"] > 0.95
