"""What customers did that opens a channel, read from the log of facts."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from siyu.base.db import Connection
from siyu.gate.columns import Ints, fetch, moment, span
from siyu.gate.store import Q
from siyu.gate.windows import NEVER_ENDS, Opening, concerned
from siyu.gate.words import Deed, GateRules

_TYPES = {
    Deed.MESSAGE: "message.received", Deed.PRESS: "message.received", Deed.FOLLOW: "account.followed",
    Deed.ACCEPT: "subscription.accepted", Deed.ENTER: "desk.entered",
}  # fmt: skip


def look(
    conn: Connection,
    rules: GateRules,
    channels: Sequence[str],
    used: Collection[tuple[str, str]],
    templates: Sequence[str],
    ids: Ints,
    owner: Ints,
    people: int,
    now: int,
) -> tuple[Opening, ...]:
    """What the people (`owner` numbers each of their `ids`) opened by now.

    `used` are the channels and templates that are asked for, `templates` the names that the numbers of templates stand for.
    """
    asked = [
        (rule, window, template)
        for rule, window in concerned(rules, channels)
        for template in (sorted({t for c, t in used if c == window.channel}) if window.after is Deed.ACCEPT else [""])
    ]
    if not asked:
        return ()
    rows, subject, first, last, many = fetch(
        conn,
        Q.see_deeds,
        {
            "ids": ids,
            "types": [_TYPES[w.after] for _, w, _ in asked],
            "ofs": [w.of for _, w, _ in asked],
            "presses": [w.after is Deed.PRESS for _, w, _ in asked],
            "sinces": [moment(now - span(w.within)) for _, w, _ in asked],
            "templates": [template for _, _, template in asked],
            "now": moment(now),
        },
    )
    found = []
    for place, (rule, window, template) in enumerate(asked, 1):
        mine = rows == place
        who = owner[np.searchsorted(ids, subject[mine])]
        since, until = np.full(people + 1, NEVER_ENDS), np.zeros(people + 1, dtype=np.int64) - NEVER_ENDS
        allowed = np.zeros(people + 1, dtype=np.int64)
        if window.after is Deed.ACCEPT:  # each yes is good for so many messages, and waits as long as it is remembered
            np.minimum.at(since, who, first[mine])
            np.add.at(allowed, who, many[mine] * window.n)
            until[who] = NEVER_ENDS
        else:
            until[who] = -NEVER_ENDS
            np.maximum.at(until, who, last[mine] + span(window.within))
            since[who] = until[who] - span(window.within)
            allowed[who] = window.n
        number = templates.index(template) if window.after is Deed.ACCEPT else -1
        found.append(Opening(rule, since, allowed, until, number))
    return tuple(found)
