"""Welcomes by `send_welcome_msg`. The right to send one is the ticket that came with the adding (`growth.ticket_of`), for 20 seconds.

A ticket is good for one welcome, yet WeCom's answer to a second one (41051) does not say whether the first was ours; so an answer that
never came leaves the welcome `unknown`, and nobody is greeted twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from siyu import growth
from siyu.base import settings
from siyu.base.errors import ConfigError, InputError
from siyu.base.ground import Ground
from siyu.channels.welcome.words import SETTING, WelcomeSettings
from siyu.channels.words import Answer, Parcel, Result
from siyu.vendors import AccountState, Trouble, VendorError, VendorKind, accounts
from siyu.vendors.wecom import Client

_AT_ONCE = 5  # calls of one interface, says WeCom's 45033
_TURN_WITHIN = 5.0  # seconds for a turn at the pace

_ANSWERS = {
    Trouble.TOKEN: Answer.DOWN,
    Trouble.CONFIG: Answer.DOWN,
    Trouble.DOWN: Answer.DOWN,
    Trouble.LATER: Answer.LATER,
    Trouble.RELATION: Answer.REFUSED,
    Trouble.ITEM: Answer.REFUSED,
    Trouble.UNKNOWN: Answer.LOST,
}


@dataclass(frozen=True)
class Greeting:
    """One welcome as it goes to WeCom."""

    intent_id: int
    person_id: int
    text: str

    def __repr__(self) -> str:
        return f"Greeting({self.intent_id})"


class WelcomeLine:
    """Calls to the corps whose customers are greeted."""

    width = _AT_ONCE

    def __init__(self, ground: Ground, the_settings: WelcomeSettings) -> None:
        self._ground = ground
        self.patience = timedelta(seconds=_TURN_WITHIN + the_settings.timeout_seconds * 3 + 1)
        self._clients = {
            one.account_id: Client(ground, one, patience=_TURN_WITHIN, timeout=the_settings.timeout_seconds)
            for one in the_settings.accounts
        }

    def prepare(self, parcel: Parcel) -> Greeting:
        """What is said; to whom is known by the ticket."""
        return Greeting(parcel.intent_id, parcel.person_id, parcel.text)

    def pause(self, parcel: Parcel) -> timedelta:
        """The vendors' governor paces."""
        return timedelta(0)

    def send(self, prepared: Greeting) -> Result:
        """Greet by the person's ticket."""
        with self._ground.db.tx() as conn:
            ticket = growth.ticket_of(conn, prepared.intent_id, prepared.person_id)
        if ticket is None:
            return Result(Answer.REFUSED, "welcome_ticket")
        client = self._clients.get(ticket.account_id)
        if client is None:
            return Result(Answer.DOWN, "welcome_account")
        try:
            client.send_welcome(ticket.welcome_code, prepared.text)
        except VendorError as err:
            return Result(_ANSWERS[err.kind], _code(err), err.what[:200], err.rid, retry_after=err.retry_after)
        except InputError:
            return Result(Answer.REFUSED, "welcome_text")
        except ConfigError as err:
            return Result(Answer.DOWN, "welcome_account", err.what)
        return Result(Answer.TAKEN, "")

    def close(self) -> None:
        """Connections are the vendors' room's, kept for everybody."""


class WelcomeChannel:
    """Welcomes. WeCom keeps no key of ours: what was perhaps sent is not sent again."""

    name = growth.CHANNEL
    needs_address = False
    is_idempotent = False

    def settings(self, ground: Ground) -> WelcomeSettings | None:
        """The accounts with a corp that are on; None when there is none."""
        with ground.db.tx() as conn:
            mine = tuple(one for one in accounts(conn, VendorKind.WECOM) if one.state == AccountState.ON)
            timeout = float(settings.get(conn, SETTING, WelcomeSettings.timeout_seconds))
        return WelcomeSettings(mine, min(max(timeout, 0.5), 15.0)) if mine else None

    def open(self, ground: Ground, settings: Any) -> WelcomeLine:
        """A line to these corps."""
        return WelcomeLine(ground, settings)


WELCOME = WelcomeChannel()


def _code(err: VendorError) -> str:
    """The vendor's number behind the channel's name; the line's own words (no_answer, not_sent) as they are."""
    return f"welcome_{err.code}" if err.code.lstrip("-").isdigit() else err.code
