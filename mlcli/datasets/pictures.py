"""Inputs for a convolution that are at hand without a file: the lecture's letters, an edge, a photograph."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def letters() -> NDArray[np.float64]:
    """(1, 5, 5): a … y of the slide, as 1 … 25."""
    return np.arange(1.0, 26.0).reshape(1, 5, 5)


def letters_of_three() -> NDArray[np.float64]:
    """(3, 7, 7): a1 b1 … of the slide's three channels; a1 is 1.1, b1 2.1, a2 1.2."""
    return np.arange(1.0, 50.0).reshape(7, 7) + np.array([0.1, 0.2, 0.3]).reshape(3, 1, 1)


def edge() -> NDArray[np.float64]:
    """(1, 6, 8): dark on the left, bright on the right."""
    return np.repeat([0.0, 1.0], 4)[np.newaxis, np.newaxis].repeat(6, axis=1)


def photograph() -> Path:
    """A temple in China, 427×640, colour: the photograph that scikit-learn ships (found without importing it)."""
    package = find_spec("sklearn")
    assert package is not None and package.submodule_search_locations is not None  # it is a dependency
    return Path(package.submodule_search_locations[0], "datasets", "images", "china.jpg")
