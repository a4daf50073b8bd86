"""Predicted against happened, by decile of the prediction and by cohort: what a total can hide.

Customers are put in order by what a model predicted for them at an origin, cut into ten equal parts (ties by their number, so that the
answer repeats), and the parts of all origins are added up. A model that ranks well has falling columns; one that is calibrated has equal
ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from siyu.analytics.value.backtest import Look
from siyu.analytics.value.purchases import Ints

PARTS = 10


@dataclass
class Calibration:
    """Adds up the looks of a backtest; give its `see` to `rounds_of`."""

    deciles: dict[tuple[str, int], list[float]] = field(default_factory=dict)
    cohorts: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def see(self, look: Look) -> None:
        """Take in one model at one origin."""
        n = len(look.predicted)
        order = np.lexsort((np.arange(n), -look.predicted))
        part = np.empty(n, dtype=np.int64)
        part[order] = np.arange(n) * PARTS // max(n, 1)
        for number, row in enumerate(_sums(look, part, PARTS)):
            _add(self.deciles, (look.model, number + 1), row)
        first = look.origin_day - np.round(look.histories.t_obs * 7).astype(np.int64)
        quarter = first.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) // 3
        begin = int(quarter.min()) if n else 0
        for number, row in enumerate(_sums(look, quarter - begin, int(quarter.max()) - begin + 1 if n else 0)):
            if row[0]:
                _add(self.cohorts, (look.model, _quarter(begin + number)), row)

    def rows(self) -> list[dict[str, Any]]:
        """All sums, as JSON values: `by` decile or cohort, `part` 1 (the best tenth) to 10 or `2011 Q3`."""
        sums: list[tuple[str, Any, list[float]]] = [("decile", key, row) for key, row in sorted(self.deciles.items())]
        sums += [("cohort", key, row) for key, row in sorted(self.cohorts.items())]
        return [
            {"by": by, "model": model, "part": part, "customers": int(row[0]), "predicted": row[1], "happened": row[2],
             "predicted_minor": row[3], "happened_minor": row[4]}
            for by, (model, part), row in sums
        ]  # fmt: skip


def _sums(look: Look, part: Ints, parts: int) -> list[list[float]]:
    columns = [np.bincount(part, minlength=parts).astype(float)]
    for values in (look.predicted, look.happened, look.predicted_minor, look.happened_minor):
        columns.append(np.bincount(part, weights=values, minlength=parts))
    found: list[list[float]] = np.column_stack(columns).tolist()
    return found


def _add(into: dict[Any, list[float]], key: Any, row: list[float]) -> None:
    known = into.get(key)
    into[key] = row if known is None else [a + b for a, b in zip(known, row, strict=True)]


def _quarter(number: int) -> str:
    return f"{1970 + number // 4} Q{number % 4 + 1}"
