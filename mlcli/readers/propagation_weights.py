"""The weights of a graph network in a file: a matrix, a stack of them, NumPy's .npz, or a lesson that --json wrote.

A name says which weight it is and of which layer: W_0, B_0, b_0, a_source_0, a_target_0, W_target_0, a_0, W2_0, b2_0,
eps_0. Without a layer's number, and in a matrix alone, they are those of every layer. Heads stand side by side: W_0 is
(F_in, K·F_out).
"""

import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.propagation_layers import Rule
from mlcli.core.propagation_weights import Shape, Weights
from mlcli.readers.matrices import read_matrix
from mlcli.readers.source import Source, read_source
from mlcli.readers.wording import listed

Array = NDArray[np.float64]
KINDS = ("W", "B", "b", "a_source", "a_target", "W_target", "a", "W2", "b2", "eps")


@dataclass(frozen=True, eq=False)
class WeightFile:
    """Arrays by their names, as they stand in the file."""

    where: str
    arrays: dict[str, Array]

    def find(self, kind: str, k: int) -> Array | None:
        """The weight of this kind in layer k, or None."""
        return self.arrays.get(f"{kind}_{k}", self.arrays.get(kind))


def read_weights(path: str | Path, kind: str = "W") -> WeightFile:
    """What is in `path`.

    Args:
        kind: what a file without names holds: W or B.

    Raises:
        InputError: the file cannot be read (see `read_source`, `read_matrix`), holds no weight, or one that is no
            array of finite numbers.
    """
    source = read_source(path)
    match Path(path).suffix.lower():
        case ".npz":
            arrays = _npz(source)
        case ".json":
            arrays = _lesson(source)
        case _:
            values = read_matrix(source).values
            arrays = {kind: values} if values.ndim == 2 else {f"{kind}_{k}": matrix for k, matrix in enumerate(values)}
    known = {
        name: array for name, array in arrays.items() if name.rstrip("0123456789").rstrip("_") in KINDS or name in KINDS
    }
    if not known:
        raise InputError(
            "holds no weights", source.where, f"call them {listed([f'{kind}_0' for kind in KINDS], most=9)}"
        )
    for name, array in known.items():
        if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
            raise InputError(f"{name} holds something that is not a finite number", source.where, "replace it")
    return WeightFile(source.where, {name: array.astype(np.float64) for name, array in known.items()})


def layers_from(file: WeightFile, F: int, shape: Shape, rule: Rule, own: bool) -> list[Weights]:
    """The weights of each layer, as `rule` needs them.

    Args:
        F: numbers of a node's features.
        shape: its `hidden` is not used: the file says how many numbers a layer gives.

    Raises:
        InputError: one that the rule needs is missing, or does not fit the layer before it.
    """
    weights, K = [], shape.heads
    for k in range(shape.layers):
        W = _matrix(file, "W", k, F, None)
        if W.shape[1] % K and not shape.shared:
            raise InputError(f"W_{k} has {W.shape[1]} columns, not a multiple of {K} heads", file.where, "see --heads")
        F_out = W.shape[1] if shape.shared else W.shape[1] // K
        joined = F_out * (K if shape.join == "concat" else 1)
        by_head = np.repeat(W[:, None], K, axis=1) if shape.shared else W.reshape(F, K, F_out)
        needs_a = ("a",) if rule == "gatv2" else ("a_source", "a_target") if rule == "gat" else ()
        a = [_heads(file, kind, k, K, F_out) for kind in needs_a] or [np.ones((K, F_out))]
        target = _matrix(file, "W_target", k, F, K * F_out).reshape(F, K, F_out) if rule == "gatv2" else by_head
        eps = file.find("eps", k)
        weights.append(
            Weights(
                W=by_head,
                B=_matrix(file, "B", k, F, F_out) if own and file.find("B", k) is not None else np.eye(F, F_out),
                a_source=a[0],
                a_target=a[-1],
                W_target=target,
                W_2=_matrix(file, "W2", k, F_out, None) if file.find("W2", k) is not None else np.eye(F_out),
                b=_bias(file, "b", k, F_out if rule == "gin" else joined),
                b_2=_bias(file, "b2", k, F_out),
                eps=0.0 if eps is None else float(eps.ravel()[0]),
            )
        )
        F = joined
    return weights


def own_from(file: WeightFile, k: int, F_in: int, F_out: int) -> Array:
    """B_k alone.

    Raises:
        InputError: there is none, or of another size.
    """
    return _matrix(file, "B", k, F_in, F_out)


def _matrix(file: WeightFile, kind: str, k: int, rows: int, columns: int | None) -> Array:
    found = file.find(kind, k)
    if found is None:
        raise InputError(f"holds no {kind}_{k}", file.where, f"it holds {listed(sorted(file.arrays), most=9)}")
    if found.ndim != 2 or found.shape[0] != rows or columns not in (None, found.shape[1]):
        size = "×".join(map(str, found.shape))
        wanted = f"{rows}×{columns}" if columns else f"{rows} rows"
        raise InputError(
            f"{kind}_{k} is {size} where {wanted} fit", file.where, "rows meet the vectors of the layer before"
        )
    return found


def _heads(file: WeightFile, kind: str, k: int, K: int, F_out: int) -> Array:
    found = file.find(kind, k)
    if found is None:
        raise InputError(f"holds no {kind}_{k}", file.where, f"it holds {listed(sorted(file.arrays), most=9)}")
    if found.size != K * F_out:
        raise InputError(
            f"{kind}_{k} has {found.size} numbers where {K}×{F_out} fit", file.where, "a row for each head"
        )
    return found.reshape(K, F_out)


def _bias(file: WeightFile, kind: str, k: int, F: int) -> Array | None:
    found = file.find(kind, k)
    if found is not None and found.size != F:
        raise InputError(f"{kind}_{k} has {found.size} numbers where {F} fit", file.where, "a number for each column")
    return None if found is None else found.ravel()


def _npz(source: Source) -> dict[str, Array]:
    try:
        with np.load(io.BytesIO(source.content), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except Exception as error:  # given a damaged archive, the parser raises almost anything
        cause = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"is no .npz file of arrays: {cause}", source.where, "save it with numpy.savez") from error


def _lesson(source: Source) -> dict[str, Array]:
    try:
        plain = json.loads(source.content)
        figures = [
            f for f in plain["inputs"] if f["kind"] == "tensor" and f["name"].rstrip("0123456789").rstrip("_") in KINDS
        ]
        return {figure["name"]: np.array(figure["values"], dtype=np.float64) for figure in figures}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            "is no lesson that --json has written", source.where, "mlcli gnn-propagate … --json"
        ) from error
