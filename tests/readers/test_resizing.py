from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from mlcli.readers.images import read_image
from mlcli.readers.labelled_pictures import read_pictures
from mlcli.readers.resizing import fitted


def photograph() -> Image.Image:
    """427×640, by somebody else, for another purpose."""
    import sklearn

    return Image.open(Path(sklearn.__file__).parent / "datasets" / "images" / "flower.jpg")


@pytest.mark.parametrize(("height", "width"), [(28, 28), (17, 29), (61, 13)])
def test_a_photograph_is_cut_and_resized_as_pillow_does_it(tmp_path: Path, height: int, width: int) -> None:
    photograph().save(tmp_path / "flower.png")
    values, read = fitted(read_image(tmp_path / "flower.png").values, height, width)
    size, how = (width, height), Image.Resampling.BILINEAR
    cut, squeezed = ImageOps.fit(photograph(), size, how), photograph().resize(size, how)
    near, far = (abs(values - np.asarray(theirs).transpose(2, 0, 1) / 255).mean() for theirs in (cut, squeezed))
    assert near < 0.01 < 0.03 < far, "Pillow cuts half a pixel elsewhere"
    assert [said.split()[0] for said in read] == ["cut", "resized"]


def test_nothing_is_done_to_a_picture_that_fits_and_a_strip_keeps_a_pixel() -> None:
    values = np.random.default_rng(0).random((3, 7, 5)).astype(np.float32).astype(np.float64)
    same, read = fitted(values, 7, 5)
    assert (same == values).all() and read == ()
    assert fitted(values[:, :1], 2, 11)[0].shape == (3, 2, 11)


def test_pictures_to_train_on_are_made_ready_as_those_that_are_asked_about(tmp_path: Path) -> None:
    for name in ("bees", "flowers"):
        (tmp_path / name).mkdir()
        for k in range(3):
            photograph().rotate(90 * k, expand=True).save(tmp_path / name / f"{k}.png")
    found = read_pictures(str(tmp_path), 0, side=11)
    for k, pixels in enumerate(found.values[:3]):
        due, _ = fitted(read_image(tmp_path / "bees" / f"{k}.png").values, 11, 11)
        np.testing.assert_array_equal(pixels, np.rint(due * 255))
    assert "6 pictures cut to the middle square, so that nothing is squeezed" in found.read
