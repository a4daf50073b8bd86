"""From a scan in the sandbox's corp to the welcome on the customer's phone: codes told by HTTP, greeted once and in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.growth.corp import Corp

from siyu import channels, gate, growth, pool, river, segments
from siyu.base.clock import StillClock
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.channels import wecom
from siyu.growth import CodeGuide, CodeKind, Draft, For, Rotation, Shift, Welcome, Why
from siyu.pool import Fact, Identifier, Kind
from siyu.sandbox.conformance import Bench

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


@pytest.fixture
def corp(ground: Ground, bench: Bench, clock: StillClock) -> Iterator[Corp]:
    made = Corp(ground, bench.trial(), clock)
    yield made
    channels.hang_up(ground)


def _team(*names: str, **more: Any) -> tuple[CodeGuide, ...]:
    return tuple(CodeGuide(name, **more) for name in names)


def test_a_scan_is_welcomed_once_with_tags_and_a_remark(ground: Ground, corp: Corp, clock: StillClock) -> None:
    corp.staff("zs", "ls")
    gold = corp.tag("春茶展")
    hello = corp.content("您好 {{ name | fallback: '朋友' }}，欢迎来到{{ brand }}。")
    again = corp.content("欢迎回来。", name="老客欢迎语")
    code = corp.code(
        "春茶展", _team("zs", "ls"), corp_tags=(gold,), remark_pattern="{name}-{code}", cost_minor=350,
        welcomes=(Welcome(again, For.RETURNING), Welcome(hello)),
    )  # fmt: skip
    assert code.config_id and code.qr_code and code.told_users == ("zs",) and code.state == f"lc{code.code_id}"

    first = corp.scan(code, "林小满")
    corp.flow()
    assert corp.welcomes(first) == ["您好 林小满，欢迎来到林间茶铺。"]
    follow = corp.client.customer(first).follow_user[0]
    assert follow.userid == "zs" and follow.remark == "林小满-春茶展" and [tag.tag_name for tag in follow.tags] == ["春茶展"]
    with ground.db.tx() as conn:
        person = pool.person_of(ground, conn, corp.identifier(first))
        assert person is not None
        while pool.fold(ground):
            pass
        [seen] = pool.rows_of(conn, [person])
    assert "春茶展" in seen.tags

    corp.record(repeat=True)  # the vendor's second delivery, a replay, the nightly sync: the same facts again
    corp.flow()
    assert len(corp.welcomes(first)) == 1

    corp.later(2)
    corp.flow()
    second = corp.scan(corp.see(code), "阿青")
    corp.flow()
    assert corp.client.customer(second).follow_user[0].userid == "ls", "it is the other one's turn"
    corp.delete(second, "ls")
    corp.later(60)
    corp.scan(corp.see(code), external_userid=second)
    corp.flow()
    assert corp.welcomes(second)[-1] == "欢迎回来。"

    funnel = corp.funnel(code)
    assert (funnel.adds, funnel.people, funnel.returning, funnel.asked, funnel.welcomed) == (3, 2, 1, 3, 3)
    assert funnel.cost_minor == 3 * 350 and funnel.p99 is not None and funnel.p99 < 20
    clock.move(timedelta(days=1))
    assert growth.record_costs(ground) == 1 and growth.record_costs(ground) == 0
    with ground.db.tx() as conn:
        row = conn.execute("select amount_minor, data->>'code' from facts where type = 'spend.recorded'").fetchone()
    assert row == (3 * 350, "春茶展")


def test_what_hangs_on_a_welcome_is_uploaded_before_anybody_comes(ground: Ground, corp: Corp, clock: StillClock) -> None:
    corp.staff("zs")
    hello = corp.content("您好，这是茶单。")
    corp.hang(
        hello, {"kind": "image", "body": PNG}, {"kind": "link", "title": "春茶", "url": "https://example.com/tea"},
        {"kind": "miniprogram", "title": "领券", "appid": "wx1", "page": "pages/a", "body": PNG},
        {"kind": "file", "body": b"%PDF-1.7 menu"}, {"kind": "video", "body": b"\0\0\0\x18ftypmp42 moving"},
    )  # fmt: skip
    code = corp.code("茶单", _team("zs"), welcomes=(Welcome(hello),))
    assert wecom.warm_media(ground) == 3, "three files: the cover is the picture"
    assert wecom.warm_media(ground) == 0
    kinds = ["image", "link", "miniprogram", "file", "video"]
    who = corp.scan(code)
    corp.flow()
    assert corp.welcomes(who) == ["您好，这是茶单。"] and corp.hung(who) == [kinds]

    corp.later(2 * 86400 + 13 * 3600)  # half a day before they die
    assert wecom.warm_media(ground) == 3
    corp.later(86400)
    who = corp.scan(corp.see(code))
    corp.flow()
    assert corp.hung(who) == [kinds], "they live on"

    # a picture of this very moment is waited for, and the welcome goes without it when it does not come
    corp.hang(hello, {"kind": "image", "body": PNG + b"2"}, {"kind": "link", "title": "春茶", "url": "https://example.com/tea"})
    who = corp.scan(corp.see(code))
    corp.flow()
    assert corp.welcomes(who) == []
    corp.later(11)
    corp.flow()
    assert corp.hung(who) == [["link"]]
    with ground.db.tx() as conn:
        last = channels.message_log(conn, channel="welcome")[0]
    assert (last.state, last.code, last.why, last.guide) == ("sent", "welcome_short", "1", "zs") and "1 个附件" in channels.reason(
        last.code, "zh", last.why
    )

    # what WeCom has lost keeps nobody from being greeted, and is uploaded anew
    assert wecom.warm_media(ground) == 1
    with ground.db.tx() as conn:
        conn.execute("update mass_media set media_id = 'gone', expires_at = expires_at + interval '9 days'")
    who = corp.scan(corp.see(code))
    corp.flow()
    assert corp.welcomes(who) == ["您好，这是茶单。"] and corp.hung(who) == [["link"]]
    assert wecom.warm_media(ground) == 1


def test_shifts_caps_and_stand_ins_on_a_clock_that_moves(ground: Ground, corp: Corp, clock: StillClock) -> None:
    corp.staff("zs", "ls", "boss")
    day = (Shift(EVERY_DAY, "09:00", "18:00"),)
    team = (CodeGuide("zs", daily_cap=2, shifts=day), CodeGuide("ls", daily_cap=1, shifts=day), CodeGuide("boss", is_stand_in=True))
    code = corp.code("门店台卡", team)  # it is 10:00 in Shanghai
    took = []
    for _ in range(5):
        code = corp.see(code)
        took.append(corp.whose(corp.scan(code)))
        corp.flow()
        corp.later(2)
        corp.flow()
    assert took == ["zs", "ls", "zs", "boss", "boss"]
    with ground.db.tx() as conn:
        stand = growth.standing(ground, conn, [code])[code.code_id]
    assert stand.turn.is_stand_in and stand.turn.whys == {"zs": Why.FULL, "ls": Why.FULL, "boss": Why.NEXT}
    assert stand.counts["zs"].today == 2 and stand.counts["boss"].today == 2

    clock.move(timedelta(hours=15))  # 01:00 of the next day: a new day, and nobody is on shift
    corp.flow()
    with ground.db.tx() as conn:
        stand = growth.standing(ground, conn, [code])[code.code_id]
    assert stand.turn.whys == {"zs": Why.OFF_SHIFT, "ls": Why.OFF_SHIFT, "boss": Why.NEXT} and stand.counts["zs"].today == 0
    clock.move(timedelta(hours=8, minutes=1))
    corp.flow()
    assert corp.see(code).told_users == ("ls",), "ls has waited longer than zs"
    corp.client.contact_way(code.config_id)
    assert corp.client.contact_way(code.config_id).user == ["ls"]


def test_a_welcome_that_is_late_is_refused_with_its_reason(ground: Ground, corp: Corp, clock: StillClock) -> None:
    corp.staff("zs")
    code = corp.code("易拉宝", _team("zs"), welcomes=(Welcome(corp.content("您好。")),))
    who = corp.scan(code)
    clock.move(timedelta(seconds=21))
    corp.flow()
    assert corp.welcomes(who) == []
    with ground.db.tx() as conn:
        person = pool.person_of(ground, conn, corp.identifier(who))
        assert person is not None
        [asked] = [one for one in gate.why(conn, person, "zh") if one.channel == "welcome"]
    assert asked.state == "refused" and asked.said[0].code == "expired" and asked.said[0].reason
    assert corp.funnel(code).late == 1

    # in time for us and too late for WeCom, whose clock runs ahead: its own word is kept
    corp.trial.wait(21)
    who = corp.scan(code)
    corp.trial.wait(30)
    corp.flow()
    with ground.db.tx() as conn:
        last = channels.message_log(conn, channel="welcome")[0]
    assert (last.state, last.code) == ("rejected", "welcome_41050") and corp.welcomes(who) == []
    assert "20" in channels.reason(last.code, "en", last.why)


def test_codes_that_cannot_be_meant(ground: Ground, corp: Corp) -> None:
    corp.staff("zs")
    mail = corp.content("x", channel="webhook", name="别的渠道")
    for wrong, field in [
        ({"guides": ()}, "guides"), ({"guides": (CodeGuide("zs", is_stand_in=True),)}, "guides"), ({"guides": _team("zs", "zs")}, "guides"),
        ({"guides": _team("zs", shifts=(Shift((1,), "25:00", "26:00"),))}, "guides"),
        ({"name": " "}, "name"), ({"corp_tags": ("et1",)}, "corp_tags"),
        ({"welcomes": (Welcome(mail),)}, "welcomes"), ({"kind": CodeKind.GROUP}, "chats"), ({"reserve": -1}, "reserve"),
    ]:  # fmt: skip
        draft = Draft(**({"name": "甲", "account_id": corp.account.account_id, "guides": _team("zs")} | wrong))
        with ground.db.tx() as conn, pytest.raises(InputError) as caught:
            growth.make(ground, conn, draft)
        assert caught.value.field == field


def test_what_the_vendor_refuses_is_shown_and_tried_again(ground: Ground, corp: Corp, clock: StillClock) -> None:
    corp.staff("zs")
    with ground.db.tx() as conn:
        code = growth.make(ground, conn, Draft("没有权限的人", corp.account.account_id, guides=_team("nobody")))
    assert growth.tell(ground) == 1
    code = corp.see(code)
    assert code.tell_error and not code.config_id and code.tell_tries == 1
    assert growth.tell(ground) == 0, "it waits"
    with ground.db.tx() as conn:
        growth.change(ground, conn, code.code_id, Draft("没有权限的人", 0, guides=_team("zs")))
    assert growth.tell(ground) == 1 and corp.see(code).config_id and not corp.see(code).tell_error
    config_id = corp.see(code).config_id
    with ground.db.tx() as conn:
        growth.close(ground, conn, code.code_id)
    assert growth.tell(ground) == 1 and growth.tell(ground) == 0
    assert config_id not in corp.client.contact_ways().items


def test_who_is_half_added_is_greeted_and_counted_once(ground: Ground, corp: Corp, clock: StillClock) -> None:
    corp.staff("zs")
    gold = corp.tag("春茶展")
    code = corp.code("半添加", _team("zs"), welcomes=(Welcome(corp.content("您好。")),), corp_tags=(gold,), cost_minor=100)
    greeted = corp.scan(code, "先打招呼", is_half=True)
    corp.flow()
    assert corp.welcomes(greeted) == ["您好。"]
    corp.later(300)
    corp.confirm(greeted, "zs")
    corp.flow()
    assert corp.welcomes(greeted) == ["您好。"], "the guide's confirming is no second adding"
    assert [tag.tag_name for tag in corp.client.customer(greeted).follow_user[0].tags] == ["春茶展"], "tags can be put from now on"
    funnel = corp.funnel(code)
    assert (funnel.adds, funnel.returning, funnel.asked, funnel.welcomed, funnel.cost_minor) == (1, 0, 1, 1, 100)

    late = corp.scan(corp.see(code), "来不及", is_half=True)
    corp.later(30)
    corp.flow()
    assert corp.welcomes(late) == []
    corp.confirm(late, "zs")
    corp.flow()
    assert corp.welcomes(late) == ["您好。"], "the first chance was missed, so the second is taken"
    funnel = corp.funnel(code)
    assert (funnel.adds, funnel.asked, funnel.welcomed) == (2, 2, 2) and funnel.p99 is not None and funnel.p99 < 20

    corp.delete(greeted, "zs")
    corp.later(60)
    corp.scan(corp.see(code), external_userid=greeted)
    corp.flow()
    assert len(corp.welcomes(greeted)) == 2 and corp.funnel(code).adds == 3, "who went and came back is an adding of their own"

    # both facts read in one stretch of the log
    both = corp.scan(corp.see(code), "同时", is_half=True)
    corp.confirm(both, "zs")
    corp.flow()
    assert corp.welcomes(both) == ["您好。"] and corp.funnel(code).adds == 4


def test_a_welcome_by_code_person_day_and_hour(ground: Ground, corp: Corp, clock: StillClock) -> None:
    corp.staff("zs")
    texts = {name: corp.content(f"{name}。") for name in ("白天", "夜里", "周末", "老客", "买过", "金卡", "茶友", "通用")}
    with ground.db.tx() as conn:
        rule = segments.parse({"siyu_rule": 1, "where": {"if": "tag", "tags": ["茶友"], "how": "any"}})
        friends = segments.keep(conn, "茶友", rule, at=clock.now())
        growth.set_default_welcomes(ground, conn, [Welcome(texts["通用"])])
    first = corp.code("门店", _team("zs"), welcomes=(
        Welcome(texts["周末"], days=(6, 7)), Welcome(texts["白天"], start="08:00", end="20:00"),
        Welcome(texts["夜里"], start="20:00", end="08:00"),
    ))  # fmt: skip
    second = corp.code("包裹卡", _team("zs"), welcomes=(
        Welcome(texts["茶友"], For.SEGMENT, of=str(friends)), Welcome(texts["金卡"], For.TAG, of="金卡"), Welcome(texts["买过"], For.BUYER),
        Welcome(texts["老客"], For.RETURNING),
    ))  # fmt: skip

    def said(code: growth.LiveCode, **more: Any) -> str:
        who = corp.scan(corp.see(code), **more)
        corp.flow()
        corp.later(4)  # for those whom it waits to hear of
        corp.flow()
        return corp.welcomes(who)[-1]

    assert said(first) == "白天。"  # a Monday, 10:00 in Shanghai
    assert said(second) == "通用。", "a stranger: nothing of the code fits, so everybody's welcome is sent"
    corp.later(11 * 3600)
    assert said(first) == "夜里。"
    corp.later(5 * 86400)
    assert said(first) == "周末。"

    # whom the brand knows by another name: recognised while the corp is being asked, well within the twenty seconds
    known = {"买过": (), "金卡": ("金卡",), "茶友": ("金卡", "茶友")}
    for n, (name, tags) in enumerate(known.items()):
        union = Identifier(Kind.UNIONID, f"oU{n}")
        facts = [Fact("order.paid", f"o{n}", clock.now(), (union,), object=f"N{n}", amount_minor=100, currency="CNY")]
        facts += [Fact("tag.added", f"t{n}{tag}", clock.now(), (union,), data={"tag": tag}) for tag in tags]
        with ground.db.tx() as conn:
            pool.record(ground, conn, corp.source, facts)
        who = corp.scan(corp.see(second), unionid=union.value)
        corp.flow()
        assert corp.welcomes(who) == []
        corp.say_who(who, union.value)
        corp.flow()
        assert corp.welcomes(who) == [f"{name}。"]
    corp.delete(who, "zs")
    with ground.db.tx() as conn:
        segments.archive(conn, friends, at=clock.now())
    corp.later(60)
    assert said(second, external_userid=who) in ("茶友。", "金卡。")
    plain = corp.scan(corp.see(first))
    corp.flow()
    corp.later(60)
    corp.delete(plain, "zs")
    corp.later(60)
    assert said(second, external_userid=plain) == "老客。"


def test_links_cost_quota_and_groups_refill(ground: Ground, corp: Corp, clock: StillClock) -> None:
    corp.staff("zs", "ls")
    corp.trial.hand("/quota", n=7, days=30)
    link = corp.code("抖音", _team("zs", "ls"), kind=CodeKind.LINK, rotation=Rotation.FEWEST_TODAY)
    assert link.url and set(link.told_users) == {"zs", "ls"}
    assert growth.see_lots(ground) == 1 and growth.see_lots(ground) == 0
    with ground.db.tx() as conn:
        assert sum(lot.balance for lot in growth.lots(conn)) == 7
    corp.trial.hand("/deeds/link", url=f"{link.url}?customer_channel={link.state}", customer={"name": "抖音客"})
    corp.record()
    corp.flow()
    assert corp.funnel(link).adds == 1

    # the corp says that credits run out: they are asked for at once, not half an hour later
    corp.trial.hand("/quota", n=3, days=60)
    corp.later(5)
    assert growth.see_lots(ground) == 0
    with ground.db.tx() as conn:
        low = Fact("acquisition.balance_low", "low:1", clock.now(), data={"corp": corp.trial.corpid})
        pool.record(ground, conn, corp.source, [low])
    assert growth.see_lots(ground) == 1 and growth.see_lots(ground) == 0
    with ground.db.tx() as conn:
        assert sorted(lot.balance for lot in growth.lots(conn)) == [3, 6]

    chats = [corp.group("zs", f"茶友群{n}") for n in (1, 2)]
    code = corp.code("进群", (), kind=CodeKind.GROUP, chats=tuple(chats), chat_limit=3, cost_minor=50)
    assert code.config_id and set(code.told_users) == set(chats)
    corp.fill(chats[0], 3)
    corp.later(2)
    assert growth.tell(ground) == 1 and corp.see(code).told_users == (chats[1],)
    assert corp.client.join_way(code.config_id).chat_id_list == [chats[1]]

    # who joined by the code, and who stayed
    corp.join(chats[1], "a", state=code.state)
    corp.join(chats[1], "b", state=code.state)
    corp.join(chats[1], "c", state="of another")
    corp.later(60)
    corp.join(chats[1], "b", is_out=True)
    funnel = corp.funnel(code)
    assert (funnel.adds, funnel.people, funnel.kept, funnel.lost_7, funnel.cost_minor) == (2, 2, 1, 1, 2 * 50)
    with ground.db.tx() as conn:
        since, until = clock.now() - timedelta(days=1), clock.now() + timedelta(days=1)
        rows = growth.results(conn, code.code_id, since, until, "Asia/Shanghai")
    assert [(one.guide, one.adds, one.kept) for one in rows if one.guide] == [(chats[1], 2, 1)]
    assert [(one.adds, one.lost_30) for one in rows if one.on_day] == [(2, 1)]
    clock.move(timedelta(days=1))
    assert growth.record_costs(ground) == 1 and growth.record_costs(ground) == 0


def test_the_river_carries_it_all(ground: Ground, corp: Corp) -> None:
    corp.staff("zs")
    code = corp.code("全程", _team("zs"), welcomes=(Welcome(corp.content("您好。")),))
    who = [corp.scan(code) for _ in range(3)]
    done = river.run_until_idle(ground)
    assert done["growth.advance"] and done["channels.deliver welcome"] == 3
    assert all(corp.welcomes(one) == ["您好。"] for one in who)
