"""The simulated WeChat against the published facts. MPD is developers.weixin.qq.com; the number in a docstring is a chapter of the facts
that the sandbox was built from (docs/sandbox.md).
"""

from __future__ import annotations

import http.client
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.sandbox.conformance.small_world import Ear, SmallWorld, listening, running

from siyu.sandbox.wechat import crypto, rules

KEY = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"
HOUR, DAY = 3600, 86_400


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallWorld]:
    with running(tmp_path_factory.mktemp("wechat")) as world:
        people = [{"person_id": f"p{n}", "name": f"客人{n}", "phone": f"138000000{n:02d}"} for n in range(20)]
        world.ask("/sandbox/wechat/people", {"people": people})
        yield world


@pytest.fixture
def ear() -> Iterator[Ear]:
    with listening() as found:
        yield found


def shop(small: SmallWorld, ear: Ear | None = None, kind: str = "service", **more: Any) -> dict[str, Any]:
    """A fresh account; with an ear its events are heard."""
    account: dict[str, Any] = small.ask("/sandbox/wechat/accounts", {"kind": kind, "name": "茶铺", "open_platform": "op", **more})
    if ear:
        assert small.ask(f"/sandbox/wechat/accounts/{account['appid']}/callback", {"url": ear.url, "token": "AAAAA"}) == {"ok": True}
    return account


def template(small: SmallWorld, account: dict[str, Any], content: str, **more: Any) -> str:
    found = small.ask(f"/sandbox/wechat/accounts/{account['appid']}/templates", {"title": "通知", "content": content, **more})
    return str(found["template_id"])


def events(ear: Ear) -> list[dict[str, str]]:
    return [{child.tag: child.text or "" for child in ET.fromstring(one.body)} for one in ear.heard]


# vectors


def test_signatures_and_cipher_match_the_public_vectors() -> None:
    """MPD message_push/encryption; wechatpy tests/test_crypto.py (3.3 V1), the official sample (V4)."""
    assert crypto.sha1_of("AAAAA", "1714036504", "1514711492") == "f464b24fc39322e44b38aa78f5edd27bd1441696"
    assert crypto.sha1_of("AAAAA", "1714037059", "486452656") == "899cf89e464efb63f54ddac96b0a0a235f53aa78"
    v1 = "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q=="
    assert crypto.sha1_of("123456", "1411443780", "437374425", v1) == "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96"
    assert crypto.opened(KEY, "wx49f0ab532d5d035a", v1) == "5927782489442352469"
    assert crypto.close(KEY, "wx49f0ab532d5d035a", "5927782489442352469", b"2304fc2fe146f1f8") == v1
    v4 = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
    assert crypto.opened("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7", v4) == "1616140317555161061"
    with pytest.raises(crypto.BadCipher):
        crypto.opened(KEY, "wx0000000000000000", v1)


# 4.1 tokens


def test_a_token_is_refused_by_its_cause(small: SmallWorld) -> None:
    """MPD Get_access_token, global return codes (4.1, 4.4): each mistake has its own number, and every error its rid."""
    a = shop(small)

    def token(**given: str) -> Any:
        query = {"grant_type": "client_credential", "appid": a["appid"], "secret": a["secret"]} | given
        return small.ask("/wechat/cgi-bin/token?" + "&".join(f"{k}={v}" for k, v in query.items()))

    assert token(grant_type="x")["errcode"] == 40002
    assert token(appid="wx0")["errcode"] == 40013
    assert token(secret="no")["errcode"] == 40125
    assert "rid: " in token(secret="no")["errmsg"]
    assert token()["expires_in"] == 7200
    assert small.ask("/wechat/cgi-bin/user/get")["errcode"] == 41001
    assert small.ask("/wechat/cgi-bin/user/get?access_token=junk")["errcode"] == 40014
    assert small.ask("/wechat/cgi-bin/nothing?access_token=junk")["errcode"] == 40066
    assert small.api(a, "/cgi-bin/menu/create")["errcode"] == 43002
    assert small.api(a, "/cgi-bin/user/get", {})["errcode"] == 43001
    assert small.ask("/wechat/cgi-bin/menu/create?access_token=" + small.token(a), raw=b"{")["errcode"] == 47001
    small.ask(f"/sandbox/wechat/accounts/{a['appid']}", {"ips": ["203.0.113.9"]})
    assert token()["errcode"] == 40164


def test_a_new_token_ends_the_old_one_after_five_minutes(small: SmallWorld) -> None:
    """MPD Get_access_token (4.1): old and new overlap about five minutes; the stable way is apart from this one."""
    a = shop(small)
    url = f"/wechat/cgi-bin/token?grant_type=client_credential&appid={a['appid']}&secret={a['secret']}"
    stable = small.token(a)
    first = small.ask(url)["access_token"]
    second = small.ask(url)["access_token"]
    assert first != second

    def code(token: str) -> int:
        return int(small.ask(f"/wechat/cgi-bin/user/get?access_token={token}").get("errcode", 0))

    assert [code(first), code(second), code(stable)] == [0, 0, 0]
    small.move(301)
    assert [code(first), code(second), code(stable)] == [40001, 0, 0]
    small.move(2 * HOUR)
    assert code(second) == 42001
    assert small.ask(f"/sandbox/wechat/accounts/{a['appid']}/kill_tokens", {})["killed"] == 0
    third = small.ask(url)["access_token"]
    assert small.ask(f"/sandbox/wechat/accounts/{a['appid']}/kill_tokens", {})["killed"] == 1
    assert code(third) == 40001


def test_the_stable_token_stays_and_is_forced_seldom(small: SmallWorld) -> None:
    """MPD api_getstableaccesstoken (4.1): the same again, renewed 5 min before its end; forced 20 times a day, 30 s apart."""
    a = shop(small)
    given = {"grant_type": "client_credential", "appid": a["appid"], "secret": a["secret"]}
    first = small.token(a)
    small.move(HOUR)
    assert small.token(a) == first
    small.move(HOUR - 290)
    assert small.token(a) != first
    forced = [small.ask("/wechat/cgi-bin/stable_token", given | {"force_refresh": True})]
    assert small.ask("/wechat/cgi-bin/stable_token", given | {"force_refresh": True})["errcode"] == 45011
    for _ in range(20):
        small.move(31)
        forced.append(small.ask("/wechat/cgi-bin/stable_token", given | {"force_refresh": True}))
    assert [one.get("errcode", 0) for one in forced] == [0] * 20 + [45009]


def test_a_quota_ends_with_45009_and_is_cleared_ten_times_a_month(small: SmallWorld) -> None:
    """MPD clear_quota (4.1): 45009 beyond the day's calls; 48006 beyond ten clearings."""
    a = shop(small, limits={"/cgi-bin/user/get": 2})
    assert [small.api(a, "/cgi-bin/user/get").get("errcode", 0) for _ in range(3)] == [0, 0, 45009]
    cleared = [small.api(a, "/cgi-bin/clear_quota", {"appid": a["appid"]})["errcode"] for _ in range(11)]
    assert cleared == [0] * 10 + [48006]
    assert "errcode" not in small.api(a, "/cgi-bin/user/get")


# 4.2, 4.4 people, scenes, callbacks


def test_a_scene_code_says_where_somebody_came_from(small: SmallWorld, ear: Ear) -> None:
    """MPD api_createqrcode, receiving events (4.2, 4.4): subscribe with qrscene_, later SCAN with the bare scene; 60 s without a life."""
    a = shop(small, ear)
    code = small.api(a, "/cgi-bin/qrcode/create", {"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "门店7"}}})
    assert code["expire_seconds"] == 60
    small.do(a, "p1", "scan", ticket=code["ticket"])
    small.do(a, "p1", "scan", ticket=code["ticket"])
    small.move(61)
    assert "expired" in small.do(a, "p1", "scan", ticket=code["ticket"])["error"]
    told = events(ear)
    assert [(one["Event"], one["EventKey"], one["Ticket"]) for one in told] == [
        ("subscribe", "qrscene_门店7", code["ticket"]),
        ("SCAN", "门店7", code["ticket"]),
    ]
    assert told[0]["ToUserName"] == a["gh_id"]
    signed = ear.heard[0].query
    assert crypto.sha1_of("AAAAA", signed["timestamp"], signed["nonce"]) == signed["signature"]
    openid = told[0]["FromUserName"]
    info = small.api(a, "/cgi-bin/user/info", openid=openid)
    assert (info["subscribe_scene"], info["qr_scene_str"], info["nickname"]) == ("ADD_SCENE_QR_CODE", "门店7", "")
    forever = {"action_name": "QR_LIMIT_SCENE", "action_info": {"scene": {"scene_id": 100_000}}}
    assert "expire_seconds" not in small.api(a, "/cgi-bin/qrcode/create", forever)
    forever["action_info"] = {"scene": {"scene_id": 100_001}}
    assert small.api(a, "/cgi-bin/qrcode/create", forever)["errcode"] == 40053
    shown = small.ask(f"/wechat/cgi-bin/showqrcode?ticket={code['ticket']}")
    assert shown.startswith(b"\x89PNG")


def test_followers_are_listed_and_a_stranger_tells_nothing(small: SmallWorld, ear: Ear) -> None:
    """MPD user/get, user/info, batchget (4.4): who left has subscribe 0 and no more; one unionid per person and open platform."""
    a, mini = shop(small, ear), shop(small, kind="mini")
    for n in range(3):
        small.do(a, f"p{n}", "follow")
    listed = small.api(a, "/cgi-bin/user/get")
    assert (listed["total"], listed["count"], listed["next_openid"]) == (3, 3, listed["data"]["openid"][-1])
    rest = small.api(a, "/cgi-bin/user/get", next_openid=listed["data"]["openid"][0])
    assert rest["data"]["openid"] == listed["data"]["openid"][1:]
    assert small.api(a, "/cgi-bin/user/get", next_openid=listed["next_openid"]) == {"total": 3, "count": 0, "next_openid": ""}
    gone = small.do(a, "p0", "unfollow")["openid"]
    info = small.api(a, "/cgi-bin/user/info", openid=gone)
    assert set(info) == {"subscribe", "openid", "unionid"}
    assert info["subscribe"] == 0
    login = small.do(mini, "p0", "login")
    session = small.ask(
        f"/wechat/sns/jscode2session?appid={mini['appid']}&secret={mini['secret']}&js_code={login['code']}&grant_type=authorization_code"
    )
    assert session["unionid"] == info["unionid"]
    assert session["openid"] != gone
    assert small.api(a, "/cgi-bin/user/info", openid="nobody")["errcode"] == 40003
    assert small.api(a, "/cgi-bin/user/info/batchget", {"user_list": [{"openid": gone}] * 101})["errcode"] == 40032


def test_tags_are_named_given_and_taken(small: SmallWorld) -> None:
    """MPD tags (4.3): 45157, 45158, 45159, 50 people a call, system tags stay."""
    a = shop(small)
    openid = small.do(a, "p1", "follow")["openid"]
    tag = small.api(a, "/cgi-bin/tags/create", {"tag": {"name": "会员"}})["tag"]
    assert small.api(a, "/cgi-bin/tags/create", {"tag": {"name": "会员"}})["errcode"] == 45157
    assert small.api(a, "/cgi-bin/tags/create", {"tag": {"name": "长" * 31}})["errcode"] == 45158
    give = {"openid_list": [openid], "tagid": tag["id"]}
    assert small.api(a, "/cgi-bin/tags/members/batchtagging", give)["errcode"] == 0
    assert small.api(a, "/cgi-bin/tags/members/batchtagging", give | {"tagid": 99_999})["errcode"] == 45159
    assert small.api(a, "/cgi-bin/tags/members/batchtagging", give | {"openid_list": [openid] * 51})["errcode"] == 40032
    assert small.api(a, "/cgi-bin/tags/getidlist", {"openid": openid})["tagid_list"] == [tag["id"]]
    assert small.api(a, "/cgi-bin/tags/delete", {"tag": {"id": 2}})["errcode"] == 45057
    assert small.api(a, "/cgi-bin/tags/delete", {"tag": {"id": tag["id"]}})["errcode"] == 0
    assert small.api(a, "/cgi-bin/user/info", openid=openid)["tagid_list"] == []


def test_a_push_is_tried_three_times_with_one_number(small: SmallWorld, ear: Ear) -> None:
    """MPD receiving messages (4.2): three deliveries, the same MsgId, a fresh signature; then the person sees that the service failed."""
    a = shop(small, ear)
    small.do(a, "p1", "follow")
    small.move(1)
    ear.heard.clear()
    ear.answer = lambda _: (500, "")
    number = small.do(a, "p1", "write", text="在吗")["msgid"]
    small.move(1)
    assert [one["MsgId"] for one in events(ear)] == [str(number)] * 3
    assert len({one.query["nonce"] for one in ear.heard}) == 3
    assert small.phone("p1")[-1]["kind"] == "fault"


def test_safe_mode_is_closed_both_ways_and_a_person_takes_over(small: SmallWorld, ear: Ear) -> None:
    """MPD message_push/encryption, passive replies (4.2): cipher only; a reply that is forged or open shows as a fault."""
    a = shop(small)
    given = {"url": ear.url, "token": "tok", "aes_key": KEY, "mode": "safe"}
    assert small.ask(f"/sandbox/wechat/accounts/{a['appid']}/callback", given) == {"ok": True}
    replies = iter(["text", "forged", "plain", "transfer_customer_service"])

    def answer(heard: Any) -> tuple[int, str]:
        assert "<Content>" not in heard.body
        sealed = str(ET.fromstring(heard.body).findtext("Encrypt"))
        q = heard.query
        assert crypto.sha1_of("tok", q["timestamp"], q["nonce"], sealed) == q["msg_signature"]
        came = ET.fromstring(crypto.opened(KEY, a["appid"], sealed))
        if came.findtext("MsgType") == "event":
            return 200, ""
        how = next(replies)
        kind = how if how == "transfer_customer_service" else "text"
        text = (
            f"<xml><ToUserName>{came.findtext('FromUserName')}</ToUserName><FromUserName>{a['gh_id']}</FromUserName>"
            f"<CreateTime>1</CreateTime><MsgType>{kind}</MsgType><Content>好的</Content></xml>"
        )
        if how == "plain":
            return 200, text
        closed = crypto.close(KEY, a["appid"], text, b"0123456789abcdef")
        mark = "0" * 40 if how == "forged" else crypto.sha1_of("tok", "1", "n", closed)
        return 200, f"<xml><Encrypt>{closed}</Encrypt><MsgSignature>{mark}</MsgSignature><TimeStamp>1</TimeStamp><Nonce>n</Nonce></xml>"

    ear.answer = answer
    small.do(a, "p2", "follow")
    for n in range(4):
        small.do(a, "p2", "write", text=f"问题{n}")
        small.move(1)
    mine = [one for one in small.phone("p2") if one["appid"] == a["appid"] and one["via"] == "passive"]
    assert [one["kind"] for one in mine] == ["text", "fault", "fault", "transfer_customer_service"]
    assert mine[0]["body"] == {"text": "好的"}


def test_a_callback_address_must_echo(small: SmallWorld, ear: Ear) -> None:
    """MPD access guide (4.2): the URL is saved only when echostr comes back unchanged."""
    a = shop(small)
    assert (
        "did not answer"
        in small.ask(f"/sandbox/wechat/accounts/{a['appid']}/callback", {"url": "http://127.0.0.1:9/cb", "token": "t"})["error"]
    )
    assert (
        "base64"
        in small.ask(f"/sandbox/wechat/accounts/{a['appid']}/callback", {"url": ear.url, "token": "t", "mode": "safe", "aes_key": "short"})[
            "error"
        ]
    )


def test_the_road_loses_and_doubles_by_the_seed(small: SmallWorld, ear: Ear) -> None:
    """4.2, 8: callbacks may be lost, doubled, late, reordered: at stated rates, and the truth knows which."""
    a = shop(small, ear, appid="wx00000000000000aa")
    small.ask(
        f"/sandbox/wechat/accounts/{a['appid']}/faults", {"lost": 0.2, "doubled": 0.2, "late": 0.2, "reordered": 0.2, "late_for": 600}
    )
    small.do(a, "p3", "follow")
    for n in range(60):
        small.do(a, "p3", "write", text=str(n))
    small.move(5)
    small.move(700)
    small.move(5)
    truth = [one for one in small.ask(f"/sandbox/wechat/callbacks?appid={a['appid']}")["callbacks"] if one["what"] == "text"]
    fates = {fate: sum(one["fate"] == fate for one in truth) for fate in ("sent", "lost", "late", "reordered")}
    assert sum(fates.values()) == 60
    assert all(1 <= fates[one] <= 40 for one in ("lost", "late", "reordered"))
    heard = [one["Content"] for one in events(ear) if one["MsgType"] == "text"]
    assert len(heard) == sum(one["copies"] for one in truth if one["fate"] != "lost")
    assert len(set(heard)) == 60 - fates["lost"]
    first = list(dict.fromkeys(heard))
    assert first != sorted(first, key=int)


# 4.3 messages


def test_customer_service_messages_live_in_their_windows(small: SmallWorld) -> None:
    """MPD Customer_Service_Messages (4.3): 5 in 48 h after a message, 3 in a minute after a click, which opens no 48 hours."""
    a = shop(small)

    def send(openid: str) -> int:
        return int(
            small.api(a, "/cgi-bin/message/custom/send", {"touser": openid, "msgtype": "text", "text": {"content": "好"}})["errcode"]
        )

    openid = small.do(a, "p4", "follow")["openid"]
    assert [send(openid) for _ in range(4)] == [0, 0, 0, 45047]
    small.move(61)
    assert send(openid) == 45015
    small.do(a, "p4", "write", text="在吗")
    assert [send(openid) for _ in range(6)] == [0] * 5 + [45047]
    small.do(a, "p4", "write", text="还在吗")
    small.move(48 * HOUR + 1)
    assert send(openid) == 45015
    assert small.api(a, "/cgi-bin/menu/create", {"button": [{"type": "click", "name": "今日", "key": "K"}]})["errcode"] == 0
    small.do(a, "p4", "click", button="K")
    assert send(openid) == 0
    small.move(61)
    assert send(openid) == 45015
    small.do(a, "p4", "write", text="喂")
    small.do(a, "p4", "block")
    assert send(openid) == 48002
    small.do(a, "p4", "unfollow")
    assert send(openid) == 45015
    wrong = {"touser": openid, "msgtype": "carrier-pigeon"}
    assert small.api(a, "/cgi-bin/message/custom/send", wrong)["errcode"] == 40008


def test_the_old_quota_of_twenty_is_a_setting(small: SmallWorld) -> None:
    """4.3 UNCERTAIN: the text of 2021 said 20 in 48 hours."""
    a = shop(small, settings={"message_quota": 20})
    openid = small.do(a, "p4", "follow")["openid"]
    small.move(61)
    small.do(a, "p4", "write", text="在吗")
    body = {"touser": openid, "msgtype": "text", "text": {"content": "好"}}
    assert sum(small.api(a, "/cgi-bin/message/custom/send", body)["errcode"] == 0 for _ in range(21)) == 20


def test_template_messages_are_checked_sent_once_and_reported(small: SmallWorld, ear: Ear) -> None:
    """MPD Template_Message_Interface (4.3): 40037, 43004, 47003, 40013; client_msg_id; TEMPLATESENDJOBFINISH with MsgID and Status."""
    a = shop(small, ear)
    template_id = template(small, a, "{{first.DATA}}\n商品：{{thing1.DATA}}\n时间：{{time2.DATA}}\n{{remark.DATA}}")
    openid = small.do(a, "p5", "follow")["openid"]
    data = {"first": {"value": "快来买"}, "thing1": {"value": "龙井"}, "time2": {"value": "2026-11-20 12:00"}}
    body = {"touser": openid, "template_id": template_id, "data": data, "url": "https://shop.example", "client_msg_id": "m1"}

    def send(**change: Any) -> Any:
        return small.api(a, "/cgi-bin/message/template/send", body | change)

    assert send(template_id="no")["errcode"] == 40037
    assert send(touser="no")["errcode"] == 40003
    assert send(data=data | {"thing1": {"value": "长" * 21}})["errcode"] == 47003
    assert send(miniprogram={"appid": "wx1", "pagepath": "x"})["errcode"] == 40013
    first = send()
    assert send()["msgid"] == first["msgid"]
    shown = [one for one in small.phone("p5") if one["kind"] == "template"]
    assert [one["body"]["text"] for one in shown] == ["商品：龙井\n时间：2026-11-20 12:00"]
    small.do(a, "p5", "block")
    refused = send(client_msg_id="m2")
    assert refused["errcode"] == 0
    small.move(2)
    ends = [(one["MsgID"], one["Status"]) for one in events(ear) if one.get("Event") == "TEMPLATESENDJOBFINISH"]
    assert ends == [(str(first["msgid"]), "success"), (str(refused["msgid"]), "failed:user block")]
    small.do(a, "p5", "unfollow")
    assert send(client_msg_id="m3")["errcode"] == 43004
    plain = shop(small, kind="subscription")
    assert small.api(plain, "/cgi-bin/message/template/send", body)["errcode"] == 48001


def test_the_fields_of_templates_have_their_forms() -> None:
    """MPD subscribeMessage.send (4.5): thing 20 letters, number 32 digits, letter 32, symbol 5, character_string 32, phrase 5 Chinese."""
    good = {
        "thing1": "茶" * 20, "number1": "9" * 32, "letter1": "a" * 32, "symbol1": "+" * 5, "character_string1": "A1-" * 10,
        "phrase1": "已经发货了",
        "amount1": "¥12.50", "date1": "2026年11月20日", "time1": "12:00", "time2": "2019年10月1日 15:01",
    }  # fmt: skip
    bad = {
        "thing1": "茶" * 21, "number1": "9" * 33, "letter1": "a1", "symbol1": "ab", "character_string1": "单号",
        "phrase1": "已发货ok", "amount1": "很多",
        "date1": "明天", "time1": "noon",
    }  # fmt: skip
    for name, value in good.items():
        assert rules.wrong_field(f"{{{{{name}.DATA}}}}", {name: {"value": value}}) == "", name
    for name, value in bad.items():
        assert rules.wrong_field(f"{{{{{name}.DATA}}}}", {name: {"value": value}}) == f"data.{name}.value invalid"
    assert rules.wrong_field("{{thing1.DATA}}", {}) == "data.thing1.value is empty"


def test_one_accept_is_one_subscription_notice(small: SmallWorld, ear: Ear) -> None:
    """MPD bizsend, subscribe events (4.2, 4.3): 43101 without a grant; popup, change and sent events with their lists."""
    a = shop(small, ear)
    template_id = template(small, a, "{{thing1.DATA}}", kind="notice")
    openid = small.do(a, "p6", "follow")["openid"]
    body = {"touser": openid, "template_id": template_id, "data": {"thing1": {"value": "到货了"}}}

    def send() -> int:
        return int(small.api(a, "/cgi-bin/message/subscribe/bizsend", body)["errcode"])

    assert send() == 43101
    small.do(a, "p6", "answer", templates={template_id: "accept"})
    small.do(a, "p6", "answer", templates={template_id: "accept"})
    assert [send(), send(), send()] == [0, 0, 43101]
    small.do(a, "p6", "answer", templates={template_id: "accept"})
    small.do(a, "p6", "switch_off", template_id=template_id)
    assert send() == 43101
    assert small.api(a, "/cgi-bin/message/template/send", body)["errcode"] == 40037
    small.move(2)
    kinds = [one["Event"] for one in events(ear) if one["Event"].startswith("subscribe_msg")]
    assert sorted(kinds) == ["subscribe_msg_change_event"] + ["subscribe_msg_popup_event"] * 3 + ["subscribe_msg_sent_event"] * 2
    popup = next(one for one in ear.heard if "subscribe_msg_popup_event" in one.body)
    assert ET.fromstring(popup.body).findtext("SubscribeMsgPopupEvent/List/SubscribeStatusString") == "accept"


def test_a_mass_message_goes_once_and_to_whom_it_may(small: SmallWorld, ear: Ear) -> None:
    """MPD batch sends (4.2, 4.3): clientmsgid 45066 within a minute, then 45065 with its msg_id; MASSSENDJOBFINISH; quotas."""
    a = shop(small, ear)
    ids = [small.do(a, f"p{n}", "follow")["openid"] for n in (14, 15, 16)]
    tag = small.api(a, "/cgi-bin/tags/create", {"tag": {"name": "会员"}})["tag"]["id"]
    small.api(a, "/cgi-bin/tags/members/batchtagging", {"openid_list": ids[:2], "tagid": tag})
    body = {"filter": {"is_to_all": False, "tag_id": tag}, "msgtype": "text", "text": {"content": "新茶"}, "clientmsgid": "m1"}

    def send(**change: Any) -> Any:
        return small.api(a, "/cgi-bin/message/mass/sendall", body | change)

    sent = send()
    assert (sent["errcode"], send()["errcode"]) == (0, 45066)
    small.move(61)
    again = send()
    assert (again["errcode"], again["msg_id"]) == (45065, sent["msg_id"])
    finished = next(one for one in events(ear) if one["Event"] == "MASSSENDJOBFINISH")
    assert (finished["MsgID"], finished["TotalCount"], finished["SentCount"]) == (str(sent["msg_id"]), "2", "2")
    assert [send(clientmsgid=f"n{n}", filter={"is_to_all": True})["errcode"] for n in range(4)] == [0] * 4
    got = [sum(one["via"] == "mass" and one["appid"] == a["appid"] for one in small.phone(f"p{n}")) for n in (14, 15, 16)]
    assert got == [4, 4, 4]
    assert small.api(a, "/cgi-bin/message/mass/get", {"msg_id": sent["msg_id"]})["msg_status"] == "SEND_SUCCESS"
    assert send(clientmsgid="x", msgtype="dance")["errcode"] == 40008
    assert small.api(a, "/cgi-bin/message/mass/send", {"touser": ids[:1], "msgtype": "text", "text": {"content": "a"}})["errcode"] == 40032
    daily = shop(small, kind="subscription")
    small.do(daily, "p14", "follow")
    codes = [
        small.api(daily, "/cgi-bin/message/mass/sendall", body | {"filter": {"is_to_all": True}, "clientmsgid": n})["errcode"] for n in "ab"
    ]
    assert codes == [0, 45028]


def test_menus_keep_their_form(small: SmallWorld) -> None:
    """MPD custom menus (4.3): three in the first row, five below, a key or a URL each."""
    a = shop(small)
    view = {"type": "view", "name": "商城", "url": "https://shop.example"}
    for wrong, code in (
        ({"button": [view] * 4}, 40016),
        ({"button": [{"type": "dance", "name": "x", "key": "k"}]}, 40017),
        ({"button": [view | {"name": "很长很长的名字"}]}, 40018),
        ({"button": [{"type": "click", "name": "x"}]}, 40019),
        ({"button": [{"type": "view", "name": "x"}]}, 40020),
        ({"button": [{"name": "x", "sub_button": [view] * 6}]}, 40023),
    ):
        assert small.api(a, "/cgi-bin/menu/create", wrong)["errcode"] == code
    assert small.api(a, "/cgi-bin/menu/get")["errcode"] == 46003
    assert small.api(a, "/cgi-bin/menu/create", {"button": [{"name": "更多", "sub_button": [view]}]})["errcode"] == 0
    assert small.api(a, "/cgi-bin/menu/get")["menu"]["button"][0]["sub_button"] == [view]


def test_media_lives_three_days(small: SmallWorld) -> None:
    """MPD uploadtempmedia (4.4): a form field `media`; 40004 kind, 41005 nothing, 40006 size, 40007 after three days."""
    a = shop(small, settings={"image_bytes": 100})

    def upload(kind: str, body: bytes) -> Any:
        form = (
            b'--x\r\nContent-Disposition: form-data; name="media"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
            + body
            + b"\r\n--x--\r\n"
        )
        path = f"/wechat/cgi-bin/media/upload?type={kind}&access_token={small.token(a)}"
        return small.ask(path, raw=form, headers={"Content-Type": "multipart/form-data; boundary=x"})

    assert upload("novel", b"1")["errcode"] == 40004
    assert upload("image", b"")["errcode"] == 41005
    assert upload("image", b"1" * 101)["errcode"] == 40006
    medium = upload("image", b"picture")
    openid = small.do(a, "p7", "follow")["openid"]
    send = {"touser": openid, "msgtype": "image", "image": {"media_id": medium["media_id"]}}
    assert small.api(a, "/cgi-bin/message/custom/send", send)["errcode"] == 0
    assert small.api(a, "/cgi-bin/media/get", media_id=medium["media_id"]) == b"picture"
    small.move(3 * DAY)
    assert small.api(a, "/cgi-bin/media/get", media_id=medium["media_id"])["errcode"] == 40007


# 4.1 web authorisation, 4.5 mini-programs


def test_a_web_code_is_exchanged_once(small: SmallWorld) -> None:
    """MPD oauth2, api_snsuserinfo (4.1): 40029, 40163; the base scope tells no name (48001)."""
    a = shop(small)
    base = f"appid={a['appid']}&secret={a['secret']}&grant_type=authorization_code"

    def token(code: str) -> Any:
        return small.ask(f"/wechat/sns/oauth2/access_token?{base}&code={code}")

    code = small.do(a, "p8", "authorize", scope="snsapi_base")["code"]
    first = token(code)
    assert token(code)["errcode"] == 40163
    assert token("no")["errcode"] == 40029
    assert small.ask(f"/wechat/sns/userinfo?access_token={first['access_token']}&openid={first['openid']}")["errcode"] == 48001
    full = token(small.do(a, "p8", "authorize", scope="snsapi_userinfo")["code"])
    named = small.ask(f"/wechat/sns/userinfo?access_token={full['access_token']}&openid={full['openid']}")
    assert (named["nickname"], named["unionid"]) == ("客人8", full["unionid"])
    late = small.do(a, "p8", "authorize")["code"]
    small.move(301)
    assert token(late)["errcode"] == 40029
    again = small.ask(f"/wechat/sns/oauth2/refresh_token?appid={a['appid']}&grant_type=refresh_token&refresh_token={full['refresh_token']}")
    assert again["openid"] == full["openid"]


def test_a_mini_program_login_code_works_once_for_five_minutes(small: SmallWorld) -> None:
    """MPD api_code2session, api_getphonenumber (4.5): 40029, 40163, 40226, 45011; the phone by a code of its own."""
    mini = shop(small, kind="mini", limits={"login@minute": 3})
    base = f"/wechat/sns/jscode2session?appid={mini['appid']}&secret={mini['secret']}&grant_type=authorization_code&js_code="
    code = small.do(mini, "p9", "login")["code"]
    assert small.ask(base + code)["session_key"]
    assert small.ask(base + code)["errcode"] == 40163
    late = small.do(mini, "p9", "login")["code"]
    phone, late_phone = small.do(mini, "p9", "give_phone")["code"], small.do(mini, "p9", "give_phone")["code"]
    assert small.api(mini, "/wxa/business/getuserphonenumber", {"code": phone})["phone_info"]["purePhoneNumber"] == "13800000009"
    assert small.api(mini, "/wxa/business/getuserphonenumber", {"code": phone})["errcode"] == 40163
    small.move(300)
    assert small.ask(base + late)["errcode"] == 40029
    assert small.api(mini, "/wxa/business/getuserphonenumber", {"code": late_phone})["errcode"] == 40029
    codes = [small.ask(base + small.do(mini, "p9", "login")["code"]).get("errcode", 0) for _ in range(4)]
    assert codes == [0, 0, 0, 45011]
    small.ask("/sandbox/wechat/people", {"people": [{"person_id": "risky", "is_risky": True}]})
    assert small.ask(base + small.do(mini, "risky", "login")["code"])["errcode"] == 40226


def test_a_subscription_message_needs_an_accept_and_a_page(small: SmallWorld, ear: Ear) -> None:
    """MPD api_sendmessage (4.5): 43101, 41030, 47003, 40037, 40003; JSON pushes carry their List on the top level."""
    mini = shop(small, kind="mini", pages=["pages/order"])
    small.ask(f"/sandbox/wechat/accounts/{mini['appid']}/callback", {"url": ear.url, "token": "t", "shape": "json"})
    template_id = template(small, mini, "{{thing1.DATA}} {{amount2.DATA}}")
    openid = small.do(mini, "p10", "answer", templates={template_id: "accept"})["openid"]
    body = {
        "touser": openid,
        "template_id": template_id,
        "page": "pages/order?id=1",
        "data": {"thing1": {"value": "龙井"}, "amount2": {"value": "¥9"}},
    }

    def send(**change: Any) -> int:
        return int(small.api(mini, "/cgi-bin/message/subscribe/send", body | change)["errcode"])

    assert [send(page="pages/none"), send(template_id="x"), send(touser="x"), send(data={})] == [41030, 40037, 40003, 47003]
    assert [send(), send()] == [0, 43101]
    small.move(2)
    told = [one.json() for one in ear.heard]
    assert [one["Event"] for one in told] == ["subscribe_msg_popup_event", "subscribe_msg_sent_event"]
    assert told[1]["List"][0]["ErrorStatus"] == "success"
    assert [one["body"]["text"] for one in small.phone("p10") if one["kind"] == "subscribe"] == ["龙井 ¥9"]


def test_links_and_codes_into_a_mini_program(small: SmallWorld) -> None:
    """MPD api_generateurllink, urlscheme.generate, api_getunlimitedqrcode (4.5): 30 days at most, one person each; scene of 32 letters."""
    mini = shop(small, kind="mini", pages=["pages/order"])
    link = small.api(mini, "/wxa/generate_urllink", {"path": "pages/order", "query": "a=1", "expire_type": 1, "expire_interval": 2})
    assert small.do(mini, "p11", "open", url=link["url_link"])["query"] == "a=1"
    assert "somebody else" in small.do(mini, "p12", "open", url=link["url_link"])["error"]
    assert small.api(mini, "/wxa/generate_urllink", {"expire_type": 1, "expire_interval": 31})["errcode"] == 85401
    assert small.api(mini, "/wxa/generate_urllink", {"path": "pages/none"})["errcode"] == 40165
    scheme = small.api(mini, "/wxa/generatescheme", {"jump_wxa": {"path": "pages/order", "query": ""}})["openlink"]
    assert scheme.startswith("weixin://dl/business/?t=")
    small.move(2 * DAY)
    assert "expired" in small.do(mini, "p11", "open", url=link["url_link"])["error"]
    assert small.api(mini, "/wxa/getwxacodeunlimit", {"scene": "store=7&guide=3", "page": "pages/order"}).startswith(b"\x89PNG")
    assert small.api(mini, "/wxa/getwxacodeunlimit", {"scene": "x" * 33})["errcode"] == 40169
    assert small.api(mini, "/wxa/getwxacodeunlimit", {"scene": "100%"})["errcode"] == 40169
    assert small.api(mini, "/wxa/getwxacodeunlimit", {"scene": "a", "page": "pages/none"})["errcode"] == 41030
    assert small.api(mini, "/wxa/getwxacodeunlimit", {"scene": "a", "page": "/pages/order"})["errcode"] == 41030


# bad weather, and a good memory


def test_an_answer_that_is_lost_was_a_deed_all_the_same(small: SmallWorld) -> None:
    """8: the other side may have done it. A line that broke before the call did nothing."""
    a = shop(small)
    openid = small.do(a, "p13", "follow")["openid"]
    body = {"touser": openid, "msgtype": "text", "text": {"content": "好"}}
    token = small.token(a)
    for fault, done in (("unheard", 0), ("unanswered", 1)):
        small.ask(f"/sandbox/wechat/accounts/{a['appid']}/faults", {"unheard": 0, "unanswered": 0, fault: 1})
        with pytest.raises((OSError, http.client.HTTPException)):
            small.ask(f"/wechat/cgi-bin/message/custom/send?access_token={token}", body)
        assert sum(one["via"] == "custom" for one in small.phone("p13")) == done


def test_storms_pass_and_tokens_die(small: SmallWorld) -> None:
    """1.4, 8: -1, 45009 and 40001 come by a share or for a while."""
    a = shop(small)
    small.ask(f"/sandbox/wechat/accounts/{a['appid']}/storms", {"code": 45009, "for_s": 60, "path": "/user/"})
    assert small.api(a, "/cgi-bin/user/get")["errcode"] == 45009
    assert small.api(a, "/cgi-bin/tags/get")["tags"]
    small.move(61)
    assert "errcode" not in small.api(a, "/cgi-bin/user/get")
    small.ask(f"/sandbox/wechat/accounts/{a['appid']}/faults", {"token_dies": 1})
    token = small.token(a)
    assert small.ask(f"/wechat/cgi-bin/user/get?access_token={token}")["errcode"] == 40001
    small.ask(f"/sandbox/wechat/accounts/{a['appid']}/faults", {"token_dies": 0})
    assert small.ask(f"/wechat/cgi-bin/user/get?access_token={token}")["errcode"] == 40001
    assert small.ask(f"/sandbox/wechat/accounts/{a['appid']}/faults", {"lots": 1})["error"].startswith("there is no fault lots")


def test_everything_is_remembered(tmp_path: Path) -> None:
    """A world that is ended and begun again knows its accounts, people, chats and grants."""
    with running(tmp_path) as small:
        small.ask("/sandbox/wechat/people", {"people": [{"person_id": "a", "name": "安"}]})
        a = shop(small)
        openid = small.do(a, "a", "follow")["openid"]
        small.do(a, "a", "write", text="明天见")
    with running(tmp_path) as small:
        assert small.api(a, "/cgi-bin/user/get")["data"]["openid"] == [openid]
        assert small.phone("a")[-1]["body"] == {"text": "明天见"}


def test_no_call_is_too_odd_for_an_answer(small: SmallWorld) -> None:
    """Every interface answers every form of nonsense with a number, as the platform does."""
    scene = {"action_name": "QR_SCENE", "action_info": {"scene": {"scene_id": "x"}}}
    odd: list[dict[str, Any]] = [
        {"data": "x", "msgtype": {}, "text": 1, "tag": [], "button": [[]], "filter": {}, "scene": 1, **scene},
        {"openid_list": [1, {}], "tagid": "2", "user_list": [1], "button": [{"name": "x", "type": [], "sub_button": 1}], "tag": {"id": {}}},
        {
            "button": [{"name": "x", "type": []}],
            "tag": {"name": 5},
            "jump_wxa": 3,
            "expire_type": "z",
            "path": {},
            "code": {},
            "touser": [{}],
        },
        {"filter": {"tag_id": {}}, "msgtype": "text", "text": {"content": {}}, "clientmsgid": 5, "msg_id": {}, "query": {}, "width": {}},
        {"media_id": {}, "command": 3, "expire_interval": True, "expire_type": 1, "template_id_short": {}, "tagid": {}, "button": 7},
        {
            "msgtype": "news",
            "news": {"articles": [7]},
            "expire_time": "x",
            "miniprogram": 7,
            "template_id": {},
            "page": 7,
            "action_name": [],
        },
        {
            "msgtype": "msgmenu",
            "msgmenu": {"list": [7]},
            "user_list": [{"openid": {}}],
            "tag": {"id": True, "name": {}},
            "scene": "a",
            "width": "x",
        },
    ]
    from siyu.sandbox.wechat.public import INTERFACES

    for kind in ("service", "mini"):
        a = shop(small, kind=kind)
        openid = small.do(a, "p17", "follow" if kind == "service" else "login")["openid"]
        token = small.token(a)
        for path, interface in INTERFACES.items():
            for body in odd if interface.method == "POST" else [{}]:
                value = {"touser": openid, "openid": openid, **body} if interface.method == "POST" else None
                found = small.ask(f"/wechat{path}?access_token={token}&type=%00&openid=%00", value)
                assert isinstance(found, dict) or found.startswith(b"\x89PNG"), (path, body, found)
