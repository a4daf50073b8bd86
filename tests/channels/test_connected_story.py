"""The river against the sandbox's WeChat and SMS, over HTTP: a keyword answered, a window that closes, a text refused by its reader."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.channels.vendors import Shop
from tests.conftest import NOW

from siyu import channels, content, gate, pool, vendors
from siyu.base.clock import StillClock
from siyu.base.ground import Ground
from siyu.channels import SmsSettings
from siyu.journeys import answers
from siyu.pool import Fact, Identifier, Kind
from siyu.sandbox.conformance import Bench
from siyu.sources.connected import Event, plain, understand
from siyu.vendors import VendorKind

_numbers = itertools.count(1)
NOON = NOW.replace(hour=4)  # in Shanghai


class World:
    """The shop, the sandbox, and the river between the two; one clock for all."""

    def __init__(self, ground: Ground, bench: Bench, clock: StillClock, shop: Shop) -> None:
        self.ground, self.bench, self.clock, self.shop = ground, bench, clock, shop
        self.base = f"http://{bench._host}"
        self.at(NOON)

    def at(self, moment: Any) -> None:
        self.clock.at = moment
        self.bench.json("POST", "/clock", {"shown_at": moment.isoformat(), "rate": 0})

    def later(self, by: timedelta) -> None:
        self.at(self.clock.now() + by)

    def keep(self, **words: Any) -> vendors.Account:
        with self.ground.db.tx() as conn:
            return vendors.keep_account(self.ground, conn, name=f"沙盒{next(_numbers)}", **words)

    def record(self, *facts: Fact) -> None:
        with self.ground.db.tx() as conn:
            pool.record(self.ground, conn, self.shop.source, facts)
        while pool.fold(self.ground):
            pass

    def hears(self, vendor: VendorKind, app_id: str, fields: dict[str, Any]) -> None:
        """What a vendor pushed, as the inbox understands it."""
        self.record(*understand(Event(vendor, app_id, plain(fields), self.clock.now())).facts)

    def flow(self, *names: str) -> None:
        """The river's steps until nothing moves."""
        for _ in range(20):
            done = channels.follow(self.ground) + answers.advance(self.ground) + gate.judge(self.ground)
            done += sum(channels.deliver(self.ground, name) for name in names)
            if not done:
                return
        raise AssertionError("the river does not rest")

    def sends(self) -> list[tuple[str, str, str]]:
        with self.ground.db.tx() as conn:
            return conn.execute("select channel, state, code from sends order by intent_id").fetchall()  # type: ignore[return-value]


@pytest.fixture
def world(ground: Ground, bench: Bench, clock: StillClock, shop: Shop) -> Iterator[World]:
    made = World(ground, bench, clock, shop)
    yield made
    channels.hang_up(ground)


def follower(world: World) -> tuple[vendors.Account, str, str]:
    """An account with one follower: (account, openid, the person's name in the sandbox)."""
    who = f"v{next(_numbers)}"
    world.bench.json(
        "POST", "/sandbox/wechat/people", {"people": [{"person_id": who, "name": "客", "phone": f"1380000{next(_numbers):04d}"}]}
    )
    made = world.bench.json("POST", "/sandbox/wechat/accounts", {"kind": "service", "name": f"茶铺{who}"})
    account = world.keep(kind="official", app_id=made["appid"], secret=made["secret"], base_url=f"{world.base}/wechat")
    do(world, account, who, "follow")
    members = world.bench.json("GET", f"/sandbox/wechat/accounts/{made['appid']}/truth")["members"]
    return account, members[0]["openid"], who


def do(world: World, account: vendors.Account, who: str, does: str, **more: Any) -> None:
    world.bench.json("POST", "/sandbox/wechat/do", {"appid": account.app_id, "person_id": who, "does": does, **more})


def writes(world: World, account: vendors.Account, who: str, openid: str, text: str) -> None:
    do(world, account, who, "write", text=text)
    at = int(world.clock.now().timestamp())
    fields = {
        "ToUserName": "gh",
        "FromUserName": openid,
        "CreateTime": at,
        "MsgType": "text",
        "Content": text,
        "MsgId": 7000 + next(_numbers),
    }
    world.hears(VendorKind.OFFICIAL, account.app_id, fields)


def test_a_keyword_is_answered_within_the_window_and_refused_after_it(world: World, ground: Ground) -> None:
    account, openid, who = follower(world)
    with ground.db.tx() as conn:
        three = tuple(
            content.keep(ground, conn, name, "official_chat", "", body, purpose="service").content_id
            for name, body in (("文章", "龙井的故事 https://shop.example/read"), ("商品", "明前龙井 50 克"), ("做法", "八十度的水"))
        )
        answers.keep(ground, conn, answers.Draft("龙井", ("龙井",), three))
    writes(world, account, who, openid, "龙井怎么泡")
    for _ in range(3):
        world.flow("official_chat")
        world.later(timedelta(seconds=1))
    assert world.sends() == [("official_chat", "sent", "")] * 3
    phone = str(world.bench.json("GET", f"/sandbox/wechat/people/{who}/phone"))
    places = [phone.index(words) for words in ("龙井的故事", "明前龙井", "八十度的水")]
    assert places == sorted(places) and "/c/" in phone  # in order, and the link is counted

    world.later(timedelta(hours=49))
    version = content_of(ground, three[1])
    person = world.shop.one("select person_id from identifiers where value = %s", openid)[0]
    intent = world.shop.wish(person, "official_chat", purpose="service", version=version)
    code, detail = world.shop.one("select code, detail from verdicts where intent_id = %s", intent)
    assert (code, detail["seconds"], detail["n"]) == ("window", 48 * 3600, 5)
    world.flow("official_chat")
    assert len(world.sends()) == 3
    with ground.db.tx() as conn:
        assert "来消息" in gate.why(conn, person)[0].said[0].reason


def content_of(ground: Ground, number: int) -> content.Version:
    with ground.db.tx() as conn:
        version = content.kept(conn, number)
    assert version is not None
    return version


def test_a_template_message_its_receipt_and_a_consent_that_is_spent(world: World, ground: Ground) -> None:
    account, openid, who = follower(world)
    kept = world.bench.json("POST", f"/sandbox/wechat/accounts/{account.app_id}/templates", {"title": "到店", "content": "{{thing1.DATA}}"})
    world.record(Fact("profile.stated", f"p{who}", world.clock.now(), (Identifier(Kind.OPENID, openid, account.app_id),)))
    person = world.shop.one("select person_id from identifiers where value = %s", openid)[0]
    version = world.shop.content("official", "thing1: 春茶到店", kept["template_id"])
    intent = world.shop.wish(person, "official", purpose="transactional", version=version)
    world.flow("official")
    number = world.shop.one("select vendor_id from sends where intent_id = %s", intent)[0]
    assert number
    event = {"FromUserName": openid, "CreateTime": int(world.clock.now().timestamp()), "MsgType": "event",
             "Event": "TEMPLATESENDJOBFINISH", "MsgID": number, "Status": "failed:user block"}  # fmt: skip
    for _ in range(2):  # told twice
        world.hears(VendorKind.OFFICIAL, account.app_id, event)
    world.flow()
    assert world.shop.facts(intent) == ["sent", "bounced"]
    while pool.fold(ground):
        pass
    assert world.shop.one("select unreachable_at is not null from identifiers where value = %s", openid)[0]
    again = world.shop.wish(person, "official", purpose="transactional", version=version)
    assert world.shop.one("select code from verdicts where intent_id = %s", again)[0] == "unreachable"


@pytest.mark.parametrize("vendor", ["aliyun", "tencent"])
def test_a_text_is_delivered_then_refused_by_its_reader(world: World, ground: Ground, vendor: str) -> None:
    made = world.bench.json("POST", "/sandbox/sms/accounts", {"vendor": vendor, "name": vendor})
    one = f"/sandbox/sms/accounts/{made['account_id']}"
    world.bench.json("POST", f"{one}/signatures", {"name": "茶铺"})
    text = "您好${name}，春茶到店。拒收请回复R" if vendor == "aliyun" else "您好{1}，春茶到店。拒收请回复R"
    world.bench.json("POST", f"{one}/templates", {"code": "1001", "kind": "promo", "content": text, "state": "approved"})
    world.bench.json("POST", f"{one}/faults", {"undelivered": 0})
    kind = VendorKind(f"{vendor}_sms")
    account = world.keep(
        kind=kind,
        app_id=made["key_id"],
        agent_id=str(made.get("sdk_app_id", "")),
        secret=made["secret"],
        base_url=f"{world.base}/sms/{vendor}",
    )
    with ground.db.tx() as conn:
        channels.set_sms(ground, conn, SmsSettings(account.account_id, "茶铺"))
    phone = f"1390000{next(_numbers):04d}"
    who = Identifier(Kind.PHONE, f"+86{phone}")
    world.record(
        Fact("profile.stated", f"p{phone}", world.clock.now(), (who,), personal={"name": "林"}),
        Fact("consent.given", f"c{phone}", world.clock.now(), (who,), data={"channel": "sms", "purpose": "marketing"}),
    )
    with ground.db.tx() as conn:
        person = pool.person_of(ground, conn, who)
    assert person
    version = world.shop.content("sms", "您好{{ name | fallback: '您' }}，春茶到店。拒收请回复R", "1001")
    intent = world.shop.wish(person, "sms", version=version)
    world.flow("sms")
    state, number = world.shop.one("select state, vendor_id from sends where intent_id = %s", intent)
    assert state == "sent" and number
    assert "您好林，春茶到店" in str(world.bench.json("GET", f"{one}/truth"))

    ours = channels.connected.doubtless(ground.vault, intent)
    if vendor == "aliyun":
        receipt = {"phone_number": phone, "biz_id": number, "out_id": ours, "success": True, "err_code": "DELIVERED"}
        reply = {"phone_number": phone, "content": "ｔｄ ", "sequence_id": "1"}
    else:
        receipt = {"mobile": phone, "nationcode": "86", "sid": number, "report_status": "SUCCESS", "errmsg": "DELIVRD"}
        reply = {"mobile": phone, "nationcode": "86", "text": "R", "time": int(world.clock.now().timestamp())}
    for _ in range(2):
        world.hears(kind, made["key_id"], {"rows": [receipt]})
    world.flow()
    assert world.shop.facts(intent) == ["sent", "delivered"]
    world.hears(kind, made["key_id"], {"rows": [reply]})
    again = world.shop.wish(person, "sms", version=version)
    assert world.shop.one("select code from verdicts where intent_id = %s", again)[0] == "unsubscribed"


def test_a_text_that_nobody_is_sure_of_is_settled_by_its_receipt(world: World, ground: Ground) -> None:
    made = world.bench.json("POST", "/sandbox/sms/accounts", {"vendor": "aliyun", "name": "慢"})
    one = f"/sandbox/sms/accounts/{made['account_id']}"
    world.bench.json("POST", f"{one}/signatures", {"name": "茶铺"})
    world.bench.json("POST", f"{one}/templates", {"code": "1002", "kind": "notice", "content": "已发货", "state": "approved"})
    world.bench.json("POST", f"{one}/faults", {"undelivered": 0, "unanswered": 1})
    account = world.keep(kind="aliyun_sms", app_id=made["key_id"], secret=made["secret"], base_url=f"{world.base}/sms/aliyun")
    with ground.db.tx() as conn:
        channels.set_sms(ground, conn, SmsSettings(account.account_id, "茶铺"))
    phone = f"1390000{next(_numbers):04d}"
    who = Identifier(Kind.PHONE, f"+86{phone}")
    world.record(Fact("profile.stated", f"p{phone}", world.clock.now(), (who,)))
    with ground.db.tx() as conn:
        person = pool.person_of(ground, conn, who)
    assert person
    with ground.db.tx() as conn:
        version = content.keep(ground, conn, "发货", "sms", "1002", "已发货", purpose="transactional")
    intent = world.shop.wish(person, "sms", purpose="transactional", version=version)
    world.flow("sms")
    assert world.shop.send(intent)[0] == "unknown"
    world.bench.json("POST", f"{one}/faults", {"undelivered": 0})
    world.later(timedelta(hours=1))
    world.flow("sms")
    assert len(world.bench.json("GET", f"{one}/truth")["texts"]) == 1  # never asked again
    receipt = {"phone_number": phone, "biz_id": "b", "out_id": channels.connected.doubtless(ground.vault, intent), "success": True}
    world.hears(VendorKind.ALIYUN_SMS, made["key_id"], {"rows": [receipt]})
    world.flow()
    assert world.shop.send(intent)[0] == "sent" and world.shop.facts(intent) == ["unknown", "sent", "delivered"]
    forged = receipt | {"out_id": f"{intent}-0000000000", "success": False, "err_code": "X"}
    world.hears(VendorKind.ALIYUN_SMS, made["key_id"], {"rows": [forged]})
    world.flow()
    assert world.shop.facts(intent) == ["unknown", "sent", "delivered"]
