"""When does it pay back? Kaplan & Meier (1958) for events that some have not had yet.

A cohort younger than the payback time has not failed to pay back: it is censored, and is shown so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """Steps of the estimated share that has had the event by each time; `low` and `high` bound it (Greenwood, log-log, 95 %)."""

    times: Floats
    share: Floats
    low: Floats
    high: Floats
    at_risk: NDArray[np.int64]
    censored: int

    def median(self) -> float | None:
        """The time by which half have had the event; None when the data do not reach that far."""
        reached = np.flatnonzero(self.share >= 0.5 - 1e-12)
        return float(self.times[reached[0]]) if len(reached) else None

    def by(self, time: float) -> float:
        """The share by a time."""
        before = np.flatnonzero(self.times <= time)
        return float(self.share[before[-1]]) if len(before) else 0.0


def kaplan_meier(durations: Floats, happened: NDArray[np.bool_]) -> Curve:
    """The curve of one group: how long each was watched, and whether the event came at the end of that time."""
    times = np.unique(durations[happened])
    ordered = np.sort(durations)
    at_risk = len(ordered) - np.searchsorted(ordered, times, side="left")
    events = np.array([int(((durations == t) & happened).sum()) for t in times], dtype=np.int64)
    alive: Floats = np.cumprod(1 - events / at_risk).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(events / (at_risk * (at_risk - events)))
        spread = 1.959964 * np.sqrt(greenwood) / np.abs(np.log(alive))
        low_alive, high_alive = alive ** np.exp(spread), alive ** np.exp(-spread)
    low_alive, high_alive = np.nan_to_num(low_alive, nan=0.0), np.nan_to_num(high_alive, nan=0.0)
    return Curve(times, 1 - alive, 1 - high_alive, 1 - low_alive, at_risk.astype(np.int64), int((~happened).sum()))
