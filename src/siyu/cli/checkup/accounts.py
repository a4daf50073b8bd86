"""The vendors: does each account work, thing by thing, and do its callbacks come?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from siyu import vendors
from siyu.cli.checkup.words import Finding, Patient, ill, watch, well
from siyu.cli.progress import Progress
from siyu.cli.screen import language, word
from siyu.sources import callbacks, connecting
from siyu.sources.connecting import CallbackState
from siyu.vendors import AccountState, probes
from siyu.vendors.probes import ProbeState

_COUNTED_FOR = timedelta(days=7)
_KEYS_COUNTED_FOR = timedelta(hours=24)


def vendor_accounts(patient: Patient) -> Iterator[Finding]:
    """Every account that is in use is asked, live; the doctor and the setup page ask the same questions."""
    ground = patient.on
    with ground.db.tx() as conn:
        accounts = [one for one in vendors.accounts(conn) if one.state == AccountState.ON]
        counts = {one.account_id: one for one in callbacks.counts(conn, ground.clock.now() - _COUNTED_FOR)}
        echoes = probes.echoed_at(conn)
        keys = callbacks.key_use(ground, conn, accounts, ground.clock.now() - _KEYS_COUNTED_FOR)
    for account in accounts:
        with Progress(account.name) as progress:
            found = probes.probe(ground, account, told=_telling(progress))
        for one in found:
            if one.state in (ProbeState.BAD, ProbeState.WATCH):
                told = vendors.explain(account.kind, one.code, language())
                about = {
                    "name": account.name, "check": word(f"web.connect_check_{one.name}"), "why": told.what, "code": one.code,
                    "remedy": told.remedy,
                }  # fmt: skip
                yield ill("connection_broken", **about) if one.state == ProbeState.BAD else watch("connection_shut", **about)
        if not any(one.state == ProbeState.BAD for one in found):
            yield well("connection", name=account.name, count=sum(one.state == ProbeState.GOOD for one in found))
        its = keys.get(account.account_id, [])
        state = connecting.callback_state(bool(its), echoes.get(account.account_id), counts.get(account.account_id), its)
        if state in (CallbackState.NONE, CallbackState.WAITING, CallbackState.REFUSED):
            yield watch(f"callback_{state.value}", name=account.name)
        rotation = connecting.rotation_state(its)
        if rotation is not None:
            yield watch(f"keys_{rotation.value}", name=account.name, number=account.account_id, n=its[1].deliveries)


def _telling(progress: Progress) -> Callable[[tuple[str, ...], int], None]:
    return lambda names, done: progress.to(done, len(names))
