"""`siyu handover ask | chats | list | waiting`: customers and chats that go from one guide to another."""

from __future__ import annotations

import argparse
from typing import Any

from siyu import vendors
from siyu.base.errors import NotFoundError
from siyu.base.ground import Ground
from siyu.base.text import say
from siyu.cli.opening import opened
from siyu.cli.screen import command, family, language, report, table, word
from siyu.sources import handing
from siyu.sources.handing import chats

_SHOWN = 20


def add(subparsers: Any) -> None:
    """The grammar of this family of commands."""
    its = family(command(subparsers, "handover", word("cli.handover_about"), None))
    asked = command(its, "ask", word("cli.handover_ask"), run_ask)
    asked.add_argument("from_guide", metavar="FROM", help=word("cli.handover_from"))
    asked.add_argument("to_guide", metavar="TO", help=word("cli.handover_to"))
    asked.add_argument("--customer", action="append", metavar="EXTERNAL_USERID", help=word("cli.handover_customer"))
    asked.add_argument("--most", type=int, default=None, metavar="N", help=word("cli.handover_most"))
    asked.add_argument("--corp", default=None, metavar="CORP", help=word("cli.handover_corp"))
    given = command(its, "chats", word("cli.handover_chats"), run_chats)
    given.add_argument("from_guide", metavar="FROM", help=word("cli.handover_from"))
    given.add_argument("to_guide", metavar="TO", help=word("cli.handover_new_owner"))
    given.add_argument("--chat", action="append", metavar="CHAT_ID", help=word("cli.handover_chat"))
    given.add_argument("--most", type=int, default=None, metavar="N", help=word("cli.handover_most_chats"))
    given.add_argument("--corp", default=None, metavar="CORP", help=word("cli.handover_corp"))
    shown = command(its, "list", word("cli.handover_list"), run_list)
    shown.add_argument("--state", choices=[str(one) for one in handing.HandingState], default=None)
    shown.add_argument("--limit", type=int, default=50)
    shown.add_argument("--chats", action="store_true", help=word("cli.handover_list_chats"))
    command(its, "waiting", word("cli.handover_waiting"), run_waiting)


def run_ask(args: argparse.Namespace) -> int:
    """Hand customers on: who is on the way, and who was refused and why."""
    with opened(args) as ground:
        corp = _corp(ground, args.corp)
        asked = handing.ask(ground, corp, args.from_guide, args.to_guide, args.customer, most=args.most, by="cli", lang=language())
    lines = [word("cli.handover_asked", n=len(asked.handing_ids), refused=len(asked.refused))]
    if asked.refused:
        rows = [[one.external_userid, _why(one.why), one.until or "-"] for one in asked.refused[:_SHOWN]]
        lines += table([word(f"cli.handover_col_{name}") for name in ("customer", "why", "until")], rows)
    report(args, {"begun": len(asked.handing_ids), "refused": asked.refused}, lines)
    return 0


def run_chats(args: argparse.Namespace) -> int:
    """Give chats a new owner: what is on the way and on which day, and what was refused and why."""
    with opened(args) as ground:
        corp = _corp(ground, args.corp)
        asked = chats.ask(ground, corp, args.from_guide, args.to_guide, args.chat, most=args.most, by="cli", lang=language())
    lines = [word("cli.handover_chats_asked", n=len(asked.chat_handing_ids), refused=len(asked.refused))]
    if len(asked.days) > 1:
        lines += table([word("cli.handover_col_day"), word("cli.handover_col_chats")], [list(one) for one in asked.days], right=[1])
    if asked.refused:
        rows = [[one.chat_id, _why(one.why, "handing_chat_why"), one.until or "-"] for one in asked.refused[:_SHOWN]]
        lines += table([word(f"cli.handover_col_{name}") for name in ("chat", "why", "until")], rows)
    report(args, {"begun": len(asked.chat_handing_ids), "days": asked.days, "refused": asked.refused}, lines)
    return 0


def _corp(ground: Ground, given: str | None) -> str:
    with ground.db.tx() as conn:
        corps = sorted({one.app_id for one in vendors.accounts(conn, vendors.VendorKind.WECOM)})
    if given in corps or (given is None and len(corps) == 1):
        return given or corps[0]
    raise NotFoundError(word("cli.handover_no_corp"), word("cli.handover_no_corp_remedy", corps=", ".join(corps) or "-"))


def run_list(args: argparse.Namespace) -> int:
    """The hand-overs of customers or of chats, the newest first, and what became of each."""
    if args.chats:
        return _list_chats(args)
    with opened(args) as ground, ground.db.tx() as conn:
        found = handing.handings(conn, state=args.state, limit=args.limit)
        counts = handing.counts(conn)
    head = [word(f"cli.handover_col_{name}") for name in ("id", "from", "to", "customer", "state", "why", "asked")]
    rows = [
        [
            one.handing_id, one.from_guide, one.to_guide, one.external_userid, say(f"sources.handing_state_{one.state}", language()),
            _why(one.code) if one.code else "-", one.asked_at,
        ]
        for one in found
    ]  # fmt: skip
    lines = table(head, rows, right=[0]) if rows else [word("cli.handover_none")]
    report(args, {"counts": {str(state): n for state, n in counts.items()}, "handovers": found}, lines)
    return 0


def _list_chats(args: argparse.Namespace) -> int:
    with opened(args) as ground, ground.db.tx() as conn:
        found = chats.handings(conn, state=args.state, limit=args.limit)
        counts = chats.counts(conn)
    head = [word(f"cli.handover_col_{name}") for name in ("id", "from", "to", "chat", "state", "why", "asked", "due")]
    rows = [
        [
            one.chat_handing_id, one.from_guide, one.to_guide, one.chat_id, say(f"sources.handing_chat_state_{one.state}", language()),
            _why(one.code, "handing_chat_why") if one.code and one.state != "done" else "-", one.asked_at,
            one.due_at if one.state == "asked" else one.ended_at or "-",
        ]
        for one in found
    ]  # fmt: skip
    lines = table(head, rows, right=[0]) if rows else [word("cli.handover_no_chats_yet")]
    report(args, {"counts": {str(state): n for state, n in counts.items()}, "chats": found}, lines)
    return 0


def run_waiting(args: argparse.Namespace) -> int:
    """Guides who left and whose customers wait for somebody; chats whose owner left, with who is proposed."""
    with opened(args) as ground:
        with ground.db.tx() as conn:
            found, ownerless = handing.waiting(conn), chats.waiting(conn)
        proposed = chats.proposed(ground, ownerless)
    head = [word(f"cli.handover_col_{name}") for name in ("from", "name", "left", "customers", "under_way")]
    rows = [[one.guide, one.name or "-", one.left_at, f"{one.count:,}", f"{one.under_way:,}"] for one in found]
    lines = table(head, rows, right=[3, 4]) if rows else [word("cli.handover_nobody_waits")]
    head = [word(f"cli.handover_col_{name}") for name in ("chat", "name", "members", "owner", "left", "going", "proposed")]
    rows = [
        [
            one.chat_id, one.name or "-", f"{one.members:,}", one.owner, one.left_at, one.coming or "-",
            proposed.get((one.corp, one.owner), "-") if not one.coming else "-",
        ]
        for one in ownerless
    ]  # fmt: skip
    lines += ["", *table(head, rows, right=[2])] if rows else [word("cli.handover_no_chat_waits")]
    report(args, {"waiting": found, "chats": ownerless}, lines)
    return 0


def _why(code: str, texts: str = "handing_why") -> str:
    """A reason of ours in words, or what the vendor's code means."""
    ours = say(f"sources.{texts}_{code}", language())
    if ours != f"sources.{texts}_{code}":
        return ours
    return f"{vendors.explain(vendors.VendorKind.WECOM, code, language()).what} ({code})"
