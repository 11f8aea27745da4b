"""A lesson as JSON, version `mlcli.lesson/1`: every step and figure without loss, the same bytes for the same call.

ASCII only, so that no character of a file reaches a console raw; NaN and infinities are spelled as strings.
The schema is `schemas/lesson-1.json` in this folder.
"""

import dataclasses
import json
import math
from typing import Any

import numpy as np

import mlcli
from mlcli.lesson import Check, Figure, Lesson, Result, Table, Values

SCHEMA = "mlcli.lesson/1"


def document(lesson: Lesson) -> dict[str, Any]:
    """The lesson as plain lists, dicts, strings and numbers."""
    return {"schema": SCHEMA, "versions": versions(), **_plain(lesson)}


def versions() -> dict[str, str]:
    """What the numbers depend on."""
    return {"mlcli": mlcli.__version__, "numpy": np.__version__}


def dumps(plain: dict[str, Any]) -> str:
    """Two spaces a level, but an array of numbers stays on one line; ends with a line feed."""
    return _indented(plain, "") + "\n"


def _plain(value: Any) -> Any:
    match value:
        case Result(answer=answer):
            table = isinstance(answer, Table)
            return {
                "symbol": answer.name,
                "axes": list(answer.columns if table else answer.axes),
                "values": _plain(answer.rows if table else answer.values),
                "figures": [_plain(figure) for figure in (answer, *value.drawn)],
            }
        case np.ndarray():
            return _numbers(value)
        case float():
            return _number(value)
        case tuple() | list():
            return [_plain(item) for item in value]
        case _ if dataclasses.is_dataclass(value):
            kind = {"kind": type(value).__name__.lower()} if isinstance(value, Figure) else {}
            passed = {"passed": value.passed} if isinstance(value, Check) else {}
            return (
                kind | {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)} | passed
            )
        case _:
            return value


def _numbers(values: Values) -> Any:
    if values.dtype.kind == "f" and np.all(np.isfinite(values)):
        whole = np.all(values == np.floor(values)) and np.all(np.abs(values) < 2**53)
        return (values.astype(np.int64) if whole else values).tolist()
    return _plain(values.tolist())


def _number(value: float) -> int | float | str:
    if not math.isfinite(value):
        return str(value)  # "nan", "inf", "-inf": JSON has no literals for them
    return int(value) if value == int(value) and abs(value) < 2**53 else value


def _indented(value: Any, indent: str) -> str:
    inner = indent + "  "
    if isinstance(value, dict) and value:
        rows = [f"{inner}{json.dumps(key)}: {_indented(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        rows = [inner + _indented(item, inner) for item in value]
        return "[\n" + ",\n".join(rows) + f"\n{indent}]"
    return json.dumps(value, allow_nan=False)
