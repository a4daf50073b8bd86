"""What the vendors push: receipts (SmsReport, status callback) and replies (SmsUp, reply callback) in their own forms."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from siyu.sandbox.courier import Errand, RoadFaults
from siyu.sandbox.sms.words import ALIYUN, Reply, SmsAccount, Text

if TYPE_CHECKING:
    from siyu.sandbox.sms.exchange import Exchange

_BATCH = 100
_PAUSES = {ALIYUN: (60.0, 300.0, 600.0), "tencent": (60.0, 60.0)}  # Tencent says "two more tries", not when
WORDS = {
    "DELIVERED": "用户接收成功", "DELIVRD": "用户短信送达成功", "MOBILE_NOT_ON_SERVICE": "手机号状态异常", "IS_CLOSED": "短信接收方已停机",
    "MOBILE_IN_BLACK": "手机号在黑名单里", "REQUEST_SUCCESS_BUT_EXPIRED": "短信请求成功，但有效期内未送达", "MK:0001": "空号",
    "MI:0024": "关机停机", "MN:0174": "用户已退订", "EXPIRED": "短信有效期内未送达",
}  # fmt: skip


def push_reports(exchange: Exchange, account: SmsAccount, texts: list[Text]) -> None:
    """Push receipts, a hundred to a request. The luck of the road was drawn for each already."""
    shape = _aliyun_report if account.vendor == ALIYUN else _tencent_report
    for at in range(0, len(texts), _BATCH):
        some = texts[at : at + _BATCH]
        body = json.dumps([shape(exchange, one) for one in some], ensure_ascii=False).encode()
        _carry(exchange, account, "SmsReport", account.report_url, body, RoadFaults())


def push_reply(exchange: Exchange, account: SmsAccount, reply: Reply) -> None:
    """Push what somebody wrote back."""
    if not account.reply_url:
        return
    value: Any
    if account.vendor == ALIYUN:
        one = {
            "phone_number": reply.phone, "content": reply.content, "send_time": exchange.shown(reply.at),
            "dest_code": "1069" + (reply.extend or "0000"), "sequence_id": reply.number,
        }  # fmt: skip
        value = [one | ({"sign_name": reply.signature} if account.settings.reply_names_signature else {})]
    else:
        value = {
            "extend": reply.extend, "mobile": reply.phone, "nationcode": "86", "sign": reply.signature, "text": reply.content,
            "time": int(reply.at),
        }  # fmt: skip
    faults = RoadFaults(*(getattr(account.faults, name) for name in ("lost", "doubled", "late", "late_for", "reordered")))
    _carry(exchange, account, "SmsUp", account.reply_url, json.dumps(value, ensure_ascii=False).encode(), faults)


def _carry(exchange: Exchange, account: SmsAccount, what: str, url: str, body: bytes, faults: RoadFaults) -> None:
    key = f"{account.account_id}:{exchange.number()}"
    taken = _aliyun_took if account.vendor == ALIYUN else _tencent_took
    errand = Errand(
        account.account_id, key, what, url, lambda: ("", body, "application/json;charset=utf-8"), taken, _PAUSES[account.vendor]
    )
    exchange.courier.carry(errand, faults)


def _aliyun_took(status: int, answer: bytes) -> bool:
    """Only that the answer's code is a number is looked at."""
    return status == 200 and _number_in(answer, "code") is not None


def _tencent_took(status: int, answer: bytes) -> bool:
    return status == 200 and _number_in(answer, "result") == 0


def _number_in(answer: bytes, name: str) -> int | None:
    try:
        found = json.loads(answer)[name]
    except (ValueError, KeyError, TypeError, IndexError):
        return None
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _aliyun_report(exchange: Exchange, text: Text) -> dict[str, Any]:
    return {
        "phone_number": text.phone, "send_time": exchange.shown(text.sent_at), "report_time": exchange.shown(text.done_at),
        "success": text.state == "delivered", "err_code": text.code, "err_msg": WORDS.get(text.code, text.code),
        "sms_size": str(text.units),
        "biz_id": text.serial, "out_id": text.out_id,
    }  # fmt: skip


def _tencent_report(exchange: Exchange, text: Text) -> dict[str, Any]:
    return {
        "user_receive_time": exchange.shown(text.done_at), "nationcode": "86", "mobile": text.phone,
        "report_status": "SUCCESS" if text.state == "delivered" else "FAIL", "errmsg": text.code,
        "description": WORDS.get(text.code, text.code), "sid": text.serial, **({"ext": text.out_id} if text.out_id else {}),
    }  # fmt: skip
