from pathlib import Path

import pytest

import mlcli
from mlcli.core.errors import InputError
from mlcli.datasets.samples import folder, sample


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with sample_data/ beside it."""
    (tmp_path / "mlcli").mkdir()
    (tmp_path / "sample_data").mkdir()
    (tmp_path / "sample_data" / "edges.csv").touch()
    monkeypatch.setattr(mlcli, "__file__", str(tmp_path / "mlcli" / "__init__.py"))
    return tmp_path


def test_beside_the_package_in_a_checkout(checkout: Path):
    assert sample("edges.csv") == checkout / "sample_data" / "edges.csv"


def test_inside_the_package_when_installed(checkout: Path):
    (checkout / "sample_data").rename(checkout / "mlcli" / "sample_data")
    assert sample("edges.csv") == checkout / "mlcli" / "sample_data" / "edges.csv"


@pytest.mark.usefixtures("checkout")
@pytest.mark.parametrize("name", ["edge.csv", "../mlcli", ""])
def test_no_such_sample(name: str):
    with pytest.raises(InputError, match="there is no sample") as error:
        sample(name)
    assert error.value.hint == "choose one of edges.csv"


def test_this_checkout_has_its_samples():
    assert folder().is_dir()
