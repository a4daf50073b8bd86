"""From end to end against the sandbox over HTTP: pushes come in by our doors, answers go out by gate and channel, receipts come back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.channels.town import Town, numbers, opened
from tests.sandbox.conformance.small_world import NOON, SmallCorp, SmallWorld, running

from siyu import channels, content, gate, pool, vendors
from siyu.base.clock import StillClock
from siyu.base.ground import Ground
from siyu.channels import SmsSettings, kf
from siyu.journeys import answers
from siyu.pool import Fact, Identifier, Kind, record
from siyu.vendors import VendorKind
from siyu.vendors.wecom import Client

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallWorld]:
    with running(Path(tmp_path_factory.mktemp("town"))) as made:
        yield made


@pytest.fixture
def town(ground: Ground, clock: StillClock, world: SmallWorld) -> Iterator[Town]:
    with opened(ground) as url:
        town = Town(ground, clock, world, url)
        town.later(timedelta(days=1) - (world.at - NOON) % timedelta(days=1))
        yield town
        channels.hang_up(ground)


def keep(town: Town, *drafts: answers.Draft) -> None:
    with town.ground.db.tx() as conn:
        for draft in drafts:
            answers.keep(town.ground, conn, draft)


def outcomes(town: Town) -> list[str]:
    return [row[0] for row in town.rows("select outcome from answer_hits order by hit_id")]


# --- 微信客服 ---


class Desk(SmallCorp):
    """A corp with one desk and one servicer, and a customer who enters."""

    def __init__(self, town: Town) -> None:
        super().__init__(town.world, f"wwdesk{next(numbers)}", zs="张三")
        self.town = town
        self.account, address = town.connect(VendorKind.WECOM, "/wecom", app_id=self.corpid, agent_id=self.agent_id, secret=self.secret)
        keys = vendors.callback_keys(town.ground.vault, self.account)[0]
        self.hand("/callback", url=address, token=keys.token, aes_key=keys.aes_key)
        self.client = Client(town.ground, self.account)
        self.kfid = self.desk(self.client.upload("image", "a.png", b"\x89PNG\r\n\x1a\n" + b"0" * 64).media_id, "zs")
        self.who = self.does("enter", customer={"name": "客"})["external_userid"]

    def does(self, do: str, **given: Any) -> Any:
        return self.hand("/deeds/kf", open_kfid=self.kfid, do=do, **({"customer": getattr(self, "who", "")} | given))

    def says(self, text: str) -> None:
        """The customer writes, the sandbox tells us, and the river runs."""
        self.does("say", text=text)
        self.letters()
        self.town.turns("kf")

    def state(self) -> int:
        """Who has the conversation: 1 we, 2 the pool of those who wait, 3 a person, 4 nobody any more."""
        return int(self.api("kf/service_state/get", {"open_kfid": self.kfid, "external_userid": self.who})["service_state"])

    def sent(self) -> int:
        return int(self.town.rows("select count(*) from sends where channel = 'kf' and state = 'sent'")[0][0])


def test_a_desk_answers_within_its_window_and_hands_over(town: Town, ground: Ground) -> None:
    desk = Desk(town)
    three = tuple(
        town.chat(name, "kf", body)
        for name, body in (("文章", "龙井的故事 https://shop.example/read"), ("商品", "明前龙井 50 克"), ("用法", "八十度的水"))
    )
    keep(
        town,
        answers.Draft("龙井", ("龙井",), three, channels=("kf",)),
        answers.Draft("夜里", ("几点",), (town.chat("夜", "kf", "夜里没有人"),), channels=("kf",), from_hour="21:00", to_hour="09:00"),
        answers.Draft("人工", ("人工",), (town.chat("人工", "kf", "马上转给同事"),), channels=("kf",), is_handover=True),
    )
    desk.says("龙井怎么泡？")
    assert (outcomes(town), desk.sent()) == (["answered"], 3)
    person = town.person(Identifier(Kind.EXTERNAL_USERID, desk.who, desk.corpid))
    own = town.kept(town.chat("另", "kf", "还有什么可以帮您"))
    asked = [town.shop.wish(person, "kf", purpose="service", version=own) for _ in range(3)]
    town.turn("kf")
    assert [town.verdict(one) for one in asked] == ["permit", "permit", "window"]  # five for each message of the customer's
    assert desk.sent() == 5
    town.later(49 * HOUR)
    late = town.shop.wish(person, "kf", purpose="service", version=own)
    assert town.verdict(late) == "window"

    for words in ("几点开门", "有没有停车位"):  # it is noon: nobody answers for the night; the second miss calls a person
        desk.says(words)
    town.later(timedelta(seconds=4))
    town.turn("kf")
    assert outcomes(town)[1:] == ["missed", "handed_over"]
    assert (desk.state(), town.rows("select state, code from desk_moves")) == (2, [("moved", "")])
    desk.says("龙井")
    assert (outcomes(town)[-1], desk.sent()) == ("resting", 6)  # a person has it
    desk.client.move_service(desk.kfid, desk.who, 3, servicer="zs")
    desk.does("end")
    desk.says("龙井")
    assert (outcomes(town)[-1], desk.sent()) == ("answered", 9)
    with ground.db.tx() as conn:
        assert "text" not in content.people(ground, conn, [person])[person]  # what somebody wrote is no trait of theirs


def test_who_enters_a_desk_is_greeted_by_its_code_once_and_in_time(town: Town) -> None:
    hello, more = town.chat("欢迎", "kf", "欢迎来到茶铺"), town.chat("更多", "kf", "想问什么都行")
    keep(town, answers.Draft("进店", (), (hello, more), channels=("kf",), occasion=answers.Occasion.COMING, cooldown=MINUTE))
    desk = Desk(town)
    desk.letters()
    town.turns("kf")
    assert (outcomes(town), town.rows("select content_id, state, code from sends join intents using (intent_id)")) == (
        ["greeted"], [(hello, "sent", "")],
    )  # fmt: skip
    second = town.rows("select intent_id from intents where content_id = %s", more)[0][0]
    assert town.verdict(second) == "window"  # they have not written yet
    code = town.rows("select data->>'welcome_code' from facts where type = 'desk.entered'")[0][0]
    assert code and town.rows("select count(*) from sends s where s::text like %s", f"%{code}%") == [(0,)]
    with town.ground.db.tx() as conn:
        first = town.rows("select intent_id from intents where content_id = %s", hello)[0][0]
        tickets = answers.tickets_of(conn, [first, second])
        assert set(tickets) == {first} and code not in repr(tickets)
    with pytest.raises(vendors.VendorError):
        desk.client.say_on_event(code, "text", {"content": "again"})  # good once
    town.later(2 * MINUTE)
    desk.does("enter")  # within two days the desk gives no code
    desk.letters()
    town.turns("kf")
    late = Desk(town)
    town.later(timedelta(seconds=21))  # its code is over before we hear of it
    late.letters()
    town.turns("kf")
    assert outcomes(town) == ["greeted", "uncoded", "late"] and desk.sent() == 1
    slow = Desk(town)
    slow.letters()
    town.turn()  # permitted, and then the channel is slow
    with town.ground.db.tx() as conn:
        who = Identifier(Kind.EXTERNAL_USERID, slow.who, slow.corpid)
        intent = max(town.rows("select intent_id from intents where content_id = %s", hello))[0]
        parcel = channels.Parcel(
            intent, town.person(who), "service", "", "answer", 1, slow.who, "", "", "晚了", "", town.clock.now(),
            ticket=answers.tickets_of(conn, [intent])[intent],
        )  # fmt: skip
    line = kf.CHANNEL.open(town.ground, kf.CHANNEL.settings(town.ground))
    town.later(timedelta(seconds=21))
    assert line.send(line.prepare(parcel)).code == "greeting_late"  # claimed in time, and then its thread was slow
    town.turn("kf")
    assert outcomes(town)[-1] == "greeted" and desk.sent() == 1


def test_a_greeting_comes_from_the_account_that_was_followed(town: Town, ground: Ground) -> None:
    """Somebody who has long been with one account follows another: the answer is sent before that is folded."""
    names = [Identifier(Kind.OPENID, "o-lin", app) for app in ("wx-old", "wx-new")]
    with ground.db.tx() as conn:
        source = pool.ensure_source(conn, "official:wx-old", "wechat", now=town.clock.now())
        record(ground, conn, source, [Fact("profile.stated", "both", town.clock.now(), tuple(names))])
        record(ground, conn, source, [Fact("order.paid", "o1", town.clock.now(), (names[0],))])
    while pool.fold(ground):
        pass
    town.later(MINUTE)
    with ground.db.tx() as conn:
        record(ground, conn, source, [Fact("account.followed", "f", town.clock.now(), (names[1],), object="wx-new")])
        person = pool.person_of(ground, conn, names[1])
        assert person == pool.person_of(ground, conn, names[0])
        assert channels.connected.by_openid(conn, [person], ["wx-old", "wx-new"], town.clock.now())[person].place == "wx-new"


# --- official accounts ---


def test_an_official_account_answers_and_hands_over_to_who_is_online(town: Town) -> None:
    account, told = town.wechat("service")
    who = town.somebody()
    agents = f"/sandbox/wechat/accounts/{told['appid']}/agents"

    def says(text: str) -> None:
        town.world.do(told, who, "write", text=text)
        town.turns("official_chat")

    def sent() -> int:
        return int(town.rows("select count(*) from sends where channel = 'official_chat' and state = 'sent'")[0][0])

    three = tuple(town.chat(name, "official_chat", name) for name in ("文章", "商品", "用法"))
    keep(
        town,
        answers.Draft("龙井", ("龙井",), three, channels=("official",)),
        answers.Draft(
            "午休", ("在吗",), (town.chat("午", "official_chat", "午休"),), channels=("official",), from_hour="12:00", to_hour="13:00"
        ),
        answers.Draft("人工", ("人工",), (town.chat("人", "official_chat", "马上"),), channels=("official",), is_handover=True),
    )
    hello = tuple(town.chat(name, "official_chat", name) for name in ("欢迎", "会员", "门店"))
    greeting = answers.Draft("关注", (), hello, channels=("official",), occasion=answers.Occasion.COMING, cooldown=MINUTE)
    keep(town, greeting)
    town.world.do(told, who, "follow")
    town.turns("official_chat")
    assert (outcomes(town), sent()) == (["greeted"], 3)
    assert [one["body"]["text"] for one in town.world.phone(who)[-3:]] == ["欢迎", "会员", "门店"]
    town.later(2 * MINUTE)
    town.world.do(told, who, "unfollow")
    town.turn("official_chat")
    town.later(MINUTE)
    town.world.do(told, who, "follow")  # the no of having left is taken back by coming again
    town.turns("official_chat")
    assert (outcomes(town), sent()) == (["greeted", "greeted"], 6)
    with town.ground.db.tx() as conn:
        for rule in answers.all_kept(conn):
            if rule.name == greeting.name:
                answers.switch(town.ground, conn, rule.answer_id, is_on=False)
        conn.execute("delete from answer_hits")
        conn.execute("delete from sends")
    says("龙井怎么泡")
    says("在吗")
    assert (outcomes(town), sent()) == (["answered"] * 2, 4)

    says("人工")
    assert town.rows("select state, code from desk_moves") == [("refused", "official:65400")]  # the account has no such service
    with town.ground.db.tx() as conn:
        (talk,) = answers.handovers(town.ground, conn)
        assert answers.end_handover(town.ground, conn, talk.handover_id)
        assert "客服" in channels.reason("official:65400", "zh")

    town.world.ask(agents, {"agents": [{"kf_account": "a@tea", "is_online": False}]})
    says("人工")
    assert town.rows("select state, code from desk_moves order by handover_id")[1:] == [("waiting", "nobody_online")]
    town.world.ask(agents, {"agents": [{"kf_account": "a@tea", "is_online": True}, {"kf_account": "b@tea"}]})
    town.later(2 * MINUTE)
    town.turn("official_chat")
    assert town.rows("select state, code from desk_moves order by handover_id")[1:] == [("moved", "")]
    before = len(outcomes(town))
    says("龙井")  # goes to the agent, and not to us
    assert len(outcomes(town)) == before and town.world.phone(who)[-1]["body"] == {"text": "龙井"}
    town.world.ask(agents, {"close": who})
    town.later(11 * MINUTE)
    says("龙井")
    assert outcomes(town)[before:] == ["answered"]
    assert town.rows("select count(*) from answer_handovers where ended_at is null") == [(0,)]

    says("人工")
    town.later(31 * MINUTE)  # nobody closes it: WeChat gives the customer back to us
    town.turn("official_chat")
    says("龙井")
    assert outcomes(town)[before:] == ["answered", "handed_over", "answered"]
    assert account.app_id == told["appid"]


# --- mini-programs ---


def test_a_mini_program_logs_in_asks_and_writes_once_for_each_yes(town: Town, ground: Ground) -> None:
    account, told = town.wechat("mini", pages=["pages/tea"])
    who, door = town.somebody(), f"/in/mini/{account.account_id}"
    phone = town.world.ask(f"/sandbox/wechat/people/{who}/phone")["phone"]
    code = town.world.do(told, who, "login")["code"]
    status, made = town.post(f"{door}/login", {"code": code, "scene": "1011", "phone_code": town.world.do(told, who, "give_phone")["code"]})
    assert (status, made["has_phone"], "session_key" in made, "openid" in made) == (200, True, False, False)
    assert town.post(f"{door}/login", {"code": code})[1]["code"] == "code"  # once
    assert town.post(f"{door}/login", {"code": "made-up"})[0] == 401
    assert town.post("/in/mini/999/login", {"code": "x"})[0] == 404
    town.turn()
    (opened_,) = town.rows("select data->>'account', data->>'scene', subject from facts where type = 'app.opened'")
    assert opened_[:2] == (told["appid"], "1011")
    person = town.rows("select person_id from identifiers where identifier_id = %s", opened_[2])[0][0]
    kinds = {row[0] for row in town.rows("select kind from identifiers where person_id = %s", person)}
    assert kinds == {"openid", "unionid", "phone"}
    assert town.person(Identifier(Kind.PHONE, f"+86{phone}")) == person
    (kept,) = town.rows("select digest from mini_sessions")
    assert made["session"].encode() not in kept[0]

    key = {"authorization": f"Bearer {made['session']}"}
    victim = {"userId": "M001", "anonymousId": "a", "context": {"traits": {"phone": "13812345678"}}}
    assert town.post("/v1/track", {"event": "Product Viewed", "properties": {"sku": "LJ"}, **victim}, **key)[0] == 200
    for event in ("Order Completed", "Tag Added"):
        assert (
            town.post("/v1/track", {"event": event, "properties": {"order_id": "1", "total": 9, "tag": "VIP"}, **victim}, **key)[0] == 400
        )
    assert town.post("/v1/alias", {"userId": "M001", "previousId": "a"}, **key)[1]["code"] == "session"
    town.post("/v1/track", {"event": "Subscription Accepted", "properties": {"template_id": "x", "channel": "mini"}, **victim}, **key)
    town.turn()
    mine = "select i.person_id from facts f join identifiers i on i.identifier_id = f.subject where f.type = 'product.viewed'"
    assert town.rows(mine) == [(person,)]
    assert town.rows("select count(*) from identifiers where kind in ('user_id', 'anonymous_id')") == [(0,)]
    assert town.rows("select count(*) from facts where type in ('subscription.accepted', 'order.paid', 'tag.added')") == [(0,)]
    assert town.post("/v1/track", {"event": "Product Viewed"}, authorization="Bearer ms_wrong")[0] == 401
    assert town.post(f"{door}/phone", {"code": "x"}, authorization="Bearer ms_wrong")[1]["code"] == "session"
    assert town.post(f"{door}/phone", {"code": town.world.do(told, who, "give_phone")["code"]}, **key)[1]["has_phone"]

    path = f"/sandbox/wechat/accounts/{told['appid']}/templates"
    tea, cup = (town.world.ask(path, {"title": t, "content": "{{thing1.DATA}}"})["template_id"] for t in ("到货", "降价"))
    new, cheap = (town.form("mini", one, "thing1: 春茶到店\npage: pages/tea") for one in (tea, cup))
    town.world.do(told, who, "answer", templates={tea: "accept", cup: "reject"})
    town.turn()

    def wish(version: Any) -> int:
        return town.shop.wish(person, "mini", purpose="transactional", version=version)

    asked = [wish(new), wish(new), wish(cheap)]
    assert [town.verdict(one) for one in asked] == ["permit", "credit", "credit"]
    town.turn("mini")
    town.later(2 * HOUR)
    town.turn("mini")
    assert town.shop.facts(asked[0]) == ["sent", "delivered"]  # its receipt came back
    with ground.db.tx() as conn:
        assert [(one.template, one.left) for one in gate.credits(ground, conn, person)] == [(tea, 0)]
        assert cup in gate.why(conn, person)[0].said[0].reason

    town.world.do(told, who, "answer", templates={cup: "accept"})
    town.turn()
    waits = town.shop.wish(person, "mini", purpose="transactional", version=cheap)
    assert town.verdict(waits) == "permit"
    town.world.do(told, who, "switch_off", template_id=cup)  # after the permit: the claim hears of it
    town.later(MINUTE)
    town.turn("mini")
    assert (town.verdict(waits), len([one for one in town.world.phone(who) if one["way"] == "out"])) == ("credit", 1)


def test_a_consent_that_the_vendor_does_not_know_is_not_tried_again(town: Town, ground: Ground) -> None:
    account, told = town.wechat("service")
    who = town.somebody()
    town.world.do(told, who, "follow")
    path = f"/sandbox/wechat/accounts/{told['appid']}/templates"
    template = town.world.ask(path, {"title": "到店", "content": "{{thing1.DATA}}", "kind": "notice"})["template_id"]
    town.turn()
    openid = town.rows("select value from identifiers where kind = 'openid'")[0][0]
    name = Identifier(Kind.OPENID, openid, account.app_id)
    data = {"channel": "official", "template_id": template}
    with ground.db.tx() as conn:  # we believe in two, WeChat in none
        facts = [Fact("subscription.accepted", f"s{n}", ground.clock.now(), (name,), data=data) for n in range(2)]
        record(ground, conn, town.shop.source, facts)
    person, version = town.person(name), town.form("official_notice", template, "thing1: 到店")
    town.later(MINUTE)
    first = town.shop.wish(person, "official_notice", purpose="transactional", version=version)
    town.turn("official_notice")
    assert town.shop.send(first)[:2] == ("rejected", "official:43101")
    town.later(MINUTE)
    again = town.shop.wish(person, "official_notice", purpose="transactional", version=version)
    assert town.verdict(again) == "credit"
    town.world.do(told, who, "answer", templates={template: "accept"})
    town.later(MINUTE)
    town.turn()
    third = town.shop.wish(person, "official_notice", purpose="transactional", version=version)
    town.turn("official_notice")
    town.later(MINUTE)
    town.turn()
    assert town.shop.facts(third) == ["sent", "delivered"]

    plain = town.world.ask(path, {"title": "发货", "content": "{{thing1.DATA}}", "kind": "template"})["template_id"]
    shipped, became = town.form("official", plain, "thing1: 已发货"), []
    for is_blocked in (False, True):  # template messages need no consent; who blocks them gets none
        town.world.do(told, who, "block", on=is_blocked)
        became.append(town.shop.wish(person, "official", purpose="transactional", version=shipped))
        town.turn("official")
        town.later(MINUTE)
        town.turn()
    assert [town.shop.facts(one) for one in became] == [["sent", "delivered"], ["sent", "bounced"]]
    assert town.verdict(town.shop.wish(person, "official", purpose="transactional", version=shipped)) == "unreachable"


# --- text messages ---


@pytest.mark.parametrize("vendor", ["aliyun", "tencent"])
def test_texts_go_out_and_what_comes_back_is_heard(town: Town, ground: Ground, vendor: str) -> None:
    """Aliyun pushes receipts and replies; Tencent's are pulled."""
    world, kind = town.world, VendorKind(f"{vendor}_sms")
    made = world.ask("/sandbox/sms/accounts", {"vendor": vendor, "name": vendor})
    one = f"/sandbox/sms/accounts/{made['account_id']}"
    account, address = town.connect(
        kind, f"/sms/{vendor}", app_id=made["key_id"], agent_id=str(made.get("sdk_app_id", "")), secret=made["secret"],
        options={"receipts": "pull"} if vendor == "tencent" else {},
    )  # fmt: skip
    world.ask(one, {"report_url": address, "reply_url": address} if vendor == "aliyun" else {"settings": {"is_pull_on": 1}})
    world.ask(f"{one}/signatures", {"name": "茶铺"})
    text = "您好${name}，春茶到店。拒收请回复R" if vendor == "aliyun" else "您好{1}，春茶到店。拒收请回复R"
    world.ask(f"{one}/templates", {"code": "1001", "kind": "promo", "content": text, "state": "approved"})
    world.ask(f"{one}/faults", {"undelivered": 0})
    with ground.db.tx() as conn:
        channels.set_sms(ground, conn, SmsSettings(account.account_id, "茶铺"))
    phones = [f"1390000{next(numbers):04d}" for _ in range(3)]
    facts = []
    for phone in phones:
        who = Identifier(Kind.PHONE, f"+86{phone}")
        facts += [
            Fact("profile.stated", f"p{phone}", ground.clock.now(), (who,), personal={"name": "林"}),
            Fact("consent.given", f"c{phone}", ground.clock.now(), (who,), data={"channel": "sms", "purpose": "marketing"}),
        ]
    with ground.db.tx() as conn:
        record(ground, conn, town.shop.source, facts)
    town.turn()
    people = [town.person(Identifier(Kind.PHONE, f"+86{phone}")) for phone in phones]
    version = town.shop.content("sms", "您好{{ name | fallback: '您' }}，春茶到店。拒收请回复R", "1001")
    asked = [town.shop.wish(person, "sms", version=version, cost_minor=5) for person in people]
    town.turn("sms")
    for _ in range(2):
        town.later(2 * MINUTE)
        town.turn("sms")
    assert [town.shop.facts(one) for one in asked] == [["sent", "delivered"]] * 3
    for phone, words in zip(phones, ("ｔｄ ", "退订", "几点开门"), strict=True):
        world.ask("/sandbox/sms/replies", {"phone": phone, "content": words, "account_id": made["account_id"]})
    town.later(25 * HOUR)
    town.turn("sms")
    again = [town.verdict(town.shop.wish(person, "sms", version=version)) for person in people]
    assert again == ["unsubscribed", "unsubscribed", "permit"]
    assert town.rows("select data->>'kind' from facts where type = 'message.received'") == [("text",)]
    assert town.rows("select sum(i.cost_minor) from sends s join intents i using (intent_id) where s.state = 'sent'") == [(15,)]
