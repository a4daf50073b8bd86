"""Dividing people: a persistent hash within strata, so that both arms look alike in what was known before."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from siyu.base.ids import bucket_of
from siyu.journeys.words import Drawn, Past

_BUCKETS = 2**62
BANDS = 4


def draw(past: Past, share: float, salt: str) -> Drawn:
    """Hold out `share` of the people.

    People are put in order by stratum and, within it, by the hash of (salt, person); then every 1/share-th is held out, from a start that
    the salt gives. So each person is held out with probability `share` exactly; every stratum gives up its share to within one person,
    and so do all of them together; and the same people with the same salt are divided the same way, whoever asks and however often.
    """
    hashes = np.fromiter((bucket_of(salt, int(person), _BUCKETS) for person in past.person_ids), dtype=np.int64, count=len(past.person_ids))
    strata = strata_of(past)
    ranks = np.empty(len(hashes), dtype=np.int64)
    ranks[np.lexsort((past.person_ids, hashes, strata))] = np.arange(len(hashes))
    start = bucket_of(salt, 0, _BUCKETS) / _BUCKETS
    is_control = np.floor(start + (ranks + 1) * share) > np.floor(start + ranks * share)
    return Drawn(strata, is_control, places(hashes, past.person_ids, is_control))


def strata_of(past: Past) -> NDArray[np.str_]:
    """Stage and band of spend before: `drifting 3`. Band 0 spent nothing; 1 to 4 are quarters of those who spent."""
    bands = np.zeros(len(past.person_ids), dtype=np.int64)
    spent = past.before_minor > 0
    if spent.any():
        edges = np.quantile(past.before_minor[spent], [q / BANDS for q in range(1, BANDS)])
        bands[spent] = 1 + np.searchsorted(edges, past.before_minor[spent], side="left")
    return np.char.add(np.char.add(past.stages.astype(str), " "), bands.astype(str))


def places(hashes: NDArray[np.int64], person_ids: NDArray[np.int64], is_control: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The order of sending: by hash, so that no kind of person comes first. A place is the number of treated people before it; held-out
    people take places too, because their measuring window opens when their turn would have come."""
    order = np.lexsort((person_ids, hashes))
    before = np.cumsum(~is_control[order])
    found = np.empty(len(order), dtype=np.int64)
    found[order] = before - ~is_control[order]
    return found


def seconds_to(place: int, rate_per_minute: int | None) -> float:
    """How long after the start a place's turn comes, to the microsecond. Without a rate every turn comes at once; the gate then hands
    messages out in the order in which they were asked for, which is that of the places."""
    return math.floor(place * 60e6 / rate_per_minute) / 1e6 if rate_per_minute else 0.0
