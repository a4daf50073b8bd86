"""Signatures of the SMS services: the public examples, and the vendors' own signing code beside ours."""

from __future__ import annotations

import json

import pytest

from siyu.vendors import aliyun_sms, tencent_sms


def test_aliyun_v3() -> None:
    query = {"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"}
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com", "x-acs-action": "RunInstances", "x-acs-version": "2014-05-26",
        "x-acs-date": "2023-10-26T10:22:32Z", "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    }  # fmt: skip
    found = aliyun_sms.signing.authorization("POST", query, headers, key_id="YourAccessKeyId", secret="YourAccessKeySecret")
    assert found.endswith("Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0")
    assert "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version," in found


SECRET = "Gu5t9xGARNpq86cd98joQYCN3*******"
PAYLOAD = rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'


@pytest.mark.parametrize(
    ("more", "signature"),
    [
        ({}, "2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c"),
        ({"X-TC-Action": "DescribeInstances"}, "be4f67d323c78ab9acb7395e43c0dbcf822a9cfac32fea2449a7bc7726b770a3"),
    ],
)
def test_tencent_tc3(more: dict[str, str], signature: str) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8", "Host": "cvm.tencentcloudapi.com", **more}
    found = tencent_sms.signing.authorization(headers, PAYLOAD, key_id="AKID", secret=SECRET, timestamp=1551113065, service="cvm")
    assert found.endswith(f"Signature={signature}")
    assert "Credential=AKID/2019-02-25/cvm/tc3_request, " in found


def test_tencents_own_code_signs_the_same() -> None:
    sign = pytest.importorskip("tencentcloud.common.sign").Sign
    headers = {"Content-Type": "application/json", "Host": "sms.tencentcloudapi.com"}
    body = json.dumps({"PhoneNumberSet": ["+8613800000000"], "TemplateParamSet": ["测试"]}, ensure_ascii=False)
    request, _ = tencent_sms.signing.canonical_request(headers, body.encode())
    ours, scope = tencent_sms.signing.signature(request, "sms", 1700000000, SECRET)
    import hashlib

    text = f"TC3-HMAC-SHA256\n1700000000\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    assert sign.sign_tc3(SECRET, "2023-11-14", "sms", text) == ours


def test_aliyuns_own_code_signs_the_same() -> None:
    utils = pytest.importorskip("alibabacloud_tea_openapi.utils").Utils
    model = pytest.importorskip("darabonba.request").DaraRequest()
    body = aliyun_sms.signing.canonical_query(
        {"PhoneNumbers": "13800000000", "SignName": "测试 *~", "TemplateParam": '{"a":"b c"}'}
    ).encode()
    import hashlib

    digest = hashlib.sha256(body).hexdigest()
    headers = {
        "host": "dysmsapi.aliyuncs.com", "content-type": "application/x-www-form-urlencoded", "x-acs-action": "SendSms",
        "x-acs-version": "2017-05-25", "x-acs-date": "2026-11-20T04:00:00Z", "x-acs-signature-nonce": "abc", "x-acs-content-sha256": digest,
    }  # fmt: skip
    model.method, model.pathname, model.query, model.headers = "POST", "/", {}, dict(headers)
    theirs = utils.get_authorization(model, "ACS3-HMAC-SHA256", digest, "key", "secret")
    assert aliyun_sms.signing.authorization("POST", {}, headers, key_id="key", secret="secret", body=body) == theirs
