"""What an account's server is told: messages and events, plain or closed, as XML or JSON; and the reply that it may give at once."""

from __future__ import annotations

import json
import urllib.request
import xml.etree.ElementTree as ET
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from siyu.sandbox.courier import Errand
from siyu.sandbox.wechat import crypto
from siyu.sandbox.wechat.office import Office
from siyu.sandbox.wechat.words import Account, Callback, Member

REPLIES = ("text", "image", "voice", "video", "music", "news", "transfer_customer_service")


def push(office: Office, account: Account, member: Member, fields: dict[str, Any]) -> str:
    """Tell the account's server something about a member; gives its key in the courier's journal, empty when nobody listens."""
    callback = account.callback
    if callback is None:
        return ""
    at = int(office.now())
    told = {"ToUserName": account.gh_id, "FromUserName": member.openid, "CreateTime": at, **fields}
    key = f"{account.appid}:{office.number()}"
    text = as_xml(told) if callback.shape == "xml" else as_json(told)
    is_message = fields["MsgType"] != "event"
    what = str(fields["MsgType"] if is_message else fields["Event"])

    def body() -> tuple[str, bytes, str]:
        with office.lock:  # each delivery has its own timestamp, nonce and ciphertext
            return closed(account, callback, member.openid, text, str(int(office.now())), str(office.number() * 7919), office.word(16))

    def taken(status: int, answer: bytes) -> bool:
        if status != 200:
            return False
        with office.lock:
            reply(office, account, callback, member, answer)
        return True

    def gave_up() -> None:
        if is_message and not account.is_mini:
            with office.lock:
                office.bubble(account, member, "note", "fault", "passive", {})

    errand = Errand(
        f"{account.appid}:{member.openid}", key, what, callback.url, body, taken, answer_in=account.settings.answer_in, gave_up=gave_up
    )
    office.courier.carry(errand, account.faults)
    return key


def closed(account: Account, callback: Callback, openid: str, text: str, timestamp: str, nonce: str, salt: str) -> tuple[str, bytes, str]:
    """A push as it goes over the wire: the query, the body and its type."""
    query = {
        "signature": crypto.sha1_of(callback.token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce, "openid": openid,
    }  # fmt: skip
    kind = "text/xml" if callback.shape == "xml" else "application/json"
    if callback.mode == "plain":
        return urlencode(query), text.encode(), kind
    sealed = crypto.close(callback.aes_key, account.appid, text, salt.encode())
    query |= {"encrypt_type": "aes", "msg_signature": crypto.sha1_of(callback.token, timestamp, nonce, sealed)}
    if callback.shape == "json":
        about = json.loads(text) if callback.mode == "compat" else {"ToUserName": account.gh_id}
        return urlencode(query), json.dumps({**about, "Encrypt": sealed}, ensure_ascii=False).encode(), kind
    inside = text.removeprefix("<xml>").removesuffix("</xml>") if callback.mode == "compat" else _tag("ToUserName", account.gh_id)
    return urlencode(query), f"<xml>{inside}{_tag('Encrypt', sealed)}</xml>".encode(), kind


def reply(office: Office, account: Account, callback: Callback, member: Member, answer: bytes) -> None:
    """Read what the server answered: nothing, `success`, or a message for the member. What cannot be read shows as a fault."""
    text = answer.decode("utf-8", "replace").strip()
    if text in ("", "success"):
        return
    try:
        found = _read_xml(text)
        if "Encrypt" in found:
            mine = crypto.sha1_of(callback.token, found.get("TimeStamp", ""), found.get("Nonce", ""), found["Encrypt"])
            if mine != found.get("MsgSignature"):
                raise crypto.BadCipher("the reply's signature is wrong")
            found = _read_xml(crypto.opened(callback.aes_key, account.appid, found["Encrypt"]))
        elif callback.mode == "safe":
            raise crypto.BadCipher("a reply in safe mode is closed")
        if found.get("ToUserName") != member.openid or found.get("FromUserName") != account.gh_id or found.get("MsgType") not in REPLIES:
            raise ValueError("not a reply to this message")
    except (ET.ParseError, ValueError):
        office.bubble(account, member, "note", "fault", "passive", {})
        return
    kind = found.pop("MsgType")
    if kind == "transfer_customer_service":
        member.is_handed_over = True
        office.bubble(account, member, "note", "transfer_customer_service", "passive", {"account": found.get("TransInfo", {})})
        return
    shown = {name: value for name, value in found.items() if name not in ("ToUserName", "FromUserName", "CreateTime")}
    if kind == "text":
        shown = {"text": shown.get("Content", "")}
    elif kind == "news":
        articles = shown.get("Articles", {}).get("item", [])
        listed = articles if isinstance(articles, list) else [articles]
        shown = {
            "articles": [{"title": a.get("Title", ""), "description": a.get("Description", ""), "url": a.get("Url", "")} for a in listed]
        }
    elif kind in ("image", "voice", "video"):
        shown = {"media_id": shown.get(kind.title(), {}).get("MediaId", "")}
        if shown["media_id"] not in account.media:
            office.bubble(account, member, "note", "fault", "passive", {})
            return
    office.bubble(account, member, "out", kind, "passive", shown)


def verify(account: Account, callback: Callback, timestamp: str, nonce: str, echo: str) -> str:
    """Ask the server to echo, as the console does when a URL is saved; gives what is wrong with its answer, or nothing."""
    query = urlencode({
        "signature": crypto.sha1_of(callback.token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce, "echostr": echo,
    })  # fmt: skip
    if not callback.url.startswith(("http://", "https://")):
        return "the URL must begin with http:// or https://"
    if callback.mode != "plain":
        crypto.key_of(callback.aes_key)
    try:
        url = callback.url + ("&" if "?" in callback.url else "?") + query
        with urllib.request.urlopen(url, timeout=account.settings.answer_in) as got:  # noqa: S310  checked above
            answer = got.read(1000).decode("utf-8", "replace")
    except OSError as err:
        return f"the server did not answer the check ({type(err).__name__})"
    return "" if answer == echo else "the server did not return echostr unchanged"


def as_xml(told: dict[str, Any]) -> str:
    """Fields as XML; texts in CDATA, numbers bare."""
    return "<xml>" + "".join(_tag(name, value) for name, value in told.items()) + "</xml>"


def as_json(told: dict[str, Any]) -> str:
    """Fields as JSON; the lists of subscription events stand on the top level there."""
    flat: dict[str, Any] = {}
    for name, value in told.items():
        flat |= value if name.startswith("SubscribeMsg") else {name: value}
    return json.dumps(flat, ensure_ascii=False)


def _tag(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_tag(name, one) for one in value)
    if isinstance(value, dict):
        inside = "".join(_tag(key, one) for key, one in value.items())
    elif isinstance(value, int | float):
        inside = str(value)
    else:
        text = str(value)
        inside = f"<![CDATA[{text}]]>" if "]]>" not in text else escape(text)
    return f"<{name}>{inside}</{name}>"


def _read_xml(text: str) -> dict[str, Any]:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError("no document types, please")
    root = ET.fromstring(text)  # noqa: S314  entities were refused above
    found = _read(root)
    if not isinstance(found, dict):
        raise ValueError("an empty reply")
    return found


def _read(one: ET.Element) -> Any:
    if len(one) == 0:
        return (one.text or "").strip()
    found: dict[str, Any] = {}
    for child in one:
        value = _read(child)
        known = found.get(child.tag)
        if known is None:
            found[child.tag] = value
        elif isinstance(known, list):
            known.append(value)
        else:
            found[child.tag] = [known, value]
    return found
