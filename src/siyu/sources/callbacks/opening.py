"""Is it the vendor's, and what does it say? Checked before anything is stored. No table, no clock.

WeCom always seals. Official accounts and mini-programs push plain, sealed, or both: an account that has an EncodingAESKey takes sealed
ones only, because the signature of a plain one does not cover its body. Text messages are not signed at all: the secret in the address
is all that proves them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

from siyu.base.errors import InputError
from siyu.base.vault import seal, unseal
from siyu.sources.callbacks.words import KB, Letter, Refusal, Request
from siyu.sources.connected import Event, Unreadable, about_of, digest_of, kind_of, plain, said_at
from siyu.vendors import (
    Account,
    BadXml,
    CallbackKeys,
    Refused,
    VendorKind,
    is_signed,
    open_callback,
    open_echo,
    read_xml,
)  # fmt: skip

SMS = (VendorKind.ALIYUN_SMS, VendorKind.TENCENT_SMS)
MOST_BYTES = {
    VendorKind.WECOM: 256 * KB, VendorKind.OFFICIAL: 256 * KB, VendorKind.MINI: 256 * KB,
    VendorKind.ALIYUN_SMS: 1024 * KB, VendorKind.TENCENT_SMS: 1024 * KB,
}  # fmt: skip


def echo(account: Account, keys: Sequence[CallbackKeys], query: dict[str, str]) -> str:
    """The answer to the GET by which a vendor tries an address. Raises `Refusal`."""
    told = query.get("echostr", "")
    if not told:
        raise Refusal("nothing_asked")
    if account.kind is VendorKind.WECOM:
        try:
            return open_echo(
                keys, account.app_id, signature=query.get("msg_signature", ""), timestamp=query.get("timestamp", ""),
                nonce=query.get("nonce", ""), echostr=told,
            ).text  # fmt: skip
        except (Refused, InputError):
            raise Refusal("forged") from None
    if not is_signed(keys, **_signed_by(query)):
        raise Refusal("forged")
    return told


def open_text(account: Account, keys: Sequence[CallbackKeys], request: Request) -> tuple[str, CallbackKeys]:
    """The text that a WeCom, official-account or mini-program callback holds, and the set of keys that opened it.

    Raises `Refusal`: forged, malformed.
    """
    query = request.query
    is_plain = account.kind is not VendorKind.WECOM and not any(one.aes_key for one in keys)
    if is_plain:
        signed_by = [one for one in keys if is_signed([one], **_signed_by(query))]
        if not signed_by:
            raise Refusal("forged")
        try:
            return request.body.decode(), signed_by[0]
        except UnicodeDecodeError:
            raise Refusal("malformed") from None
    sealed_by = [one for one in keys if one.aes_key]
    try:
        opened = open_callback(
            sealed_by, account.app_id, signature=query.get("msg_signature", ""), timestamp=query.get("timestamp", ""),
            nonce=query.get("nonce", ""), body=request.body,
        )  # fmt: skip
    except BadXml:
        raise Refusal("malformed") from None
    except (Refused, InputError, ValueError):
        raise Refusal("forged") from None
    return opened.text, sealed_by[opened.keys]


def let_in(keys: Sequence[CallbackKeys], token: str) -> CallbackKeys | None:
    """The set whose token is the secret in an address of text messages; takes the same time whether there is one or not."""
    given = token.encode("utf-8", "replace")
    right = [one for one in keys if one.token and hmac.compare_digest(one.token.encode(), given)]
    return right[0] if right else None


def mark_of(master: bytes, keys: CallbackKeys) -> str:
    """What tells one set of keys from another and gives neither away: a keyed hash, short."""
    told = "\x1f".join(("callback keys", keys.token, keys.aes_key))
    return hmac.new(master, told.encode(), hashlib.sha256).hexdigest()[:16]


def letter(account: Account, keys: Sequence[CallbackKeys], request: Request, master: bytes, token: str = "") -> Letter:
    """Check one POST and make it ready to be stored. Raises `Refusal`.

    What was signed by the vendor and cannot be read all the same is stored too: it is theirs, and may be read by a later release.
    """
    if account.kind in SMS:
        by = let_in(keys, token)
        if by is None:
            raise Refusal("forged")
        try:
            text = request.body.decode()
            event = event_of(account, text, request)
        except (UnicodeDecodeError, Unreadable):
            raise Refusal("malformed") from None
        return _letter(account, request, text, master, event, by)
    text, by = open_text(account, keys, request)
    try:
        return _letter(account, request, text, master, event_of(account, text, request), by)
    except Unreadable:
        digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()
        raw = _sealed(master, account, request, text)
        return Letter(account.account_id, "unreadable", "", digest, request.received_at, None, raw, mark_of(master, by))


def _letter(account: Account, request: Request, text: str, master: bytes, event: Event, by: CallbackKeys) -> Letter:
    return Letter(
        account.account_id, kind_of(event), about_of(event), digest_of(event), request.received_at, said_at(event),
        _sealed(master, account, request, text), mark_of(master, by),
    )  # fmt: skip


def event_of(account: Account, text: str, request: Request) -> Event:
    """The text read as what the vendor pushes: XML or JSON; rows of JSON for text messages. Raises `Unreadable`."""
    return Event(account.kind, account.app_id, plain(_fields(account, text)), request.received_at)


def _fields(account: Account, text: str) -> dict[str, Any]:
    if account.kind in SMS:
        found = _json(text)
        rows = found if isinstance(found, list) else [found]
        if not rows or not all(isinstance(row, dict) for row in rows):
            raise Unreadable("The push holds no rows.", "Point the vendor's receipts and replies here.", field="body")
        return {"rows": rows}
    if text.lstrip()[:1] == "{":
        found = _json(text)
        if not isinstance(found, dict):
            raise Unreadable("The callback has no fields.", "Replay it when Siyu knows the new shape.", field="body")
        return found
    try:
        return read_xml(text.encode("utf-8", "replace"))
    except BadXml as err:
        raise Unreadable(err.what, "Replay it when Siyu knows the new shape.", field="body") from None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("The callback is no JSON.", "Replay it when Siyu knows the new shape.", field="body") from None


def _sealed(master: bytes, account: Account, request: Request, text: str) -> bytes:
    """Everything as it came, the text that was in it and whose it was: so that it can be opened again when the keys are long others, and
    when the account is another corp's.
    """
    body = request.body.decode("utf-8", "replace")
    kept = {"query": dict(request.query), "body": body, "text": None if text == body else text, "app_id": account.app_id}
    return seal(master, json.dumps(kept))


def unsealed(master: bytes, raw: bytes) -> tuple[str, str]:
    """The text of a stored callback, and the corp, account or key that it was meant for (empty where that was not noted)."""
    kept = json.loads(unseal(master, raw))
    text = kept["text"]
    return str(kept["body"] if text is None else text), str(kept.get("app_id", ""))


def _signed_by(query: Any) -> dict[str, str]:
    return {name: query.get(name, "") for name in ("signature", "timestamp", "nonce")}
