"""`siyu segment list | count | save | explain`: which people."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from siyu import segments
from siyu.base.db import Connection
from siyu.base.errors import InputError
from siyu.cli.opening import opened
from siyu.cli.screen import command, family, language, report, table, word
from siyu.cli.whom import one_person


def add(subparsers: Any) -> None:
    """The grammar of this family of commands."""
    its = family(command(subparsers, "segment", word("cli.segment_about"), None))
    command(its, "list", word("cli.segment_list"), run_list)
    counted = command(its, "count", word("cli.segment_count"), run_count)
    counted.add_argument("rule", metavar="RULE", help=word("cli.segment_rule"))
    saved = command(its, "save", word("cli.segment_save"), run_save)
    saved.add_argument("name", metavar="NAME")
    saved.add_argument("rule", metavar="RULE", help=word("cli.segment_rule"))
    saved.add_argument("--about", default="", metavar="TEXT")
    told = command(its, "explain", word("cli.segment_explain"), run_explain)
    told.add_argument("rule", metavar="RULE", help=word("cli.segment_rule"))
    told.add_argument("person", metavar="PERSON", help=word("cli.person_identifier"))


def rule_of(conn: Connection, text: str) -> segments.Rule:
    """The rule in a file (`-` is stdin), or of the saved segment with this number. Raises `InputError`."""
    if text.isascii() and text.isdigit():
        return segments.kept(conn, int(text)).rule
    try:
        given = sys.stdin.read() if text == "-" else Path(text).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError(word("cli.segment_no_file", file=text), word("cli.segment_no_file_remedy"), field="rule") from None
    return segments.parse(given)


def run_list(args: argparse.Namespace) -> int:
    """The saved segments, with the number counted last."""
    with opened(args) as ground, ground.db.tx() as conn:
        found = segments.all_kept(conn)
        told = {one.segment_id: segments.describe(conn, one.rule, language()) for one in found}
    value = [
        {
            "segment_id": one.segment_id, "name": one.name, "about": one.about, "sentence": told[one.segment_id],
            "counted": one.counted_n, "counted_at": one.counted_at, "rule": segments.dump(one.rule),
        }
        for one in found
    ]  # fmt: skip
    rows = [[one.segment_id, one.name, "-" if one.counted_n is None else f"{one.counted_n:,}", told[one.segment_id]] for one in found]
    head = [word("cli.col_number"), word("cli.col_name"), word("cli.col_people"), word("cli.col_rule")]
    report(args, {"segments": value}, table(head, rows, right=[0, 2]))
    return 0


def run_count(args: argparse.Namespace) -> int:
    """How many people a rule holds for now."""
    with opened(args) as ground, ground.db.tx() as conn:
        rule = rule_of(conn, args.rule)
        if args.rule.isdigit():  # noqa: SIM108  one side keeps the number, the other does not
            count = segments.recount(ground, conn, int(args.rule))
        else:
            count = segments.count(ground, conn, rule)
        sentence = segments.describe(conn, rule, language())
        now = ground.clock.now()
    value = {"count": count, "as_of": now, "sentence": sentence, "rule": segments.dump(rule)}
    report(args, value, [word("cli.segment_counted", count=f"{count:,}", sentence=sentence)])
    return 0


def run_save(args: argparse.Namespace) -> int:
    """Keep a rule under a name."""
    with opened(args) as ground, ground.db.tx() as conn:
        rule = rule_of(conn, args.rule)
        segment_id = segments.keep(conn, args.name, rule, at=ground.clock.now(), about=args.about, by="cli")
        count = segments.recount(ground, conn, segment_id)
    value = {"segment_id": segment_id, "name": args.name, "count": count}
    report(args, value, [word("cli.segment_saved", name=args.name, number=segment_id, count=f"{count:,}")])
    return 0


def run_explain(args: argparse.Namespace) -> int:
    """Why one person is in, or not."""
    with opened(args) as ground, ground.db.tx() as conn:
        rule = rule_of(conn, args.rule)
        found = segments.explain(ground, conn, rule, one_person(ground, conn, args.person), language())
    value = {
        "person_id": found.person_id, "is_in": found.is_in, "sentence": found.sentence,
        "reasons": [{"path": one.path, "is_met": one.is_met, "sentence": one.sentence} for one in found.reasons],
    }  # fmt: skip
    report(args, value, [found.sentence, *(f"  {'+' if one.is_met else '-'} {one.sentence}" for one in found.reasons)])
    return 0
