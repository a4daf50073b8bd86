"""`siyu trace PERSON`: what happened, newest last, and why each message was sent or not."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from siyu import gate, pool
from siyu.base.money import show
from siyu.cli.opening import opened
from siyu.cli.screen import command, language, plain, report, word
from siyu.cli.whom import one_person


def add(subparsers: Any) -> None:
    """The grammar of this command."""
    made = command(subparsers, "trace", word("cli.trace_about"), run)
    made.add_argument("person", metavar="PERSON", help=word("cli.person_identifier"))
    made.add_argument("--limit", type=int, default=50, help=word("cli.trace_limit"))


def run(args: argparse.Namespace) -> int:
    """Print the timeline and the gate's answers, in the brand's time zone."""
    with opened(args) as ground, ground.db.tx() as conn:
        person_id = one_person(ground, conn, args.person)
        moments = pool.timeline(ground, conn, person_id, limit=args.limit)
        asked = gate.why(conn, person_id, language(), args.limit)
        zone = ZoneInfo(pool.brand(conn).time_zone)
    value = {"person_id": person_id, "time_zone": zone.key, "timeline": plain(moments), "messages": plain(asked)}
    report(args, value, _lines(person_id, moments, asked, zone))
    return 0


def _lines(person_id: int, moments: Sequence[pool.Moment], asked: Sequence[gate.Asked], zone: ZoneInfo) -> Iterator[str]:
    lang = language()
    told: list[tuple[datetime, str]] = []
    for moment in moments:
        amount = show(moment.amount_minor, moment.currency or "", lang=lang) if moment.amount_minor is not None else ""
        told.append((moment.occurred_at, f"{moment.type:22} {moment.object or '':20} {amount:>14}  {moment.source}".rstrip()))
    for one in asked:
        head = word(
            "cli.trace_asked", channel=one.channel, purpose=one.purpose, origin=one.origin, number=one.origin_id, state=one.state_words
        )
        told.append((one.asked_at, head))
        told += [(said.judged_at, f"    {said.reason}") for said in one.said]
    yield f"#{person_id}  {zone.key}"
    for at, text in sorted(told, key=lambda pair: pair[0]):
        yield f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}  {text}"
    if not asked:
        yield word("cli.trace_never_asked")
