"""Which of a batch of members the gate is asked about; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from siyu.journeys.words import Member, Same


def divided(batch: Sequence[Member], currents: Mapping[int, int], same: Sequence[Same]) -> tuple[list[Member], dict[int, str]]:
    """Whom to ask about, and whom to set aside with the reason.

    `currents` gives today's person of each member; one without is gone (erased). People enrolled under two names who have since turned
    out to be one are asked about once: as the smallest of their ids, unless another of them was asked about already.
    """
    by_person: dict[int, list[Same]] = defaultdict(list)
    for one in same:
        by_person[one.current].append(one)
    ask, aside = [], {}
    for member in batch:
        current = currents.get(member.person_id)
        if current is None:
            aside[member.person_id] = "gone"
            continue
        others = [one for one in by_person[current] if one.person_id != member.person_id]
        if any(one.is_asked or one.person_id < member.person_id for one in others):
            aside[member.person_id] = "merged"
        else:
            ask.append(member)
    return ask, aside
