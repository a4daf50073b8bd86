"""The sync: runs that gave up, and differences that come back every night."""

from __future__ import annotations

from collections.abc import Iterator

from siyu import vendors
from siyu.cli.checkup.words import Finding, Patient, ill, watch, well
from siyu.cli.screen import language, word
from siyu.sources import desk, kin, sync, wishes


def runs_and_differences(patient: Patient) -> Iterator[Finding]:
    """Does the pool keep equal to the corps and accounts?"""
    with patient.on.db.tx() as conn:
        names = {one.account_id: one.name for one in vendors.accounts(conn)}
        last = {run.account_id: run for run in reversed(sync.runs(conn, limit=500))}
        stubborn = sync.stubborn(conn)
        asked = kin.counts(conn)
        visitors = desk.counts(conn)
        on = {one.account_id: one for one in vendors.accounts(conn) if one.state == vendors.AccountState.ON}
        stuck = [one for one in wishes.stuck(conn) if one.account_id in on]
        corps = {one.app_id: one.name for one in vendors.accounts(conn, vendors.VendorKind.WECOM)}
    fine = 0
    for account_id, run in sorted(last.items()):
        if run.state == "failed" and account_id in names:
            yield ill("sync_failed", account=names[account_id], error=run.error)
        else:
            fine += 1
    for account_id, kind, count, times in stubborn:
        if account_id in names:
            yield watch("sync_stubborn", account=names[account_id], what=word(f"cli.sync_what_{kind}"), n=f"{count:,}", times=times)
    for one in asked:
        if one.error and one.corp in corps and vendors.explain("wecom", one.error).kind is vendors.Trouble.CONFIG:
            why = vendors.explain("wecom", one.error, language()).what
            yield watch("kin_refused", account=corps[one.corp], error=one.error, what=why, n=f"{one.new:,}")
    for at_desk in visitors:
        if at_desk.account_id in on and at_desk.error and vendors.explain("wecom", at_desk.error).kind is vendors.Trouble.CONFIG:
            told = vendors.explain("wecom", at_desk.error, language())
            yield watch(
                "desk_refused", account=on[at_desk.account_id].name, error=at_desk.error, why=told.what, n=f"{at_desk.waiting:,}",
                remedy=told.remedy,
            )  # fmt: skip
    for wish in stuck:
        account = on[wish.account_id]
        told = vendors.explain(account.kind, wish.error, language())
        yield watch(
            "wishes_stuck", account=account.name, what=word(f"cli.wish_{wish.kind}"), n=f"{wish.count:,}", tries=wish.tries,
            error=wish.error, why=told.what, remedy=told.remedy,
        )  # fmt: skip
    if fine and not stubborn:
        yield well("sync", count=fine)
