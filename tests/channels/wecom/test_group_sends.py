"""Group mass sends against the sandbox's corp: owners confirm, full groups are left out, a dead process writes to no group twice."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from tests.channels.wecom.conftest import Corp

from siyu import channels, content
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.channels import group_sends, wecom
from siyu.channels.group_sends import deciding
from siyu.channels.group_sends.words import ChatState, GroupCap, Waiting
from siyu.channels.wecom.deciding import allowance
from siyu.channels.wecom.words import MassRule
from siyu.pool import relations
from siyu.sources import handing
from siyu.vendors import Trouble, VendorError
from siyu.vendors.wecom import Client

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Chats:
    """Chats of a corp, there and here."""

    def __init__(self, corp: Corp) -> None:
        self.corp, self.ground = corp, corp.ground
        self.names: dict[str, str] = {}  # name -> chat id

    def found(self, owner: str, *names: str) -> list[str]:
        """New chats with one customer each."""
        made = []
        for name in names:
            self.names[name] = str(self.corp.trial.hand("/groups", owner=owner, name=name, customers=[{"name": "客"}])["chat_id"])
            made.append(self.names[name])
        self.mirror()
        return made

    def mirror(self) -> None:
        """What the sync would bring."""
        there = {one["chat_id"]: one for one in self.corp.trial.look("/truth/groups")}
        with self.ground.db.tx() as conn:
            kept = [
                relations.ChatGroup(self.corp.corpid, chat, name, there[chat]["owner"] if chat in there else "", None,
                                    None if chat in there else self.corp.clock.at)
                for name, chat in self.names.items()
            ]  # fmt: skip
            relations.keep_groups(conn, kept, self.corp.clock.at)

    def send(self, *chats: str, at: datetime | None = None, content_id: int = 0, lasts: timedelta = 2 * DAY) -> int:
        with self.ground.db.tx() as conn:
            draft = group_sends.Draft("品鉴会", self.corp.account.account_id, content_id or self.corp.version.content_id, chats, lasts)
            number = group_sends.make(self.ground, conn, draft)
            group_sends.start(self.ground, conn, number, at)
        return number

    def go(self, ground: Ground | None = None) -> None:
        """Rounds until there is nothing to do."""
        for _ in range(20):
            if not group_sends.advance(ground or self.ground):
                return
        raise AssertionError("group sends do not come to rest")

    def states(self, number: int) -> dict[str, str]:
        """chat's name -> state and code."""
        with self.ground.db.tx() as conn:
            return {one.name: f"{one.state} {one.code}".strip() for one in group_sends.chats(conn, number)}

    def got(self, chat: str) -> int:
        """How many group messages a customer in this chat sees."""
        truth = next(one for one in self.corp.trial.look("/truth/groups") if one["chat_id"] == chat)
        who = next(key for key, one in truth["members"].items() if one["kind"] == 2)
        return sum(n["kind"] == "group_mass" and n["about"] == chat for n in self.corp.trial.look(f"/phones/customer/{who}")["notes"])


@pytest.fixture
def chats(corp: Corp) -> Chats:
    corp.guides("zs", "ls")
    return Chats(corp)


def test_owners_confirm_and_every_group_says_what_became_of_it(corp: Corp, chats: Chats) -> None:
    """Made, waiting, reminded, confirmed on the phone, sent by group; one that is full, one dismissed, one of an owner who left."""
    a, b, full = chats.found("zs", "甲", "乙", "满")
    (c,) = chats.found("ls", "丙")
    corp.guides("ww")
    gone, orphan = chats.found("zs", "散")[0], chats.found("ww", "孤")[0]
    corp.trial.hand("/settings", mass_send_rule="daily1")
    with corp.ground.db.tx() as conn:
        wecom.set_mass_settings(corp.ground, conn, "daily1")
    number = chats.send(a, b, full, c, gone, orphan, at=corp.clock.at + HOUR)
    chats.go()
    assert corp.tasks() == []  # its time has not come
    corp.trial.hand("/deeds/own_task", userid="zs", kind="group", text="早", targets=[full])
    corp.trial.hand("/deeds/group", chat_id=gone, do="dismiss")
    with corp.ground.db.tx() as conn:
        relations.keep_groups(conn, [relations.ChatGroup(corp.corpid, gone, "散", "zs", None, corp.clock.at)], corp.clock.at)
        relations.keep_guides(conn, [relations.Guide(corp.corpid, "ww", left_at=corp.clock.at)], corp.clock.at)
    corp.trial.hand("/deeds/resign", userid="ww")
    corp.wait(HOUR)
    chats.go()
    ours = [one for one in corp.tasks() if one["text"] != "早"]
    assert sorted((userid, one["targets"]) for task in ours for userid, one in task["members"].items()) == [("ls", 1), ("zs", 2)]
    assert chats.states(number) == {
        "甲": "open", "乙": "open", "丙": "open", "满": "quota group_quota", "散": "refused group_gone", "孤": "planned group_no_owner",
    }  # fmt: skip

    corp.wait()
    for _ in range(3):
        assert wecom.remind_origin(corp.ground, group_sends.ORIGIN, number, "ls") == (1, 0)
    assert wecom.remind_origin(corp.ground, group_sends.ORIGIN, number, "ls") == (0, 1)
    corp.trial.hand("/deeds/own_task", userid="zs", kind="group", text="早", targets=[b])  # she is faster than her own confirming
    corp.confirm("zs")
    assert len(handing.chats.ask(corp.ground, corp.corpid, "ww", "ls").chat_handing_ids) == 1
    while handing.chats.advance(corp.ground):
        pass
    corp.wait(5 * MINUTE)
    chats.go()
    corp.wait(5 * MINUTE)
    chats.go()
    assert chats.states(number) | {"散": ""} == {
        "甲": "sent", "乙": "quota group_quota", "丙": "open", "满": "quota group_quota", "散": "", "孤": "open",
    }  # fmt: skip
    assert [chats.got(one) for one in (a, c)] == [1, 0]
    with corp.ground.db.tx() as conn:
        zs, ls = sorted(group_sends.funnel(conn, number, corp.clock.at), key=lambda one: one.guide, reverse=True)
    assert (zs.chats, zs.created, zs.confirmed, zs.sent, zs.quota, zs.refused, zs.waiting) == (4, 2, 2, 1, 2, 1, 0)
    assert (ls.chats, ls.created, ls.confirmed, ls.open, ls.waiting, ls.reminders) == (2, 2, 0, 2, 2, 3)

    corp.wait(3 * DAY)
    for _ in range(3):
        chats.go()
        corp.wait(MINUTE)
    assert {chats.states(number)[one] for one in ("丙", "孤")} == {"unconfirmed unconfirmed"} and chats.got(c) == 0
    assert all(one["is_cancelled"] for one in corp.tasks() if "ls" in one["members"])
    with corp.ground.db.tx() as conn:
        send, lines = group_sends.see(conn, number), group_sends.chats(conn, number)
    assert send and (send.state, send.sent) == ("done", 1)
    for line in lines:
        for lang in ("zh", "en") if line.code else ():
            assert len(channels.reason(line.code, lang, line.why)) > 10


@pytest.mark.parametrize("where", ["before the call", "after the call", "the answer was lost"])
def test_a_dead_process_writes_to_no_group_twice(
    corp: Corp, chats: Chats, where: str, another_ground: Callable[[], Ground]
) -> None:  # fmt: skip
    """As kill -9 leaves it: the attempt is written, and WeCom was or was not asked. A second send of the same text must wait for it."""
    one, two = chats.found("zs", "甲", "乙")
    first = chats.send(one)

    class Killed(BaseException):
        pass

    real = Client.add_mass_task

    def die(self: Client, *args: object, **more: object) -> object:
        if where != "before the call":
            real(self, *args, **more)  # type: ignore[arg-type]
        if where == "the answer was lost":
            raise VendorError("no_answer", Trouble.UNKNOWN, "add_msg_template", is_unknown=True)
        raise Killed

    with patch.object(Client, "add_mass_task", die), contextlib.suppress(Killed):
        group_sends.advance(corp.ground)
    assert corp.rows("select state from mass_tasks") == [("calling",)]
    second = chats.send(two)
    chats.go(another_ground())  # the caller may still be at it: nobody touches it, and nobody calls the same text
    assert len(corp.tasks()) == (where != "before the call")
    corp.rows("update mass_tasks set call_until = now() - interval '1 second' where state = 'calling' returning 1")
    for _ in range(3):
        corp.wait(MINUTE)
        chats.go(another_ground())
    assert len(corp.tasks()) == 2
    corp.confirm("zs")
    corp.wait(HOUR)
    chats.go()
    assert chats.states(first) == {"甲": "sent"} and chats.states(second) == {"乙": "sent"}
    assert [chats.got(chat) for chat in (one, two)] == [1, 1]


def test_stopping_and_a_new_owner(corp: Corp, chats: Chats) -> None:
    """A chat that is handed on goes by its new owner, never by both; a send that is stopped goes to nobody who has not confirmed."""
    moved, stays = chats.found("zs", "甲", "乙")
    number = chats.send(moved, stays)
    chats.go()
    corp.trial.hand("/deeds/group", chat_id=moved, do="change", add_member="ls")
    corp.trial.hand("/deeds/group", chat_id=moved, do="change", owner="ls")
    chats.mirror()
    for _ in range(3):
        corp.wait(MINUTE)
        chats.go()
    live = [one for one in corp.tasks() if not one["is_cancelled"]]
    assert sorted(userid for one in live for userid in one["members"]) == ["ls", "zs"] and len(corp.tasks()) == 3
    corp.confirm("ls")
    with corp.ground.db.tx() as conn:
        group_sends.cancel(corp.ground, conn, number)
        with pytest.raises(InputError):
            group_sends.cancel(corp.ground, conn, number)
    for _ in range(3):
        corp.wait(MINUTE)
        chats.go()
    assert chats.states(number) == {"甲": "sent", "乙": "cancelled stopped_withdrawn"} and chats.got(moved) == 1
    with pytest.raises(InputError), corp.ground.db.tx() as conn:
        email = content.keep(corp.ground, conn, "信", "email", "主题", "正文")
        group_sends.make(corp.ground, conn, group_sends.Draft("x", corp.account.account_id, email.content_id, [stays]))


def test_what_stands_in_a_groups_way() -> None:
    now = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
    assert allowance(MassRule.MONTHLY_DAYS, now) == (datetime(2026, 10, 31, 16, tzinfo=UTC), 30)
    assert allowance(MassRule.WEEKLY_7, now) == (datetime(2026, 11, 15, 16, tzinfo=UTC), 7)
    assert allowance(MassRule.DAILY_1, now) == (datetime(2026, 11, 19, 16, tzinfo=UTC), 1)

    def stands(had: int = 0, lately: int = 0, under_way: int = 0, *, gone: bool = False, served: bool = True, cap: int | None = 3) -> str:
        chat = Waiting("c", "zs", gone, served, had, lately, under_way)
        found = deciding.standing(chat, rule=MassRule.WEEKLY_7, cap=GroupCap(cap), now=now)
        return f"{found.state} {found.code} {found.why}".strip()

    assert stands() == stands(had=6, lately=2) == "open"
    assert stands(had=7) == stands(had=6, under_way=1) == "quota group_quota 2026-11-23"
    assert stands(lately=3) == stands(lately=2, under_way=1) == "capped group_cap 3 / 7"
    assert stands(lately=5, cap=None) == "open"
    assert stands(gone=True, served=False) == "refused group_gone"
    assert stands(served=False) == "planned group_no_owner" and stands(had=7, served=False).startswith(str(ChatState.QUOTA))
    many = [Waiting(f"c{n}", "zs" if n else "ls", False, True, 0, 0, 0) for n in range(2_002)]
    assert [(owner, len(its)) for owner, its in deciding.parts(many)] == [("ls", 1), ("zs", 2_000), ("zs", 1)]
