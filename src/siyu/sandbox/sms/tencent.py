"""Tencent Cloud's short message service, version 2021-01-11: SendSms and what is pulled (cloud.tencent.com/document/product/382)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from siyu.sandbox.sms import rules, signing
from siyu.sandbox.sms.exchange import Exchange
from siyu.sandbox.sms.receipts import WORDS
from siyu.sandbox.sms.wire import Asked, Broken, Refused
from siyu.sandbox.sms.words import OTP, PROMO, TENCENT, SmsAccount, Text

VERSION = "2021-01-11"
_REGIONS = ("ap-beijing", "ap-guangzhou", "ap-nanjing")
_AUTHORIZATION = re.compile(
    r"TC3-HMAC-SHA256 Credential=([^/]+)/(\d{4}-\d{2}-\d{2})/(\w+)/tc3_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)$"
)
_WORDS = {
    "LimitExceeded.PhoneNumberThirtySecondLimit": "too many messages to a single mobile number within 30 seconds",
    "LimitExceeded.PhoneNumberDailyLimit": "too many messages to a single mobile number in a day",
    "FailedOperation.PhoneNumberInBlacklist": "the mobile number is in the blacklist",
    "InvalidParameterValue.IncorrectPhoneNumber": "incorrect mobile number format",
}  # fmt: skip

_REFUSALS = {
    "busy": ("InternalError.Timeout", "request timed out"),
    "limited": ("RequestLimitExceeded", "Your current request times exceeds the limit"),
    "denied": ("UnauthorizedOperation.RequestIpNotInWhitelist", "the request IP is not in the allowlist"),
}


def answer(exchange: Exchange, ask: Asked) -> tuple[int, bytes, str, float]:
    """The status (always 200), body, type and real seconds of the answer. Raises `Broken`. Wants the lock held."""
    request_id = "-".join(signing.sha256(f"{exchange.seed}:{exchange.number()}".encode())[at : at + 8] for at in (0, 8, 16, 24))
    slow_for = 0.0
    try:
        account, action = _caller(exchange, ask)
        exchange.admit(account, ask, _REFUSALS)
        try:
            given = ask.json()
        except ValueError:
            raise Refused("FailedOperation.JsonParseFail", "failed to parse the request body") from None
        if given.get("SmsSdkAppId") != account.sdk_app_id:
            code = "UnauthorizedOperation.SmsSdkAppIdVerifyFail" if given.get("SmsSdkAppId") else "MissingParameter"
            raise Refused(code, "failed to verify SmsSdkAppId")
        found = _ACTIONS[action](exchange, account, given)
        if exchange.hit(account, "unanswered"):
            raise Broken
        slow_for = account.faults.slow_for if exchange.hit(account, "slow") else 0.0
        told = {**found, "RequestId": request_id}
    except Refused as no:
        told = {"Error": {"Code": no.code, "Message": no.message}, "RequestId": request_id}
    return 200, json.dumps({"Response": told}, ensure_ascii=False).encode(), "application/json", slow_for


def _caller(exchange: Exchange, ask: Asked) -> tuple[SmsAccount, str]:
    if ask.method != "POST":
        raise Refused("UnsupportedProtocol", "only POST is supported here")
    found = _AUTHORIZATION.match(ask.headers.get("authorization", ""))
    if not found:
        raise Refused("AuthFailure.SignatureFailure", "the Authorization header is missing or malformed")
    key_id, date, service, names, given = found.groups()
    account = exchange.by_key(TENCENT, key_id)
    if account is None:
        raise Refused("AuthFailure.SecretIdNotFound", "The SecretId is not found")
    stamp = ask.headers.get("x-tc-timestamp", "")
    at = int(stamp) if stamp.isdigit() and len(stamp) < 12 else 0
    if not exchange.is_near(at, account.settings.clock_skew):
        raise Refused("AuthFailure.SignatureExpire", "Signature expired")
    signed = names.split(";")
    is_day_right = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d") == date
    if not {"content-type", "host"} <= set(signed) or service != "sms" or not is_day_right:
        raise Refused("AuthFailure.SignatureFailure", "the credential scope or the signed headers are wrong")
    if signing.tc3(account.secret, service, at, date, ask.headers, signed, ask.body) != given:
        raise Refused("AuthFailure.SignatureFailure", "The provided credentials could not be validated")
    if ask.headers.get("x-tc-version") != VERSION:
        raise Refused("NoSuchVersion", "The API version does not exist")
    action = ask.headers.get("x-tc-action", "")
    if action not in _ACTIONS:
        raise Refused("InvalidAction", "The API does not exist")
    if not ask.headers.get("x-tc-region"):
        raise Refused("MissingParameter", "X-TC-Region")
    if ask.headers["x-tc-region"] not in _REGIONS:
        raise Refused("UnsupportedRegion", "the region is not supported")
    return account, action


def _e164(text: Any) -> tuple[str, str]:
    """A number as Tencent tells it back and, for the mainland, its 11 digits."""
    shown = str(text).strip()
    phone = rules.mainland(shown)
    return (f"+86{phone}" if phone else shown), phone


def _send(exchange: Exchange, account: SmsAccount, given: dict[str, Any]) -> dict[str, Any]:
    """SendSms: one text to up to 200 numbers; each has its own answer."""
    numbers, params = given.get("PhoneNumberSet"), given.get("TemplateParamSet") or []
    if not isinstance(numbers, list) or not numbers:
        raise Refused("MissingParameter.EmptyPhoneNumberSet", "the phone number set is empty")
    if len(numbers) > 200:
        raise Refused("LimitExceeded.PhoneNumberCountLimit", "more than 200 numbers")
    if not isinstance(params, list) or not all(isinstance(one, str) for one in params):
        raise Refused("InvalidParameter", "TemplateParamSet is a list of strings")
    session = str(given.get("SessionContext") or "")
    if len(session.encode()) >= 512:
        raise Refused("InvalidParameterValue", "SessionContext is too long")
    told = [_e164(one) for one in numbers]
    foreign = [shown for shown, phone in told if not phone and shown.startswith("+") and not shown.startswith("+86")]
    if foreign and len(foreign) < len(told):
        raise Refused("UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber", "mainland and foreign numbers in one request")
    refused = _refused_for_all(exchange, account, given, params)
    found: list[dict[str, Any]] = []
    for shown, phone in told:
        code = refused or _refused_for_one(exchange, account, given, params, shown, phone)
        serial, fee = "", 0
        if not code:
            template = account.templates[str(given["TemplateId"])]
            name = str(given["SignName"])
            content = _content(name, template.content, params)
            serial = f"{exchange.word(4, digits=True)}:{exchange.word(27, digits=True)}"
            fee = exchange.send(account, phone, name, template, content, serial, session, str(given.get("ExtendCode") or "")).units
        found.append({
            "SerialNo": serial, "PhoneNumber": shown, "Fee": fee, "SessionContext": session if fee else "", "Code": code or "Ok",
            "Message": _WORDS.get(code, code) if code else "send success", "IsoCode": "CN" if phone else "DEF",
        })  # fmt: skip
    return {"SendStatusSet": found}


def _content(name: str, content: str, params: list[str]) -> str:
    return f"【{name}】" + rules.filled(TENCENT, content, {str(at + 1): one for at, one in enumerate(params)})


def _refused_for_all(exchange: Exchange, account: SmsAccount, given: dict[str, Any], params: list[str]) -> str:
    """What is wrong with the text whoever gets it."""
    signature = account.signatures.get(str(given.get("SignName") or ""))
    if signature is None or signature.state != "approved":
        return "FailedOperation.SignatureIncorrectOrUnapproved"
    template = account.templates.get(str(given.get("TemplateId") or ""))
    if template is None or template.state != "approved":
        return "FailedOperation.TemplateIncorrectOrUnapproved"
    if len(params) != len(rules.marks(TENCENT, template.content)):
        return "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"
    if template.kind == OTP and not all(re.fullmatch(r"\d{0,6}", one) for one in params):
        return "InvalidParameterValue.TemplateParameterFormatError"
    if any(rules.has_url(one) for one in params):
        return "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter"
    if any(len(one) > account.settings.param_length for one in params):
        return "InvalidParameterValue.TemplateParameterLengthLimit"
    content = _content(signature.name, template.content, params)
    if len(content) > 500:
        return "InvalidParameterValue.ContentLengthLimit"
    if rules.is_sensitive(content):
        return "FailedOperation.ContainSensitiveWord"
    if template.kind == PROMO and not exchange.is_promo_time(account):
        return "FailedOperation.MarketingSendTimeConstraint"
    return ""


def _refused_for_one(exchange: Exchange, account: SmsAccount, given: dict[str, Any], params: list[str], shown: str, phone: str) -> str:
    if not phone:
        is_foreign = shown.startswith("+") and not shown.startswith("+86")
        return "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone" if is_foreign else "InvalidParameterValue.IncorrectPhoneNumber"
    template = account.templates[str(given["TemplateId"])]
    if exchange.is_opted_out(account, phone, template.kind):
        return "FailedOperation.PhoneNumberInBlacklist"
    content = _content(str(given["SignName"]), template.content, params)
    over = exchange.over_rate_tencent(account, phone, content)
    if over:
        return over
    if exchange.over_quota(account, 1):
        return "LimitExceeded.AppDailyLimit"
    return "FailedOperation.InsufficientBalanceInSmsPackage" if account.units_left < rules.units(content) else ""


def _limit(given: dict[str, Any]) -> int:
    limit = given.get("Limit")
    if not isinstance(limit, int) or not 1 <= limit <= 100:
        raise Refused("InvalidParameterValue.LimitVerifyFail", "Limit is 1 to 100")
    return limit


def _must_pull(account: SmsAccount) -> None:
    if not account.settings.is_pull_on:
        raise Refused("UnauthorizedOperation.RequestPermissionDeny", "support has to switch pulling on")


def _status(one: Text) -> dict[str, Any]:
    return {
        "UserReceiveTime": int(one.done_at), "CountryCode": "86", "SubscriberNumber": one.phone, "PhoneNumber": f"+86{one.phone}",
        "SerialNo": one.serial, "ReportStatus": "SUCCESS" if one.state == "delivered" else "FAIL",
        "Description": WORDS.get(one.code, one.code), "SessionContext": one.out_id,
    }  # fmt: skip


def _pull_status(exchange: Exchange, account: SmsAccount, given: dict[str, Any]) -> dict[str, Any]:
    """PullSmsSendStatus: what was not pulled yet, once."""
    _must_pull(account)
    limit = _limit(given)
    taken, account.reports = account.reports[:limit], account.reports[limit:]
    return {"PullSmsSendStatusSet": [_status(exchange.of_number[number]) for number in taken]}


def _reply(one: Any) -> dict[str, Any]:
    return {
        "ExtendCode": one.extend, "CountryCode": "86", "SubscriberNumber": one.phone, "PhoneNumber": f"+86{one.phone}",
        "SignName": one.signature, "ReplyContent": one.content, "ReplyTime": int(one.at),
    }  # fmt: skip


def _pull_replies(exchange: Exchange, account: SmsAccount, given: dict[str, Any]) -> dict[str, Any]:
    """PullSmsReplyStatus: what was not pulled yet, once."""
    _must_pull(account)
    limit = _limit(given)
    new = [one for one in exchange.state.replies if one.account_id == account.account_id and one.number > account.pulled_replies][:limit]
    if new:
        account.pulled_replies = new[-1].number
    return {"PullSmsReplyStatusSet": [_reply(one) for one in new]}


def _span(given: dict[str, Any]) -> tuple[str, float, float, int, int]:
    begin, end, offset = given.get("BeginTime"), given.get("EndTime"), given.get("Offset", 0)
    if not isinstance(begin, int):
        raise Refused("InvalidParameterValue.BeginTimeVerifyFail", "BeginTime")
    if end is not None and (not isinstance(end, int) or end < begin):
        raise Refused("InvalidParameterValue.EndTimeVerifyFail", "EndTime")
    if not isinstance(offset, int) or offset < 0:
        raise Refused("InvalidParameterValue.OffsetVerifyFail", "Offset")
    phone = rules.mainland(str(given.get("PhoneNumber", "")))
    if not phone:
        raise Refused("InvalidParameterValue.IncorrectPhoneNumber", "PhoneNumber")
    return phone, begin, end if end is not None else float("inf"), offset, _limit(given)


def _pull_status_of(exchange: Exchange, account: SmsAccount, given: dict[str, Any]) -> dict[str, Any]:
    """PullSmsSendStatusByPhoneNumber: what became of the texts to a number, as often as one likes."""
    phone, begin, end, offset, limit = _span(given)
    mine = [one for one in exchange.of_phone.get(phone, []) if one.account_id == account.account_id and one.state != "waiting"]
    found = [one for one in mine if begin <= one.sent_at <= end]
    return {"PullSmsSendStatusSet": [_status(one) for one in found[offset : offset + limit]]}


def _pull_replies_of(exchange: Exchange, account: SmsAccount, given: dict[str, Any]) -> dict[str, Any]:
    """PullSmsReplyStatusByPhoneNumber."""
    phone, begin, end, offset, limit = _span(given)
    mine = [one for one in exchange.state.replies if one.account_id == account.account_id and one.phone == phone]
    found = [one for one in mine if begin <= one.at <= end]
    return {"PullSmsReplyStatusSet": [_reply(one) for one in found[offset : offset + limit]]}


_ACTIONS: dict[str, Callable[[Exchange, SmsAccount, dict[str, Any]], dict[str, Any]]] = {
    "SendSms": _send,
    "PullSmsSendStatus": _pull_status,
    "PullSmsReplyStatus": _pull_replies,
    "PullSmsSendStatusByPhoneNumber": _pull_status_of,
    "PullSmsReplyStatusByPhoneNumber": _pull_replies_of,
}
