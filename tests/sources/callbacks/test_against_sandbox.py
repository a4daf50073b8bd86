"""Callbacks from the sandbox's own post, over HTTP: lost, doubled, late and reordered; desks; official accounts; text messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from tests.conftest import NOW
from tests.doors import opened
from tests.sandbox.conformance.small_world import SmallCorp, SmallWorld, running
from tests.sources.callbacks.conftest import facts, states

from siyu import gate, pool
from siyu.base.clock import StillClock
from siyu.base.ground import Ground
from siyu.base.ids import key_of
from siyu.sources import callbacks, desk, sync, wishes
from siyu.sources.desk.deciding import AGAIN_AFTER
from siyu.vendors import Account, VendorKind, accounts, aliyun_sms, callback_keys, keep_account
from siyu.vendors.wecom import Client


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallWorld]:
    with running(Path(tmp_path_factory.mktemp("world"))) as made:
        yield made


@pytest.fixture
def url(ground: Ground) -> Iterator[str]:
    """The callback routes on a port."""
    with opened(lambda _: Starlette(routes=callbacks.routes(ground))) as url:
        yield url


def _account(ground: Ground, url: str, world: SmallWorld, kind: VendorKind, path: str, **fields: Any) -> tuple[Account, str]:
    with ground.db.tx() as conn:
        made = keep_account(
            ground, conn, kind=kind, name="沙盒", callback=callbacks.fresh_keys(kind), base_url=f"{world.url}{path}", **fields
        )
    return made, callbacks.address(ground, made).replace("http://127.0.0.1:8000", url)


class Corp(SmallCorp):
    """A fresh corp of the world, connected."""

    def __init__(self, ground: Ground, url: str, world: SmallWorld, corpid: str) -> None:
        super().__init__(world, corpid, zs="张三", ls="李四")
        self.account, address = _account(
            ground, url, world, VendorKind.WECOM, "/wecom", app_id=corpid, agent_id=self.agent_id, secret=self.secret
        )
        keys = callback_keys(ground.vault, self.account)[0]
        self.hand("/callback", url=address, token=keys.token, aes_key=keys.aes_key)


def _work(ground: Ground) -> None:
    while callbacks.work(ground, 7):
        pass


def test_lost_doubled_late_and_reordered_each_takes_effect_once(ground: Ground, url: str, world: SmallWorld) -> None:
    corp = Corp(ground, url, world, "wwpost")
    corp.hand("/faults", lost=0.1, doubled=0.3, late=0.2, late_for=100, reordered=0.2)
    people = [corp.hand("/deeds/add", userid="zs", customer={"name": f"客{n}"}, state="ch_1")["external_userid"] for n in range(30)]
    for n, who in enumerate(people):
        if n % 3 == 0:
            corp.hand("/deeds/delete", userid="zs", customer=who, by="customer" if n % 2 else "member")
        elif n % 3 == 1:
            corp.hand("/deeds/edit", userid="zs", customer=who, remark=f"备注{n}")
    letters = corp.letters()
    fates = Counter(fate for one in letters for fate in one["fate"])
    assert min(fates[name] for name in ("lost", "doubled", "late", "reordered", "delivered")) > 0, fates
    _work(ground)
    came = [one for one in letters if "lost" not in one["fate"]]
    wanted = Counter(
        ({"add_external_contact": "contact.added"}.get(one["change"], "contact.removed"), one["fields"]["ExternalUserID"])
        for one in came
        if one["change"] != "edit_external_contact"
    )
    with ground.db.tx() as conn:
        found = Counter(conn.execute("select f.type, i.value from facts f join identifiers i on i.identifier_id = f.subject").fetchall())
        copies = conn.execute("select sum(copies), count(*) from callbacks").fetchone()
        wishes = conn.execute("select count(distinct ref) from sync_wishes where kind = 'contact'").fetchone()
    assert found == wanted
    assert max(found.values()) == 1
    assert copies == (len(came) + sum("doubled" in one["fate"] for one in came), len(came))
    assert wishes == (len({one["fields"]["ExternalUserID"] for one in came if "del" not in one["change"]}),)
    before = facts(ground)
    with ground.db.tx() as conn:
        every = [one.callback_id for one in callbacks.seen(conn, limit=1000)]
    assert callbacks.replay(ground, every) == len(every)
    _work(ground)
    assert (facts(ground), states(ground)) == (before, {"done": len(every)})


def test_a_desk_is_read_once_however_often_it_is_told(ground: Ground, url: str, world: SmallWorld, clock: StillClock) -> None:
    corp = Corp(ground, url, world, "wwdesk")
    client = Client(ground, corp.account)
    media = client.upload("image", "a.png", b"\x89PNG\r\n\x1a\n" + b"0" * 64).media_id
    open_kfid = corp.desk(media)
    who = corp.hand("/deeds/kf", open_kfid=open_kfid, do="enter", customer={"name": "客"}, scene="s1")["external_userid"]
    for n in range(5):
        corp.hand("/deeds/kf", open_kfid=open_kfid, do="say", customer=who, text=f"在吗{n}")
    corp.letters()
    _work(ground)
    assert desk.pull(ground) == 6
    assert desk.pull(ground) == 0
    assert [type_ for type_, _, _ in facts(ground)] == ["desk.entered"] + ["message.received"] * 5
    corp.hand("/deeds/kf", open_kfid=open_kfid, do="say", customer=who, text="还在吗")
    corp.letters()
    _work(ground)
    clock.move(timedelta(minutes=11))
    world.move(11 * 60)
    assert desk.pull(ground) == 1, "the token of the callback is over: the vendor is asked without it"
    corp.hand("/faults", lost=1)
    corp.hand("/deeds/kf", open_kfid=open_kfid, do="say", customer=who, text="喂")
    corp.letters()
    assert desk.pull(ground) == 0
    clock.move(timedelta(hours=1, minutes=1))
    assert desk.pull(ground) == 1, "a desk that is silent for long is asked all the same"
    with ground.db.tx() as conn:
        texts = conn.execute("select count(*), count(sealed) from facts where type = 'message.received'").fetchone()
    assert texts == (7, 7)


def test_an_official_account_is_followed_written_to_and_left(ground: Ground, url: str, world: SmallWorld) -> None:
    shop = world.ask("/sandbox/wechat/accounts", {"kind": "service", "name": "茶铺", "open_platform": "op"})
    account, address = _account(ground, url, world, VendorKind.OFFICIAL, "/wechat", app_id=shop["appid"], secret=shop["secret"])
    keys = callback_keys(ground.vault, account)[0]
    for shape in ("json", "xml"):
        given = {"url": address, "token": keys.token, "aes_key": keys.aes_key, "mode": "safe", "shape": shape}
        assert world.ask(f"/sandbox/wechat/accounts/{shop['appid']}/callback", given) == {"ok": True}
        world.ask("/sandbox/wechat/people", {"people": [{"person_id": f"p-{shape}"}]})
        world.do(shop, f"p-{shape}", "follow")
        world.do(shop, f"p-{shape}", "write", text="多少钱")
        world.do(shop, f"p-{shape}", "unfollow")
    world.move(10)
    _work(ground)
    types = Counter(type_ for type_, _, _ in facts(ground))
    assert types == {
        "account.followed": 2, "consent.given": 2, "message.received": 2, "account.unfollowed": 2, "consent.withdrawn": 2,
    }  # fmt: skip
    with ground.db.tx() as conn:
        words = "".join(str(row) for row in conn.execute("select data, object from facts"))
        assert "多少钱" not in words
        shown = callbacks.seen(conn, account.account_id)
    assert "多少钱" not in repr(shown)


def test_a_reply_by_text_message_stops_what_waits(ground: Ground, url: str, world: SmallWorld) -> None:
    told = world.ask("/sandbox/sms/accounts", {"vendor": "aliyun", "name": "短信"})
    account, address = _account(ground, url, world, VendorKind.ALIYUN_SMS, "/sms/aliyun", app_id=told["key_id"], secret=told["secret"])
    number = told["account_id"]
    world.ask(f"/sandbox/sms/accounts/{number}", {"report_url": address, "reply_url": address})
    world.ask(f"/sandbox/sms/accounts/{number}/signatures", {"name": "茶铺"})
    world.ask(
        f"/sandbox/sms/accounts/{number}/templates",
        {"code": "NOTE", "kind": "notice", "content": "您的订单${no}已发出", "state": "approved"},
    )
    aliyun_sms.Client(ground, account).send(["13800000001"], "茶铺", "NOTE", {"no": "1"}, out_id="i1")
    world.move(60)
    phone = pool.Identifier(pool.Kind.PHONE, "+8613800000001")
    with ground.db.tx() as conn:
        source = pool.ensure_source(conn, "till", "system", now=NOW)
        agreed = {"channel": "sms", "purpose": "marketing"}
        pool.record(ground, conn, source, [pool.Fact("consent.given", "c", NOW - timedelta(days=9), (phone,), data=agreed)])
    while pool.fold(ground):
        pass
    with ground.db.tx() as conn:
        person = pool.person_of(ground, conn, phone)
        assert person is not None
        wish = gate.Intent(
            key=key_of("t"), person_id=person, channel="sms", purpose="marketing", origin="api", origin_id=1, content_id=1,
            content_version=1,
            not_before=NOW, expires_at=NOW + timedelta(days=2),
        )  # fmt: skip
        gate.ask(ground, conn, [wish])
    while gate.judge(ground):
        pass
    with ground.db.tx() as conn:
        assert conn.execute("select state from permits").fetchall() == [("waiting",)]
    world.ask("/sandbox/sms/replies", {"phone": "13800000001", "content": "ＴＤ", "account_id": number})
    world.ask("/sandbox/sms/replies", {"phone": "13800000001", "content": "几点开门", "account_id": number})
    world.move(10)
    _work(ground)
    told = Counter(type_ for type_, _, _ in facts(ground))
    assert told == {"consent.given": 1, "receipt.received": 1, "consent.withdrawn": 1, "message.received": 1}
    [receipt] = [data for type_, _, data in facts(ground) if type_ == "receipt.received"]
    assert (receipt["out_id"], receipt["is_delivered"]) == ("i1", True)
    with ground.db.tx() as conn:
        assert conn.execute("select count(*) from permits where state = 'waiting'").fetchone() == (0,)


def test_who_writes_to_a_desk_is_the_follower(ground: Ground, url: str, world: SmallWorld, clock: StillClock) -> None:
    corp = Corp(ground, url, world, "wwmeet")
    open_kfid = corp.desk("m")
    shop = world.ask("/sandbox/wechat/accounts", {"kind": "service", "name": "茶铺", "open_platform": "op"})
    _account(ground, url, world, VendorKind.OFFICIAL, "/wechat", app_id=shop["appid"], secret=shop["secret"])
    with ground.db.tx() as conn:
        [official] = accounts(conn, VendorKind.OFFICIAL)
    world.ask("/sandbox/wechat/people", {"people": [{"person_id": "meets", "unionid": "o6_meets"}]})
    fan = pool.Identifier(pool.Kind.OPENID, world.do(shop, "meets", "follow")["openid"], shop["appid"])

    def comes(customer: Any, do: str = "say") -> str:
        who = str(corp.hand("/deeds/kf", open_kfid=open_kfid, do=do, customer=customer, text="在吗")["external_userid"])
        corp.letters()
        _work(ground)
        desk.pull(ground)
        return who

    def pass_by(time: timedelta) -> None:
        clock.move(time)
        world.move(time.total_seconds())

    def asked() -> list[str]:
        """The answers to all questions so far."""
        with ground.db.tx() as conn:
            told = conn.execute("select code from vendor_calls where interface = 'kf/customer/batchget' order by call_id")
            return [row[0] for row in told]

    def person(one: pool.Identifier) -> int | None:
        while pool.fold(ground):
            pass
        with ground.db.tx() as conn:
            return pool.person_of(ground, conn, one)

    def known_at_desk(who: str) -> int | None:
        return person(pool.Identifier(pool.Kind.EXTERNAL_USERID, who, corp.corpid))

    with ground.db.tx() as conn:
        wishes.wish(conn, [(official.account_id, wishes.Wish("fan", {"openid": fan.value}))], at=ground.clock.now())
    sync.advance(ground)
    who, others = comes({"name": "客一", "unionid": "o6_meets"}, "enter"), [comes({"name": f"客{n}"}) for n in range(3)]
    assert known_at_desk(who) != person(fan)
    assert (desk.meet(ground), desk.meet(ground)) == (4, 0)
    assert known_at_desk(who) == person(fan), "one person, by what the corp tells"
    assert len({known_at_desk(one) for one in (who, *others)}) == 4
    pass_by(AGAIN_AFTER)
    comes(who)
    assert desk.meet(ground) == 0 and asked() == ["0"], "four were asked about together, once"
    with ground.db.tx() as conn:
        kept = conn.execute(
            "select count(*), count(sealed), bool_or(data::text like '%客%') from facts where type = 'identity.stated' and data ? 'by'"
        )
        assert kept.fetchone() == (4, 4, False), "a nickname is kept sealed"

    corp.hand("/settings", unionid_is_told=False)  # a corp that is bound to no developer account
    late = comes({"name": "客五", "unionid": "o6_late"})
    assert desk.meet(ground) == 1
    pass_by(AGAIN_AFTER - timedelta(minutes=1))
    comes(late)
    assert desk.meet(ground) == 0 and asked() == ["0", "0"]
    corp.hand("/settings", unionid_is_told=True)
    pass_by(timedelta(minutes=1))
    assert desk.meet(ground) == 0, "nobody is asked about by the calendar"
    comes(late)
    with ground.db.tx() as conn:
        conn.execute("update vendor_accounts set state = 'off' where account_id = %s", [corp.account.account_id])
    assert desk.meet(ground) == 0 and len(asked()) == 2
    with ground.db.tx() as conn:
        conn.execute("update vendor_accounts set state = 'on' where account_id = %s", [corp.account.account_id])
    corp.hand("/apps", agentid=int(corp.agent_id), may_kf=False)
    assert desk.meet(ground) == 0 and asked()[2:] == ["48002"]
    corp.hand("/apps", agentid=int(corp.agent_id), may_kf=True)
    assert desk.meet(ground) == 0 and len(asked()) == 3, "an interface that refuses rests"
    with ground.db.tx() as conn:
        assert [(one.waiting, one.known, one.unnamed, one.error) for one in desk.counts(conn)] == [(1, 4, 1, "48002")]
    pass_by(timedelta(days=1))
    assert desk.meet(ground) == 1
    with ground.db.tx() as conn:
        assert [(one.waiting, one.known, one.unnamed, one.error) for one in desk.counts(conn)] == [(0, 5, 0, "")]
