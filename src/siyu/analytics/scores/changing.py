"""Which scores are worth a fact: only those that changed enough, so that a million people do not write a million facts a day.

A person's scores are written when one of these holds: there are none yet; the value moved by more than a twentieth of itself and by more
than a hundredth of the average person's; the risk moved by more than 0.05; the score is as old as `renew_days`, on that person's day of
the round (a person number's remainder spreads the renewals evenly). Value and risk are written together, so that they stand for one run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from siyu.analytics.scores.words import Opinion
from siyu.analytics.value.purchases import Ints

SHARE = 0.05  # of its own value
OF_AVERAGE = 0.01  # of the average person's value
RISK = 0.05


@dataclass(frozen=True)
class Standing:
    """The scores that stand of some people: value in minor units, risk, and the older moment of the two. NaN and None = there is none."""

    clv_minor: Mapping[int, float]
    churn: Mapping[int, float]
    as_of: Mapping[int, datetime]


def changed(
    people: Ints, o: Opinion, part: slice, standing: Standing, average_minor: float, now: datetime, renew_days: int
) -> NDArray[np.bool_]:
    """Of the customers in `part`, whose scores are worth a fact."""
    mine = people[o.who[part]]
    old_clv = np.array([standing.clv_minor.get(int(one), np.nan) for one in mine])
    old_churn = np.array([standing.churn.get(int(one), np.nan) for one in mine])
    oldest = now - timedelta(days=renew_days)
    is_old = np.array([(at := standing.as_of.get(int(one))) is not None and at <= oldest for one in mine], dtype=bool)
    is_its_day = is_old | _is_round(mine, standing, now, renew_days)
    moved = np.abs(o.clv_minor[part] - old_clv)
    is_other = (moved > SHARE * np.abs(old_clv)) & (moved > OF_AVERAGE * average_minor)
    is_missing = np.isnan(old_clv) | np.isnan(old_churn)
    result: NDArray[np.bool_] = is_missing | is_other | (np.abs(o.churn[part] - old_churn) > RISK) | is_its_day
    return result


def _is_round(mine: Ints, standing: Standing, now: datetime, renew_days: int) -> NDArray[np.bool_]:
    """Whether it is the day of the person's number, for scores that are at least half a round old."""
    today = now.toordinal() % renew_days
    half = now - timedelta(days=renew_days / 2)
    ripe = np.array([(at := standing.as_of.get(int(one))) is not None and at <= half for one in mine], dtype=bool)
    result: NDArray[np.bool_] = ripe & (mine % renew_days == today)
    return result
