"""Keeping rules, trying them, and what they did."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from siyu import content, gate, pool
from siyu.base.db import Connection
from siyu.base.errors import InputError, NotFoundError
from siyu.base.ground import Ground
from siyu.journeys.answers import store
from siyu.journeys.answers.coming import MOST_SAID, unopened
from siyu.journeys.answers.deciding import choose, plain
from siyu.journeys.answers.flow import STAFF_FOR
from siyu.journeys.answers.store import Q
from siyu.journeys.answers.words import CHANNELS, Draft, Handover, Matching, Occasion, Outcome, Rule, RuleCount, Tried

_HOUR = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_MOST_KEYWORDS, _LONGEST_KEYWORD, _LONGEST_NAME, MOST_CONTENTS = 50, 40, 80, 5
_LONGEST_COOLDOWN = timedelta(days=7)


def keep(ground: Ground, conn: Connection, draft: Draft, *, by: str = "", answer_id: int | None = None) -> Rule:
    """Keep a new rule, or change one. Raises `InputError` naming the field, `NotFoundError`."""
    words = _checked(conn, draft) | {"by": by, "at": ground.clock.now()}
    if answer_id is None:
        row = conn.execute(Q.insert_rule, words).fetchone()
        if row is None:
            raise InputError("There is a rule of this name.", "Choose another name, or change that rule.", field="name")
        return see(conn, int(row[0]))
    see(conn, answer_id)
    if not conn.execute(Q.update_rule, words | {"answer_id": answer_id}).rowcount:
        raise InputError("There is a rule of this name.", "Choose another name, or change that rule.", field="name")
    return see(conn, answer_id)


def _checked(conn: Connection, draft: Draft) -> dict[str, Any]:
    name = draft.name.strip()
    if not name or len(name) > _LONGEST_NAME:
        raise InputError("The rule has no usable name.", f"Write 1 to {_LONGEST_NAME} characters.", field="name")
    if draft.occasion not in set(Occasion):
        raise InputError("There is no such occasion.", f"Use {', '.join(Occasion)}.", field="occasion")
    is_greeting = draft.occasion == Occasion.COMING
    keywords = [] if is_greeting else list(dict.fromkeys(word.strip() for word in draft.keywords if word.strip()))
    if not is_greeting and (not keywords or len(keywords) > _MOST_KEYWORDS):
        raise InputError("The number of keywords is not possible.", f"Write 1 to {_MOST_KEYWORDS} keywords.", field="keywords")
    for word in keywords:
        is_any = draft.matching == Matching.PATTERN and keywords == ["*"]  # the answer to whatever no other rule knows
        if len(word) > _LONGEST_KEYWORD or not (plain(word).strip("*?") or is_any):
            raise InputError("A keyword is too long or has no letters.", f"Use 1 to {_LONGEST_KEYWORD} letters.", field="keywords")
    if not is_greeting and draft.matching not in set(Matching):
        raise InputError("There is no such way to match.", f"Use {', '.join(Matching)}.", field="matching")
    if not draft.channels or not set(draft.channels) <= set(CHANNELS):
        raise InputError("No channel is chosen.", f"Use {', '.join(CHANNELS)}.", field="channels")
    for field in ("from_hour", "to_hour"):
        value = getattr(draft, field)
        if value and not _HOUR.fullmatch(value):
            raise InputError("This is not a time of day.", "Write it as 09:00.", field=field)
    if bool(draft.from_hour) != bool(draft.to_hour) or (draft.from_hour and draft.from_hour == draft.to_hour):
        raise InputError("The hours need a beginning and another end.", "Write both, or none.", field="to_hour")
    if not 0 <= draft.priority <= 100:
        raise InputError("The priority is not possible.", "Use 0 to 100.", field="priority")
    if not timedelta(0) <= draft.cooldown <= _LONGEST_COOLDOWN:
        raise InputError("The pause is not possible.", "Use nothing to seven days.", field="cooldown")
    is_handover = draft.is_handover and not is_greeting  # nobody asks for a person by coming
    if not is_handover and not draft.content_ids:
        raise InputError("There is nothing to answer.", "Choose an article, a product or a how-to.", field="content_ids")
    most = MOST_SAID if is_greeting else MOST_CONTENTS
    if len(draft.content_ids) > most:
        raise InputError("Too many messages.", f"The platforms take {most} for each message of a customer.", field="content_ids")
    for content_id in draft.content_ids:
        version = content.kept(conn, content_id)
        if version is None or version.channel not in content.CHATS:
            raise InputError(
                "A content is not made for chats.", "Choose contents of official-account chat or 微信客服.", field="content_ids"
            )
    return {
        "name": name, "account": draft.account.strip(), "channels": list(draft.channels), "keywords": keywords,
        "matching": str(Matching.CONTAINS if is_greeting else draft.matching), "priority": draft.priority, "from_hour": draft.from_hour,
        "to_hour": draft.to_hour, "content_ids": list(draft.content_ids), "is_handover": is_handover, "cooldown": draft.cooldown,
        "occasion": str(draft.occasion),
    }  # fmt: skip


def see(conn: Connection, answer_id: int) -> Rule:
    """One rule. Raises `NotFoundError`."""
    found = store.rules(conn, answer_id)
    if not found:
        raise NotFoundError("There is no such rule.", "Choose one from the list.")
    return found[0]


def all_kept(conn: Connection) -> list[Rule]:
    """All rules, the strongest first."""
    return store.rules(conn)


def switch(ground: Ground, conn: Connection, answer_id: int, *, is_on: bool, by: str = "") -> None:
    """Let a rule speak, or not. Raises `NotFoundError`."""
    see(conn, answer_id)
    conn.execute(Q.switch, {"answer_id": answer_id, "is_on": is_on, "by": by, "at": ground.clock.now()})


def tried(ground: Ground, conn: Connection, channel: str, account: str, said: str, at: datetime | None = None) -> Tried:
    """What would answer these words now, or at another moment: nothing is sent or remembered."""
    clock = (at or ground.clock.now()).astimezone(ZoneInfo(pool.brand(conn).time_zone))
    fit = choose(store.rules(conn), channel, account, said, f"{clock:%H:%M}")
    return Tried(fit[0] if fit else None, tuple(fit[1:]))


def counts(conn: Connection, since: datetime) -> dict[int, RuleCount]:
    """What each rule did since a moment; 0 = the messages that none fitted."""
    return {row[0]: RuleCount(*row) for row in conn.execute(Q.counts, {"since": since})}


def never_open(conn: Connection) -> list[str]:
    """The channels (official, kf) with a greeting for which the brand's own `gate.windows` has no line: nobody is greeted there."""
    return unopened(store.rules(conn), gate.rules(conn).windows)


def ungreeted(conn: Connection, since: datetime) -> dict[Outcome, int]:
    """How many people came since a moment and were not greeted, by why; where no greeting is switched on nobody is counted."""
    return {Outcome(row[0]): row[1] for row in conn.execute(Q.ungreeted, {"since": since})}


def handovers(ground: Ground, conn: Connection, *, with_ended: bool = False, limit: int = 100) -> list[Handover]:
    """Conversations that a person should take, the newest first."""
    since = ground.clock.now() - STAFF_FOR
    return [Handover(*row) for row in conn.execute(Q.handovers, {"with_ended": with_ended, "since": since, "limit": limit})]


def end_handover(ground: Ground, conn: Connection, handover_id: int) -> bool:
    """A person is done with a conversation: keywords answer again. False when it was ended before."""
    return conn.execute(Q.end_handover, {"handover_id": handover_id, "at": ground.clock.now()}).rowcount > 0
