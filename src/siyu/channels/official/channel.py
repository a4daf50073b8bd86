"""The three ways in which an official account writes. Each is a channel of its own, because each has rules of its own in the gate."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from siyu import content
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.channels.connected.answering import VendorLine, clients, doubtless
from siyu.channels.connected.reaching import by_openid
from siyu.channels.words import Answer, Parcel, Reached, Result, Unfit
from siyu.vendors import Account, VendorKind
from siyu.vendors.wechat import Official

_URL = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class Form:
    """A filled template on its way."""

    appid: str
    openid: str = field(repr=False)
    template: str
    fields: dict[str, str] = field(repr=False)
    ours: str
    url: str = field(default="", repr=False)
    page: str = ""
    mini_appid: str = ""


@dataclass(frozen=True)
class Saying:
    """A chat message on its way."""

    appid: str
    openid: str = field(repr=False)
    kind: str
    content: dict[str, Any] = field(repr=False)


class OfficialLine(VendorLine):
    """What the three have in common: one client an account."""

    def __init__(self, ground: Ground, accounts: Sequence[Account]) -> None:
        super().__init__(ground, accounts)
        self.clients = {one.app_id: Official(ground, one) for one in accounts}


class TemplateLine(OfficialLine):
    """Template messages (模板消息). WeChat takes one number of ours once, so the client may ask again at once where no answer came."""

    def prepare(self, parcel: Parcel) -> Form:
        """The template's fields."""
        return form_of(self.ground, parcel)

    def call(self, prepared: Form) -> Result:
        """One message; its number comes back in the receipt."""
        number = self.clients[prepared.appid].send_template(
            prepared.openid, prepared.template, prepared.fields, url=prepared.url, mini_appid=prepared.mini_appid,
            mini_page=prepared.page, message_id=prepared.ours,
        )  # fmt: skip
        return Result(Answer.TAKEN, "", "", str(number))


class NoticeLine(OfficialLine):
    """Subscription notices (订阅通知): each costs a consent."""

    def prepare(self, parcel: Parcel) -> Form:
        """The template's fields."""
        return form_of(self.ground, parcel)

    def call(self, prepared: Form) -> Result:
        """One notice; its number comes back in the receipt."""
        mini = {"appid": prepared.mini_appid, "pagepath": prepared.page} if prepared.mini_appid else None
        client = self.clients[prepared.appid]
        number = client.send_notice(prepared.openid, prepared.template, prepared.fields, page=prepared.url, mini=mini)
        return Result(Answer.TAKEN, "", "", str(number or ""))


class ChatLine(OfficialLine):
    """Chat messages (客服消息), within the window that the customer opened: a text, or a card where a title and an address are there."""

    def prepare(self, parcel: Parcel) -> Saying:
        """A card of title, words and address; else the words."""
        url = _URL.search(parcel.text)
        if parcel.subject and url:
            words = " ".join(_URL.sub("", parcel.text).split())[:120]
            article = {"title": parcel.subject[:64], "description": words, "url": url[0]}
            return Saying(parcel.place, parcel.to, "news", {"articles": [article]})
        return Saying(parcel.place, parcel.to, "text", {"content": "\n".join(part for part in (parcel.subject, parcel.text) if part)})

    def call(self, prepared: Saying) -> Result:
        """One message. WeChat gives it no number."""
        self.clients[prepared.appid].say(prepared.openid, prepared.kind, prepared.content)
        return Result(Answer.TAKEN, "")


def form_of(ground: Ground, parcel: Parcel) -> Form:
    """The parcel's text as fields and places. Raises `Unfit`."""
    given = content.form_fields(parcel.text)
    url, page, mini_appid = (given.pop(name, "") for name in ("url", "page", "mini_appid"))
    if not given or not all(given.values()):
        raise Unfit("form_field", "A field of the template is empty.", "Give every value a fallback.")
    return Form(parcel.place, parcel.to, parcel.subject, given, doubtless(ground.vault, parcel.intent_id), url, page, mini_appid)


class OfficialChannel:
    """One of the three. `is_idempotent` is false: WeChat remembers our number for minutes, not for as long as we may wait."""

    needs_address = True
    is_idempotent = False

    def __init__(self, name: str, make: type[TemplateLine] | type[NoticeLine] | type[ChatLine]) -> None:
        self.name, self._make = name, make

    def settings(self, ground: Ground) -> tuple[Account, ...] | None:
        """The official accounts that are connected and switched on."""
        with ground.db.tx() as conn:
            return clients(conn, VendorKind.OFFICIAL) or None

    def open(self, ground: Ground, settings: Any) -> TemplateLine | NoticeLine | ChatLine:
        """A line by these accounts."""
        return self._make(ground, settings)

    def reach(self, ground: Ground, conn: Connection, people: Sequence[int], accounts: Any) -> dict[int, Reached]:
        """Followers by their openid with one of these accounts."""
        return by_openid(conn, people, [one.app_id for one in accounts], ground.clock.now())


CHANNELS = (
    OfficialChannel("official", TemplateLine), OfficialChannel("official_chat", ChatLine), OfficialChannel("official_notice", NoticeLine),
)  # fmt: skip
