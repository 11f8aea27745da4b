"""A training as JSON, version `mlcli.run/1`: every epoch of every run; the schema is `schemas/run-1.json`."""

import dataclasses
import math
from typing import Any

from mlcli.core.training import Epoch, Run, Study, compare, weight_count
from mlcli.core.training_mistakes import by_class, worst
from mlcli.lesson import Check

SCHEMA = "mlcli.run/1"


def run_document(study: Study, checks: tuple[Check, ...] = ()) -> dict[str, Any]:
    """The study as plain lists, dicts, strings and numbers."""
    summary = dataclasses.asdict(study.summary)
    classes = None if study.confusion is None else by_class(study.confusion)
    return {
        "schema": SCHEMA,
        "versions": dict(study.versions),
        "model": study.model,
        "score": {"name": study.score.name, "better": "higher" if study.score.higher else "lower",
                  "share": study.score.share},
        "data": {**summary, "classes": list(study.summary.classes), "read": list(study.summary.read),
                 "sha256": study.digest},
        "settings": dict(study.settings),
        "changed": list(study.changed),
        "threads": study.threads,
        "device": study.device,
        "mixed_precision": study.mixed_precision,
        "seeds": [run.seed for run in study.runs],
        "weights": {
            "total": weight_count(study.parameters),
            "arrays": [{"name": name, "shape": list(shape), "count": weight_count([(name, shape)])}
                       for name, shape in study.parameters],
        },
        "result": {
            "test_score": study.mean,
            "deviation": study.deviation,
            "runs": len(study.runs),
            "best_seed": study.best.seed,
            "published": _published(study),
            "more": dict(study.more),
            "confusion": None if study.confusion is None else study.confusion.tolist(),
            "classes": classes and [dataclasses.asdict(result) for result in classes],
            "worst": classes and (pair := worst(classes)) and dataclasses.asdict(pair),
        },
        "runs": [_run(run) for run in study.runs],
        "checks": [_check(check) for check in checks],
    }  # fmt: skip


def _check(check: Check) -> dict[str, Any]:
    difference = check.difference if math.isfinite(check.difference) else str(check.difference)
    return dataclasses.asdict(check) | {"difference": difference, "passed": check.passed}


def _published(study: Study) -> dict[str, Any] | None:
    if study.published is None:
        return None
    return dataclasses.asdict(study.published) | dataclasses.asdict(compare(study.mean, study.published, study.score))


def _run(run: Run) -> dict[str, Any]:
    """The epochs as columns, a list of numbers each."""
    columns = {
        field.name: [_finite(getattr(epoch, field.name)) for epoch in run.epochs] for field in dataclasses.fields(Epoch)
    }
    return {
        "seed": run.seed,
        "kept": run.kept,
        "stopped": run.stopped,
        "train_score": _finite(run.train_score),
        "validation_score": run.validation_score,
        "test_score": run.test_score,
        "more": dict(run.more),
        "confusion": None if run.confusion is None else run.confusion.tolist(),
        "epochs": columns,
        "gradients": {layer: [_finite(norm) for norm in norms] for layer, norms in run.gradients.items()},
    }


def _finite(value: float) -> float | None:
    """None for what was not measured."""
    return value if math.isfinite(value) else None
