"""Mini-programs as a channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.channels.connected.answering import VendorLine, clients
from siyu.channels.connected.reaching import by_openid
from siyu.channels.official.channel import Form, form_of
from siyu.channels.words import Answer, Parcel, Reached, Result
from siyu.vendors import Account, VendorKind
from siyu.vendors.wechat import Mini


class MiniLine(VendorLine):
    """One client an account."""

    def __init__(self, ground: Ground, accounts: Sequence[Account]) -> None:
        super().__init__(ground, accounts)
        self.clients = {one.app_id: Mini(ground, one) for one in accounts}

    def prepare(self, parcel: Parcel) -> Form:
        """The template's fields and the page that opens."""
        return form_of(self.ground, parcel)

    def call(self, prepared: Form) -> Result:
        """One message; its number comes back in the receipt."""
        client = self.clients[prepared.appid]
        number = client.send_subscribed(prepared.openid, prepared.template, prepared.fields, page=prepared.page)
        return Result(Answer.TAKEN, "", "", str(number or ""))


class MiniChannel:
    """Subscription messages by the mini-program that somebody agreed in."""

    name = "mini"
    needs_address = True
    is_idempotent = False

    def settings(self, ground: Ground) -> tuple[Account, ...] | None:
        """The mini-programs that are connected and switched on."""
        with ground.db.tx() as conn:
            return clients(conn, VendorKind.MINI) or None

    def open(self, ground: Ground, settings: Any) -> MiniLine:
        """A line by these mini-programs."""
        return MiniLine(ground, settings)

    def reach(self, ground: Ground, conn: Connection, people: Sequence[int], accounts: Any) -> dict[int, Reached]:
        """Users by their openid in one of these mini-programs."""
        return by_openid(conn, people, [one.app_id for one in accounts], ground.clock.now())


MINI = MiniChannel()
