"""The simulated SMS vendors against the published facts. ALI is help.aliyun.com, TC cloud.tencent.com; the number in a docstring is a
chapter of the facts that the sandbox was built from (docs/sandbox.md). The signatures here are made by the test's own hand.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.sandbox.conformance.small_world import Ear, SmallWorld, listening, running

from siyu.sandbox.sms import rules, signing

_nonces = itertools.count(1)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallWorld]:
    with running(tmp_path_factory.mktemp("sms")) as world:
        yield world


@pytest.fixture
def ear() -> Iterator[Ear]:
    with listening() as found:
        yield found


_phones = itertools.count(13_900_000_000)


def phone() -> str:
    return str(next(_phones))


TEXTS = {
    "aliyun": {
        "OTP": ("otp", "您的验证码是${code}。"),
        "NOTE": ("notice", "您的订单${no}已发货。"),
        "PROMO": ("promo", "新茶上市，拒收请回复R"),
    },
    "tencent": {
        "OTP": ("otp", "您的验证码是{1}。"),
        "NOTE": ("notice", "您的订单{1}已发货。"),
        "PROMO": ("promo", "新茶上市，拒收请回复R"),
    },
}


def account(small: SmallWorld, vendor: str, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = small.ask("/sandbox/sms/accounts", {"vendor": vendor, "name": vendor, **more})
    small.ask(f"/sandbox/sms/accounts/{found['account_id']}/signatures", {"name": "茶铺"})
    for code, (kind, content) in TEXTS[vendor].items():
        small.ask(f"/sandbox/sms/accounts/{found['account_id']}/templates", {"code": code, "kind": kind, "content": content})
    small.ask(f"/sandbox/sms/accounts/{found['account_id']}/faults", {"undelivered": 0})
    return found


def ali(small: SmallWorld, a: dict[str, Any], action: str = "SendSms", change: dict[str, str] | None = None, **params: str) -> Any:
    """A call signed by ACS3, as the documents say."""
    headers = {
        "host": small.url.removeprefix("http://"), "x-acs-action": action, "x-acs-version": "2017-05-25",
        "x-acs-date": small.at.strftime("%Y-%m-%dT%H:%M:%SZ"), "x-acs-signature-nonce": f"n{next(_nonces)}",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
    } | (change or {})  # fmt: skip
    names = sorted(headers)
    lines = "".join(f"{name}:{headers[name]}\n" for name in names)
    canonical = "\n".join(["POST", "/", signing.canonical_query(params.items()), lines, ";".join(names), headers["x-acs-content-sha256"]])
    text = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
    mark = hmac.new(a["secret"].encode(), text.encode(), hashlib.sha256).hexdigest()
    headers["Authorization"] = f"ACS3-HMAC-SHA256 Credential={a['key_id']},SignedHeaders={';'.join(names)},Signature={mark}"
    return small.ask("/?" + urlencode(params), raw=b"", headers=headers)


def ali_send(small: SmallWorld, a: dict[str, Any], to: str, code: str = "NOTE", **more: str) -> Any:
    values = {"OTP": {"code": "123456"}, "NOTE": {"no": "SF1"}}.get(code, {})
    return ali(small, a, PhoneNumbers=to, **({"SignName": "茶铺", "TemplateCode": code, "TemplateParam": json.dumps(values)} | more))


def tc(small: SmallWorld, a: dict[str, Any], action: str, value: dict[str, Any], change: dict[str, str] | None = None) -> Any:
    """A call signed by TC3."""
    body = json.dumps({"SmsSdkAppId": a["sdk_app_id"], **value}).encode()
    at = int(small.at.timestamp())
    day = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
    host = small.url.removeprefix("http://")
    canonical = f"POST\n/\n\ncontent-type:application/json\nhost:{host}\n\ncontent-type;host\n{hashlib.sha256(body).hexdigest()}"
    text = f"TC3-HMAC-SHA256\n{at}\n{day}/sms/tc3_request\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = ("TC3" + a["secret"]).encode()
    for word in (day, "sms", "tc3_request"):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    mark = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    scope = f"{a['key_id']}/{day}/sms/tc3_request"
    headers = {
        "Content-Type": "application/json", "X-TC-Action": action, "X-TC-Version": "2021-01-11", "X-TC-Region": "ap-guangzhou",
        "X-TC-Timestamp": str(at),
        "Authorization": f"TC3-HMAC-SHA256 Credential={scope}, SignedHeaders=content-type;host, Signature={mark}",
    } | (change or {})  # fmt: skip
    return small.ask("/", raw=body, headers=headers)["Response"]


def tc_send(small: SmallWorld, a: dict[str, Any], *to: str, code: str = "NOTE", params: list[str] | None = None, **more: Any) -> list[str]:
    given = params if params is not None else {"OTP": ["123456"], "NOTE": ["SF1"]}.get(code, [])
    value = {"PhoneNumberSet": list(to), "SignName": "茶铺", "TemplateId": code, "TemplateParamSet": given, **more}
    return [one["Code"] for one in tc(small, a, "SendSms", value)["SendStatusSet"]]


def past(small: SmallWorld, seconds: float = 120) -> None:
    """Let handsets answer and receipts be pushed."""
    small.move(seconds)
    small.move(2)


# vectors


def test_signatures_match_the_public_vectors() -> None:
    """ALI V3 page, ALI RPC page, Tencent's TC3 sample (5.1, 5.2)."""
    query = [("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"), ("RegionId", "cn-shanghai")]
    empty = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com", "x-acs-action": "RunInstances", "x-acs-content-sha256": empty,
        "x-acs-date": "2023-10-26T10:22:32Z", "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d", "x-acs-version": "2014-05-26",
    }  # fmt: skip
    found = signing.acs3("YourAccessKeySecret", "POST", query, headers, sorted(headers), empty)
    assert found == "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    old = {
        "AccessKeyId": "testId", "Action": "SendSms", "Format": "XML", "OutId": "123", "PhoneNumbers": "15300000001",
        "RegionId": "cn-hangzhou",
        "SignName": "阿里云短信测试专用", "SignatureMethod": "HMAC-SHA1", "SignatureNonce": "45e25e9b-0a6f-4070-8c85-2956eda1b466",
        "SignatureVersion": "1.0", "TemplateCode": "SMS_71390007", "TemplateParam": '{"customer":"test"}',
        "Timestamp": "2017-07-12T02:42:19Z",
        "Version": "2017-05-25",
    }  # fmt: skip
    assert signing.rpc1("testSecret", "GET", old.items()) == "zJDF+Lrzhj/ThnlvIToysFRq6t4="
    secret, payload = (
        "Gu5t9xGARNpq86cd98joQYCN3*******",
        rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}',
    )
    head = {"content-type": "application/json; charset=utf-8", "host": "cvm.tencentcloudapi.com", "x-tc-action": "DescribeInstances"}
    both = ["content-type", "host"]
    found = signing.tc3(secret, "cvm", 1551113065, "2019-02-25", head, both, payload)
    assert found == "2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c"
    found = signing.tc3(secret, "cvm", 1551113065, "2019-02-25", head, [*both, "x-tc-action"], payload)
    assert found == "be4f67d323c78ab9acb7395e43c0dbcf822a9cfac32fea2449a7bc7726b770a3"


@pytest.mark.parametrize(("letters", "units"), [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (500, 8)])
def test_a_long_text_is_counted_in_parts_of_67(letters: int, units: int) -> None:
    """ALI 414224 (5.2)."""
    assert rules.units("茶" * letters) == units


# Aliyun


def test_aliyun_refuses_a_wrong_signature_by_its_cause(small: SmallWorld) -> None:
    """ALI V3 page (5.1): key, signature, time of 15 minutes, nonce, body, action, version."""
    a = account(small, "aliyun")
    assert ali(small, a | {"secret": "no"})["Code"] == "SignatureDoesNotMatch"
    assert ali(small, a | {"key_id": "no"})["Code"] == "InvalidAccessKeyId.NotFound"
    assert ali(small, a, change={"x-acs-date": "2020-01-01T00:00:00Z"})["Code"] == "InvalidTimeStamp.Expired"
    assert ali(small, a, change={"x-acs-content-sha256": "0" * 64})["Code"] == "InvalidContentSha256"
    assert ali(small, a, "Dance")["Code"] == "InvalidAction.NotFound"
    assert ali(small, a, change={"x-acs-version": "2099-01-01"})["Code"] == "InvalidVersion"
    once = {"x-acs-signature-nonce": "again"}
    assert ali(small, a, change=once)["Code"] != "SignatureNonceUsed"
    assert ali(small, a, change=once)["Code"] == "SignatureNonceUsed"


def test_aliyun_takes_the_old_signature_too(small: SmallWorld) -> None:
    """ALI RPC signature (5.1): Format=XML is its default."""
    a = account(small, "aliyun")
    given = {
        "AccessKeyId": a["key_id"], "Action": "SendSms", "PhoneNumbers": phone(), "SignName": "茶铺", "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "old1", "SignatureVersion": "1.0", "TemplateCode": "NOTE", "TemplateParam": '{"no":"SF 1*~"}',
        "Timestamp": small.at.strftime("%Y-%m-%dT%H:%M:%SZ"), "Version": "2017-05-25",
    }  # fmt: skip
    given["Signature"] = signing.rpc1(a["secret"], "GET", given.items())
    assert b"<Code>OK</Code>" in small.ask("/sms/aliyun/?" + urlencode(given))
    assert b"SignatureDoesNotMatch" in small.ask("/sms/aliyun/?" + urlencode(given | {"OutId": "x"}))


def test_aliyun_names_what_is_wrong_with_a_text(small: SmallWorld) -> None:
    """ALI 101346, 101347 (5.1)."""
    a = account(small, "aliyun", units_left=3)
    root = f"/sandbox/sms/accounts/{a['account_id']}"
    small.ask(root + "/signatures", {"name": "等待中", "state": "pending"})
    small.ask(root + "/signatures", {"name": "仅验证码", "scene": "otp"})
    for more, code in (
        ({"SignName": "没有"}, "isv.SMS_SIGNATURE_ILLEGAL"),
        ({"SignName": "等待中"}, "isv.SIGN_STATE_ILLEGAL"),
        ({"SignName": "仅验证码"}, "isv.SMS_SIGNATURE_SCENE_ILLEGAL"),
        ({"TemplateCode": "NONE"}, "isv.SMS_TEMPLATE_ILLEGAL"),
        ({"TemplateParam": "{}"}, "isv.TEMPLATE_MISSING_PARAMETERS"),
        ({"TemplateParam": "{"}, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": '{"no":"https://x.com"}'}, "isv.TEMPLATE_PARAMS_ILLEGAL"),
        ({"TemplateParam": '{"no":"代开发票"}'}, "isv.SMS_CONTENT_ILLEGAL"),
    ):
        assert ali_send(small, a, phone(), **more)["Code"] == code
    assert ali_send(small, a, "12345")["Code"] == "isv.MOBILE_NUMBER_ILLEGAL"
    assert ali_send(small, a, ",".join(["13800000000"] * 1001))["Code"] == "isv.MOBILE_COUNT_OVER_LIMIT"
    assert ali_send(small, a, ",".join(f"+86{phone()}" for _ in range(4)))["Code"] == "isv.AMOUNT_NOT_ENOUGH"
    assert ali_send(small, a, f"0086{phone()},{phone()}")["Code"] == "OK"
    assert small.ask(root + "/truth")["spent_micro"] == 90_000
    small.ask(root, {"settings": {"day_quota": 2}})
    assert ali_send(small, a, phone())["Code"] == "isv.DAY_LIMIT_CONTROL"
    small.ask(root, {"ips": ["203.0.113.9"]})
    assert ali_send(small, a, phone())["Code"] == "isv.DENY_IP_RANGE"


def test_aliyun_counts_codes_in_rolling_windows(small: SmallWorld) -> None:
    """ALI 2881383, 108293 (5.1): 1 a minute, 5 an hour, 10 a day for one signature and number, whatever became of them."""
    a, to = account(small, "aliyun"), phone()
    answers = []
    for _ in range(5):
        answers.append(ali_send(small, a, to, "OTP")["Code"])
        small.move(61)
    assert answers == ["OK"] * 5
    assert ali_send(small, a, to, "OTP")["Message"] == "触发小时级流控Permits:5"
    small.move(3600)
    for _ in range(5):
        assert ali_send(small, a, to, "OTP")["Code"] == "OK"
        small.move(61)
    small.move(3600)
    assert ali_send(small, a, to, "OTP")["Message"] == "触发天级流控Permits:10"
    assert ali_send(small, a, to)["Code"] == "OK"


def test_aliyun_sends_marketing_by_day_only(small: SmallWorld) -> None:
    """5.1, UNCERTAIN 10: 08:00 to 20:00 on the newest page, to 22:00 on others: a setting."""
    a = account(small, "aliyun")
    small.move(9 * 3600)
    assert small.at.astimezone(UTC).hour in range(12, 24)
    assert ali_send(small, a, phone(), "PROMO")["Code"] == "isv.BUSINESS_LIMIT_CONTROL"
    assert ali_send(small, a, phone())["Code"] == "OK"
    small.ask(f"/sandbox/sms/accounts/{a['account_id']}", {"settings": {"promo_from": 0, "promo_until": 24}})
    assert ali_send(small, a, phone(), "PROMO")["Code"] == "OK"
    small.at = small.at.replace(hour=4)
    small.stand()


def test_aliyun_sends_a_batch_and_tells_the_details(small: SmallWorld) -> None:
    """ALI SendBatchSms, QuerySendDetails (5.1): 100 numbers; status 1 waiting, 2 failed, 3 delivered; pages of 50 at most."""
    a, good, bad = account(small, "aliyun"), phone(), phone()
    small.ask("/sandbox/sms/phones", {"phones": [bad], "is": "off"})
    batch = {
        "PhoneNumberJson": json.dumps([good, bad]), "SignNameJson": json.dumps(["茶铺", "茶铺"]), "TemplateCode": "NOTE",
        "TemplateParamJson": json.dumps([{"no": "A"}, {"no": "B"}]), "OutId": "batch-1",
    }  # fmt: skip
    sent = ali(small, a, "SendBatchSms", **batch)
    assert ali(small, a, "SendBatchSms", **(batch | {"SignNameJson": '["茶铺"]'}))["Code"] == "isv.PARAM_LENGTH_LIMIT"
    day = small.at.strftime("%Y%m%d")

    def details(to: str, size: str = "10") -> Any:
        return ali(small, a, "QuerySendDetails", PhoneNumber=to, SendDate=day, PageSize=size, CurrentPage="1", BizId=sent["BizId"])

    assert details(good)["SmsSendDetailDTOs"]["SmsSendDetailDTO"][0]["SendStatus"] == 1
    past(small)
    one = details(good)["SmsSendDetailDTOs"]["SmsSendDetailDTO"][0]
    assert (one["SendStatus"], one["OutId"], one["Content"]) == (3, "batch-1", "【茶铺】您的订单A已发货。")
    assert (details(bad)["SmsSendDetailDTOs"]["SmsSendDetailDTO"][0]["ErrCode"]) == "IS_CLOSED"
    assert details(good, "51")["Code"] == "isv.INVALID_PARAMETERS"


def test_aliyun_pushes_receipts_and_tries_after_1_5_and_10_minutes(small: SmallWorld, ear: Ear) -> None:
    """ALI 101867 (5.1): a JSON array; only a numeric code in the answer is looked at; dropped after the fourth."""
    a, to = account(small, "aliyun", report_url=ear.url), phone()
    ear.answer = lambda _: (200, '{"msg": "no code"}')
    sent = ali_send(small, a, to, OutId="mine")
    past(small)
    assert len(ear.heard) == 1
    for pause, tries in ((50, 1), (20, 2), (310, 3), (610, 4), (3600, 4)):
        small.move(pause)
        assert len(ear.heard) == tries
    (one,) = ear.heard[0].json()
    assert set(one) == {"phone_number", "send_time", "report_time", "success", "err_code", "err_msg", "sms_size", "biz_id", "out_id"}
    assert (one["phone_number"], one["success"], one["err_code"], one["sms_size"]) == (to, True, "DELIVERED", "1")
    assert (one["biz_id"], one["out_id"]) == (sent["BizId"], "mine")
    ear.answer = lambda _: (200, '{"code": 7}')
    ali_send(small, a, phone())
    past(small)
    small.move(600)
    assert len(ear.heard) == 5


def test_receipts_are_lost_doubled_and_late_one_by_one(small: SmallWorld, ear: Ear) -> None:
    """8: each at its stated rate, and the truth knows which."""
    a = account(small, "aliyun", report_url=ear.url)
    root = f"/sandbox/sms/accounts/{a['account_id']}"
    small.ask(root + "/faults", {"lost": 0.3, "doubled": 0.3, "late": 0.3, "late_for": 900})
    ear.answer = lambda _: (200, '{"code":0,"msg":"ok"}')
    assert ali_send(small, a, ",".join(phone() for _ in range(60)))["Code"] == "OK"
    past(small)
    past(small, 900)
    texts = small.ask(root + "/truth")["texts"]
    heard = [one["phone_number"] for push in ear.heard for one in push.json()]
    lost = [one["phone"] for one in texts if one["receipt"] == "lost"]
    assert 3 <= len(lost) <= 40
    assert set(heard) == {one["phone"] for one in texts} - set(lost)
    doubled = {one["phone"] for one in texts if one["receipt"] == "doubled"}
    assert {one for one in heard if heard.count(one) == 2} == doubled
    assert doubled


def test_a_reply_of_t_td_or_r_stops_marketing(small: SmallWorld, ear: Ear) -> None:
    """ALI 101847 (5.1): SmsUp is pushed; later marketing fails as MOBILE_IN_BLACK, notices do not (a setting)."""
    a, to = account(small, "aliyun", reply_url=ear.url), phone()
    ear.answer = lambda _: (200, '{"code":0,"msg":"ok"}')
    assert "nobody wrote" in small.ask("/sandbox/sms/replies", {"phone": to, "content": "TD"})["error"]
    ali_send(small, a, to, "PROMO", SmsUpExtendCode="88")
    past(small)
    assert small.ask("/sandbox/sms/replies", {"phone": to, "content": " td "})["is_opt_out"]
    small.move(1)
    (one,) = ear.heard[0].json()
    assert (one["phone_number"], one["content"], one["sign_name"]) == (to, " td ", "茶铺")
    assert one["dest_code"].endswith("88")
    ali_send(small, a, to, "PROMO")
    ali_send(small, a, to)
    past(small)
    texts = small.ask(f"/sandbox/sms/accounts/{a['account_id']}/truth")["texts"]
    assert [one["code"] for one in texts] == ["DELIVERED", "MOBILE_IN_BLACK", "DELIVERED"]
    assert len(small.ask(f"/sandbox/sms/phones/{to}")["texts"]) == 2


# Tencent


def test_tencent_refuses_a_wrong_signature_by_its_cause(small: SmallWorld) -> None:
    """TC common parameters and errors (5.2): HTTP 200 with Response.Error; five minutes of skew."""
    a = account(small, "tencent")

    def code(change: dict[str, str] | None = None, **other: str) -> str:
        return str(tc(small, a | other, "SendSms", {"PhoneNumberSet": []}, change)["Error"]["Code"])

    assert code(secret="no") == "AuthFailure.SignatureFailure"
    assert code(key_id="AKIDno") == "AuthFailure.SecretIdNotFound"
    assert code({"X-TC-Timestamp": "1500000000"}) == "AuthFailure.SignatureExpire"
    assert code({"Authorization": "none"}) == "AuthFailure.SignatureFailure"
    assert code({"X-TC-Action": "Dance"}) == "InvalidAction"
    assert code({"X-TC-Version": "2099-01-01"}) == "NoSuchVersion"
    assert code({"X-TC-Region": "mars-1"}) == "UnsupportedRegion"
    assert code(sdk_app_id="1400000000") == "UnauthorizedOperation.SmsSdkAppIdVerifyFail"
    assert code() == "MissingParameter.EmptyPhoneNumberSet"


def test_tencent_answers_for_each_number(small: SmallWorld) -> None:
    """TC 55981 and the error codes (5.2): HTTP 200 even when some fail; 200 numbers; all mainland or all foreign."""
    a, to = account(small, "tencent"), phone()
    assert tc_send(small, a, f"+86{to}", "+86123") == ["Ok", "InvalidParameterValue.IncorrectPhoneNumber"]
    assert tc_send(small, a, f"+86{to}") == ["LimitExceeded.PhoneNumberThirtySecondLimit"]
    small.move(31)
    assert tc_send(small, a, f"+86{to}") == ["Ok"]
    assert tc_send(small, a, f"+86{to}", params=["SF2"]) == ["LimitExceeded.PhoneNumberDailyLimit"]
    for more, code in (
        ({"SignName": "没有"}, "FailedOperation.SignatureIncorrectOrUnapproved"),
        ({"TemplateId": "0"}, "FailedOperation.TemplateIncorrectOrUnapproved"),
        ({"params": []}, "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"),
        ({"params": ["x.com"]}, "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter"),
        ({"params": ["9" * 13]}, "InvalidParameterValue.TemplateParameterLengthLimit"),
        ({"code": "OTP", "params": ["1234567"]}, "InvalidParameterValue.TemplateParameterFormatError"),
    ):
        assert tc_send(small, a, f"+86{phone()}", **more) == [code]
    many = {"PhoneNumberSet": [f"+86{phone()}"] * 201}
    assert tc(small, a, "SendSms", many)["Error"]["Code"] == "LimitExceeded.PhoneNumberCountLimit"
    mixed = {"PhoneNumberSet": [f"+86{phone()}", "+12025550123"]}
    assert tc(small, a, "SendSms", mixed)["Error"]["Code"].endswith("ContainDomesticAndInternationalPhoneNumber")
    small.ask(f"/sandbox/sms/accounts/{a['account_id']}", {"units_left": 0})
    assert tc_send(small, a, f"+86{phone()}") == ["FailedOperation.InsufficientBalanceInSmsPackage"]


def test_tencent_reviews_templates_and_keeps_the_night(small: SmallWorld) -> None:
    """TC 39023, 59177 (5.2): marketing ends with 拒收请回复R and goes 08:00-22:00; no "add me on WeChat"."""
    a = account(small, "tencent")
    root = f"/sandbox/sms/accounts/{a['account_id']}/templates"
    without = small.ask(root, {"code": "p1", "kind": "promo", "content": "新茶上市"})
    assert (without["state"], without["reason"]) == ("rejected", "InvalidParameterValue.MarketingTemplateWithoutUnsubscribe")
    assert small.ask(root, {"code": "p2", "kind": "promo", "content": "加微信领茶，拒收请回复R"})["state"] == "rejected"
    assert tc_send(small, a, f"+86{phone()}", code="PROMO") == ["Ok"]
    small.move(10.5 * 3600)
    assert tc_send(small, a, f"+86{phone()}", code="PROMO") == ["FailedOperation.MarketingSendTimeConstraint"]
    small.at = small.at.replace(hour=4)
    small.stand()


def test_tencent_pushes_and_is_pulled(small: SmallWorld, ear: Ear) -> None:
    """TC 59178, 59179 (5.2): receipts as an array, replies one by one, two more tries; what is pulled is pulled once."""
    a, to, off = account(small, "tencent", report_url=ear.url, reply_url=ear.url), phone(), phone()
    small.ask("/sandbox/sms/phones", {"phones": [off], "is": "unknown"})
    answers = iter([(500, ""), (200, '{"result":1}'), (200, '{"result":0,"errmsg":"OK"}')])
    ear.answer = lambda _: next(answers, (200, '{"result":0,"errmsg":"OK"}'))
    assert tc_send(small, a, f"+86{to}", f"+86{off}", SessionContext="c1", ExtendCode="7") == ["Ok", "Ok"]
    past(small)
    small.move(61)
    small.move(61)
    small.move(3600)
    told = {one["mobile"]: one for one in ear.heard[-1].json()}
    assert (told[to]["report_status"], told[to]["errmsg"], told[to]["ext"]) == ("SUCCESS", "DELIVRD", "c1")
    assert told[off]["report_status"] == "FAIL"
    pulled = tc(small, a, "PullSmsSendStatus", {"Limit": 100})["PullSmsSendStatusSet"]
    assert {(one["SubscriberNumber"], one["ReportStatus"]) for one in pulled} == {(to, "SUCCESS"), (off, "FAIL")}
    assert tc(small, a, "PullSmsSendStatus", {"Limit": 100})["PullSmsSendStatusSet"] == []
    assert tc(small, a, "PullSmsSendStatus", {"Limit": 101})["Error"]["Code"] == "InvalidParameterValue.LimitVerifyFail"
    span = {"PhoneNumber": f"+86{to}", "BeginTime": 0, "Offset": 0, "Limit": 10}
    assert len(tc(small, a, "PullSmsSendStatusByPhoneNumber", span)["PullSmsSendStatusSet"]) == 1
    ear.heard.clear()
    small.ask("/sandbox/sms/replies", {"phone": to, "content": "R"})
    small.move(1)
    one = ear.heard[0].json()
    assert (one["mobile"], one["text"], one["extend"], one["sign"]) == (to, "R", "7", "茶铺")
    assert tc(small, a, "PullSmsReplyStatus", {"Limit": 10})["PullSmsReplyStatusSet"][0]["ReplyContent"] == "R"
    assert tc(small, a, "PullSmsReplyStatus", {"Limit": 10})["PullSmsReplyStatusSet"] == []
    assert tc_send(small, a, f"+86{to}", code="PROMO") == ["FailedOperation.PhoneNumberInBlacklist"]
    small.ask(f"/sandbox/sms/accounts/{a['account_id']}", {"settings": {"is_pull_on": False}})
    assert tc(small, a, "PullSmsReplyStatus", {"Limit": 10})["Error"]["Code"] == "UnauthorizedOperation.RequestPermissionDeny"


def test_an_unanswered_call_was_sent_and_can_be_found(small: SmallWorld) -> None:
    """ALI SendSms (5.1): not idempotent; after a time-out one asks before one sends again."""
    a, to = account(small, "aliyun"), phone()
    root = f"/sandbox/sms/accounts/{a['account_id']}"
    small.ask(root + "/faults", {"unanswered": 1})
    with pytest.raises((OSError, http.client.HTTPException)):
        ali_send(small, a, to)
    small.ask(root + "/faults", {"unanswered": 0})
    day = small.at.strftime("%Y%m%d")
    assert ali(small, a, "QuerySendDetails", PhoneNumber=to, SendDate=day, PageSize="1", CurrentPage="1")["TotalCount"] == 1
    small.ask(root + "/storms", {"code": "isv.OUT_OF_SERVICE", "for_s": 60})
    assert ali_send(small, a, phone())["Code"] == "isv.OUT_OF_SERVICE"


def test_everything_is_remembered(tmp_path: Path) -> None:
    """A world that is ended and begun again knows its accounts, texts and refusals."""
    to = phone()
    with running(tmp_path) as small:
        a = account(small, "tencent")
        tc_send(small, a, f"+86{to}", code="PROMO")
        past(small)
        small.ask("/sandbox/sms/replies", {"phone": to, "content": "退订"})
        late = phone()
        tc_send(small, a, f"+86{late}")  # its handset has not answered when the world ends
    with running(tmp_path) as small:
        small.move(3600)
        assert len(small.ask(f"/sandbox/sms/phones/{late}")["texts"]) == 1
        assert tc_send(small, a, f"+86{to}", code="PROMO") == ["FailedOperation.PhoneNumberInBlacklist"]
