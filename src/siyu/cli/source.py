"""`siyu source add | renew | list | rejected`: where facts come from."""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import Any

from siyu import pool
from siyu.base.errors import NotFoundError
from siyu.base.text import say
from siyu.cli.opening import opened
from siyu.cli.screen import command, family, language, report, table, word
from siyu.sources import http


def add(subparsers: Any) -> None:
    """The grammar of this family of commands."""
    its = family(command(subparsers, "source", word("cli.source_about"), None))
    made = command(its, "add", word("cli.source_add"), run_add)
    made.add_argument("name", metavar="NAME")
    made.add_argument("--kind", choices=["http"], default="http")
    made.add_argument("--currency", default="", help=word("cli.source_currency"))
    made.add_argument("--owner", default="", help=word("cli.source_owner"))
    made.add_argument("--purpose", default="", help=word("cli.source_purpose"))
    renewed = command(its, "renew", word("cli.source_renew"), run_renew)
    renewed.add_argument("name", metavar="NAME")
    command(its, "list", word("cli.source_list"), run_list)
    shown = command(its, "rejected", word("cli.source_rejected"), run_rejected)
    shown.add_argument("name", metavar="NAME", nargs="?")
    shown.add_argument("--limit", type=int, default=20)
    shown.add_argument("--bodies", action="store_true", help=word("cli.source_bodies"))


def run_add(args: argparse.Namespace) -> int:
    """Make a source and print its write key, once."""
    with opened(args) as ground, ground.db.tx() as conn:
        source_id, key = http.make_source(
            conn, args.name, now=ground.clock.now(), currency=args.currency.upper(), owner=args.owner, purpose=args.purpose
        )
    value = {"source_id": source_id, "name": args.name, "kind": args.kind, "write_key": key}
    report(args, value, [word("cli.source_added", name=args.name, write_key=key), word("cli.source_key_once")])
    return 0


def run_renew(args: argparse.Namespace) -> int:
    """Give a source another write key; the old one opens nothing any more."""
    with opened(args) as ground, ground.db.tx() as conn:
        known = next((s for s in pool.sources(conn, with_closed=True) if s.name == args.name), None)
        if known is None:
            raise NotFoundError(word("cli.source_unknown", name=args.name), word("cli.source_unknown_remedy"))
        key = http.renew_key(conn, args.name, now=ground.clock.now())
    value = {"source_id": known.source_id, "name": args.name, "write_key": key}
    report(args, value, [word("cli.source_renewed", name=args.name, write_key=key), word("cli.source_key_once")])
    return 0


def run_list(args: argparse.Namespace) -> int:
    """The catalogue of sources."""
    with opened(args) as ground, ground.db.tx() as conn:
        found = pool.sources(conn, with_closed=True)
    head = [word(f"cli.source_col_{name}") for name in ("id", "name", "kind", "facts", "identified", "last")]
    rows = [[s.source_id, s.name, s.kind, f"{s.facts_n:,}", f"{s.identified_n:,}", s.last_fact_at or "-"] for s in found]
    report(args, {"sources": found}, table(head, rows, right=[0, 3, 4]))
    return 0


def run_rejected(args: argparse.Namespace) -> int:
    """The messages of HTTP sources that were put aside, newest first, with how many there were in thirty days."""
    with opened(args) as ground, ground.db.tx() as conn:
        source_id = None
        if args.name:
            source_id = next((s.source_id for s in pool.sources(conn, with_closed=True) if s.name == args.name), None)
            if source_id is None:
                raise NotFoundError(word("cli.source_unknown", name=args.name), word("cli.source_unknown_remedy"))
        since = (ground.clock.now() - timedelta(days=30)).date()
        counts = http.rejects_by_code(conn, source_id, since)
        found = http.rejected(ground, conn, source_id, args.limit)
    shown = [
        {
            "reject_id": one.reject_id, "source": one.source, "received_at": one.received_at, "code": one.code, "field": one.field,
            "message_type": one.message_type, "why": say(f"sources.http_{one.code}", language(), field=one.field, most=""),
        }
        | ({"body": one.body} if args.bodies else {})
        for one in found
    ]  # fmt: skip
    head = [word(f"cli.source_col_{name}") for name in ("id", "name", "received", "code", "why")]
    rows = [[one["reject_id"], one["source"], one["received_at"], one["code"], one["why"]] for one in shown]
    report(args, {"since": since, "counts": counts, "rejected": shown}, table(head, rows, right=[0]))
    return 0
