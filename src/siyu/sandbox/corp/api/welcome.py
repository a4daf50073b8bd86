"""Welcome messages: twenty seconds, once (facts 2.4); and the templates for groups (2.5)."""

from __future__ import annotations

from typing import Any

from siyu.sandbox.corp.api.attachments import ALL, checked, message
from siyu.sandbox.corp.refusals import Refusal
from siyu.sandbox.corp.state import Note
from siyu.sandbox.corp.wire import Call, api, short

_TEMPLATES = 100


@api("POST", "externalcontact/send_welcome_msg")
def send_welcome_msg(call: Call) -> dict[str, Any]:
    """Greet a new customer. A second app that calls meets 41096, the same app again 41051, and anybody after the end 41050."""
    code = call.text("welcome_code", needed=41049)
    text, attachments = message(call)
    company, found = call.company, call.company.welcomes.get(code)
    if found is None or found.kind != "customer" or company.tick() >= found.ends:
        raise Refusal(41050)
    if found.sent_by:
        raise Refusal(41051 if found.sent_by == call.app.agentid else 41096)
    follow = company.follows.get(found.userid, {}).get(found.contact_id)
    if follow is None:
        raise Refusal(84061)
    if follow.chatted_at:
        raise Refusal(41051)
    found.sent_by = call.app.agentid
    company.note(follow.contact, Note(call.now, "welcome", found.userid, text, tuple(attachments), about=code))
    return {}


def _template(call: Call, most: int) -> dict[str, Any]:
    text = short("text.content", call.part("text").get("content") or "", None, most)
    kind = next((k for k in ("image", "link", "miniprogram", "file", "video") if call.body.get(k)), "")
    if kind:
        checked(call, [{"msgtype": kind, kind: call.body[kind]}])
    if not text and not kind:
        raise Refusal(40063)
    return {"text": {"content": text}} | ({kind: call.body[kind]} if kind in ALL else {})


def _held(call: Call) -> dict[str, dict[str, Any]]:
    return call.company.shelf.setdefault("group_welcome", {})


def _one(call: Call, *, is_mine: bool = True) -> str:
    key = call.text("template_id", needed=40063)
    found = _held(call).get(key)
    if found is None:
        raise Refusal(40037)
    if is_mine and found["agentid"] != call.app.agentid:
        raise Refusal(41058)
    return key


@api("POST", "externalcontact/group_welcome_template/add")
def add(call: Call) -> dict[str, Any]:
    """A greeting for those who enter a group; its owner still picks it in the client."""
    if len(_held(call)) >= _TEMPLATES:
        raise Refusal(41055)
    key = call.company.new_id("msg", 32)
    _held(call)[key] = _template(call, 3000) | {"agentid": call.app.agentid}
    return {"template_id": key}


@api("POST", "externalcontact/group_welcome_template/edit")
def edit(call: Call) -> dict[str, Any]:
    """Another greeting under the same id."""
    _held(call)[_one(call)] = _template(call, 4000) | {"agentid": call.app.agentid}
    return {}


@api("POST", "externalcontact/group_welcome_template/get")
def get(call: Call) -> dict[str, Any]:
    """A greeting as it was made."""
    return {k: v for k, v in _held(call)[_one(call, is_mine=False)].items() if k != "agentid"}


@api("POST", "externalcontact/group_welcome_template/del")
def delete(call: Call) -> dict[str, Any]:
    """Take a greeting away."""
    del _held(call)[_one(call)]
    return {}
