"""`siyu broadcast list | report | create | forecast | start | pause | resume | cancel`: one message to many, and what it caused."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from siyu import analytics, gate, journeys, pool, segments
from siyu.base.errors import InputError
from siyu.base.money import show, to_decimal
from siyu.channels import wecom
from siyu.cli.opening import opened
from siyu.cli.progress import Progress
from siyu.cli.screen import command, family, language, report, table, word
from siyu.cli.segment import rule_of


def add(subparsers: Any) -> None:
    """The grammar of this family of commands."""
    its = family(command(subparsers, "broadcast", word("cli.broadcast_about"), None))
    command(its, "list", word("cli.broadcast_list"), run_list)
    made = command(its, "create", word("cli.broadcast_create"), run_create)
    made.add_argument("name", metavar="NAME")
    made.add_argument("--segment", required=True, metavar="RULE", help=word("cli.segment_rule"))
    made.add_argument("--content", required=True, type=int, metavar="ID", help=word("cli.broadcast_content"))
    made.add_argument("--channel", default="email", metavar="CHANNEL")
    made.add_argument("--purpose", default="marketing", choices=list(gate.Purpose))
    made.add_argument("--holdout", type=float, default=0.1, metavar="SHARE", help=word("cli.broadcast_holdout"))
    made.add_argument("--measure-days", type=float, default=14, metavar="DAYS", help=word("cli.broadcast_measure"))
    made.add_argument("--expire-days", type=float, default=3, metavar="DAYS", help=word("cli.broadcast_expire"))
    made.add_argument("--rate", type=int, default=None, metavar="N", help=word("cli.broadcast_rate"))
    begun = _with_number(its, "start", word("cli.broadcast_start"), run_start)
    begun.add_argument("--at", default=None, metavar="TIME", help=word("cli.broadcast_at"))
    _with_number(its, "forecast", word("cli.broadcast_forecast"), run_forecast)
    _with_number(its, "report", word("cli.broadcast_report"), run_report)
    _with_number(its, "pause", word("cli.broadcast_pause"), run_pause)
    _with_number(its, "resume", word("cli.broadcast_resume"), run_resume)
    _with_number(its, "cancel", word("cli.broadcast_cancel"), run_cancel)


def _with_number(its: Any, name: str, about: str, run: Any) -> argparse.ArgumentParser:
    made = command(its, name, about, run)
    made.add_argument("id", metavar="ID", type=int, help=word("cli.broadcast_number"))
    return made


def run_list(args: argparse.Namespace) -> int:
    """The newest broadcasts first."""
    with opened(args) as ground, ground.db.tx() as conn:
        found = journeys.newest(conn)
    rows = [[one.broadcast_id, one.name, one.channel, one.state, f"{one.members_n:,}", one.started_at or "-"] for one in found]
    head = [word(f"cli.col_{name}") for name in ("number", "name", "channel", "state", "people", "started")]
    value = [_shown(one) for one in found]
    report(args, {"broadcasts": value}, table(head, rows, right=[0, 4]))
    return 0


def _shown(one: journeys.Broadcast) -> dict[str, Any]:
    return {
        "broadcast_id": one.broadcast_id, "name": one.name, "state": one.state, "channel": one.channel, "purpose": one.purpose,
        "content_id": one.content_id, "segment_id": one.segment_id, "holdout_share": float(one.holdout_share),
        "members": one.members_n, "created_at": one.created_at, "start_at": one.start_at, "started_at": one.started_at,
        "measured_at": one.measured_at, "ended_at": one.ended_at,
    }  # fmt: skip


def run_create(args: argparse.Namespace) -> int:
    """Make a draft."""
    with opened(args) as ground, ground.db.tx() as conn:
        draft = journeys.Draft(
            name=args.name, rule=segments.dump(rule_of(conn, args.segment)), channel=args.channel, content_id=args.content,
            segment_id=int(args.segment) if args.segment.isdigit() else None, purpose=args.purpose, holdout_share=args.holdout,
            measure_for=timedelta(days=args.measure_days), expire_for=timedelta(days=args.expire_days), rate_per_minute=args.rate,
            created_by="cli",
        )  # fmt: skip
        number = journeys.make(ground, conn, draft)
        made = journeys.see(conn, number)
    report(args, _shown(made), [word("cli.broadcast_made", name=made.name, number=number)])
    return 0


def run_start(args: argparse.Namespace) -> int:
    """Set it going now, or at a time."""
    at = None
    if args.at:
        try:
            at = datetime.fromisoformat(args.at)
        except ValueError:
            raise InputError(word("cli.broadcast_bad_time"), word("cli.broadcast_bad_time_remedy"), field="at") from None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
    with opened(args) as ground, ground.db.tx() as conn:
        journeys.schedule(ground, conn, args.id, at)
        now = journeys.see(conn, args.id)
    report(args, _shown(now), [word("cli.broadcast_started", name=now.name, at=f"{now.start_at:%Y-%m-%d %H:%M} UTC")])
    return 0


def run_pause(args: argparse.Namespace) -> int:
    """Hold everything that has not gone out."""
    with opened(args) as ground, ground.db.tx() as conn:
        journeys.pause(ground, conn, args.id)
        now = journeys.see(conn, args.id)
    report(args, _shown(now), [word("cli.broadcast_paused", name=now.name)])
    return 0


def run_resume(args: argparse.Namespace) -> int:
    """Go on after a pause."""
    with opened(args) as ground, ground.db.tx() as conn:
        journeys.go_on(ground, conn, args.id)
        now = journeys.see(conn, args.id)
    report(args, _shown(now), [word("cli.broadcast_resumed", name=now.name)])
    return 0


def run_cancel(args: argparse.Namespace) -> int:
    """Stop for good."""
    with opened(args) as ground, ground.db.tx() as conn:
        taken_back = journeys.cancel(ground, conn, args.id)
        now = journeys.see(conn, args.id)
    report(args, _shown(now) | {"taken_back": taken_back}, [word("cli.broadcast_cancelled", name=now.name, count=f"{taken_back:,}")])
    return 0


def run_forecast(args: argparse.Namespace) -> int:
    """The contact budget before sending, and the smallest effect that would show. Changes nothing."""
    with opened(args) as ground, ground.db.tx() as conn:
        one = journeys.see(conn, args.id)
        with Progress(word("cli.forecast_asking")) as bar:
            plan = journeys.plan(ground, conn, args.id, bar.to)
        share, rule = float(one.holdout_share), segments.parse(one.rule)
        expected = analytics.expect(ground, conn, rule, holdout_share=share, measure_for=one.measure_for)
        currency = pool.brand(conn).currency
    counts = {str(code): count for code, count in plan.forecast.counts.items() if count}
    value = {
        "broadcast_id": one.broadcast_id, "members": plan.members, "control": plan.control, "permitted": counts.get("permit", 0),
        "later": plan.forecast.later, "refused": {code: count for code, count in counts.items() if code != "permit"},
        "cost": str(to_decimal(plan.forecast.cost_minor, currency)), "cost_minor": plan.forecast.cost_minor, "currency": currency,
        "ends_at": plan.ends_at, "buy_rate": expected.buy_rate, "base": expected.base,
        "sights": [
            {"share": s.share, "control": s.control, "buyers": _bound(s.buyers), "lift": _bound(s.lift), "is_chosen": s.is_chosen}
            for s in expected.sights
        ],
    }  # fmt: skip
    report(args, value, _forecast_lines(value))
    return 0


def _bound(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _forecast_lines(value: dict[str, Any]) -> Iterator[str]:
    rows = [(word(f"cli.forecast_{name}"), f"{value[name]:,}") for name in ("members", "control", "permitted", "later")]
    rows += [(f"  {word('cli.funnel_refused', code=code)}", f"{count:,}") for code, count in sorted(value["refused"].items())]
    yield from table(["", ""], [*rows, (word("cli.forecast_cost"), f"{value['cost']} {value['currency']}")], right=[1])[2:]
    chosen = next((s for s in value["sights"] if s["is_chosen"] and s["buyers"] is not None), None)
    if chosen is None:
        yield word("cli.forecast_blind")
    else:
        lift = "-" if chosen["lift"] is None else f"{chosen['lift']:.0%}"
        yield word("cli.forecast_sight", buyers=f"{math.ceil(chosen['buyers']):,}", lift=lift)


def run_report(args: argparse.Namespace) -> int:
    """What the broadcast caused."""
    with opened(args) as ground, ground.db.tx() as conn:
        found = analytics.report(ground, conn, args.id)
        one = journeys.see(conn, args.id)
        guides = wecom.funnel(ground, conn, "broadcast", args.id, measure_for=one.measure_for) if one.channel == wecom.CHANNEL.name else []
    value = analytics.report_json(found) | ({"guides": [asdict(guide) for guide in guides]} if one.channel == wecom.CHANNEL.name else {})
    report(args, value, [*_lines(found), *_guide_lines(guides)])
    return 0


def _guide_lines(guides: Sequence[wecom.GuideFunnel]) -> Iterator[str]:
    """A line a guide: planned, in a task, sent, still open, and not reached."""
    if not guides:
        return
    yield ""
    head = [word(f"cli.mass_{name}") for name in ("guide", "store", "planned", "created", "sent", "open", "lost", "answered", "bought")]
    rows = [
        [g.name, g.store or "-", g.planned, g.created, g.sent, g.open, g.not_friend + g.quota + g.unconfirmed + g.cancelled + g.refused,
         g.answered, g.bought]
        for g in guides
    ]  # fmt: skip
    yield from table(head, rows, right=[2, 3, 4, 5, 6, 7, 8])


def _lines(found: analytics.Report) -> Iterator[str]:
    lang, funnel = language(), found.funnel
    yield f"{found.name}  ({found.state})"
    yield found.sentence[lang]
    yield ""
    steps = ("enrolled", "control", "asked", "sent", "delivered", "opened", "clicked", "unsubscribed", "bounced", "unknown", "bought")
    yield from table(["", ""], [(word(f"cli.funnel_{name}"), f"{getattr(funnel, name):,}") for name in steps], right=[1])[2:]
    for code, count in sorted(funnel.refused.items(), key=lambda pair: -pair[1]):
        yield f"  {word('cli.funnel_refused', code=code)}  {count:,}"
    yield word(
        "cli.report_attributed", days=found.attribution.days, revenue=show(found.attribution.revenue_minor, found.currency, lang=lang)
    )
