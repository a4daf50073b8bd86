"""`siyu setting list | get | set | drop`: what can be changed while Siyu runs."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from siyu import pool, web
from siyu.base.errors import InputError, NotFoundError
from siyu.cli.knobs import Knob, knobs
from siyu.cli.opening import opened
from siyu.cli.screen import command, family, plain, report, table, word

# What is folded already was folded by these.
_FOLDED_BY = frozenset({"brand.time_zone", "brand.currency", pool.IDENTITY_LIMITS, pool.IDENTITY_PARTNERS})


def add(subparsers: Any) -> None:
    """The grammar of this family of commands."""
    its = family(command(subparsers, "setting", word("cli.setting_about"), None))
    command(its, "list", word("cli.setting_list"), run_list)
    command(its, "get", word("cli.setting_get"), run_get).add_argument("name", metavar="NAME")
    made = command(its, "set", word("cli.setting_set"), run_set)
    made.add_argument("name", metavar="NAME")
    made.add_argument("value", metavar="VALUE", help=word("cli.setting_value"))
    command(its, "drop", word("cli.setting_drop"), run_drop).add_argument("name", metavar="NAME")


def _one(known: dict[str, Knob], name: str) -> Knob:
    if name not in known:
        raise NotFoundError(word("cli.setting_unknown", name=name), word("cli.setting_unknown_remedy"))
    return known[name]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False)


def run_list(args: argparse.Namespace) -> int:
    """All settings as they hold now."""
    with opened(args) as ground, ground.db.tx() as conn:
        found = knobs(ground, conn)
    rows = [[name, _text(one.value)] for name, one in found.items()]
    report(
        args, {"settings": {name: one.value for name, one in found.items()}}, table([word("cli.col_name"), word("cli.setting_col")], rows)
    )
    return 0


def run_get(args: argparse.Namespace) -> int:
    """One setting."""
    with opened(args) as ground, ground.db.tx() as conn:
        one = _one(knobs(ground, conn), args.name)
    report(args, {"name": one.name, "value": one.value}, [_text(one.value)])
    return 0


def run_set(args: argparse.Namespace) -> int:
    """Change one setting; what it may be is judged by the room that owns it."""
    given = sys.stdin.read() if args.value == "-" else args.value
    try:
        value = json.loads(given)
    except ValueError:
        if given.lstrip()[:1] in ("{", "["):
            raise InputError(word("cli.setting_not_json"), word("cli.setting_not_json_remedy"), field=args.name) from None
        value = given.strip()
    with opened(args) as ground, ground.db.tx() as conn:
        known = _one(knobs(ground, conn), args.name)
        known.write(ground, conn, value)
        web.note(conn, "cli", "setting_changed", ground.clock.now(), ref=args.name)
        one = knobs(ground, conn)[args.name]
        has_facts = any(source.facts_n for source in pool.sources(conn))
    is_stale = one.name in _FOLDED_BY and has_facts and one.value != known.value
    lines = [word("cli.setting_done", name=one.name, value=_text(one.value))]
    if is_stale:
        lines.append(word("cli.setting_asks_rebuild"))
    report(args, {"name": one.name, "value": one.value, "asks_rebuild": is_stale}, lines)
    return 0


def run_drop(args: argparse.Namespace) -> int:
    """Let the default hold again."""
    with opened(args) as ground, ground.db.tx() as conn:
        one = _one(knobs(ground, conn), args.name)
        if one.drop is None:
            raise InputError(word("cli.setting_no_drop", name=args.name), word("cli.setting_no_drop_remedy"), field=args.name)
        one.drop(conn)
        web.note(conn, "cli", "setting_changed", ground.clock.now(), ref=args.name)
        one = knobs(ground, conn)[args.name]
    report(args, {"name": one.name, "value": one.value}, [word("cli.setting_done", name=one.name, value=_text(one.value))])
    return 0
