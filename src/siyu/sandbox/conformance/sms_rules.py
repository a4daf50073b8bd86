"""SMS: signatures, limits, codes and opt-outs of Aliyun and Tencent Cloud (facts 5). Signs by its own hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from siyu.sandbox.conformance.bench import Trial, fact

WRONG = "no"


def _hex(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


@dataclass
class Sender:
    """An account of a check's own, with three approved templates."""

    t: Trial
    vendor: str
    about: dict[str, Any] = field(default_factory=dict)
    n: int = 0

    def __post_init__(self) -> None:
        made = self.t.bench.json("POST", "/sandbox/sms/accounts", {"vendor": self.vendor, "name": "验"})
        self.about = made
        mark = "${code}" if self.vendor == "aliyun" else "{1}"
        self.hand("/signatures", name="茶铺")
        for code, kind, content in (("OTP", "otp", f"验证码{mark}"), ("NOTE", "notice", "已发货"), ("PROMO", "promo", "新茶，拒收请回复R")):
            self.hand("/templates", code=code, kind=kind, content=content)
        self.hand("/faults", undelivered=0)

    def hand(self, path: str, **given: Any) -> Any:
        """Something by the control API."""
        return self.t.bench.json("POST", f"/sandbox/sms/accounts/{self.about['account_id']}{path}", given)

    def phone(self) -> str:
        """A number that nobody wrote to."""
        self.n += 1
        return f"1{3_000_000_000 + int(self.t.corpid[7:]) * 1000 + int(self.about['account_id'][3:]) * 31 + self.n}"

    def aliyun(self, secret: str = "", **params: str) -> str:
        """The code of a SendSms, signed in the old way."""
        self.n += 1
        given = {
            "AccessKeyId": self.about["key_id"], "Action": "SendSms", "Format": "JSON", "SignName": "茶铺", "SignatureMethod": "HMAC-SHA1",
            "SignatureNonce": f"{self.t.corpid}{self.about['account_id']}{self.n}", "SignatureVersion": "1.0", "Version": "2017-05-25",
            "Timestamp": datetime.fromtimestamp(self.t.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "TemplateCode": "NOTE", **params,
        }  # fmt: skip
        query = "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in sorted(given.items()))
        key = f"{secret or self.about['secret']}&".encode()
        mark = hmac.new(key, f"GET&%2F&{quote(query, safe='~')}".encode(), hashlib.sha1).digest()
        given["Signature"] = base64.b64encode(mark).decode()
        return str(self.t.bench.json("GET", "/sms/aliyun/?" + urlencode(given))["Code"])

    def tencent(self, to: list[str], secret: str = "", **more: Any) -> list[str]:
        """The codes of a SendSms; one code for a call that was refused."""
        at = self.t.now()
        day = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
        value = {"PhoneNumberSet": to, "SmsSdkAppId": self.about["sdk_app_id"], "SignName": "茶铺", "TemplateId": "NOTE", **more}
        body = json.dumps(value).encode()
        head = "content-type:application/json\nhost:sms.tencentcloudapi.com\n"
        request = f"POST\n/\n\n{head}\ncontent-type;host\n{hashlib.sha256(body).hexdigest()}"
        text = f"TC3-HMAC-SHA256\n{at}\n{day}/sms/tc3_request\n{hashlib.sha256(request.encode()).hexdigest()}"
        key = _hex(_hex(_hex(("TC3" + (secret or self.about["secret"])).encode(), day), "sms"), "tc3_request")
        scope = f"{self.about['key_id']}/{day}/sms/tc3_request"
        headers = {
            "Content-Type": "application/json", "Host": "sms.tencentcloudapi.com", "X-TC-Action": "SendSms", "X-TC-Version": "2021-01-11",
            "X-TC-Region": "ap-guangzhou", "X-TC-Timestamp": str(at),
            "Authorization": f"TC3-HMAC-SHA256 Credential={scope}, SignedHeaders=content-type;host, Signature={_hex(key, text).hex()}",
        }  # fmt: skip
        told = json.loads(self.t.bench.send("POST", "/sms/tencent/", body, headers)[2])["Response"]
        return [one["Code"] for one in told["SendStatusSet"]] if "SendStatusSet" in told else [told["Error"]["Code"]]

    def reply(self, phone: str, content: str) -> None:
        """Let somebody write back, once the text has come."""
        self.t.wait(120)
        self.t.bench.json("GET", "/sandbox/sms/quiet")
        self.t.bench.json("POST", "/sandbox/sms/replies", {"phone": phone, "content": content})


@fact("ALI 101346")
def aliyun_codes(t: Trial) -> None:
    """A wrong key, signature, template, variable or number is each refused by its own code."""
    s = Sender(t, "aliyun")
    t.same(s.aliyun(secret=WRONG, PhoneNumbers=s.phone()), "SignatureDoesNotMatch")
    t.same(s.aliyun(PhoneNumbers=s.phone(), SignName="无"), "isv.SMS_SIGNATURE_ILLEGAL")
    t.same(s.aliyun(PhoneNumbers=s.phone(), TemplateCode="无"), "isv.SMS_TEMPLATE_ILLEGAL")
    t.same(s.aliyun(PhoneNumbers=s.phone(), TemplateCode="OTP"), "isv.TEMPLATE_MISSING_PARAMETERS")
    t.same(s.aliyun(PhoneNumbers=s.phone(), TemplateCode="OTP", TemplateParam="{"), "isv.INVALID_JSON_PARAM")
    t.same(s.aliyun(PhoneNumbers="12345"), "isv.MOBILE_NUMBER_ILLEGAL")
    t.same(s.aliyun(PhoneNumbers=",".join(["13800000000"] * 1001)), "isv.MOBILE_COUNT_OVER_LIMIT")
    t.same(s.aliyun(PhoneNumbers=s.phone()), "OK")


@fact("ALI 2881383")
def aliyun_rates(t: Trial) -> None:
    """Codes go to a number once a minute and five times an hour."""
    s = Sender(t, "aliyun")
    one = {"PhoneNumbers": s.phone(), "TemplateCode": "OTP", "TemplateParam": '{"code":"1234"}'}
    t.same([s.aliyun(**one), s.aliyun(**one)], ["OK", "isv.BUSINESS_LIMIT_CONTROL"])
    for _ in range(4):
        t.wait(61)
        t.same(s.aliyun(**one), "OK")
    t.wait(61)
    t.same(s.aliyun(**one), "isv.BUSINESS_LIMIT_CONTROL")
    t.wait(3600)
    t.same(s.aliyun(**one), "OK")


@fact("ALI 101847")
def replies_stop_marketing(t: Trial) -> None:
    """Who answers T, TD or R gets no more marketing; Tencent says so at once."""
    for word in ("T", "td", "R"):
        s = Sender(t, "tencent")
        phone = s.phone()
        t.same(s.tencent([f"+86{phone}"], TemplateId="PROMO"), ["Ok"])
        s.reply(phone, word)
        t.same(s.tencent([f"+86{phone}"], TemplateId="PROMO"), ["FailedOperation.PhoneNumberInBlacklist"])


@fact("TC 55981")
def tencent_codes(t: Trial) -> None:
    """Each number has its own answer; a wrong signature refuses the whole call."""
    s = Sender(t, "tencent")
    good = f"+86{s.phone()}"
    t.same(s.tencent([good], secret=WRONG), ["AuthFailure.SignatureFailure"])
    t.same(s.tencent([]), ["MissingParameter.EmptyPhoneNumberSet"])
    t.same(s.tencent([good] * 201), ["LimitExceeded.PhoneNumberCountLimit"])
    t.same(s.tencent([good], SmsSdkAppId="1"), ["UnauthorizedOperation.SmsSdkAppIdVerifyFail"])
    t.same(s.tencent([good], TemplateParamSet=["多"]), ["FailedOperation.TemplateParamSetNotMatchApprovedTemplate"])
    t.same(s.tencent([good, "+86123"]), ["Ok", "InvalidParameterValue.IncorrectPhoneNumber"])
    t.same(s.tencent([good]), ["LimitExceeded.PhoneNumberThirtySecondLimit"])


@fact("TC 59177")
def marketing_by_day(t: Trial) -> None:
    """Tencent sends marketing from 8 to 22 o'clock only."""
    s = Sender(t, "tencent")
    t.same(s.tencent([f"+86{s.phone()}"], TemplateId="PROMO"), ["Ok"])
    t.wait(13 * 3600)  # the checks begin at ten in the morning
    t.same(s.tencent([f"+86{s.phone()}"], TemplateId="PROMO"), ["FailedOperation.MarketingSendTimeConstraint"])
    t.same(s.tencent([f"+86{s.phone()}"]), ["Ok"])


@fact("TC 39023")
def templates_are_reviewed(t: Trial) -> None:
    """Marketing without a way to refuse, and "add me on WeChat", are not approved."""
    s = Sender(t, "tencent")
    bare = s.hand("/templates", code="x", kind="promo", content="新茶上市")
    t.same(bare["reason"], "InvalidParameterValue.MarketingTemplateWithoutUnsubscribe")
    t.same(s.hand("/templates", code="y", kind="notice", content="加微信领茶")["state"], "rejected")
