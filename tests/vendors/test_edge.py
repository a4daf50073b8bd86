"""The common edge against a real server: one token for all, what each class of error does, the breaker, the trace."""

from __future__ import annotations

import json
import logging
import threading
import time
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib import resources
from typing import Any
from unittest.mock import patch

import pytest
from tests.vendors.conftest import SECRET, Vendor, keep

from siyu.base.clock import StillClock
from siyu.base.errors import ConfigError, InputError
from siyu.base.ground import Ground
from siyu.vendors import Account, Trouble, VendorError, VendorKind, explain, health, keep_account, trace
from siyu.vendors.calls import store
from siyu.vendors.wechat import Mini, Official
from siyu.vendors.wecom import Client, attachments, pages


def _rows(ground: Ground) -> list[tuple[str, str, int, bool]]:
    with ground.db.tx() as conn:
        return [(c.interface, c.code, c.attempt, c.is_unknown) for c in reversed(trace(conn))]


def test_one_token_for_all_threads(ground: Ground, corp: Account, vendor: Vendor) -> None:
    many = threading.Barrier(12)

    def ask(_: int) -> list[str]:
        many.wait()
        return Client(ground, corp).follow_users()

    vendor.says = lambda *_: {"errcode": 0, "follow_user": ["zs"]}
    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(ask, range(12))) == [["zs"]] * 12
    assert vendor.asked["gettoken"] == 1


def test_a_token_that_dies_in_mid_flight_is_replaced_once(ground: Ground, corp: Account, vendor: Vendor) -> None:
    """Twelve threads meet the same dead token at the same moment; one of them fetches, all of them are answered."""
    client = Client(ground, corp)
    client.follow_users()
    vendor.dead.add("token-1-secret")
    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(lambda _: client.follow_users(), range(12))) == [[]] * 12
    assert vendor.asked["gettoken"] == 2
    assert ("externalcontact/get_follow_user_list", "42001", 1, False) in _rows(ground)


def test_a_token_that_is_always_dead_is_not_fetched_for_ever(ground: Ground, corp: Account, vendor: Vendor) -> None:
    vendor.says = lambda *_: {"errcode": 40014, "errmsg": "invalid access_token"}
    with pytest.raises(VendorError) as caught:
        Client(ground, corp).follow_users()
    assert (caught.value.code, caught.value.kind) == ("40014", Trouble.TOKEN)
    assert vendor.asked["externalcontact/get_follow_user_list"] == 2
    assert vendor.asked["gettoken"] == 2


def test_a_token_is_renewed_before_it_dies(ground: Ground, corp: Account, vendor: Vendor, clock: StillClock) -> None:
    client = Client(ground, corp)
    client.follow_users()
    clock.move(timedelta(seconds=7200 - 361))
    client.follow_users()
    assert vendor.tokens == 1
    clock.move(timedelta(seconds=62))
    client.follow_users()
    assert vendor.tokens == 2


def test_another_process_reads_the_token_of_the_first(
    ground: Ground, corp: Account, vendor: Vendor, another_ground: Callable[[], Ground]
) -> None:
    Client(ground, corp).follow_users()
    Client(another_ground(), corp).follow_users()
    assert vendor.tokens == 1


def test_a_wrong_secret_is_not_asked_again_at_once(ground: Ground, corp: Account, vendor: Vendor, clock: StillClock) -> None:
    vendor.on_token = lambda: {"errcode": 40001, "errmsg": "invalid credential"}
    for _ in range(3):
        with pytest.raises(VendorError) as caught:
            Client(ground, corp).follow_users()
        assert (caught.value.code, caught.value.kind) == ("40001", Trouble.CONFIG)
        assert caught.value.retry_after
    assert vendor.asked["gettoken"] == 1
    vendor.on_token = lambda: None
    with ground.db.tx() as conn:  # the right secret is entered: nothing of the old trouble is left
        mended = keep_account(
            ground, conn, kind=corp.kind, name=corp.name, app_id=corp.app_id, agent_id=corp.agent_id, secret="the right one",
            base_url=corp.base_url, account_id=corp.account_id,
        )  # fmt: skip
    assert Client(ground, mended).follow_users() == []


CLASSES = [
    # code, its class, how often it is asked, what the error says
    (-1, Trouble.LATER, 3),
    (41063, Trouble.LATER, 1),
    (84061, Trouble.RELATION, 1),
    (40096, Trouble.RELATION, 1),
    (60020, Trouble.CONFIG, 1),
    (48002, Trouble.CONFIG, 1),
    (40058, Trouble.ITEM, 1),
    (999_999, Trouble.ITEM, 1),
]


def test_what_is_done_about_a_code(ground: Ground, vendor: Vendor) -> None:
    for code, kind, times in CLASSES:
        client = Client(ground, keep(ground, vendor.url, name=f"corp{code}"))
        vendor.asked.clear()
        said = {"errcode": code, "errmsg": "hint: [1], from ip: 1.2.3.4, rid: abc-1"}
        vendor.says = lambda *_, said=said: said
        with pytest.raises(VendorError) as caught:
            client.customer("wmA1")
        assert (caught.value.code, caught.value.kind, caught.value.is_unknown) == (str(code), kind, False)
        assert vendor.asked["externalcontact/get"] == times, code
        assert caught.value.remedy
        assert caught.value.rid == "abc-1"


def test_busy_twice_and_then_well(ground: Ground, corp: Account, vendor: Vendor) -> None:
    answers = iter([{"errcode": -1}, {"errcode": 45033}, {"errcode": 0, "external_userid": ["wmA1"]}])
    vendor.says = lambda *_: next(answers)
    assert Client(ground, corp).customer_ids("zs") == ["wmA1"]
    assert [row[1:3] for row in _rows(ground)[1:]] == [("-1", 1), ("45033", 2), ("0", 3)]
    with ground.db.tx() as conn:
        [list_, _token] = health(conn, ground.clock.now() - timedelta(hours=1))
    assert (list_.calls, list_.failures, list_.last_code, list_.width) == (3, 2, "0", 2)


def test_who_knows_that_no_seat_is_free_does_not_ask_for_one(ground: Ground, corp: Account, vendor: Vendor) -> None:
    """All seats are this process's own: who waits gets one from hand to hand, without a look at the database every moment."""
    Client(ground, corp).customer_ids("zs")
    is_in, goes_on = threading.Semaphore(0), threading.Event()

    def slow(*_: Any) -> dict[str, Any]:
        is_in.release()
        assert goes_on.wait(10)
        return {"errcode": 0, "external_userid": []}

    vendor.says = slow
    with ThreadPoolExecutor(8) as pool, patch.object(store, "take_pace", wraps=store.take_pace) as asked:
        calls = [pool.submit(Client(ground, corp).customer_ids, "zs") for _ in range(8)]
        for _ in range(5):
            assert is_in.acquire(timeout=10)
        before = asked.call_count
        time.sleep(0.3)
        assert asked.call_count <= before + 1, "one may have been on its way"
        goes_on.set()
        assert [call.result(10) for call in calls] == [[]] * 8
    assert vendor.most_inside == 5


def test_the_vendors_block_is_kept_by_everybody(
    ground: Ground, corp: Account, vendor: Vendor, clock: StillClock, another_ground: Callable[[], Ground]
) -> None:
    vendor.says = lambda *_: {"errcode": 45009}
    other = Client(another_ground(), corp)

    def refused(client: Client) -> float:
        with pytest.raises(VendorError) as caught:
            client.customer_ids("zs")
        assert (caught.value.code, caught.value.kind) == ("45009", Trouble.LATER)
        assert caught.value.retry_after
        return caught.value.retry_after.total_seconds()

    assert refused(Client(ground, corp)) == 60
    assert refused(other) == 60
    assert vendor.asked["externalcontact/list"] == 1
    clock.move(timedelta(seconds=61))
    assert refused(other) == 3600, "again at once: it was the hour's rule"
    clock.move(timedelta(seconds=3601))
    vendor.says = lambda *_: {"errcode": 0}
    assert other.customer_ids("zs") == []
    assert vendor.asked["externalcontact/list"] == 3


def test_what_may_have_been_done_is_not_done_again(ground: Ground, corp: Account, vendor: Vendor) -> None:
    vendor.says = lambda *_: None  # takes the request and hangs up
    client = Client(ground, corp)
    with pytest.raises(VendorError) as caught:
        client.send_welcome("WC", "您好")
    assert (caught.value.kind, caught.value.is_unknown, caught.value.code) == (Trouble.UNKNOWN, True, "no_answer")
    assert vendor.asked["externalcontact/send_welcome_msg"] == 1
    with pytest.raises(VendorError) as caught:
        client.mark_tag("zs", "wmA1", ["et1"])
    assert (caught.value.kind, caught.value.is_unknown) == (Trouble.DOWN, False), "asking twice does no harm: it was asked again"
    assert vendor.asked["externalcontact/mark_tag"] == 3
    assert _rows(ground)[1] == ("externalcontact/send_welcome_msg", "no_answer", 1, True)


ANSWERS: list[tuple[Any, str, bool]] = [
    ((502, b"<html>", "text/html"), "http_502", True),
    ((302, b"", "text/html"), "http_302", False),
    ((404, b'{"detail":"Not Found"}', "application/json"), "http_404", False),
    ((200, b"<html>welcome to the hotel's network", "text/html"), "unreadable", True),
    ((200, b"[]", "application/json"), "unreadable", True),
    ((200, b'{"errcode":0,"msgid":{"a":1}}', "application/json"), "unreadable", True),
    ((200, b"", "application/json"), "unreadable", True),
]


def test_answers_that_are_none(ground: Ground, corp: Account, vendor: Vendor) -> None:
    client = Client(ground, corp)
    for number, (said, code, is_unknown) in enumerate(ANSWERS, 1):
        vendor.says = lambda *_, said=said: said
        with pytest.raises(VendorError) as caught:
            client.add_mass_task("你好", sender="zs")
        assert (caught.value.code, caught.value.is_unknown) == (code, is_unknown)
        assert vendor.asked["externalcontact/add_msg_template"] == number, "never asked again"


def test_a_host_that_is_down_is_left_in_peace(ground: Ground, vendor: Vendor, clock: StillClock) -> None:
    vendor.close()
    client = Client(ground, keep(ground, vendor.url, name="gone"), patience=60)
    codes = []
    for _ in range(4):
        with pytest.raises(VendorError) as caught:
            client.follow_users()
        assert (caught.value.kind, caught.value.is_unknown) == (Trouble.DOWN, False)
        codes.append(caught.value.code)
    assert codes == ["not_sent", "resting", "resting", "resting"]
    assert [row[1] for row in _rows(ground)] == ["not_sent"] * 5
    clock.move(timedelta(seconds=6))
    with pytest.raises(VendorError):
        client.follow_users()
    assert [row[1] for row in _rows(ground)] == ["not_sent"] * 6, "one probe, and it rests again, longer"


def test_a_host_that_is_back_is_asked_again(ground: Ground, corp: Account, vendor: Vendor, clock: StillClock) -> None:
    vendor.says = lambda *_: (503, b"", "text/html")
    client = Client(ground, corp)
    for _ in range(2):
        with pytest.raises(VendorError):
            client.follow_users()
    asked = vendor.asked["externalcontact/get_follow_user_list"]
    assert asked == 5
    vendor.says = lambda *_: {"errcode": 0}
    with pytest.raises(VendorError):
        client.follow_users()
    clock.move(timedelta(seconds=6))
    assert [client.follow_users() for _ in range(3)] == [[]] * 3


def test_nothing_secret_is_told(ground: Ground, corp: Account, vendor: Vendor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    said = iter(
        [{"errcode": 0, "external_contact": {"external_userid": "wmA1", "name": "李四"}}, {"errcode": 84061, "errmsg": "李四"}, None]
    )
    vendor.says = lambda *_: next(said)
    client = Client(ground, corp)
    client.customer("wmA1")
    shown = [repr(corp), repr(client), caplog.text]
    for call in (lambda: client.customer("wmA1"), lambda: client.send_welcome("WELCOMECODE", "李四您好")):
        with pytest.raises(VendorError) as caught:
            call()
        shown += [repr(caught.value), str(caught.value), "".join(str(a) for a in caught.value.args)]
    with ground.db.tx() as conn:
        shown += [repr(trace(conn))]
        kept = conn.execute("select v::text from vendor_accounts v union all select t::text from vendor_tokens t").fetchall()
    shown.append(repr(kept))
    for secret in (SECRET, "token-1-secret", "李四", "wmA1", "WELCOMECODE"):
        assert not [text for text in shown if secret in text], secret
    assert len(_rows(ground)) == 4


def test_lengths_are_bytes_and_nobody_is_asked(ground: Ground, corp: Account, vendor: Vendor) -> None:
    client = Client(ground, corp)
    wrong: list[tuple[str, Callable[[], Any]]] = [
        ("text.content", lambda: client.send_welcome("WC", "好" * 1334)),
        ("attachments[1].link.title", lambda: client.send_welcome("WC", "", [attachments.link("题" * 43, "https://x")])),
        (
            "attachments[2].miniprogram.appid",
            lambda: client.send_welcome("WC", "", [attachments.image("m"), attachments.miniprogram("a", "", "p", "m")]),
        ),
        ("attachments", lambda: client.send_welcome("WC", "", [attachments.image("m")] * 10)),
        ("userid_list", lambda: client.customers_of(["u"] * 101)),
        ("userid", lambda: client.customers_of(["用" * 22])),
        ("text", lambda: client.send_welcome("WC")),
        ("user", lambda: client.add_contact_way(["a", "b"], kind=1)),
        ("state", lambda: client.add_contact_way(["a"], state="x" * 31)),
        ("sender", lambda: client.add_mass_task("x", chat_type="group", chat_ids=["c"])),
        ("external_userid", lambda: client.add_mass_task("x", external_userids=["w"] * 10_001)),
        ("attachments", lambda: client.add_moment_task("x", [attachments.video("v"), attachments.image("i")])),
        ("media", lambda: client.upload("voice", "a.amr", b"x" * (2 * 1024 * 1024 + 1))),
    ]
    for field, call in wrong:
        with pytest.raises(InputError) as caught:
            call()
        assert caught.value.field == field
    assert not vendor.asked
    client.send_welcome("WC", "好" * 1333)


def test_pages_go_on_through_short_ones(ground: Ground, corp: Account, vendor: Vendor) -> None:
    given = {"": (["a"], "c1"), "c1": ([], "c2"), "c2": (["b", "c"], "c3"), "c3": (["d"], "")}

    def say(_path: str, _query: dict[str, str], body: bytes) -> dict[str, Any]:
        ids, cursor = given[json.loads(body)["cursor"]]
        rows = [{"external_contact": {"external_userid": i}, "follow_info": {"userid": "zs"}} for i in ids]
        return {"errcode": 0, "external_contact_list": rows, "next_cursor": cursor, "fail_info": {"unlicensed_userid_list": ["ls"]}}

    vendor.says = say
    client = Client(ground, corp)
    found = list(pages(lambda cursor: client.customers_of(["zs", "ls"], cursor)))
    assert [[row.external_contact.external_userid for row in page.items] for page in found] == [["a"], [], ["b", "c"], ["d"]]
    assert found[0].skipped == ["ls"]


def test_official_account_and_mini_program(ground: Ground, vendor: Vendor) -> None:
    official = Official(ground, keep(ground, vendor.url, VendorKind.OFFICIAL, "shop"))
    mini = Mini(ground, keep(ground, vendor.url, VendorKind.MINI, "mini"))
    told: dict[str, dict[str, Any]] = {}

    def say(path: str, query: dict[str, str], body: bytes) -> Any:
        told[path] = {**query, **(json.loads(body) if body else {})}
        return {
            "user/info": {"openid": "o1", "subscribe": 1, "tagid_list": [2]},
            "message/template/send": {"errcode": 0, "msgid": 200228332},
            "/sns/jscode2session": {"openid": "o2", "session_key": "k"},
            "/wxa/business/getuserphonenumber": {"errcode": 0, "phone_info": {"phoneNumber": "+8613800000000"}},
        }[path]

    vendor.says = say
    assert official.fan("o1").tagid_list == [2]
    assert official.send_template("o1", "t1", {"thing1": "到店礼"}, message_id="m1") == 200228332
    assert told["message/template/send"]["data"] == {"thing1": {"value": "到店礼"}}
    assert told["message/template/send"]["access_token"] == "token-1-secret"
    assert mini.login("code").openid == "o2"
    assert told["/sns/jscode2session"]["secret"] == SECRET
    assert "access_token" not in told["/sns/jscode2session"]
    assert mini.phone("code").phone_number == "+8613800000000"
    vendor.says = lambda *_: (200, b'{"errcode":40029,"errmsg":"invalid code rid: 5f-1"}', "application/json")
    with pytest.raises(VendorError) as caught:
        mini.phone("none")
    assert (caught.value.code, caught.value.rid) == ("40029", "5f-1")
    with pytest.raises(InputError):
        official.send_template("o1", "t1", {"thing1": "题" * 21})
    assert vendor.asked["/sns/jscode2session"] == 1


def test_an_account_that_is_off_is_not_used(ground: Ground, vendor: Vendor) -> None:
    with pytest.raises(ConfigError):
        Client(ground, keep(ground, vendor.url, name="off", state="off")).follow_users()
    assert not vendor.asked


def _of_wecom() -> list[str]:
    """The vendor's list of global codes as far as the interfaces of customers, chats, tags, Moments and 微信客服 give them."""
    listed = """-1 40001 40003 40013 40014 40029 40056 40058 40063 40068 40071 40093 40096-40100 40126 40128-40130 41001 41035
        41037-41051 41053-41065 41067-41091 41093-41096 42001 42003 42009 42012 42022 43004 43012 45009 45029 45033 48001 48002
        48004-48007 50001-50003 60011 60020 60021 60111 81013 81017 84061 84074 84083 84084 90500-90504 90507-90511 95000-95002
        95004 95007 95013 95014 95016-95019 95031 301002 301052 610003 610014-610018 701008"""
    found = []
    for word in listed.split():
        first, _, last = word.partition("-") if not word.startswith("-") else (word, "", "")
        found += [str(n) for n in range(int(first), int(last or first) + 1)]
    return found


def test_every_code_is_explained_in_both_languages() -> None:
    listed = tomllib.loads(resources.files("siyu.vendors").joinpath("codes.toml").read_text("utf-8"))
    families = {"wecom": ["wecom"], "wechat": ["official", "mini"], "aliyun": ["aliyun_sms"], "tencent": ["tencent_sms"]}
    assert {kind for kinds in families.values() for kind in kinds} == set(VendorKind)
    for kind, family in ((kind, family) for family, kinds in families.items() for kind in kinds):
        assert len(listed[family]) >= 30
        for code in listed[family]:
            zh, en = explain(kind, code, "zh"), explain(kind, code, "en")
            assert not zh.what.startswith("vendors.") and "{" not in zh.what and zh.remedy and en.remedy != zh.remedy, code
            assert "错误码" not in zh.what, f"{code} has no text of its own"
    assert "1234567" in explain("wecom", "1234567").what
    assert explain("wecom", "95020").what == explain("wecom", "950").what and "微信客服" in explain("wecom", "95020").remedy
    missing = [code for code in _of_wecom() if code not in listed["wecom"]]
    assert not missing, "codes of the vendor's own list without words"
    assert explain("wecom", "60020").kind == Trouble.CONFIG
    assert "可信 IP" in explain("wecom", "60020").remedy
    assert explain("aliyun_sms", "Throttling.User").kind == Trouble.LATER
    assert explain("wecom", "http_502").kind == Trouble.DOWN
