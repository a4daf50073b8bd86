"""A desk of 微信客服 as a channel: 48 hours and five messages after the customer's last one (the gate counts).

The greeting of somebody who enters goes by the code of that entering (`answers.tickets_of`): once, for 20 seconds, to that desk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.channels.connected.answering import VendorLine, clients, doubtless
from siyu.channels.connected.reaching import by_desk
from siyu.channels.words import Answer, Parcel, Reached, Result
from siyu.journeys import answers
from siyu.vendors import Account, VendorKind
from siyu.vendors.wecom import Client


@dataclass(frozen=True)
class Saying:
    """One message on its way."""

    corp: str
    desk: str
    who: str = field(repr=False)
    text: str = field(repr=False)
    ours: str
    ticket: answers.DeskTicket | None


class KfLine(VendorLine):
    """One client a corp."""

    def __init__(self, ground: Ground, accounts: Sequence[Account]) -> None:
        super().__init__(ground, accounts)
        self.clients = {one.app_id: Client(ground, one) for one in accounts}

    def prepare(self, parcel: Parcel) -> Saying:
        """The words, under our own number."""
        corp, _, desk = parcel.place.partition("/")
        text = "\n".join(part for part in (parcel.subject, parcel.text) if part)
        return Saying(corp, desk, parcel.to, text, doubtless(self.ground.vault, parcel.intent_id)[:32], parcel.ticket)

    def call(self, prepared: Saying) -> Result:
        """One text from the desk: as an answer to its entering, or to what the customer wrote."""
        if prepared.ticket:
            return self._greet(prepared, prepared.ticket)
        number = self.clients[prepared.corp].say(prepared.desk, prepared.who, "text", {"content": prepared.text}, msgid=prepared.ours)
        return Result(Answer.TAKEN, "", "", number)

    def _greet(self, prepared: Saying, ticket: answers.DeskTicket) -> Result:
        client = self.clients.get(ticket.corp)
        if client is None:
            return Result(Answer.DOWN, "account_off")
        if self.ground.clock.now() >= ticket.entered_at + answers.TICKET_FOR:
            return Result(Answer.REFUSED, "greeting_late")
        return Result(Answer.TAKEN, "", "", client.say_on_event(ticket.code, "text", {"content": prepared.text}, msgid=prepared.ours))


class KfChannel:
    """Messages of the desk that somebody wrote to last."""

    name = "kf"
    needs_address = True
    is_idempotent = False

    def settings(self, ground: Ground) -> tuple[Account, ...] | None:
        """The corps that are connected and switched on."""
        with ground.db.tx() as conn:
            return clients(conn, VendorKind.WECOM) or None

    def open(self, ground: Ground, settings: Any) -> KfLine:
        """A line by these corps."""
        return KfLine(ground, settings)

    def reach(self, ground: Ground, conn: Connection, people: Sequence[int], accounts: Any) -> dict[int, Reached]:
        """Who wrote to a desk of one of these corps."""
        return by_desk(conn, people, [one.app_id for one in accounts], ground.clock.now())

    def tickets(self, conn: Connection, wishes: Mapping[int, int]) -> dict[int, answers.DeskTicket]:
        """The codes of those who entered, for the first messages of their greetings."""
        return answers.tickets_of(conn, wishes)


KF = KfChannel()
