"""`siyu person IDENTIFIER`: one person, masked."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from siyu import pool
from siyu.base.money import show, to_decimal
from siyu.cli.opening import opened
from siyu.cli.screen import command, language, plain, report, word
from siyu.cli.whom import one_person


def add(subparsers: Any) -> None:
    """The grammar of this command."""
    made = command(subparsers, "person", word("cli.person_about"), run)
    made.add_argument("identifier", metavar="IDENTIFIER", help=word("cli.person_identifier"))


def run(args: argparse.Namespace) -> int:
    """Print everything that is known about one person; personal values only by their masks."""
    with opened(args) as ground, ground.db.tx() as conn:
        person = pool.see(ground, conn, one_person(ground, conn, args.identifier))
        currency = pool.brand(conn).currency
    report(args, as_json(person, currency), _lines(person, currency))
    return 0


def as_json(person: pool.Person, currency: str) -> dict[str, Any]:
    """The person as one flat object; money in minor units and as decimal text."""
    value: dict[str, Any] = plain(person)
    row = value.pop("row")
    row["identifiers"] = value["identifiers"]
    row["name"] = row.pop("name_shown")
    value = row | value | {"currency": currency}
    for name in ("spent", "refunded"):
        value[name] = str(to_decimal(value[f"{name}_minor"], currency))
    for order in value["orders"]:
        order |= {name: str(to_decimal(order[f"{name}_minor"], order["currency"])) for name in ("paid", "refunded")}
    return value


def _lines(person: pool.Person, currency: str) -> Iterator[str]:
    row, lang = person.row, language()
    yield f"#{row.person_id}  {row.name_shown}  {row.stage}"
    yield word(
        "cli.person_money",
        orders=row.orders_n, spent=show(row.spent_minor, currency, lang=lang), refunded=show(row.refunded_minor, currency, lang=lang),
    )  # fmt: skip
    yield word("cli.person_seen", first=row.first_seen_at or "-", last=row.last_seen_at or "-", facts=f"{person.facts_n:,}")
    yield word("cli.person_identifiers")
    for one in person.identifiers:
        scope = f" ({one.scope})" if one.scope else ""
        gone = f"  {word('cli.person_unreachable')}" if one.unreachable_at else ""
        yield f"  {one.kind:16} {one.mask}{scope}{gone}"
    if row.tags:
        yield word("cli.person_tags", tags=", ".join(row.tags))
    if person.traits or person.personal:
        yield word("cli.person_traits")
        for name, value in sorted({**person.traits, **person.personal}.items()):
            yield f"  {name:16} {value}"
    if person.consents:
        yield word("cli.person_consents")
        for consent in person.consents:
            said = word("cli.consent_given" if consent.is_given else "cli.consent_withdrawn")
            yield f"  {consent.channel:10} {consent.purpose:12} {said}  {consent.decided_at:%Y-%m-%d %H:%M}"
    if person.orders:
        yield word("cli.person_orders", count=len(person.orders))
        for order in person.orders[:10]:
            paid = f"{order.paid_at:%Y-%m-%d}" if order.paid_at else "-"
            yield f"  {order.order_no:16} {paid}  {show(order.paid_minor - order.refunded_minor, order.currency, lang=lang)}"
