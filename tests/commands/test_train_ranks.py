"""Two processes under torch's launcher, as a user starts them."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

ROOT = Path(__file__).parents[2]
LAUNCHER = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m")


def test_two_processes_make_of_a_network_what_one_makes_of_it(mlcli: Callable, tmp_path: Path) -> None:
    line = ("train", "cnn", "--epochs", "1", "--save")
    alone = mlcli(*line, str(tmp_path / "one"))
    shared = subprocess.run(
        [*LAUNCHER, "mlcli", *line, str(tmp_path / "two")], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert (alone.status, shared.returncode) == (0, 0), shared.stderr
    assert shared.stdout.splitlines()[0] == alone.stdout.splitlines()[0]
    assert shared.stdout.count("test accuracy") == alone.stdout.count("test accuracy")  # told once
    one, two = (load_file(tmp_path / name / "model.safetensors") for name in ("one", "two"))
    for name, weights in one.items():
        np.testing.assert_allclose(two[name], weights, rtol=0, atol=1e-6)
