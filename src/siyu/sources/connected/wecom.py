"""Events of a corp (企业微信; shapes on developer.work.weixin.qq.com/document/path/92130)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from siyu.pool import Fact, Identifier, Kind, normal
from siyu.sources.connected.words import Event, Understood, Unreadable
from siyu.sources.wishes import Wish

# Events that only say "look for yourself". Two of them within one second read the same, so a second one is never taken for a duplicate.
HINTS = (
    "change_external_contact.edit_external_contact", "change_external_chat.update.add_member", "change_external_chat.update.change_owner",
    "change_external_chat.update.change_name", "change_external_chat.update.change_notice", "change_external_tag.create",
    "change_external_tag.update", "change_external_tag.delete", "change_external_tag.shuffle", "kf_msg_or_event",
)  # fmt: skip
_CHAT_KNOWS_AFTER = timedelta(seconds=2)  # the vendor makes the details of a chat's change a moment later
_VERB = re.compile(r"[a-z][a-z0-9_]{0,60}", re.ASCII)
_QUIT = {"0": "left", "1": "removed"}


def understand(event: Event, at: datetime) -> Understood:
    """The event's facts and wishes. `at` is when it happened. Raises `Unreadable`."""
    kind = event.text("Event")
    reader = _READERS.get(kind)
    if reader is None:
        return Understood(note="staff" if event.text("MsgType") != "event" else "unknown")
    return reader(event, at)


def _contact(event: Event, at: datetime) -> Understood:
    change = event.text("ChangeType")
    if change not in _CONTACT:
        return Understood(note="unknown")
    guide, who = _need(event, "UserID"), _customer(event)
    stamp = event.text("CreateTime") or str(int(at.timestamp()))
    data: dict[str, Any] = {"guide": guide, "corp": event.app_id}
    look = Wish("contact", {"guide": guide, "external_userid": who.value})

    def fact(type_: str, **more: Any) -> Fact:
        given = {name: value for name, value in more.items() if value}
        return Fact(type_, f"{type_}:{guide}:{who.value}:{stamp}", at, (who,), object=guide, data=data | given)

    if change in ("add_external_contact", "add_half_external_contact"):
        # The code for the welcome lives 20 seconds, so it travels in the fact, with the moment from which they are counted.
        code = event.text("WelcomeCode")
        type_ = "contact.added" if change == "add_external_contact" else "contact.half_added"
        told = {"state": event.text("State"), "welcome_code": code, "received_at": event.received_at.isoformat() if code else ""}
        return Understood((fact(type_, **told),), (look,))
    if change == "del_external_contact":
        by = "transfer" if event.text("Source") == "DELETE_BY_TRANSFER" else "guide"
        return Understood((fact("contact.removed", by=by),))
    if change == "del_follow_user":
        return Understood((fact("contact.removed", by="customer"),))
    if change == "transfer_fail":
        return Understood((fact("contact.move_failed", reason=event.text("FailReason")),))
    if change == "msg_audit_approved":
        return Understood((fact("contact.archive_agreed"),))
    return Understood((), (look,))  # edit_external_contact


_CONTACT = frozenset(
    {
        "add_external_contact", "add_half_external_contact", "edit_external_contact", "del_external_contact", "del_follow_user",
        "transfer_fail", "msg_audit_approved",
    }
)  # fmt: skip


def _chat(event: Event, at: datetime) -> Understood:
    """Who joined is for the sync to tell: only it knows by which code, and who asked them in. Who left, only the event tells."""
    chat = _need(event, "ChatId")
    look = Wish("chat", {"chat_id": chat}, after=_CHAT_KNOWS_AFTER)
    if event.text("ChangeType") == "dismiss":
        return Understood((), (Wish("chat", {"chat_id": chat, "is_dismissed": True}),))
    if event.text("UpdateDetail") != "del_member":
        return Understood((), (look,))
    stamp = event.text("CreateTime") or str(int(at.timestamp()))
    how = _QUIT.get(event.text("QuitScene"), "")
    data = {"corp": event.app_id} | ({"how": how} if how else {})
    gone = [normal.identifier(Kind.EXTERNAL_USERID, one, event.app_id) for one in _members(event) if one[:2] in ("wm", "wo")]
    facts = tuple(
        Fact("group.left", f"group.left:{chat}:{who.value}:{stamp}", at, (who,), object=chat, data=dict(data)) for who in gone if who
    )
    return Understood(facts, (look,))


def _members(event: Event) -> list[str]:
    listed = event.fields.get("MemChangeList")
    items = listed.get("Item") if isinstance(listed, dict) else listed
    several = items if isinstance(items, list) else [items]
    return sorted({one.strip() for one in several if isinstance(one, str) and one.strip()})


def _tag(event: Event, at: datetime) -> Understood:
    return Understood((), (Wish("tags"),))


def _staff(event: Event, at: datetime) -> Understood:
    if event.text("ChangeType") == "delete_user":  # their customers wait for somebody else
        return Understood((), (Wish("guides"), Wish("unassigned")))
    return Understood((), (Wish("guides"),))


def _desk(event: Event, at: datetime) -> Understood:
    return Understood((), (Wish("kf", {"open_kfid": _need(event, "OpenKfId")}, token=event.text("Token")),))


def _acquisition(event: Event, at: datetime) -> Understood:
    """Links and their credits (获客助手), as `acquisition.<what>`; with the customer where the event names one."""
    verb = event.text("ChangeType")
    if not _VERB.fullmatch(verb):
        return Understood(note="unknown")
    names = (("LinkId", "link_id"), ("UserID", "guide"), ("State", "state"), ("ChatKey", "chat_key"))
    data = {"corp": event.app_id} | {ours: event.text(theirs) for theirs, ours in names if event.text(theirs)}
    who = normal.identifier(Kind.EXTERNAL_USERID, event.text("ExternalUserID"), event.app_id)
    stamp = event.text("CreateTime") or str(int(at.timestamp()))
    number = ":".join((verb, data.get("link_id", ""), data.get("guide", ""), who.value if who else "", stamp))
    return Understood((Fact(f"acquisition.{verb}", number, at, (who,) if who else (), object=data.get("link_id"), data=data),))


_READERS: dict[str, Callable[[Event, datetime], Understood]] = {
    "change_external_contact": _contact, "change_external_chat": _chat, "change_external_tag": _tag, "change_contact": _staff,
    "kf_msg_or_event": _desk, "customer_acquisition": _acquisition,
}  # fmt: skip


def _need(event: Event, name: str) -> str:
    value = normal.written(event.text(name))
    if not value or len(value) > 200:
        raise Unreadable(f"The event has no usable {name}.", "Look at the callback; replay it when Siyu knows the new shape.", field=name)
    return value


def _customer(event: Event) -> Identifier:
    who = normal.identifier(Kind.EXTERNAL_USERID, _need(event, "ExternalUserID"), event.app_id)
    if who is None:
        raise Unreadable(
            "The event has no usable ExternalUserID.",
            "Look at the callback; replay it when Siyu knows the new shape.",
            field="ExternalUserID",
        )
    return who
