"""`siyu sync start | now | status | differences | cancel`: making the pool equal to a corp or an official account, by asking."""

from __future__ import annotations

import argparse
from typing import Any

from siyu import vendors
from siyu.base.db import Connection
from siyu.base.errors import NotFoundError
from siyu.base.ground import Ground
from siyu.cli.opening import opened
from siyu.cli.screen import command, family, language, report, table, word
from siyu.sources import desk, kin, sync


def add(subparsers: Any) -> None:
    """The grammar of this family of commands."""
    its = family(command(subparsers, "sync", word("cli.sync_about"), None))
    for name, run in (("start", run_start), ("now", run_now)):
        made = command(its, name, word(f"cli.sync_{name}"), run)
        made.add_argument("account", metavar="ACCOUNT", nargs="?", help=word("cli.sync_account"))
    shown = command(its, "status", word("cli.sync_status"), run_status)
    shown.add_argument("--limit", type=int, default=20)
    found = command(its, "differences", word("cli.sync_differences"), run_differences)
    found.add_argument("--run", dest="run_id", metavar="RUN", type=int, default=None, help=word("cli.sync_run"))
    found.add_argument("--limit", type=int, default=50)
    stopped = command(its, "cancel", word("cli.sync_cancel"), run_cancel)
    stopped.add_argument("run_id", metavar="RUN", type=int)


def run_start(args: argparse.Namespace) -> int:
    """Begin the first walk of an account; the river does it."""
    return _begin(args, "first")


def run_now(args: argparse.Namespace) -> int:
    """Begin the comparison that else comes at night."""
    return _begin(args, "nightly")


def _begin(args: argparse.Namespace, kind: str) -> int:
    with opened(args) as ground:
        begun = [{"account": one.name, "run_id": sync.start(ground, one.account_id, kind)} for one in _accounts(ground, args.account)]
    report(args, {"runs": begun}, [word("cli.sync_begun", run=one["run_id"], name=one["account"]) for one in begun])
    return 0


def _accounts(ground: Ground, given: str | None) -> list[vendors.Account]:
    with ground.db.tx() as conn:
        every = [one for one in vendors.accounts(conn) if one.kind in (vendors.VendorKind.WECOM, vendors.VendorKind.OFFICIAL)]
    chosen = [one for one in every if given in (None, str(one.account_id), one.name, one.app_id)]
    if not chosen:
        raise NotFoundError(word("cli.sync_no_account"), word("cli.sync_no_account_remedy"))
    return chosen


def run_status(args: argparse.Namespace) -> int:
    """The runs: how far, how fast against what is allowed, what went wrong and how to mend it."""
    with opened(args) as ground, ground.db.tx() as conn:
        names = {one.account_id: one for one in vendors.accounts(conn)}
        found = sync.runs(conn, limit=args.limit)
        shown = [_shown(conn, run, names.get(run.account_id)) for run in found]
        same = kin.counts(conn)
        visitors = desk.counts(conn)
    head = [
        word(f"cli.sync_col_{name}")
        for name in ("run", "account", "kind", "state", "done", "facts", "differences", "pace", "began", "error")
    ]
    rows = [
        [
            one["run_id"], one["account"], word(f"cli.sync_kind_{one['kind']}"), word(f"cli.sync_state_{one['state']}"),
            word("cli.sync_of", done=f"{one['done_n']:,}", total="?" if one["total_n"] is None else f"{one['total_n']:,}"),
            f"{one['facts_n']:,}", f"{one['differences_n']:,}",
            word("cli.sync_pace", calls=one["calls_per_minute"] or "-", most=one["allowed_per_minute"]),
            one["started_at"], one["why"] or "-",
        ]
        for one in shown
    ]  # fmt: skip
    lines = table(head, rows, right=[0, 5, 6]) if rows else [word("cli.sync_none")]
    for one in same:
        numbers = {name: f"{getattr(one, name):,}" for name in ("customers", "pending", "refused", "new")}
        lines.append(word("cli.sync_kin", corp=one.corp, **numbers))
    for at_desk in visitors:
        told = {name: f"{getattr(at_desk, name):,}" for name in ("known", "unnamed", "waiting")}
        of = names.get(at_desk.account_id)
        lines.append(word("cli.sync_desk", account=of.name if of else str(at_desk.account_id), **told))
    report(args, {"runs": shown, "kin": same, "desk": visitors}, lines)
    return 0


def _shown(conn: Connection, run: sync.Run, of: vendors.Account | None) -> dict[str, Any]:
    pace = run.calls_per_minute
    told = {name: getattr(run, name) for name in (
        "run_id", "account_id", "kind", "state", "started_at", "ended_at", "done_n", "total_n", "facts_n", "calls_n", "differences_n",
        "skipped_n",        "parts_n", "parts_done_n", "tries", "error", "interface",
    )}  # fmt: skip
    why = ""
    if run.error and of is not None:
        why = f"{run.interface} {run.error}"
        found = vendors.explain(of.kind, run.error, language())
        why = f"{why}: {found.what}" if found is not None else why
    return told | {
        "account": of.name if of else str(run.account_id), "calls_per_minute": None if pace is None else round(pace),
        "allowed_per_minute": sync.allowed_per_minute(conn, of) if of else None, "why": why,
    }  # fmt: skip


def run_differences(args: argparse.Namespace) -> int:
    """What a comparison found and healed, of the last run or of one."""
    with opened(args) as ground, ground.db.tx() as conn:
        run_id = args.run_id or next((run.run_id for run in sync.runs(conn, limit=100) if run.kind == "nightly"), None)
        found = sync.differences(conn, run_id=run_id, limit=args.limit) if run_id else []
        counts = sync.counted(conn, run_id) if run_id else []
    total = sum(n for _, n, _, _ in counts)
    since = [at for _, _, first, last in counts for at in (first, last) if at is not None]
    lines = [word("cli.sync_found", n=total, run=run_id or "-")]
    if since:
        lines.append(word("cli.sync_lost_between", first=min(since), last=max(since)))
    if found:
        head = [word(f"cli.sync_col_{name}") for name in ("what", "whom", "found", "times")]
        lines += table(head, [[word(f"cli.sync_what_{d.kind}"), d.ref, d.found_at, d.times] for d in found], right=[3])
    value = {
        "run_id": run_id, "total": total, "counts": {kind: n for kind, n, _, _ in counts},
        "lost_between": [min(since), max(since)] if since else None, "differences": found,
    }  # fmt: skip
    report(args, value, lines)
    return 0


def run_cancel(args: argparse.Namespace) -> int:
    """Stop a run; what it recorded stays."""
    with opened(args) as ground:
        sync.cancel(ground, args.run_id)
    report(args, {"cancelled": args.run_id}, [word("cli.sync_cancelled", run=args.run_id)])
    return 0
