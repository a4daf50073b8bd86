"""Programs that know nothing of us speak to the small world: wechatpy and the vendors' official SDKs, with another base address only."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from tests.sandbox.conformance.small_world import Heard, SmallWorld, listening, running
from wechatpy import WeChatClient, create_reply, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import WeChatClientException

KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallWorld]:
    with running(tmp_path_factory.mktemp("strangers")) as world:
        world.ask("/sandbox/wechat/people", {"people": [{"person_id": "p", "name": "陈静", "phone": "13800000001"}]})
        yield world


class Here(requests.adapters.HTTPAdapter):
    """Carries what is meant for api.weixin.qq.com to the small world: wechatpy writes this address into its token call."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.here = f"{url}/wechat"

    def send(self, request: Any, **more: Any) -> Any:
        request.url = request.url.replace("https://api.weixin.qq.com", self.here)
        return super().send(request, **more)


def client(small: SmallWorld, account: dict[str, Any]) -> WeChatClient:
    made = WeChatClient(account["appid"], account["secret"], timeout=30)
    made._http.mount("https://api.weixin.qq.com", Here(small.url))
    return made


def test_wechatpy_runs_an_official_account(small: SmallWorld) -> None:
    a = small.ask("/sandbox/wechat/accounts", {"kind": "service", "name": "茶铺", "open_platform": "op"})
    heard: list[Any] = []
    with listening() as ear:
        crypto = WeChatCrypto("token", KEY, a["appid"])

        def answer(came: Heard) -> tuple[int, str]:
            q = came.query
            message = parse_message(crypto.decrypt_message(came.body, q["msg_signature"], q["timestamp"], q["nonce"]))
            heard.append(message)
            if message.type != "text":
                return 200, "success"
            return 200, crypto.encrypt_message(create_reply(f"收到：{message.content}", message).render(), "nonce", "1700000000")

        ear.answer = answer
        given = {"url": ear.url, "token": "token", "aes_key": KEY, "mode": "safe"}
        assert small.ask(f"/sandbox/wechat/accounts/{a['appid']}/callback", given) == {"ok": True}
        c = client(small, a)
        code = c.qrcode.create({"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "shop-1"}}})
        small.do(a, "p", "scan", ticket=code["ticket"])
        small.do(a, "p", "write", text="在吗")
        small.move(1)
        assert [(one.type, getattr(one, "scene_id", None)) for one in heard] == [("event", "shop-1"), ("text", None)]
        assert small.phone("p")[-1]["body"] == {"text": "收到：在吗"}
        (openid,) = list(c.user.iter_followers())
        assert c.user.get(openid)["qr_scene_str"] == "shop-1"
        assert c.user.get_batch([openid])[0]["unionid"]
        c.menu.create({"button": [{"type": "view", "name": "商城", "url": "https://shop.example"}]})
        tag = c.tag.create("会员")["id"]
        c.tag.tag_user(tag, openid)
        assert c.user.get(openid)["tagid_list"] == [tag]
        c.message.send_text(openid, "您好")
        picture = c.media.upload("image", ("a.png", b"png", "image/png"))
        c.message.send_image(openid, picture["media_id"])
        short = small.ask(
            f"/sandbox/wechat/accounts/{a['appid']}/templates",
            {"title": "发货", "content": "{{thing1.DATA}}", "in_library": True, "short_id": "TM1"},
        )["short_id"]
        template_id = c.template.get(short)
        c.message.send_template(openid, template_id, {"thing1": {"value": "龙井"}})
        with pytest.raises(WeChatClientException) as wrong:
            c.message.send_template(openid, template_id, {"thing1": {"value": ""}})
        assert wrong.value.errcode == 47003
        small.ask(f"/sandbox/wechat/accounts/{a['appid']}/kill_tokens", {})
        assert c.user.get(openid)["subscribe"] == 1  # it fetched another token by itself
        assert c.jsapi.get_ticket()["expires_in"] == 7200


def test_wechatpy_runs_a_mini_program(small: SmallWorld) -> None:
    a = small.ask("/sandbox/wechat/accounts", {"kind": "mini", "name": "茶铺", "pages": ["pages/order"]})
    template_id = small.ask(f"/sandbox/wechat/accounts/{a['appid']}/templates", {"title": "发货", "content": "{{thing1.DATA}}"})[
        "template_id"
    ]
    c = client(small, a)
    session = c.wxa.code_to_session(small.do(a, "p", "login")["code"])
    small.do(a, "p", "answer", templates={template_id: "accept"})
    c.wxa.send_subscribe_message(session["openid"], template_id, {"thing1": {"value": "龙井"}}, page="pages/order")
    with pytest.raises(WeChatClientException) as wrong:
        c.wxa.send_subscribe_message(session["openid"], template_id, {"thing1": {"value": "龙井"}})
    assert wrong.value.errcode == 43101
    assert c.wxa.get_wxa_code_unlimited("shop=1", page="pages/order").content.startswith(b"\x89PNG")


def test_the_official_aliyun_sdk(small: SmallWorld) -> None:
    from alibabacloud_dysmsapi20170525 import models
    from alibabacloud_dysmsapi20170525.client import Client
    from alibabacloud_tea_openapi import utils_models

    a = small.ask("/sandbox/sms/accounts", {"vendor": "aliyun", "name": "a"})
    root = f"/sandbox/sms/accounts/{a['account_id']}"
    small.ask(root + "/signatures", {"name": "茶铺"})
    small.ask(root + "/templates", {"code": "SMS_1", "kind": "otp", "content": "您的验证码是${code}。"})

    def sdk(secret: str) -> Any:
        host = small.url.removeprefix("http://")
        return Client(utils_models.Config(access_key_id=a["key_id"], access_key_secret=secret, endpoint=host, protocol="http"))

    request = models.SendSmsRequest(
        phone_numbers="13800000001", sign_name="茶铺", template_code="SMS_1", template_param='{"code":"1234"}', out_id="o 1*~/"
    )
    sent = sdk(a["secret"]).send_sms(request).body
    assert sent.code == "OK"
    assert sdk(a["secret"]).send_sms(request).body.code == "isv.BUSINESS_LIMIT_CONTROL"
    with pytest.raises(Exception, match="SignatureDoesNotMatch"):
        sdk("wrong").send_sms(request)
    asked = models.QuerySendDetailsRequest(phone_number="13800000001", send_date=small.at.strftime("%Y%m%d"), page_size=10, current_page=1)
    found = sdk(a["secret"]).query_send_details(asked).body
    assert [one.out_id for one in found.sms_send_detail_dtos.sms_send_detail_dto] == ["o 1*~/"]
    batch = models.SendBatchSmsRequest(
        phone_number_json='["13800000002","13800000003"]', sign_name_json='["茶铺","茶铺"]', template_code="SMS_1",
        template_param_json='[{"code":"1111"},{"code":"2222"}]',
    )  # fmt: skip
    assert sdk(a["secret"]).send_batch_sms(batch).body.biz_id


def test_the_official_tencent_sdk(small: SmallWorld) -> None:
    from tencentcloud.common import credential
    from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
    from tencentcloud.common.profile.client_profile import ClientProfile
    from tencentcloud.common.profile.http_profile import HttpProfile
    from tencentcloud.sms.v20210111 import models, sms_client

    a = small.ask("/sandbox/sms/accounts", {"vendor": "tencent", "name": "t"})
    root = f"/sandbox/sms/accounts/{a['account_id']}"
    small.ask(root + "/signatures", {"name": "茶铺"})
    small.ask(root + "/templates", {"code": "1001", "kind": "notice", "content": "您的订单{1}已发货。"})

    def sdk(secret: str) -> Any:
        profile = ClientProfile(httpProfile=HttpProfile(protocol="http", endpoint=small.url.removeprefix("http://")))
        return sms_client.SmsClient(credential.Credential(a["key_id"], secret), "ap-guangzhou", profile)

    request = models.SendSmsRequest()
    value = {"PhoneNumberSet": ["+8613800000001", "+86123"], "SmsSdkAppId": a["sdk_app_id"], "TemplateId": "1001", "SignName": "茶铺"}
    request.from_json_string(json.dumps(value | {"TemplateParamSet": ["SF1"], "SessionContext": "s"}))
    sent = sdk(a["secret"]).SendSms(request).SendStatusSet
    assert [one.Code for one in sent] == ["Ok", "InvalidParameterValue.IncorrectPhoneNumber"]
    with pytest.raises(TencentCloudSDKException) as wrong:
        sdk("wrong").SendSms(request)
    assert wrong.value.code == "AuthFailure.SignatureFailure"
    small.move(300)
    pull = models.PullSmsSendStatusRequest()
    pull.from_json_string(json.dumps({"SmsSdkAppId": a["sdk_app_id"], "Limit": 10}))
    assert [one.SerialNo for one in sdk(a["secret"]).PullSmsSendStatus(pull).PullSmsSendStatusSet] == [sent[0].SerialNo]


def test_a_plain_push_reads_as_wechatpy_reads_it(small: SmallWorld) -> None:
    a = small.ask("/sandbox/wechat/accounts", {"kind": "service", "name": "茶铺"})
    with listening() as ear:
        small.ask(f"/sandbox/wechat/accounts/{a['appid']}/callback", {"url": ear.url, "token": "token"})
        small.do(a, "p", "follow")
        small.do(a, "p", "write", kind="location", latitude=30.25, longitude=120.15, label="西湖]]>边")
        small.move(1)
    place = parse_message(ear.heard[-1].body)
    assert (place.type, place.location, place.label) == ("location", ("30.25", "120.15"), "西湖]]>边")
    assert ET.fromstring(ear.heard[0].body).findtext("Event") == "subscribe"
