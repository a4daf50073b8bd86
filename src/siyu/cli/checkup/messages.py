"""The ways out: the mail server, channels that rest, sends whose outcome nobody knows."""

from __future__ import annotations

from collections.abc import Iterator

from siyu import channels
from siyu.base.errors import SiyuError
from siyu.base.sentences import retold
from siyu.cli.checkup.words import Finding, Patient, ill, watch, well
from siyu.cli.screen import language

_MOST_COUNTED = 1000


def mail_server(patient: Patient) -> Iterator[Finding]:
    """Is one set, does it answer, does it let us in?"""
    with patient.on.db.tx() as conn:
        try:
            server = channels.see_email(patient.on, conn)
        except (SiyuError, KeyError, TypeError, ValueError):
            yield ill("mail_unreadable")
            return
    if server is None:
        yield watch("mail_none")
        return
    where = f"{server.host}:{server.port}"
    if server.security == channels.Security.PLAIN and server.host not in ("localhost", "127.0.0.1", "::1"):
        yield ill("mail_plain", where=where)
    try:
        channels.try_email(patient.on, server)
    except SiyuError as err:
        step, _, said = err.what.partition(": ")
        case = step if step in ("connect", "greeting", "tls", "certificate", "login") else "refused"
        yield ill(f"mail_{case}", where=where, said=retold(said, language()) or err.told(language()).what)
    else:
        yield well("mail", where=where)


def stuck_channels(patient: Patient) -> Iterator[Finding]:
    """Does a channel rest because its vendor fails?"""
    now = patient.on.clock.now()
    with patient.on.db.tx() as conn:
        for name in channels.channels():
            health = channels.health(conn, name)
            if health.resting_until and health.resting_until > now:
                yield ill(
                    "channel_rests", channel=name, failures=health.failures, until=f"{health.resting_until:%H:%M:%S}", code=health.code
                )


def unknown_sends(patient: Patient) -> Iterator[Finding]:
    """Messages that perhaps went out."""
    with patient.on.db.tx() as conn:
        found = channels.unknown_sends(conn, _MOST_COUNTED)
    if found:
        count = f"{len(found)}{'+' if len(found) == _MOST_COUNTED else ''}"
        yield watch("unknown_sends", count=count, since=f"{found[-1].started_at:%Y-%m-%d %H:%M}")
