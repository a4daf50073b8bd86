"""Mass sending against the sandbox's corp over HTTP: what guides do, what WeCom refuses, what a dead process leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from unittest.mock import patch

import pytest
from tests.channels.wecom.conftest import Corp

from siyu import channels, content, gate
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.channels import wecom
from siyu.channels.wecom import calling
from siyu.vendors.wecom import Client

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def test_three_guides_one_confirms_one_never_one_leaves(corp: Corp) -> None:
    corp.guides("zs", "ls", "ww")
    mine, never, leaves = corp.customers("zs", 3), corp.customers("ls", 2), corp.customers("ww", 2)
    corp.known("zs", leaves[0])  # has another guide, who was added later
    asked = corp.wish([*mine, *never, *leaves])
    asked_of = {number: who for who, number in asked.items()}
    corp.deliver()
    assert sorted(len(t["members"][u]["results"]) and t["members"][u]["targets"] for t in corp.tasks() for u in t["members"]) == [2, 2, 3]
    assert set(corp.states(asked).values()) == {"claimed"}
    assert corp.funnel()["zs"].created == 3 and corp.funnel()["zs"].waiting == 1

    corp.wait()
    corp.confirm("zs")
    corp.trial.hand("/deeds/resign", userid="ww")
    with corp.ground.db.tx() as conn:
        conn.execute("update guides set left_at = %s where guide = 'ww'", [corp.clock.at])
    corp.wait(5 * timedelta(minutes=1))
    corp.deliver()
    states = corp.states(asked)
    assert [states[one] for one in mine] == ["sent"] * 3 and [corp.got(one) for one in mine] == [1, 1, 1]
    assert states[leaves[1]].startswith("withdrawn")  # nobody else looks after them: the gate says why
    assert corp.rows("select code from verdicts where intent_id = %s and step = 'claim'", asked[leaves[1]]) == [("no_address",)]
    corp.wait()
    corp.confirm("zs")  # the customer of the guide who left comes by the other guide
    corp.wait(HOUR)
    corp.deliver()
    assert corp.states(asked)[leaves[0]] == "sent" and corp.got(leaves[0]) == 1

    corp.wait(3 * DAY)
    corp.deliver()
    while gate.judge(corp.ground):
        pass
    assert [corp.states(asked)[one] for one in never] == ["withdrawn unconfirmed"] * 2 and corp.got(never[0]) == 0
    assert corp.rows("select distinct code from verdicts where intent_id = any(%s) and step = 'claim'", [asked[n] for n in never]) == [
        ("expired",)
    ]
    assert next(t for t in corp.tasks() if "ls" in t["members"])["is_cancelled"]
    funnel = corp.funnel()
    assert (funnel["zs"].sent, funnel["zs"].confirmed) == (4, 2) and (funnel["ls"].unconfirmed, funnel["ls"].sent) == (2, 0)
    assert (funnel["ww"].cancelled, funnel["ww"].has_left) == (2, True)
    with corp.ground.db.tx() as conn:
        by = {asked_of[one.intent_id]: one.guide for one in channels.message_log(conn)}
    assert by == dict.fromkeys([*mine, leaves[0]], "ZS") | dict.fromkeys(never, "LS") | {leaves[1]: "WW"}, (
        "by whom each went, or should have"
    )
    for state, _, code in corp.rows("select state, intent_id, code from sends"):
        for lang in ("zh", "en") if state != "sent" else ():
            assert len(channels.reason(code, lang)) > 5


def test_customers_who_left_and_whose_allowance_is_used_up(corp: Corp) -> None:
    corp.guides("zs")
    corp.trial.hand("/settings", mass_send_rule="daily1")
    with corp.ground.db.tx() as conn:
        wecom.set_mass_settings(corp.ground, conn, "daily1")
    good, gone, full = corp.customers("zs", 3)
    corp.trial.hand("/deeds/own_task", userid="zs", kind="single", text="早", targets=[full])
    asked = corp.wish([good, gone, full])
    corp.deliver()
    corp.trial.hand("/deeds/delete", by="customer", userid="zs", customer=gone)  # while the task waits; the callback was lost
    corp.wait()
    corp.confirm("zs")
    corp.wait(5 * timedelta(minutes=1))
    corp.deliver()
    assert corp.states(asked) == {good: "sent", gone: "rejected not_friend", full: "rejected customer_quota"}
    corp.fold()
    assert corp.rows("select ended_by from contacts where not is_active") == [("customer",)]
    again = corp.wish([good, gone, full], origin_id=8)
    said = "select intent_id, code from verdicts where intent_id = any(%s) and step = 'ask' order by 1"
    assert corp.rows(said, list(again.values())) == [
        (again[good], "permit"), (again[gone], "no_address"), (again[full], "quota"),
    ]  # fmt: skip
    corp.wait(DAY)
    assert corp.states(corp.wish([full], origin_id=9))[full] == "waiting"


@pytest.mark.parametrize("where", ["before the call", "after the call"])
def test_a_dead_process_writes_to_nobody_twice(corp: Corp, where: str, another_ground: Callable[[], Ground]) -> None:
    """As kill -9 leaves it: the attempt is written, and WeCom was or was not asked."""
    corp.guides("zs")
    whom = corp.customers("zs", 4)
    asked = corp.wish(whom)

    class Killed(BaseException):
        pass

    real = Client.add_mass_task

    def die(self: Client, *args: object, **more: object) -> object:
        if where == "after the call":
            real(self, *args, **more)  # type: ignore[arg-type]
        raise Killed

    with patch.object(Client, "add_mass_task", die), pytest.raises(Killed):
        channels.deliver(corp.ground, "wecom")
    assert {row[0] for row in corp.rows("select state from sends")} == {"sending"}
    corp.deliver(another_ground())  # the caller may still be at it: nobody touches it
    assert len(corp.tasks()) == (where == "after the call")
    corp.rows("update mass_tasks set call_until = now() - interval '1 second' returning 1")
    corp.rows("update permit_queue set lease_until = now() - interval '1 second' returning 1")  # even when the claims are lost
    corp.wait()
    for _ in range(2):
        corp.deliver(another_ground())
    assert len(corp.tasks()) == 1
    corp.wait()
    corp.confirm("zs")
    corp.wait(HOUR)
    corp.deliver()
    assert [corp.got(one) for one in whom] == [1] * 4 and set(corp.states(asked).values()) == {"sent"}
    assert corp.rows("select count(*) from facts where type = 'message.sent'") == [(4,)]


def test_an_answer_that_never_comes_is_looked_up(corp: Corp) -> None:
    corp.guides("zs")
    whom = corp.customers("zs", 2)
    asked = corp.wish(whom)
    real = Client._post

    def lose(self: Client, interface: str, *args: object, **more: object) -> object:
        answer = real(self, interface, *args, **more)  # type: ignore[arg-type]
        if interface.endswith("add_msg_template"):
            raise calling.VendorError("no_answer", calling.Trouble.UNKNOWN, interface, is_unknown=True)
        return answer

    with patch.object(Client, "_post", lose):
        channels.deliver(corp.ground, "wecom")
    assert corp.states(asked)[whom[0]].startswith("claimed")
    corp.wait(timedelta(minutes=1))
    corp.deliver()
    assert len(corp.tasks()) == 1 and corp.rows("select state from mass_tasks") == [("made",)]
    corp.confirm("zs")
    corp.wait(HOUR)
    corp.deliver()
    assert set(corp.states(asked).values()) == {"sent"}


def test_a_storm_of_45033_delays_and_loses_nobody(corp: Corp) -> None:
    corp.guides("zs", "ls")
    whom = [*corp.customers("zs", 2), *corp.customers("ls", 2)]
    asked = corp.wish(whom)
    corp.trial.hand("/faults", crowded=1.0)
    for _ in range(3):
        channels.deliver(corp.ground, "wecom")
        corp.wait(timedelta(minutes=1))
    assert corp.tasks() == [] and {row[0] for row in corp.rows("select state from permits")} == {"claimed"}
    corp.trial.hand("/faults", none=True)
    corp.wait(HOUR)
    corp.deliver()
    corp.wait()
    for guide in ("zs", "ls"):
        corp.confirm(guide)
    corp.wait(HOUR)
    corp.deliver()
    assert set(corp.states(asked).values()) == {"sent"} and [corp.got(one) for one in whom] == [1] * 4


def test_cancel_pause_and_a_no_stop_tasks_before_they_are_confirmed(corp: Corp) -> None:
    corp.guides("zs", "ls")
    whom, others = corp.customers("zs", 3), corp.customers("ls", 2)
    asked, second = corp.wish(whom, origin_id=7), corp.wish(others, origin_id=8)
    corp.deliver()
    corp.wait()
    with corp.ground.db.tx() as conn:
        gate.withdraw_person(corp.ground, conn, corp.people[whom[0]], "wecom", "marketing")
        gate.pause(corp.ground, conn, "broadcast", 8)
    corp.wait(timedelta(minutes=1))
    corp.deliver()
    stopped = [t for t in corp.tasks() if t["is_cancelled"]]
    assert len(stopped) == 2 and len(corp.tasks()) == 3  # the two who said nothing are asked for anew
    assert corp.rows("select code from verdicts where intent_id = %s and step = 'claim'", asked[whom[0]]) == [("unsubscribed",)]
    assert set(corp.states(second).values()) == {"waiting stopped_held"}
    with corp.ground.db.tx() as conn:
        gate.withdraw(corp.ground, conn, "broadcast", 7)
        gate.resume(corp.ground, conn, "broadcast", 8)
    corp.wait(timedelta(minutes=1))
    corp.deliver()
    corp.wait()
    for guide in ("zs", "ls"):
        corp.confirm(guide)
    corp.wait(HOUR)
    corp.deliver()
    assert [corp.got(one) for one in whom] == [0, 0, 0] and [corp.got(one) for one in others] == [1, 1]
    assert set(corp.states(second).values()) == {"sent"}
    while gate.judge(corp.ground):
        pass
    assert {state.split()[0] for state in corp.states(asked).values()} == {"withdrawn"}


def test_a_guide_who_is_faster_than_the_cancelling_has_sent(corp: Corp) -> None:
    corp.guides("zs")
    whom = corp.customers("zs", 2)
    asked = corp.wish(whom)
    corp.deliver()
    corp.wait()
    corp.confirm("zs")
    with corp.ground.db.tx() as conn:
        gate.withdraw(corp.ground, conn, "broadcast", 7)
    corp.wait(timedelta(minutes=1))
    corp.deliver()
    assert set(corp.states(asked).values()) == {"sent"}


def test_reminders_three_in_a_day(corp: Corp) -> None:
    corp.guides("zs")
    corp.wish(corp.customers("zs", 1))
    corp.deliver()
    corp.wait()
    for _ in range(3):
        assert wecom.remind_origin(corp.ground, "broadcast", 7) == (1, 0)
    assert wecom.remind_origin(corp.ground, "broadcast", 7) == (0, 1)
    task_id = corp.rows("select task_id from mass_tasks")[0][0]
    with pytest.raises(InputError, match="three times"):
        wecom.remind(corp.ground, task_id)
    assert corp.tasks()[0]["reminders"] == 3 and corp.funnel()["zs"].reminders == 3
    corp.wait(DAY + HOUR)
    wecom.remind(corp.ground, task_id)
    assert corp.tasks()[0]["reminders"] == 4


def test_few_large_tasks_with_their_attachments(corp: Corp) -> None:
    corp.guides("zs")
    whom = corp.customers("zs", 5)
    picture = b"\x89PNG\r\n\x1a\n" + b"0" * 64
    with corp.ground.db.tx() as conn:
        digest = content.keep_file(corp.ground, conn, "tea.png", "image", picture)
        version = content.keep(
            corp.ground, conn, "带图", "wecom", "", '{% if tag "VIP" %}尊敬的会员{% else %}您好{% end %}，{{ brand }}上新了',
            attachments=[{"kind": "image", "file": digest}, {"kind": "link", "title": "活动", "url": "https://shop.example/a"}],
        )  # fmt: skip
        with pytest.raises(content.Unsound):
            content.keep(corp.ground, conn, "personal", "wecom", "", '{{ name | fallback: "您" }}好')
        with pytest.raises(content.Unsound):
            content.keep(
                corp.ground, conn, "long", "wecom", "", "好", attachments=[{"kind": "link", "title": "茶" * 43, "url": "https://a"}]
            )
    asked = corp.wish(whom[:2], version=version) | corp.wish(whom[2:], version=version)
    with patch.object(wecom.CHANNEL.__class__, "settings", lambda *_: (1,)):
        corp.deliver()
    (task,) = corp.tasks()
    assert task["members"]["zs"]["targets"] == 5 and task["text"] == "您好，林间茶铺上新了"
    assert [one["msgtype"] for one in task["attachments"]] == ["image", "link"]
    corp.wish(whom[:1], version=version, origin_id=8, purpose="service")
    corp.deliver()
    assert corp.rows("select count(*) from vendor_calls where interface = 'media/upload'") == [(1,)]  # the picture is still good
    assert len(asked) == 5


def test_without_a_corp_or_with_its_rights_gone_everything_waits(corp: Corp) -> None:
    corp.guides("zs")
    asked = corp.wish(corp.customers("zs", 2))
    corp.rows("update vendor_accounts set state = 'off' returning 1")
    assert channels.deliver(corp.ground, "wecom") == 0 and set(corp.states(asked).values()) == {"waiting"}
    corp.rows("update vendor_accounts set state = 'on' returning 1")
    with patch.object(Client, "_post", side_effect=calling.VendorError("48002", calling.Trouble.CONFIG, "add_msg_template")):
        channels.deliver(corp.ground, "wecom")
    with corp.ground.db.tx() as conn:
        assert channels.health(conn, "wecom").code == "wecom_48002"
    assert set(corp.states(asked).values()) == {"claimed wecom_48002"}
    corp.wait(HOUR)
    corp.deliver()
    assert len(corp.tasks()) == 1
    with corp.ground.db.tx() as conn:
        assert channels.health(conn, "wecom").failures == 0


def test_what_could_not_be_made_in_time_is_not_made_late(corp: Corp) -> None:
    corp.guides("zs")
    asked = corp.wish(corp.customers("zs", 2), lasts=timedelta(hours=2))
    with patch.object(Client, "_post", side_effect=calling.VendorError("45009", calling.Trouble.LATER, "add_msg_template")):
        channels.deliver(corp.ground, "wecom")
    corp.wait(3 * HOUR)
    corp.deliver()
    while gate.judge(corp.ground):
        pass
    assert corp.tasks() == [] and {state.split()[0] for state in corp.states(asked).values()} == {"withdrawn"}
    said = "select distinct code from verdicts where intent_id = any(%s) and step = 'claim'"
    assert corp.rows(said, list(asked.values())) == [("expired",)]
