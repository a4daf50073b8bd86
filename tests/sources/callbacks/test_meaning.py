"""What vendors mean: each event's facts and wishes, by the shapes of their documents. Pure, so by the hundred."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import NOW
from tests.sources.callbacks.conftest import APP, CORP, xml

from siyu.base.errors import InputError
from siyu.pool import Kind
from siyu.sources.connected import (
    HINTS,
    Event,
    Understood,
    Unreadable,
    about_of,
    desk_facts,
    digest_of,
    is_opt_out,
    kind_of,
    plain,
    understand,
)
from siyu.vendors import VendorKind, read_xml

AT = int(NOW.timestamp())


def event(vendor: VendorKind = VendorKind.WECOM, **fields: Any) -> Event:
    base = {"ToUserName": CORP, "FromUserName": "sys", "CreateTime": AT, "MsgType": "event"}
    return Event(vendor, CORP if vendor is VendorKind.WECOM else APP, plain(base | fields), NOW)


def contact(change: str, **more: Any) -> Understood:
    return understand(event(Event="change_external_contact", ChangeType=change, UserID="zs", ExternalUserID="wmA1", **more))


def official(name: str = "", *, vendor: VendorKind = VendorKind.OFFICIAL, **fields: Any) -> list[tuple[str, dict[str, Any]]]:
    base = {"FromUserName": "oA", "MsgType": "event", "Event": name} if name else {"FromUserName": "oA"}
    return [(fact.type, fact.data) for fact in understand(event(vendor, **base, **fields)).facts]


@pytest.mark.parametrize(
    ("change", "more", "type_", "told"),
    [
        ("add_external_contact", {"State": "s"}, "contact.added", {"state": "s"}),
        ("add_half_external_contact", {}, "contact.half_added", {}),
        ("del_external_contact", {}, "contact.removed", {"by": "guide"}),
        ("del_external_contact", {"Source": "DELETE_BY_TRANSFER"}, "contact.removed", {"by": "transfer"}),
        ("del_follow_user", {}, "contact.removed", {"by": "customer"}),
        ("transfer_fail", {"FailReason": "customer_refused"}, "contact.move_failed", {"reason": "customer_refused"}),
    ],
)
def test_what_happens_between_guide_and_customer(change: str, more: dict[str, Any], type_: str, told: dict[str, Any]) -> None:
    [fact] = contact(change, **more).facts
    assert (fact.type, fact.object, fact.occurred_at, fact.id) == (type_, "zs", NOW, f"{type_}:zs:wmA1:{AT}")
    assert fact.data == {"guide": "zs", "corp": CORP} | told
    assert [(one.kind, one.scope) for one in fact.identifiers] == [(Kind.EXTERNAL_USERID, CORP)]


def test_events_that_say_only_that_something_changed_ask_to_look() -> None:
    def wished(**fields: Any) -> list[tuple[str, dict[str, Any], timedelta]]:
        return [(one.kind, one.ref, one.after) for one in understand(event(**fields)).wishes]

    now, soon = timedelta(0), timedelta(seconds=2)
    assert [one.kind for one in contact("edit_external_contact").wishes] == ["contact"]
    assert [one.ref for one in contact("add_external_contact").wishes] == [{"guide": "zs", "external_userid": "wmA1"}]
    for detail in ("add_member", "change_owner", "change_name"):
        chat = {"Event": "change_external_chat", "ChangeType": "update", "ChatId": "wrC1", "UpdateDetail": detail}
        assert wished(**chat) == [("chat", {"chat_id": "wrC1"}, soon)]
    assert wished(Event="change_external_chat", ChangeType="create", ChatId="wrC1") == [("chat", {"chat_id": "wrC1"}, soon)]
    gone = {"chat_id": "wrC1", "is_dismissed": True}
    assert wished(Event="change_external_chat", ChangeType="dismiss", ChatId="wrC1") == [("chat", gone, now)]
    assert wished(Event="change_external_tag", ChangeType="shuffle", Id="etX", TagType="tag_group") == [("tags", {}, now)]
    assert wished(Event="change_contact", ChangeType="delete_user", UserID="zs") == [("guides", {}, now), ("unassigned", {}, now)]
    [desk] = understand(event(Event="kf_msg_or_event", Token="TK", OpenKfId="wkF")).wishes
    assert (desk.kind, desk.ref, desk.token) == ("kf", {"open_kfid": "wkF"}, "TK")
    assert "TK" not in repr(desk)


def test_who_left_a_chat_is_told_by_the_event_alone() -> None:
    members = {"Item": ["wmA1", "wmA2", "lisi"]}
    one = event(
        Event="change_external_chat", ChangeType="update", ChatId="wrC1", UpdateDetail="del_member", QuitScene=1, MemChangeList=members
    )
    facts = understand(one).facts
    assert [(f.type, f.object, f.data["how"], f.identifiers[0].value) for f in facts] == [
        ("group.left", "wrC1", "removed", "wmA1"), ("group.left", "wrC1", "removed", "wmA2"),
    ]  # fmt: skip
    assert understand(event(Event="change_external_chat", ChangeType="update", ChatId="wrC1", UpdateDetail="del_member")).facts == ()


def test_acquisition_links_and_credits() -> None:
    [low] = understand(event(Event="customer_acquisition", ChangeType="balance_low")).facts
    assert (low.type, low.identifiers) == ("acquisition.balance_low", ())
    [chat] = understand(
        event(Event="customer_acquisition", ChangeType="customer_start_chat", LinkId="l1", UserID="zs", ExternalUserID="wmA1", State="s")
    ).facts
    assert chat.data == {"corp": CORP, "link_id": "l1", "guide": "zs", "state": "s"}
    assert understand(event(Event="customer_acquisition", ChangeType="Ä x")).note == "unknown"


def test_followers_scans_menus_and_words() -> None:
    account = {"account": APP}
    assert official("subscribe", EventKey="qrscene_123", Ticket="T") == [
        ("account.followed", account | {"scene": "123"}),
        ("code.scanned", account | {"scene": "123", "is_new": True}),
        ("consent.given", account | {"channel": "official", "purpose": "service", "by": "follow"}),
    ]
    assert official("subscribe", EventKey="")[0] == ("account.followed", account)
    assert official("unsubscribe") == [
        ("account.unfollowed", account),
        ("consent.withdrawn", account | {"channel": "official", "purpose": "*", "by": "unfollow"}),
    ]
    assert official("SCAN", EventKey="123") == [("code.scanned", account | {"scene": "123"})]
    assert official("VIEW", EventKey="https://x.example/") == [("menu.opened", account | {"url": "https://x.example/"})]
    assert official("CLICK", EventKey="new") == [
        ("message.received", account | {"channel": "official", "kind": "event", "event": "CLICK", "keyword": "new"})
    ]
    assert official("LOCATION", Latitude="31.2") == []
    [words] = understand(event(VendorKind.OFFICIAL, FromUserName="oA", MsgType="text", Content="你好 13800000000", MsgId="99")).facts
    assert (words.id, words.data["kind"], words.personal) == ("message.received:oA:99", "text", {"text": "你好 13800000000"})
    assert "13800000000" not in json.dumps(words.data)
    entered = official("user_enter_tempsession", vendor=VendorKind.MINI, SessionFrom="x")
    assert entered[0][1]["channel"] == "mini"


def test_receipts_and_subscriptions_are_the_same_in_xml_and_json() -> None:
    rows = [
        {"TemplateId": "t1", "SubscribeStatusString": "accept", "PopupScene": "1"},
        {"TemplateId": "t2", "SubscribeStatusString": "reject", "PopupScene": "1"},
        {"TemplateId": "t3", "SubscribeStatusString": "ban", "PopupScene": "1"},
    ]
    head = {"ToUserName": "gh", "FromUserName": "oA", "CreateTime": AT, "MsgType": "event", "Event": "subscribe_msg_popup_event"}
    as_json = Event(VendorKind.OFFICIAL, APP, plain(head | {"List": rows}), NOW)
    listed = xml(**head).replace(
        "</xml>", "<SubscribeMsgPopupEvent>" + "".join(xml(List=r)[5:-6] for r in rows) + "</SubscribeMsgPopupEvent></xml>"
    )
    as_xml = Event(VendorKind.OFFICIAL, APP, plain(read_xml(listed.encode())), NOW)
    assert understand(as_json).facts == understand(as_xml).facts
    assert [(f.type, f.data["template_id"]) for f in understand(as_xml).facts] == [
        ("subscription.accepted", "t1"),
        ("subscription.refused", "t2"),
    ]
    off = {"List": {"TemplateId": "t1", "SubscribeStatusString": "reject"}}
    assert [t for t, _ in official("subscribe_msg_change_event", SubscribeMsgChangeEvent=off)] == ["subscription.refused"]
    sent = {"List": {"TemplateId": "t1", "MsgID": "m1", "ErrorCode": "0", "ErrorStatus": "success"}}
    assert official("subscribe_msg_sent_event", SubscribeMsgSentEvent=sent)[0][1]["is_delivered"] is True
    for status, is_delivered in (("success", True), ("failed:user block", False), ("failed: system failed", False)):
        [(type_, data)] = official("TEMPLATESENDJOBFINISH", MsgID=77, Status=status)
        assert (type_, data["vendor_id"], data["is_delivered"], data["code"]) == ("receipt.received", "77", is_delivered, status)


def sms(vendor: VendorKind, rows: Any) -> Event:
    return Event(vendor, "app", plain({"rows": rows}), NOW)


def test_text_messages_of_both_vendors() -> None:
    aliyun = {
        "phone_number": "13800000001", "send_time": "2026-11-20 11:59:00", "report_time": "2026-11-20 11:59:30", "success": False,
        "err_code": "MK:0001", "err_msg": "空号", "sms_size": "1", "biz_id": "b1", "out_id": "i7",
    }  # fmt: skip
    [fact] = understand(sms(VendorKind.ALIYUN_SMS, [aliyun])).facts
    assert fact.occurred_at == NOW - timedelta(seconds=30), "the vendor writes Shanghai's time"
    assert fact.identifiers[0].value == "+8613800000001"
    assert fact.data == {
        "channel": "sms", "vendor": "aliyun_sms", "vendor_id": "b1", "is_delivered": False, "code": "MK:0001", "out_id": "i7",
    }  # fmt: skip
    tencent = {
        "user_receive_time": "2026-11-20 11:59:30", "nationcode": "86", "mobile": "13800000001", "report_status": "SUCCESS",
        "errmsg": "DELIVRD", "description": "", "sid": "s1", "ext": "i8",
    }  # fmt: skip
    [fact] = understand(sms(VendorKind.TENCENT_SMS, [tencent])).facts
    assert (fact.data["vendor_id"], fact.data["out_id"], fact.data["is_delivered"]) == ("s1", "i8", True)
    reply = {"extend": "1", "mobile": "13800000001", "nationcode": "86", "sign": "店", "text": "ｔｄ", "time": AT - 5}
    one = sms(VendorKind.TENCENT_SMS, [reply])
    [fact] = understand(one).facts
    assert (fact.type, fact.data["purpose"], fact.personal) == ("consent.withdrawn", "marketing", {"text": "ｔｄ"})
    assert (kind_of(one), "13800000001" in about_of(one)) == ("replies", False)
    [fact] = understand(sms(VendorKind.ALIYUN_SMS, [{"phone_number": "13800000001", "content": "多少钱", "sequence_id": 5}])).facts
    assert (fact.type, fact.data["kind"]) == ("message.received", "text")
    with pytest.raises(Unreadable):
        understand(sms(VendorKind.ALIYUN_SMS, [{"phone_number": "x", "biz_id": "b"}]))


@pytest.mark.parametrize(
    "word",
    [
        "T",
        "TD",
        "tdd",
        "N",
        "r",
        "退订",
        " 退 订 ",
        "ＴＤ",
        "T。",
        "“R”",
        "回T",
        "回复TD",
        "TD退订",
        "取消",
        "我要退订！",
        "拒收",
        "td td",
        "别再发了",
    ],
)
def test_words_that_refuse(word: str) -> None:
    assert is_opt_out(word)


@pytest.mark.parametrize("word", ["", "好的", "取消订单", "T恤多少钱", "今天", "Nice", "R2", "收到", "订货", "？"])
def test_words_that_do_not(word: str) -> None:
    assert not is_opt_out(word)


def test_what_customers_write_to_a_desk() -> None:
    rows = [
        {"msgid": "m1", "open_kfid": "wkF", "external_userid": "wmA1", "send_time": AT, "origin": 3, "msgtype": "text",
         "text": {"content": "在吗", "menu_id": "menu1"}},
        {"msgid": "m2", "open_kfid": "wkF", "external_userid": "wmA1", "send_time": AT, "origin": 5, "msgtype": "text",
         "text": {"content": "在"}},
        {"msgid": "m3", "open_kfid": "wkF", "send_time": AT, "origin": 4, "msgtype": "event", "event": {
            "event_type": "enter_session", "open_kfid": "wkF", "external_userid": "wmA1", "scene": "s1", "welcome_code": "KW"}},
        {"msgid": "m4", "send_time": AT, "origin": 4, "msgtype": "event", "event": {
            "event_type": "reject_customer_msg_switch_change", "open_kfid": "wkF", "external_userid": "wmA1", "reject_switch": 1}},
        {"msgid": "m5", "send_time": AT, "origin": 4, "msgtype": "event", "event": {
            "event_type": "servicer_status_change", "open_kfid": "wkF"}},
    ]  # fmt: skip
    facts = desk_facts(CORP, rows, NOW)
    assert [f.type for f in facts] == ["message.received", "desk.entered", "consent.withdrawn"]
    assert facts[0].data == {"channel": "kf", "account": "wkF", "corp": CORP, "kind": "text", "keyword": "menu1"}
    assert facts[0].personal == {"text": "在吗"}
    assert facts[1].data["welcome_code"] == "KW"


texts = st.text(max_size=12)
leaves = st.one_of(texts, st.integers(), st.booleans(), st.none(), st.floats())
trees = st.recursive(leaves, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)), max_leaves=8)
NAMES = ("UserID", "ExternalUserID", "ChangeType", "ChatId", "UpdateDetail", "MemChangeList", "EventKey", "Content", "MsgId", "OpenKfId",
         "List", "Status", "MsgID", "CreateTime", "MsgType", "FromUserName", "SubscribeMsgPopupEvent", "LinkId", "rows")  # fmt: skip
KNOWN = ("change_external_contact", "change_external_chat", "customer_acquisition", "kf_msg_or_event", "subscribe", "unsubscribe", "SCAN",
         "TEMPLATESENDJOBFINISH", "subscribe_msg_popup_event", "subscribe_msg_sent_event", "x")  # fmt: skip


@given(st.sampled_from(list(VendorKind)), st.sampled_from(KNOWN), st.dictionaries(st.sampled_from(NAMES), trees, max_size=8))
def test_whatever_the_vendor_writes_is_understood_or_said_to_be_unreadable(vendor: VendorKind, name: str, fields: dict[str, Any]) -> None:
    """And what comes of it is such as the pool takes: nothing of a vendor can break the transaction of the others."""
    from siyu.pool.checks import check

    one = Event(vendor, "app", plain({"MsgType": "event", "Event": name} | fields), NOW)
    assert len(digest_of(one)) == 32
    for text in (kind_of(one), about_of(one)):
        assert "\x00" not in text
        text.encode()
    try:
        means = understand(one)
    except Unreadable:
        return
    for fact in means.facts:
        check(fact, NOW)
        json.dumps(fact.data).encode()
        assert "\\u0000" not in json.dumps(fact.data)
    assert means.facts or means.wishes or means.note


@given(st.dictionaries(st.sampled_from(NAMES[:12]), st.text("ab1", max_size=4), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_the_digest_knows_a_thing_by_what_it_says(fields: dict[str, str], dice: Any) -> None:
    """Whatever the order and form of its fields; and two things that differ in one field are two."""
    names = list(fields)
    dice.shuffle(names)
    assert digest_of(event(**fields)) == digest_of(event(**{name: fields[name] for name in names}))
    name = dice.choice(names)
    other = fields | {name: fields[name] + "!"}
    is_message = fields.get("MsgId") and fields.get("MsgType", "event") not in ("event", "")
    if not is_message:
        assert digest_of(event(**fields)) != digest_of(event(**other))


def test_hints_are_kinds_that_make_only_wishes() -> None:
    for kind in HINTS:
        name, _, rest = kind.partition(".")
        change, _, detail = rest.partition(".")
        one = event(Event=name, ChangeType=change, UpdateDetail=detail, UserID="zs", ExternalUserID="wmA", ChatId="wr", OpenKfId="wk")
        assert kind_of(one) == kind
        means = understand(one)
        assert (means.facts, len(means.wishes)) == ((), 1)


def test_an_error_shows_no_value() -> None:
    with pytest.raises(InputError) as caught:
        contact_missing()
    assert "wm" not in caught.value.what


def contact_missing() -> None:
    understand(event(Event="change_external_contact", ChangeType="del_follow_user", ExternalUserID="wmSecret"))
