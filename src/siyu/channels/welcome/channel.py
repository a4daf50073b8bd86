"""Welcomes by `send_welcome_msg`. The right to send one is the ticket that came with the adding (`growth.tickets_of`), for 20 seconds.

Pictures and files must lie in WeCom's store before (`wecom.warming.warm`): no upload is waited for here. One that is not there yet, because
its content was kept a moment ago, is waited for as long as the ticket leaves time; then the welcome goes without it and says so.

A ticket is good for one welcome, yet WeCom's answer to a second one (41051) does not say whether the first was ours; so an answer that
never came leaves the welcome `unknown`, and nobody is greeted twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from siyu import content, growth
from siyu.base import settings
from siyu.base.db import Connection
from siyu.base.errors import ConfigError, InputError
from siyu.base.ground import Ground
from siyu.channels.wecom import warming
from siyu.channels.welcome.words import SETTING, WelcomeSettings
from siyu.channels.words import Answer, Parcel, Result
from siyu.vendors import AccountState, Trouble, VendorError, VendorKind, accounts
from siyu.vendors.wecom import Client, attachments

_AT_ONCE = 5  # calls of one interface, says WeCom's 45033
_TURN_WITHIN = 5.0  # seconds for a turn at the pace
_WAIT_UNTIL = timedelta(seconds=10)  # after the adding: what is not in WeCom's store by then is left out
_LOOK_AGAIN = timedelta(seconds=1)
_MEDIA_GONE = "40007"

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
    ticket: growth.Ticket | None
    text: str
    hung: tuple[content.Attachment, ...] = field(default=(), hash=False)

    def __repr__(self) -> str:
        return f"Greeting({self.intent_id})"


class WelcomeLine:
    """Calls to the corps whose customers are greeted."""

    width = 2 * _AT_ONCE  # while half of them call, the others take their turn

    def __init__(self, ground: Ground, the_settings: WelcomeSettings) -> None:
        self._ground = ground
        self.patience = timedelta(seconds=_TURN_WITHIN + the_settings.timeout_seconds * 3 + 1)
        self._clients = {
            one.account_id: Client(ground, one, patience=_TURN_WITHIN, timeout=the_settings.timeout_seconds)
            for one in the_settings.accounts
        }

    def prepare(self, parcel: Parcel) -> Greeting:
        """What is said; to whom is known by the ticket."""
        return Greeting(parcel.intent_id, parcel.ticket, parcel.text, parcel.attachments)

    def pause(self, parcel: Parcel) -> timedelta:
        """The vendors' governor paces."""
        return timedelta(0)

    def send(self, prepared: Greeting) -> Result:
        """Greet by the person's ticket."""
        now, ticket = self._ground.clock.now(), prepared.ticket
        if ticket is None:
            return Result(Answer.REFUSED, "welcome_ticket")
        client = self._clients.get(ticket.account_id)
        if client is None:
            return Result(Answer.DOWN, "welcome_account")
        ready: list[attachments.Attachment | None] = []
        if prepared.hung:
            with self._ground.db.tx() as conn:
                ready = warming.ready(conn, ticket.account_id, prepared.hung, now)
        hung = [one for one in ready if one is not None]
        if len(hung) < len(ready) and now < ticket.added_at + _WAIT_UNTIL:
            return Result(Answer.LATER, "welcome_media", retry_after=_LOOK_AGAIN)
        result = self._call(client, ticket, prepared.text, hung)
        if result.code == f"welcome_{_MEDIA_GONE}" and hung:  # WeCom has lost it and took nothing: the rest is worth sending
            with self._ground.db.tx() as conn:
                warming.forget(conn, ticket.account_id, prepared.hung)
                hung = [one for one in warming.ready(conn, ticket.account_id, prepared.hung, now) if one is not None]
            result = self._call(client, ticket, prepared.text, hung)
        if result.answer is Answer.TAKEN and len(hung) < len(ready):
            return Result(Answer.TAKEN, "welcome_short", str(len(ready) - len(hung)))
        return result

    def _call(self, client: Client, ticket: growth.Ticket, text: str, hung: list[attachments.Attachment]) -> Result:
        try:
            client.send_welcome(ticket.welcome_code, text, hung)
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

    def tickets(self, conn: Connection, wishes: Mapping[int, int]) -> dict[int, growth.Ticket]:
        """Those that came with the addings."""
        return growth.tickets_of(conn, wishes)


WELCOME = WelcomeChannel()


def _code(err: VendorError) -> str:
    """The vendor's number behind the channel's name; the line's own words (no_answer, not_sent) as they are."""
    return f"welcome_{err.code}" if err.code.lstrip("-").isdigit() else err.code
