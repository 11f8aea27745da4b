import numpy as np
import pytest
from scipy import sparse

from mlcli.core.matrices import row_normalised


@pytest.mark.parametrize("kind", [np.array, sparse.csr_array])
def test_rows_are_divided_by_the_sum_of_sizes(kind: type) -> None:
    X = kind([[1.0, -3.0], [0.0, 0.0], [0.0, 5.0]])
    out = row_normalised(X)
    assert isinstance(out, type(X))
    dense = out if isinstance(out, np.ndarray) else out.toarray()
    np.testing.assert_array_equal(dense, [[0.25, -0.75], [0, 0], [0, 1]])
