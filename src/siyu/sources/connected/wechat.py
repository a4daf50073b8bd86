"""Messages and events of official accounts and mini-programs (公众号、小程序; developers.weixin.qq.com, message push)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from siyu.pool import Fact, Identifier, Kind, normal
from siyu.sources.connected.words import Event, Understood, Unreadable
from siyu.sources.wishes import Wish
from siyu.vendors import VendorKind

_WORD = re.compile(r"[a-z][a-z0-9_]{0,40}", re.ASCII)
_LISTS = {
    "subscribe_msg_popup_event": "SubscribeMsgPopupEvent", "subscribe_msg_change_event": "SubscribeMsgChangeEvent",
    "subscribe_msg_sent_event": "SubscribeMsgSentEvent",
}  # fmt: skip


_SESSIONS = {"kf_create_session": "1", "kf_switch_session": "2", "kf_close_session": "3"}  # -> change_type as of 微信客服


def understand(event: Event, at: datetime) -> Understood:
    """The event's facts. `at` is when it happened. Raises `Unreadable`."""
    if event.text("MsgType") == "event" and event.text("Event") == "MASSSENDJOBFINISH":
        return Understood(note="mass")  # about a job of many, not about somebody
    who = normal.identifier(Kind.OPENID, event.text("FromUserName"), event.app_id)
    if who is None:
        raise Unreadable(
            "The event has no usable FromUserName.", "Look at the callback; replay it when Siyu knows it.", field="FromUserName"
        )
    told = _Told(event, who, at)
    if event.text("MsgType") != "event":
        return Understood((told.message(),)) if event.text("MsgType") else Understood(note="unknown")
    return told.event()


class _Told:
    """One event of one person, on its way to facts."""

    def __init__(self, event: Event, who: Identifier, at: datetime) -> None:
        self.fields, self.who, self.at = event, who, at
        self.channel = str(event.vendor)
        self.base: dict[str, Any] = {"account": event.app_id}
        self.stamp = event.text("CreateTime") or str(int(at.timestamp()))

    def fact(self, type_: str, *parts: str, **data: Any) -> Fact:
        number = ":".join((type_, self.who.value, *(part[:200] for part in parts), self.stamp))
        given = {name: value for name, value in data.items() if value not in ("", None)}
        return Fact(type_, number, self.at, (self.who,), object=self.fields.app_id, data=self.base | given)

    def message(self) -> Fact:
        """What somebody wrote. The words are personal data and stand nowhere else."""
        kind = self.fields.text("MsgType")
        kind = kind if _WORD.fullmatch(kind) else "other"
        number = self.fields.text("MsgId") or self.stamp
        words = self.fields.text("Content") or self.fields.text("Recognition")
        return Fact(
            "message.received", f"message.received:{self.who.value}:{number[:200]}", self.at, (self.who,), object=self.fields.app_id,
            data=self.base | {"channel": self.channel, "kind": kind}, personal={"text": words} if words else {},
        )  # fmt: skip

    def event(self) -> Understood:
        name, key = self.fields.text("Event"), self.fields.text("EventKey")
        if name == "subscribe":
            scene = key.removeprefix("qrscene_") if key.startswith("qrscene_") else ""
            facts = [self.fact("account.followed", scene=scene)]
            if scene:
                facts.append(self.fact("code.scanned", scene, scene=scene, is_new=True))
            # To follow again takes back what unfollowing said of service; marketing needs a yes of its own.
            look = (Wish("fan", {"openid": self.who.value}),) if self.fields.vendor is VendorKind.OFFICIAL else ()
            return Understood((*facts, self._consent("consent.given", "service", "follow")), look)
        if name == "unsubscribe":
            return Understood((self.fact("account.unfollowed"), self._consent("consent.withdrawn", "*", "unfollow")))
        if name == "SCAN":
            return Understood((self.fact("code.scanned", key, scene=key),))
        if name == "VIEW":
            return Understood((self.fact("menu.opened", key, url=key[:500]),))
        if name in ("CLICK", "user_enter_tempsession"):
            data = {"channel": self.channel, "kind": "event", "event": name, "keyword": key[:200]}
            return Understood((self.fact("message.received", name, key, **data),))
        if name in _SESSIONS:  # an agent of the official account took the conversation, or ended it
            data = {"channel": self.channel, "change_type": _SESSIONS[name], "servicer": self.fields.text("KfAccount")[:100]}
            return Understood((self.fact("desk.session_changed", name, **data),))
        if name == "TEMPLATESENDJOBFINISH":
            status = self.fields.text("Status")
            return Understood((self._receipt(self.fields.text("MsgID"), status == "success", status),))
        if name in _LISTS:
            facts = [one for row in self._rows(name) for one in self._subscription(name, row)]
            return Understood(tuple(facts), note="" if facts else "empty")
        return Understood(note="place" if name == "LOCATION" else "unknown")

    def _consent(self, type_: str, purpose: str, by: str) -> Fact:
        return self.fact(type_, by, channel=self.channel, purpose=purpose, by=by)

    def _receipt(self, number: str, is_delivered: bool, code: str) -> Fact:
        data = {"channel": self.channel, "vendor_id": number[:100], "is_delivered": is_delivered, "code": code[:100]}
        name = f"receipt:{number[:100]}:{self.who.value}:{code[:100]}"
        return Fact("receipt.received", name, self.at, (self.who,), object=number[:100] or None, data=self.base | data)

    def _rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of a subscription event: under its own name in XML, on the top in JSON."""
        inner = self.fields.fields.get(_LISTS[name], self.fields.fields)
        listed = inner.get("List", inner.get("list")) if isinstance(inner, dict) else None
        several = listed if isinstance(listed, list) else [listed]
        return [row for row in several if isinstance(row, dict)]

    def _subscription(self, name: str, row: dict[str, Any]) -> list[Fact]:
        def text(field: str) -> str:
            value = row.get(field, "")
            return value.strip()[:200] if isinstance(value, str) else ""

        template = text("TemplateId")
        if name == "subscribe_msg_sent_event":
            code = text("ErrorCode") or text("ErrorStatus")
            return [self._receipt(text("MsgID") or text("MsgId"), code in ("0", "success"), code)]
        if not template:
            return []
        type_ = {"accept": "subscription.accepted", "reject": "subscription.refused"}.get(text("SubscribeStatusString"), "")
        if not type_:
            return []  # filter, ban: nothing was answered
        if name == "subscribe_msg_change_event" and type_ == "subscription.accepted":
            return []  # a switch in the settings is no credit for a message
        how = "settings" if name == "subscribe_msg_change_event" else "asked"
        return [self.fact(type_, template, template_id=template, how=how, channel=self.channel)]
