"""What is known of each account, for all pages about connections: its checks, its callbacks, its keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from siyu import vendors
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.sources import callbacks, connecting
from siyu.sources.connecting import CallbackState, RotationState
from siyu.vendors import Account, probes
from siyu.vendors.probes import CheckRun, Probed, ProbeState

TONES = {"good": "green", "watch": "amber", "bad": "red", "skipped": "grey"}
CALLBACK_TONES = {"none": "grey", "waiting": "amber", "refused": "red", "proven": "green", "heard": "green"}
COUNTED_FOR = timedelta(days=7)
KEYS_COUNTED_FOR = timedelta(hours=24)
ORDER = (
    "address", "secret", "ip", "guides", "customers", "members", "tags", "ways", "groups", "mass", "moments", "handover", "links", "desk",
    "fans", "unionid", "templates", "login",
)  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """One account as the pages show it."""

    account: Account
    checks: list[Probed]
    callback: CallbackState
    inbox: callbacks.InboxCount | None
    is_sandbox: bool
    run: CheckRun | None
    keys: list[callbacks.KeyUse]

    @property
    def state(self) -> str:
        """The worst that the last check found; empty when there was none."""
        found = {one.state for one in self.checks}
        return next((s.value for s in (ProbeState.BAD, ProbeState.WATCH, ProbeState.GOOD) if s in found), "")

    @property
    def is_checking(self) -> bool:
        """Whether a check waits or runs."""
        return self.run is not None and self.run.is_open

    @property
    def rotation(self) -> RotationState | None:
        """How far a change of callback keys is; None outside of one."""
        return connecting.rotation_state(self.keys)

    def standing(self, name: str) -> str:
        """Of one thing while a check is under way: asked, asking, queued. Empty when none is."""
        if self.run is None or not self.run.is_open:
            return ""
        if name not in self.run.names:
            return "queued"
        place = self.run.names.index(name)
        if place < self.run.done_n:
            return "asked"
        return "asking" if place == self.run.done_n or (self.run.done_n == 0 and name in probes.BASICS) else "queued"

    @property
    def faults(self) -> int:
        """How many things want mending."""
        return sum(one.state in (ProbeState.BAD, ProbeState.WATCH) for one in self.checks)


def known(ground: Ground, conn: Connection) -> list[Shown]:
    """All accounts with what is known of them."""
    found: dict[int, list[Probed]] = {}
    for one in probes.checks(conn):
        found.setdefault(one.account_id, []).append(one)
    counts = {one.account_id: one for one in callbacks.counts(conn, ground.clock.now() - COUNTED_FOR)}
    echoes = probes.echoed_at(conn)
    runs = probes.runs(conn)
    accounts = vendors.accounts(conn)
    keys = callbacks.key_use(ground, conn, accounts, ground.clock.now() - KEYS_COUNTED_FOR)
    made = []
    for account in accounts:
        number = account.account_id
        checks = sorted(found.get(number, []), key=lambda one: ORDER.index(one.name) if one.name in ORDER else len(ORDER))
        its = keys.get(number, [])
        state = connecting.callback_state(bool(its), echoes.get(number), counts.get(number), its)
        is_sandbox = connecting.is_sandboxed(account)
        made.append(Shown(account, checks, state, counts.get(number), is_sandbox, runs.get(number), its))
    return made
