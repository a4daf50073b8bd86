"""Messages and events of a desk of 微信客服, as `kf/sync_msg` gives them (developer.work.weixin.qq.com/document/path/94670)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from siyu.pool import Fact, Identifier, Kind, normal
from siyu.sources.connected.reading import clean, moment

_FROM_CUSTOMER = 3


def desk_facts(corp: str, rows: Iterable[Mapping[str, Any]], received_at: datetime) -> list[Fact]:
    """The facts of a page of messages. What staff wrote, and events that say nothing of a customer, give none."""
    found = []
    for row in rows:
        fact = _fact(corp, row, received_at)
        if fact is not None:
            found.append(fact)
    return found


def _fact(corp: str, row: Mapping[str, Any], received_at: datetime) -> Fact | None:
    msgid, kind = _text(row, "msgid"), _text(row, "msgtype")
    part = row.get(kind) if kind else None
    inner: Mapping[str, Any] = part if isinstance(part, Mapping) else {}
    who = normal.identifier(Kind.EXTERNAL_USERID, _text(row, "external_userid") or _text(inner, "external_userid"), corp)
    desk = _text(row, "open_kfid") or _text(inner, "open_kfid")
    if not msgid or who is None:
        return None
    at = moment(str(row.get("send_time", "")), received_at) or received_at
    base = {"channel": "kf", "account": desk, "corp": corp}
    if kind == "event":
        return _event(msgid, who, desk, at, base, inner)
    if row.get("origin") != _FROM_CUSTOMER:
        return None
    words = _text(inner, "content")
    data = base | {"kind": kind[:40]} | ({"keyword": _text(inner, "menu_id")} if _text(inner, "menu_id") else {})
    return Fact(
        "message.received",
        f"message.received:{msgid}",
        at,
        (who,),
        object=desk or None,
        data=data,
        personal={"text": words} if words else {},
    )


def _event(msgid: str, who: Identifier, desk: str, at: datetime, base: dict[str, Any], told: Mapping[str, Any]) -> Fact | None:
    name = _text(told, "event_type")

    def fact(type_: str, *fields: str, **more: Any) -> Fact:
        given = {field: _text(told, field) for field in fields if _text(told, field)}
        return Fact(type_, f"{type_}:{msgid}", at, (who,), object=desk or None, data=base | given | more)

    if name == "enter_session":
        return fact("desk.entered", "scene", "scene_param", "welcome_code")
    if name == "session_status_change":
        return fact("desk.session_changed", "change_type", "old_servicer_userid", "new_servicer_userid", "msg_code")
    if name == "reject_customer_msg_switch_change":
        if _text(told, "reject_switch") == "1":
            return fact("consent.withdrawn", purpose="*", by="switch")
        return fact("consent.given", purpose="service", by="switch")
    if name == "msg_send_fail":
        number = _text(told, "fail_msgid")
        return fact("receipt.received", vendor_id=number, is_delivered=False, code=_text(told, "fail_type"))
    return None


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return clean(value.strip())[:2048] if isinstance(value, str) else ""
