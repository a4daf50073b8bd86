"""Whom to ask a corp about, and what is to be written of its answer. Pure; all moments are arguments.

The corp answers for who came lately (developer.work.weixin.qq.com/document/path/95159), so nobody is asked about by the calendar: whoever
was told without a unionid is asked about again only when they come again, and not before `AGAIN_AFTER`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from siyu.base.vault import Vault
from siyu.pool import Fact, Kind, normal
from siyu.sources.desk.words import Met, Visitor
from siyu.vendors.wecom import shapes

AGAIN_AFTER = timedelta(days=7)
A_CALL = 100  # the most whom one question may name
_COMING = ("desk.entered", "message.received")
_LONGEST = 500
_LONGEST_REST = timedelta(days=1)


def came(facts: Iterable[Fact]) -> list[str]:
    """The external_userids of who wrote or came in, each once."""
    return list(dict.fromkeys(fact.identifiers[0].value for fact in facts if fact.type in _COMING))


def to_ask(seen: Iterable[Visitor], now: datetime) -> list[int]:
    """Of those who just came, whom to ask about: the numbers of their identifiers."""
    return [
        one.identifier_id
        for one in seen
        if not (one.has_unionid or one.is_told or one.is_waiting) and (one.asked_at is None or one.asked_at <= now - AGAIN_AFTER)
    ]


def at_once(tries: int) -> int:
    """How many to ask about together after refusals in a row: fewer each time, so that one who spoils the question is left alone in it."""
    return max(1, A_CALL >> tries)


def rest_for(tries: int, asked_for: timedelta | None) -> timedelta:
    """How long to leave the corp in peace after so many refusals in a row; `asked_for` is what the vendor itself says."""
    return asked_for if asked_for is not None else min(_LONGEST_REST, timedelta(minutes=1) * 2 ** min(tries - 1, 11))


def met(vault: Vault, corp: str, asked: Sequence[Visitor], told: Iterable[shapes.DeskCustomer], now: datetime) -> Met:
    """The answer as facts: who somebody is, or where no unionid is told only what they call themselves. The same answer is the same fact;
    of whom nobody asked nothing is taken.
    """
    answers = {one.external_userid: one for one in told}
    facts: list[Fact] = []
    is_told: dict[int, bool] = {}
    for visitor in asked:
        is_told[visitor.identifier_id] = False
        who = normal.identifier(Kind.EXTERNAL_USERID, visitor.external_userid, corp)
        answer = answers.get(visitor.external_userid)
        if who is None or answer is None:
            continue
        union = normal.identifier(Kind.UNIONID, answer.unionid) if answer.unionid else None
        nickname = normal.written(answer.nickname)[:_LONGEST]
        is_told[visitor.identifier_id] = union is not None
        if union is None and not nickname:
            continue
        digest = vault.lookup("desk", who.value, union.value if union else "", nickname).hex()
        personal = {"nickname": nickname} if nickname else {}
        if union is None:
            facts.append(Fact("profile.stated", f"profile.stated:{who.value}:{digest}", now, (who,), personal=personal))
        else:
            data = {"corp": corp, "by": "desk"}
            facts.append(Fact("identity.stated", f"identity.stated:{who.value}:{digest}", now, (who, union), data=data, personal=personal))
    return Met(tuple(facts), is_told)
