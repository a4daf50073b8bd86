"""The simulated corp: the documents' facts one by one, the public vectors of its cipher, and its size."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests.adapters import HTTPAdapter
from wechatpy.enterprise import WeChatClient
from wechatpy.enterprise.crypto import WeChatCrypto
from wechatpy.exceptions import WeChatClientException

from siyu.base.clock import StillClock
from siyu.base.text import catalogue
from siyu.sandbox import corp
from siyu.sandbox.conformance import Bench, Check, Trial, checks
from siyu.sandbox.conformance.__main__ import served
from siyu.sandbox.corp import AGENTID, CORPID, Corps, crypto, friends
from siyu.sandbox.corp.company import Company
from siyu.sandbox.corp.founding import hire, settle
from siyu.sandbox.corp.life import Habits, Life
from siyu.sandbox.corp.phones import reason_key
from siyu.sandbox.corp.rates import Rates
from siyu.sandbox.corp.state import Way
from siyu.sandbox.corp.wire import APIS

TOKEN, KEY, APPID = "123456", "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", "wx49f0ab532d5d035a"
PARTS = [check for check in checks() if check.module.startswith("corp_")]


@pytest.mark.parametrize("check", PARTS, ids=[check.run.__name__ for check in PARTS])
def test_it_behaves_as_documented(bench: Bench, check: Check) -> None:
    check.run(bench.trial())


def test_the_documentation_counts_right() -> None:
    told = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text("utf-8")
    assert f"({len(APIS) + 1} of them)" in told, "gettoken stands beside the table"
    assert f"({len(PARTS)} in this part)" in told


VECTORS = [  # key, receiver, token, timestamp, nonce, signature, closed, what stands in it
    (
        KEY, APPID, TOKEN, "1411443780", "437374425", "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96",
        "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q==", "5927782489442352469",
    ),
    (
        "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7", "QDG6eK", "1409659589", "263014780",
        "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
        "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==", "1616140317555161061",
    ),
    (
        KEY, APPID, TOKEN, "1411525903", "461056294", "74d92dfeb87ba7c714f89d98870ae5eb62dff26d",
        "RgqEoJj5A4EMYlLvWO1F86ioRjZfaex/gePD0gOXTxpsq5Yj4GNglrBb8I2BAJVODGajiFnXBu7mCPatfjsu6IHCrsTyeDXzF6Bv"
        "283dGymzxh6ydJRvZsryDyZbLTE7rhn"
        "us50qGPMfp2wASFlzEgMW9z1ef/RD8XzaFYgm7iTdaXpXaG4+BiYyolBug/gYNx410cvkKR2/nPwBiT+P4hIiOAQqGp/TywZBtDh"
        "1yCF2KOd0gpiMZ5jSw3e29mTvmUHzkV"
        "QiMS6td7vXUaWOMZnYZlF3So2SjHnwh4jYFxdgpkHHqIrH/54SNdshoQgWYEvccTKe7FS709/5t6NMxuGhcUGAPOQipvWTT4dShy"
        "qio7mlsl5noTrb++x6En749zCpQVhDp"
        "bV6GDnTbcX2e8K9QaNWHp91eBdCRxthuL0=",
        "4363689963896700987",
    ),
    (
        "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7", "QDG6eK", "1409659813", "1372623149",
        "477715d11cdb4164915debcba66cb864d751f3e6",
        "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg"
        "3W/sYYvuJTs3TUUkSUXxaccAS0qhxchr"
        "RYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekU"
        "NXZiqATP7PF5mZxZ3Izoun1s4zG4LUM"
        "nvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9"
        "o0MBH27Bo6BpNelZpS+/uh9KsNlY6bH"
        "CmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q==",
        "4561255354251345929",
    ),
]  # fmt: skip


@pytest.mark.parametrize("vector", VECTORS, ids=["V1", "V4a", "V2", "V4b"])
def test_public_vectors_of_the_cipher(vector: tuple[str, ...]) -> None:
    key, receiver, token, timestamp, nonce, sign, closed, inside = vector
    assert crypto.signature(token, timestamp, nonce, closed) == sign
    assert crypto.signature(token, timestamp, nonce[:-1] + "x", closed) != sign
    assert inside in crypto.decrypt(key, receiver, closed)
    with pytest.raises(crypto.BadCipher):
        crypto.decrypt(key, "another", closed)


def test_public_vector_of_closing() -> None:
    lines = [
        "<xml>", "<MsgType><![CDATA[text]]></MsgType>", "<Content><![CDATA[test]]></Content>",
        "<FromUserName><![CDATA[wx49f0ab532d5d035a]]></FromUserName>", "<ToUserName><![CDATA[messense]]></ToU"
        "serName>", "<AgentID>1</AgentID>",
        "<CreateTime>1411525903</CreateTime>", "</xml>",
    ]  # fmt: skip
    closed = crypto.encrypt(KEY, APPID, "\n".join(lines), b"1234567890123456")
    assert crypto.signature(TOKEN, "1411525903", "461056294", closed) == "407518b7649e86ef23978113f92d27afa9296533"


def test_public_vector_of_the_js_sdk() -> None:
    """2.15: what follows # does not count."""
    ticket, nonce = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg", "Wm3WZYTPz0wzccnW"
    for url in ("http://mp.weixin.qq.com?params=value", "http://mp.weixin.qq.com?params=value#below"):
        assert crypto.page_signature(ticket, nonce, "1414587457", url) == "0f9de62fce790f9a083d5c99e95740ceb90c27ed"


@given(text=st.text(max_size=200), salt=st.binary(min_size=16, max_size=16), flip=st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_what_was_closed_opens_and_what_was_changed_is_seen(text: str, salt: bytes, flip: int) -> None:
    closed = crypto.encrypt(KEY, APPID, text, salt)
    assert crypto.decrypt(KEY, APPID, closed) == text
    place = flip % len(closed)
    changed = closed[:place] + ("A" if closed[place] != "A" else "B") + closed[place + 1 :]
    assert crypto.signature(TOKEN, "1", "2", changed) != crypto.signature(TOKEN, "1", "2", closed)


@given(st.lists(st.floats(0, 30), max_size=60), st.integers(1, 5))
@settings(max_examples=50, deadline=None)
def test_no_window_ever_lets_more_through_than_its_limit(steps: list[float], limit: int) -> None:
    rates, now, passed = Rates(), 0.0, []
    for step in steps:
        now += step
        if rates.passes("x", now, limit, 60):
            passed.append(now)
    start = 0
    for end in range(len(passed)):  # windows are fixed, so a sliding one may see at most twice the limit
        while passed[end] - passed[start] >= 60:
            start += 1
        assert end - start + 1 <= 2 * limit


def test_two_hundred_thousand_customers_would_fit() -> None:
    """Twenty thousand are settled and paged through here; what is asked is that nothing grows with the square of their number."""
    company = Company(CORPID, "大", 7, lambda: datetime(2026, 3, 1, tzinfo=UTC))
    settle(company, 20_000, hire(company, 40), 365)
    seen, cursor = set(), ""
    while True:
        part, cursor = company.follow_page("t", list(company.members), cursor, 100)
        seen |= {f.contact.id for f in part}
        if not cursor:
            break
    assert seen == set(company.contacts) and len(seen) == 20_000
    assert len({c.unionid for c in company.contacts.values()}) == 20_000


class _Elsewhere(HTTPAdapter):
    """Sends what is meant for the vendor's host to the sandbox; the SDK itself stays as it is."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        request.url = str(request.url).replace("https://qyapi.weixin.qq.com/cgi-bin/", f"{self.base}/wecom/cgi-bin/")
        return super().send(request, *args, **more)


def test_a_strangers_sdk_works_against_it(sandbox: str) -> None:
    bench = Bench(sandbox)
    t = bench.trial()
    t.staff("zs")
    client = WeChatClient(t.corpid, t.secret)
    client._http.mount("https://qyapi.weixin.qq.com", _Elsewhere(sandbox))
    contacts = client.external_contact
    keys = [t.customer("zs", name="李四", state="ch_1") for _ in range(3)]

    assert client.user.get("zs")["name"] == "zs"
    assert contacts.get_follow_user_list()["follow_user"] == ["zs"]
    assert contacts.list("zs")["external_userid"] == keys
    assert contacts.get(keys[0])["external_contact"]["name"] == "李四"
    way = contacts.add_contact_way(1, 2, remark="门店", state="s1", user=["zs"])
    contacts.update_contact_way(way["config_id"], "门店二", state="s2", user=["zs"])
    assert contacts.get_contact_way(way["config_id"])["contact_way"]["state"] == "s2"
    assert requests.get(way["qr_code"], timeout=30).content.startswith(b"\x89PNG")
    tag = contacts.add_corp_tag(None, "等级", 1, [{"name": "VIP", "order": 1}])["tag_group"]["tag"][0]["id"]
    contacts.mark_tag("zs", keys[0], [tag])
    assert contacts.get(keys[0])["follow_user"][0]["tags"][0]["tag_name"] == "VIP"
    assert contacts.get_corp_tag_list()["tag_group"][0]["group_name"] == "等级"
    made = contacts.add_msg_template({"sender": "zs", "external_userid": keys, "text": {"content": "上新"}})
    assert made["fail_list"] == [] and made["msgid"]
    chat = t.hand("/groups", owner="zs", name="群", customers=keys[:2])["chat_id"]
    assert client.external_contact_group_chat.list_all()[0]["chat_id"] == chat
    assert len(client.external_contact_group_chat.get(chat)["group_chat"]["member_list"]) == 3
    assert contacts.get_unassigned_list(0, 100)["info"] == []
    assert client.message.send_text(t.agentid, ["zs"], "有新任务")["errcode"] == 0
    assert client.oauth.get_user_info(t.hand("/login", who="zs")["code"])["UserId"] == "zs"
    assert client.jsapi.get_ticket()["ticket"] != client.jsapi.get_agent_ticket()["ticket"]
    t.hand("/tokens/expire")  # the SDK must meet 42001 and come back with a fresh token
    assert client.user.get("zs")["userid"] == "zs"
    for retired in (lambda: contacts.get_group_msg_result(made["msgid"]), lambda: contacts.transfer(keys[0], "zs", "zs")):
        with pytest.raises(WeChatClientException) as met:
            retired()
        assert met.value.errcode == 48005

    box = t.listen()
    t.hand("/deeds/add", userid="zs", customer={"name": "新"})
    t.settle()
    one = box.heard[0]
    opened = WeChatCrypto(box.token, box.aes_key, t.corpid).decrypt_message(
        one.body, one.query["msg_signature"], one.query["timestamp"], one.query["nonce"]
    )
    assert "add_external_contact" in opened and "WelcomeCode" in opened
    bench.close()


def test_the_corp_of_the_start_is_always_the_same(sandbox: str) -> None:
    told = requests.get(f"{sandbox}/sandbox/corp", timeout=30).json()
    assert told["corpid"] == CORPID and told["apps"][0]["agentid"] == AGENTID
    with served() as other:
        again = requests.get(f"{other}/sandbox/corp", timeout=30).json()
    assert again["apps"][0]["secret"] == told["apps"][0]["secret"] and again["counts"] == told["counts"]


def test_scans_from_many_threads_lose_nobody(sandbox: str) -> None:
    bench = Bench(sandbox)
    t = bench.trial()
    t.staff("zs", "ls")
    way = t.ok(t.post("externalcontact/add_contact_way", {"type": 2, "scene": 2, "user": ["zs", "ls"], "state": "s"}))
    box = t.listen()

    def scans() -> None:
        for _ in range(15):
            body = {"corp": t.corpid, "code": way["config_id"], "customer": {"name": "客"}}
            assert requests.post(f"{sandbox}/sandbox/corp/deeds/scan", json=body, timeout=60).status_code == 200

    threads = [threading.Thread(target=scans) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    t.settle()
    assert len({h.fields["ExternalUserID"] for h in box.heard}) == 60 == len(box.heard)
    assert len({h.fields["WelcomeCode"] for h in box.heard}) == 60
    bench.close()


def test_every_no_of_the_people_is_said_in_both_languages() -> None:
    """What cannot be done is raised in English as the control API tells it; the page says it in the reader's language."""
    missing = []
    for name in ("friends", "scanning", "sending", "grouping", "handing", "talking", "phones"):
        text = (Path(corp.__file__).parent / f"{name}.py").read_text("utf-8")
        missing += [why for why in re.findall(r'Impossible\("([^"]+)"', text) if f"sandbox.{reason_key(why)}" not in catalogue()]
    assert not missing


def test_the_two_phones_show_and_do(sandbox: str) -> None:
    def page(**query: str) -> str:
        answer = requests.get(f"{sandbox}/phones", params=query, timeout=30)
        assert answer.status_code == 200 and "default-src 'none'" in answer.headers["Content-Security-Policy"]
        return answer.text

    def do(**given: str) -> tuple[str, dict[str, str]]:
        answer = requests.post(f"{sandbox}/phones/do", data=given, timeout=30)
        return answer.text, dict(parse_qsl(urlsplit(answer.url).query))

    assert "两部手机" in page(lang="zh") and "Two phones" in page(lang="en")
    told = requests.get(f"{sandbox}/sandbox/corp", timeout=30).json()
    bench = Bench(sandbox)
    token = bench.json("GET", f"/wecom/cgi-bin/gettoken?corpid={told['corpid']}&corpsecret={told['apps'][0]['secret']}")["access_token"]
    way = bench.json(
        "POST",
        f"/wecom/cgi-bin/externalcontact/add_contact_way?access_token={token}",
        {"type": 1, "scene": 2, "user": ["guide001"], "remark": "<b>门店</b>"},
    )
    shown, at = do(does="scan", code=way["config_id"], customer="", member="guide001", chat="", tab="todo")
    assert "&lt;b&gt;门店" in shown and "<b>门店" not in shown
    assert at["member"] == at["chat"] == "guide001"
    shown, _ = do(does="say", text="有新茶吗<script>", **at)
    assert "有新茶吗&lt;script&gt;" in shown
    shown, _ = do(does="member_say", text="今天刚到", **at)
    assert "今天刚到" in shown
    picture = requests.post(
        f"{sandbox}/wecom/cgi-bin/media/upload?access_token={token}&type=image", files={"media": ("茶.png", b"\x89PNG tea")}, timeout=30
    ).json()["media_id"]
    hung = [
        {"msgtype": "image", "image": {"media_id": picture}},
        {"msgtype": "link", "link": {"title": "<i>茶单", "url": "https://example.com", "desc": "今日"}},
        {"msgtype": "miniprogram", "miniprogram": {"title": "领券", "appid": "wx1", "page": "p", "pic_media_id": picture}},
    ]
    task = {"sender": "guide001", "external_userid": [at["customer"]], "text": {"content": "明前龙井"}, "attachments": hung}
    bench.json("POST", "/sandbox/corp/settings", {"dispatch_for": 0})
    msgid = bench.json("POST", f"/wecom/cgi-bin/externalcontact/add_msg_template?access_token={token}", task)["msgid"]
    assert "明前龙井" in page(**at)
    do(does="confirm", task=msgid, **at)
    shown = page(**at)
    assert shown.count(f"/phones/picture/{picture}") == 2 and "&lt;i&gt;茶单" in shown and "领券" in shown, "seen on the customer's phone"
    assert requests.get(f"{sandbox}/phones/picture/{picture}", timeout=30).content == b"\x89PNG tea"
    assert any(note["text"] == "明前龙井" for note in bench.json("GET", f"/sandbox/corp/phones/customer/{at['customer']}")["notes"])
    shown, _ = do(does="confirm", task=msgid, lang="zh", **at)
    assert "已经发过了" in shown or "It was sent already" in shown
    shown, _ = do(does="leave", **at)
    assert "客户已删除导购" in shown or "removed by the customer" in shown
    for tab in ("customers", "notices"):
        page(**(at | {"tab": tab}))
    assert "做不了" in page(wrong="nothing was written", lang="zh")
    bench.close()


def test_a_month_of_life_is_drawn_from_the_seed() -> None:
    def month(seed: int) -> tuple[dict[str, int], int, list[str]]:
        clock = StillClock(datetime(2026, 3, 1, tzinfo=UTC))
        company = Company(CORPID, "茶", seed, clock.now)
        events: list[str] = []
        company.on_event = lambda event: events.append(event.change)
        settle(company, 200, hire(company, 4), 90)
        way = {
            "type": 2,
            "skip_verify": True,
            "state": "s",
            "user": ["guide001", "guide002"],
            "party": [],
            "is_temp": False,
            "is_exclusive": False,
        }
        company.ways["w"] = Way("w", 1, company.now(), "", way)
        life = Life(company, Habits(scans=20, says=30, deletes=2))
        for _ in range(30 * 24):
            clock.move(timedelta(hours=1))
            life.step()
        return dict(life.did), len(company.contacts), events

    clock = StillClock(datetime(2026, 3, 1, tzinfo=UTC))
    company = Company(CORPID, "茶", 1, clock.now)
    settle(company, 20, hire(company, 1), 9)
    life = Life(company, Habits(says=100))
    for _ in range(3):  # a clock that is turned back does not stop it
        clock.move(timedelta(days=-400))
        before = life.did["says"]
        for _ in range(24):
            life.step()
            clock.move(timedelta(hours=1))
        assert life.did["says"] > before + 50
    did, people, events = month(1)
    assert (did, people, events) == month(1) and did != month(2)[0]
    assert 450 < did["scans"] < 750 and 30 < did["deletes"] < 100
    assert people == 200 + did["scans"] + did["refers"] and did["refers"] > 20
    assert 0 <= events.count("add_half_external_contact") - did["confirmed back"] <= 3  # the last ones still wait
    assert events.count("del_follow_user") == did["deletes"]


def test_too_many_calls_at_once_are_turned_away(sandbox: str) -> None:
    bench = Bench(sandbox)
    t = bench.trial()
    t.hand("/settings", concurrency=2)
    t.hand("/faults", slow=1.0, slow_for=3.0)
    address = f"{sandbox}/wecom/cgi-bin/getcallbackip?access_token={t.token}"
    codes: list[int] = []
    threads = [threading.Thread(target=lambda: codes.append(requests.get(address, timeout=60).json()["errcode"])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [0, 0, 45033, 45033]
    bench.close()


def test_short_deadlines_may_run_on_the_walls_clock(sandbox: str) -> None:
    """At three thousand times the speed twenty seconds are seven milliseconds; no platform could greet anybody."""
    bench = Bench(sandbox)
    t = bench.trial()
    t.hand("/settings", deadlines_on="wall")
    t.staff("zs")
    box = t.listen()
    t.hand("/deeds/add", userid="zs", customer={"name": "新"})
    t.settle()
    t.wait(6000)
    body = {"welcome_code": box.heard[0].fields["WelcomeCode"], "text": {"content": "您好"}}
    t.ok(t.post("externalcontact/send_welcome_msg", body))
    bench.close()


def test_a_clock_turned_back_leaves_no_token_for_years(sandbox: str) -> None:
    bench = Bench(sandbox)
    t = bench.trial()
    first = t.gettoken(t.secret)["access_token"]
    t.wait(-86_400)
    again = t.gettoken(t.secret)
    assert again["access_token"] != first and again["expires_in"] == 7200
    bench.close()


_PLAIN = st.none() | st.booleans() | st.integers(-5, 2**40) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
_KEYS = st.sampled_from(["text", "content", "msgtype", "image", "tag_list", "user_list", "name", "link"])
_VALUES = st.recursive(
    _PLAIN | st.just("zs"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=6,
)
_SOURCE = "".join(file.read_text("utf-8") for file in (Path(corp.__file__).parent / "api").glob("*.py"))
_NAMES = sorted({*re.findall(r'call\.(?:text|texts|number|numbers|flag|part)\(\s*"(\w+)"', _SOURCE), "attachments", "tag", "range", "info"})


@pytest.fixture(scope="module")
def odd(bench: Bench) -> Trial:
    made = bench.trial()
    made.staff("zs")
    made.hand("/settings", minute_limit=10**9, hour_limit=10**9)
    return made


@given(path=st.sampled_from(sorted(APIS)), body=st.dictionaries(st.sampled_from(_NAMES), _VALUES, max_size=8))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_no_call_however_odd_is_answered_without_a_code(odd: Trial, path: str, body: dict[str, Any]) -> None:
    answer = odd.get(path) if APIS[path].method == "GET" else odd.post(path, body)
    assert isinstance(answer["errcode"], int)


def test_a_corp_wakes_as_it_fell_asleep(tmp_path: Path) -> None:
    clock = StillClock(datetime(2026, 3, 1, tzinfo=UTC))
    corps = Corps(5, clock.now, tmp_path / "corp.pickle")
    company = corps.company()
    settle(company, 500, hire(company, 3), 9)
    token = company.give_token(company.apps[AGENTID])
    corps.close()
    again = Corps(5, clock.now, tmp_path / "corp.pickle")
    woken = again.company()
    assert woken.give_token(woken.apps[AGENTID]) == token
    assert [(f.userid, f.contact.id) for f in woken.listed("guide002")] == [(f.userid, f.contact.id) for f in company.listed("guide002")]
    contact = friends.make_contact(woken)
    assert contact.id not in company.contacts and woken.by_unionid(contact.unionid) is contact
    again.close()
    other = Corps(6, clock.now, tmp_path / "corp.pickle")  # another seed is another world
    assert not other.company().contacts
    (tmp_path / "corp.pickle").write_bytes(b"nonsense")
    assert not Corps(5, clock.now, tmp_path / "corp.pickle").company().contacts
