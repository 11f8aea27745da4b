"""Means and deviations of a table once more, by Python's own statistics, in exact fractions."""

import statistics

from mlcli.core.reproduction import Reproduction
from mlcli.lesson import Check

TOLERANCE = 1e-12


def against_statistics(found: Reproduction) -> Check:
    """Every row's mean, and its deviation where it has one."""
    differences = [0.0]
    for row in found.rows:
        scores = row.scores.tolist()
        differences.append(abs(row.mean - statistics.mean(scores)))
        if row.deviation is not None:
            differences.append(abs(row.deviation - statistics.stdev(scores)))
    return Check("Python's statistics, the means and deviations", max(differences), TOLERANCE)
