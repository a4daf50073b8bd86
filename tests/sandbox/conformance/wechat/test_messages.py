"""Messages of official accounts: windows, templates, notices, mass messages.

MPD is developers.weixin.qq.com; the number in a docstring is a chapter of the facts that the sandbox was built from (docs/sandbox.md).
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

from tests.sandbox.conformance.small_world import Ear, SmallWorld
from tests.sandbox.conformance.wechat.shops import HOUR, events, shop, template

from siyu.sandbox.wechat import rules


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
