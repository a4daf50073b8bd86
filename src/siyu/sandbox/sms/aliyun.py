"""Aliyun's short message service, Dysmsapi 2017-05-25: SendSms, SendBatchSms, QuerySendDetails (help.aliyun.com)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from siyu.sandbox.sms import rules, signing
from siyu.sandbox.sms.exchange import BEIJING, Exchange
from siyu.sandbox.sms.wire import Asked, Broken, Refused
from siyu.sandbox.sms.words import ALIYUN, OTP, PROMO, SmsAccount, Template

VERSION = "2017-05-25"
_AUTHORIZATION = re.compile(r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]+)$")
_DAYS_KEPT = 30
_MUST_SIGN = {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"}

_REFUSALS = {
    "busy": ("isp.SYSTEM_ERROR", "SYSTEM_ERROR"),
    "limited": ("isv.BUSINESS_LIMIT_CONTROL", "触发流控"),
    "denied": ("isv.DENY_IP_RANGE", "源IP地址所在的地区被禁用"),
}


def answer(exchange: Exchange, ask: Asked) -> tuple[int, bytes, str, float]:
    """The status, body, type and real seconds of the answer. Raises `Broken` when the line breaks. Wants the lock held."""
    request_id = _request_id(exchange)
    shape = "JSON" if "authorization" in ask.headers else ask.params().get("Format", "XML").upper()  # the old way's default
    action, slow_for = "", 0.0
    try:
        account, action = _caller(exchange, ask)
        exchange.admit(account, ask, _REFUSALS)
        found = _ACTIONS[action](exchange, account, ask.params())
        if exchange.hit(account, "unanswered"):
            raise Broken
        slow_for = account.faults.slow_for if exchange.hit(account, "slow") else 0.0
        status, told = 200, {"Code": "OK", "Message": "OK", **found, "RequestId": request_id}
    except Refused as no:
        status, told = no.status, {"Code": no.code, "Message": no.message, "RequestId": request_id}
        if status != 200:
            told |= {"HostId": ask.headers.get("host", ""), "Recommend": "https://api.aliyun.com/troubleshoot"}
    if shape == "XML":
        name = f"{action or 'Error'}Response"
        return status, f'<?xml version="1.0" encoding="UTF-8"?><{name}>{_xml(told)}</{name}>'.encode(), "text/xml", slow_for
    return status, json.dumps(told, ensure_ascii=False).encode(), "application/json", slow_for


def _request_id(exchange: Exchange) -> str:
    word = signing.sha256(f"{exchange.seed}:{exchange.number()}".encode())[:32].upper()
    return "-".join((word[:8], word[8:12], word[12:16], word[16:20], word[20:]))


def _xml(told: dict[str, Any]) -> str:
    words = []
    for name, value in told.items():
        for one in value if isinstance(value, list) else [value]:
            words.append(f"<{name}>{_xml(one) if isinstance(one, dict) else escape(str(one))}</{name}>")
    return "".join(words)


# who calls


def _caller(exchange: Exchange, ask: Asked) -> tuple[SmsAccount, str]:
    """Whose call it is and what is asked, once the signature is found right."""
    account, action, version = (_by_v3 if "authorization" in ask.headers else _by_v1)(exchange, ask)
    if version != VERSION:
        raise Refused("InvalidVersion", "Specified parameter Version is not valid.", 400)
    if action not in _ACTIONS:
        raise Refused("InvalidAction.NotFound", "Specified api is not found, please check your url and method.", 404)
    return account, action


def _by_v3(exchange: Exchange, ask: Asked) -> tuple[SmsAccount, str, str]:
    found = _AUTHORIZATION.match(ask.headers["authorization"].replace(", ", ","))
    if not found:
        raise Refused("IncompleteSignature", "The request signature does not conform to Aliyun standards.", 400)
    signed = found[2].split(";")
    missing = sorted(_MUST_SIGN - set(signed))
    if missing:
        raise Refused("IncompleteSignature", f"The signed headers lack {missing[0]}.", 400)
    account = _of_key(exchange, found[1])
    body_hash = ask.headers.get("x-acs-content-sha256", "")
    if body_hash != signing.sha256(ask.body):
        raise Refused("InvalidContentSha256", "x-acs-content-sha256 does not match the body.", 400)
    if signing.acs3(account.secret, ask.method, ask.query, ask.headers, signed, body_hash) != found[3]:
        raise Refused("SignatureDoesNotMatch", "Specified signature is not matched with our calculation.", 400)
    _fresh(exchange, account, ask.headers.get("x-acs-date", ""), ask.headers.get("x-acs-signature-nonce", ""))
    return account, ask.headers["x-acs-action"], ask.headers["x-acs-version"]


def _by_v1(exchange: Exchange, ask: Asked) -> tuple[SmsAccount, str, str]:
    given = ask.params()
    for name in ("Action", "Version", "AccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "SignatureNonce", "Timestamp"):
        if not given.get(name):
            raise Refused(f"Missing{name}", f"{name} is mandatory for this action.", 400)
    if given["SignatureMethod"] != "HMAC-SHA1" or given["SignatureVersion"] != "1.0":
        raise Refused("IncompleteSignature", "The request signature does not conform to Aliyun standards.", 400)
    account = _of_key(exchange, given["AccessKeyId"])
    signed = [(name, value) for name, value in given.items() if name != "Signature"]
    if signing.rpc1(account.secret, ask.method, signed) != given["Signature"]:
        raise Refused("SignatureDoesNotMatch", "Specified signature is not matched with our calculation.", 400)
    _fresh(exchange, account, given["Timestamp"], given["SignatureNonce"])
    return account, given["Action"], given["Version"]


def _of_key(exchange: Exchange, key_id: str) -> SmsAccount:
    account = exchange.by_key(ALIYUN, key_id)
    if account is None:
        raise Refused("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404)
    return account


def _fresh(exchange: Exchange, account: SmsAccount, moment: str, nonce: str) -> None:
    try:
        at = datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise Refused("InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted.", 400) from None
    if not exchange.is_near(at, account.settings.clock_skew):
        raise Refused("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.", 400)
    if not nonce or nonce in account.nonces:
        raise Refused("SignatureNonceUsed", "Specified signature nonce was used already.", 400)
    if len(account.nonces) > 100_000:
        account.nonces = dict(list(account.nonces.items())[50_000:])
    account.nonces[nonce] = at


# what is asked


def _send(exchange: Exchange, account: SmsAccount, given: dict[str, str]) -> dict[str, Any]:
    """SendSms: one text to up to 1000 numbers. All are taken or none."""
    numbers = given.get("PhoneNumbers", "").split(",")
    if len(numbers) > 1000:
        raise Refused("isv.MOBILE_COUNT_OVER_LIMIT", "手机号码数量超过限制")
    values = _values(given.get("TemplateParam", ""))
    return _submit(
        exchange, account, [(one, given.get("SignName", ""), values) for one in numbers], given.get("TemplateCode", ""),
        given.get("OutId", ""), [given.get("SmsUpExtendCode", "")] * len(numbers),
    )  # fmt: skip


def _send_batch(exchange: Exchange, account: SmsAccount, given: dict[str, str]) -> dict[str, Any]:
    """SendBatchSms: a signature and variables for each of up to 100 numbers."""
    numbers, names = _listed(given, "PhoneNumberJson"), _listed(given, "SignNameJson")
    if len(numbers) > 100:
        raise Refused("isv.MOBILE_COUNT_OVER_LIMIT", "手机号码数量超过限制")
    params = _listed(given, "TemplateParamJson") if given.get("TemplateParamJson") else [{}] * len(numbers)
    extends = _listed(given, "SmsUpExtendCodeJson") if given.get("SmsUpExtendCodeJson") else [""] * len(numbers)
    if not len(numbers) == len(names) == len(params) == len(extends):
        raise Refused("isv.PARAM_LENGTH_LIMIT", "号码、签名和变量的数量不一致")
    if len(given.get("OutId", "")) >= 256:
        raise Refused("isv.PARAM_LENGTH_LIMIT", "OutId")
    rows = [(str(number), str(name), _checked_values(value)) for number, name, value in zip(numbers, names, params, strict=True)]
    return _submit(exchange, account, rows, given.get("TemplateCode", ""), given.get("OutId", ""), [str(one) for one in extends])


def _listed(given: dict[str, str], name: str) -> list[Any]:
    try:
        found = json.loads(given.get(name, ""))
    except ValueError:
        raise Refused("isv.INVALID_JSON_PARAM", f"JSON参数不合法: {name}") from None
    if not isinstance(found, list) or not found:
        raise Refused("isv.INVALID_JSON_PARAM", f"JSON参数不合法: {name}")
    return found


def _values(text: str) -> dict[str, str]:
    if not text:
        return {}
    try:
        return _checked_values(json.loads(text))
    except ValueError:
        raise Refused("isv.INVALID_JSON_PARAM", "JSON参数不合法，只接受字符串值") from None


def _checked_values(found: Any) -> dict[str, str]:
    if not isinstance(found, dict) or not all(isinstance(one, str | int | float) for one in found.values()):
        raise Refused("isv.INVALID_JSON_PARAM", "JSON参数不合法，只接受字符串值")
    return {str(name): str(one) for name, one in found.items()}


def _submit(
    exchange: Exchange, account: SmsAccount, rows: list[tuple[str, str, dict[str, str]]], code: str, out_id: str, extends: list[str]
) -> dict[str, Any]:
    template = account.templates.get(code)
    if template is None or template.state != "approved":
        raise Refused("isv.SMS_TEMPLATE_ILLEGAL", "模板不合法(不存在或被拉黑)")
    made = []
    for number, name, values in rows:
        phone = rules.mainland(number)
        if not phone:
            raise Refused("isv.MOBILE_NUMBER_ILLEGAL", f"{number}非法手机号")
        _signed(account, name, template)
        made.append((phone, name, f"【{name}】" + _text(account, template, values)))
    for _, _, content in made:
        if rules.is_sensitive(content):
            raise Refused("isv.SMS_CONTENT_ILLEGAL", "短信内容包含禁止发送内容")
        if len(content) > 500:
            raise Refused("isv.PARAM_LENGTH_LIMIT", "短信内容超长")
    if template.kind == PROMO and not exchange.is_promo_time(account):
        raise Refused("isv.BUSINESS_LIMIT_CONTROL", "推广短信不在可发送时间段")
    over = exchange.over_quota(account, len(made))
    if over:
        raise Refused(f"isv.{over.upper()}_LIMIT_CONTROL", "触发日发送限额" if over == "day" else "触发月发送限额")
    for phone, name, _ in made:
        words = exchange.over_rate_aliyun(account, phone, name, template)
        if words:
            raise Refused("isv.BUSINESS_LIMIT_CONTROL", words)
    if account.units_left < sum(rules.units(content) for _, _, content in made):
        raise Refused("isv.AMOUNT_NOT_ENOUGH", "账户余额不足")
    serial = f"{exchange.word(18, digits=True)}^0"
    for (phone, name, content), extend in zip(made, extends, strict=True):
        exchange.send(account, phone, name, template, content, serial, out_id, extend)
    return {"BizId": serial}


def _signed(account: SmsAccount, name: str, template: Template) -> None:
    found = account.signatures.get(name)
    if found is None or found.state == "rejected":
        raise Refused("isv.SMS_SIGNATURE_ILLEGAL", "短信签名不合法")
    if found.state != "approved":
        raise Refused("isv.SIGN_STATE_ILLEGAL", "签名状态异常，未通过审核")
    if found.scene == OTP and template.kind != OTP:
        raise Refused("isv.SMS_SIGNATURE_SCENE_ILLEGAL", "短信所使用签名场景非法")


def _text(account: SmsAccount, template: Template, values: dict[str, str]) -> str:
    for name in rules.marks(ALIYUN, template.content):
        value = values.get(name)
        if value is None or value == "":
            raise Refused("isv.TEMPLATE_MISSING_PARAMETERS", f"模版缺少变量: {name}")
        is_code = template.kind == OTP and name == "code"
        if len(value) > account.settings.param_length or rules.has_url(value) or (is_code and not re.fullmatch(r"[0-9A-Za-z]{4,6}", value)):
            raise Refused("isv.TEMPLATE_PARAMS_ILLEGAL", f"模版变量里包含非法内容: {name}")
    return rules.filled(ALIYUN, template.content, values)


def _details(exchange: Exchange, account: SmsAccount, given: dict[str, str]) -> dict[str, Any]:
    """QuerySendDetails: what became of the texts to a number on a day, the newest first."""
    phone = rules.mainland(given.get("PhoneNumber", ""))
    if not phone:
        raise Refused("isv.MOBILE_NUMBER_ILLEGAL", "非法手机号")
    try:
        day = datetime.strptime(given.get("SendDate", ""), "%Y%m%d").replace(tzinfo=BEIJING)
        size, page = int(given.get("PageSize", "")), int(given.get("CurrentPage", ""))
    except ValueError:
        raise Refused("isv.INVALID_PARAMETERS", "SendDate, PageSize or CurrentPage") from None
    if not 1 <= size <= 50 or page < 1 or day.timestamp() < exchange.now() - (_DAYS_KEPT + 1) * 86_400:
        raise Refused("isv.INVALID_PARAMETERS", "SendDate, PageSize or CurrentPage")
    start = day.timestamp()
    found = [
        one
        for one in reversed(exchange.of_phone.get(phone, []))
        if one.account_id == account.account_id and start <= one.sent_at < start + 86_400 and given.get("BizId", "") in ("", one.serial)
    ]
    state = {"waiting": 1, "failed": 2, "delivered": 3}
    listed = []
    for one in found[(page - 1) * size : page * size]:
        told = {
            "PhoneNum": one.phone, "SendStatus": state[one.state], "ErrCode": one.code, "TemplateCode": one.template,
            "Content": one.content,
            "SendDate": exchange.shown(one.sent_at), "OutId": one.out_id,
        }  # fmt: skip
        listed.append(told | ({"ReceiveDate": exchange.shown(one.done_at)} if one.state == "delivered" else {}))
    return {"TotalCount": len(found), "SmsSendDetailDTOs": {"SmsSendDetailDTO": listed}}


_ACTIONS: dict[str, Callable[[Exchange, SmsAccount, dict[str, str]], dict[str, Any]]] = {
    "SendSms": _send,
    "SendBatchSms": _send_batch,
    "QuerySendDetails": _details,
}
