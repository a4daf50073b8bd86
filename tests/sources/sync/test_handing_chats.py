"""Chats go from one owner to another: of who left, of who works here; 300 a day; and told again only where the corp did not hear."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sources.sync.conftest import chats_here, chats_there, fold, hear, pass_by, walked

from siyu.base.clock import StillClock
from siyu.base.ground import Ground
from siyu.pool import relations
from siyu.sandbox.conformance import Trial
from siyu.sources import sync
from siyu.sources.handing import chats
from siyu.sources.handing.chats import ChatCase, ChatHanding, ChatHandingState, Heir
from siyu.vendors import Account, Trouble, VendorError
from siyu.vendors.wecom import Client, shapes

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CHINA = ZoneInfo("Asia/Shanghai")


def rest(ground: Ground) -> None:
    while sync.advance(ground):
        fold(ground)
    fold(ground)


def states(ground: Ground) -> dict[str, tuple[str, str, str]]:
    """The newest hand-over of each chat: its state, why not, to whom."""
    with ground.db.tx() as conn:
        return {one.chat_id: (str(one.state), one.code, one.to_guide) for one in reversed(chats.handings(conn, limit=1000))}


def owners(ground: Ground) -> dict[str, str]:
    with ground.db.tx() as conn:
        return {one.chat_id: one.owner for one in relations.groups(conn) if one.dismissed_at is None}


def true_owners(trial: Trial) -> dict[str, str]:
    return {one["chat_id"]: one["owner"] for one in trial.look("/truth/groups")}


@pytest.mark.parametrize(
    ("case", "left", "why", "until"),
    [
        (ChatCase("g", "zs", False, None, ()), None, None, None),
        (ChatCase("g", None, False, None, ()), None, "unknown", None),
        (ChatCase("g", "zs", True, None, ()), None, "dismissed", None),
        (ChatCase("g", "zs", False, NOW, ()), None, "under_way", None),
        (ChatCase("g", "ls", False, None, ()), None, "not_owned", None),
        (ChatCase("g", "zs", False, None, (NOW - 89 * DAY, NOW - 2 * DAY)), None, "twice", NOW + DAY),
        (ChatCase("g", "zs", False, None, (NOW - 91 * DAY, NOW - 2 * DAY)), None, None, None),
        (ChatCase("g", "zs", False, None, (NOW - 89 * DAY, NOW - 2 * DAY)), 3, None, None),  # the limit is of owners at work
        (ChatCase("g", "zs", False, None, ()), 366, "left_long_ago", None),
    ],
)
def test_what_the_corp_would_refuse_of_a_chat_is_refused_here(
    case: ChatCase, left: int | None, why: str | None, until: datetime | None
) -> None:
    """`left` is days ago."""
    found = chats.refusal(case, "zs", NOW - left * DAY if left else None, NOW)
    assert (found and found.why, found and found.until) == (why, until)


def one(state: str, begun: float = 0.0, code: str = "", *, resigned: bool = True, tries: int = 0) -> ChatHanding:
    """A hand-over from zs to ls; `begun` is hours ago."""
    at = NOW - timedelta(hours=begun)
    return ChatHanding(1, 1, "c", "g", "zs", "ls", resigned, ChatHandingState(state), code, "", NOW, at, None, NOW, tries)


@pytest.mark.parametrize(
    ("code", "before", "trouble", "becomes", "kept", "after"),
    [
        ("", "", Trouble.ITEM, "waiting", "", timedelta(0)),
        ("90504", "", Trouble.ITEM, "waiting", "90504", timedelta(0)),  # theirs already: looked at
        ("90507", "", Trouble.ITEM, "waiting", "90507", timedelta(minutes=1)),
        ("90508", "", Trouble.ITEM, "waiting", "90508", timedelta(0)),
        ("90500", "", Trouble.ITEM, "asked", "90500", timedelta(0)),  # by the other interface
        ("90502", "90500", Trouble.ITEM, "failed", "90502", timedelta(0)),  # but not to and fro
        ("45009", "", Trouble.LATER, "asked", "day_full", timedelta(hours=4)),  # China's midnight
        ("-1", "", Trouble.LATER, "asked", "-1", timedelta(seconds=2)),
        *((code, "", Trouble.ITEM, "failed", code, timedelta(0)) for code in ("90501", "90503", "90509", "90510", "40128", "77777")),
    ],
)
def test_what_the_corp_answers_of_a_chat(code: str, before: str, trouble: Trouble, becomes: str, kept: str, after: timedelta) -> None:
    found = chats.answered(one("calling", code=before), code, trouble, NOW)
    assert (found.state, found.code, found.due_at) == (becomes, kept, NOW + after)
    assert found.is_resigned == (code != "90500"), "of the owner who did not leave after all"


@pytest.mark.parametrize(
    ("state", "begun", "owner", "becomes", "code"),
    [
        ("calling", 0, "ls", "done", ""),  # no answer came, and yet it went over
        ("calling", 0, "zs", "asked", ""),  # the corp did not hear
        ("waiting", 0, "ls", "done", ""),
        ("waiting", 0, "zs", "waiting", ""),
        ("waiting", 49, "zs", "failed", "no_record"),
        ("waiting", 0, "ww", "failed", "elsewhere"),
        ("calling", 0, "ww", "failed", "elsewhere"),
        ("waiting", 0, None, "failed", "dismissed"),
    ],
)
def test_who_owns_a_chat_says_whether_it_went_over(state: str, begun: float, owner: str | None, becomes: str, code: str) -> None:
    found = chats.seen(one(state, begun), owner, NOW)
    assert (found.state, found.code) == (becomes, code)
    assert found.state != "waiting" or found.due_at > NOW, "no busy looking"
    assert chats.seen(one("calling", tries=11), "zs", NOW).state == "failed", "not for ever"


@settings(max_examples=60, deadline=None)
@given(asked=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 60)), max_size=6), begin=st.integers(0, 86_399))
def test_nobody_gets_more_than_300_chats_a_day_however_they_are_asked_for(asked: list[tuple[int, int]], begin: int) -> None:
    """The law of the day: (how many, hours later) again and again. Each goes as early as the days allow, and none is left out."""
    now = NOW + timedelta(seconds=begin)
    taken: dict[date, int] = {}
    for count, later in asked:
        now += timedelta(hours=later)
        today = now.astimezone(CHINA).date()
        found = chats.days_of(count, taken, now)
        assert len(found) == count and found == sorted(found) and all(at >= now for at in found)
        for at in found:
            day = at.astimezone(CHINA).date()
            taken[day] = taken.get(day, 0) + 1
        assert all(n <= chats.A_DAY for n in taken.values())
        days = sorted(at.astimezone(CHINA).date() for at in found)
        assert all(taken[today + timedelta(days=n)] == chats.A_DAY for n in range((days[-1] - today).days)) if days else True, "no gap"


def test_the_new_owner_proposed_has_their_customers_or_their_store_or_few_chats() -> None:
    near, far, idle = Heir("near", "静安", 9, 0), Heir("far", "徐汇", 2, 0), Heir("idle", "徐汇", 0, 0)
    assert chats.likely("静安", [far, idle, near]) == "near"
    assert chats.likely("", [near, far, idle]) == "idle"
    assert chats.likely("静安", [near, idle, Heir("heir", "徐汇", 99, 3)]) == "heir"
    assert chats.likely("静安", []) is None


def test_chats_of_who_left_get_a_new_owner(ground: Ground, clock: StillClock, trial: Trial, account: Account) -> None:
    corp = trial.corpid
    trial.staff("zs", "ls", "ww", "old")
    who = trial.customer("zs")
    made = [str(trial.hand("/groups", owner="zs", name=f"群{n}", customers=[who])["chat_id"]) for n in range(5)]
    before = str(trial.hand("/groups", owner="old", name="旧群")["chat_id"])
    trial.hand("/deeds/resign", userid="old")  # before we knew the corp: only the list of ownerless chats tells of theirs
    walked(ground, account)
    trial.hand("/deeds/resign", userid="zs")
    pass_by(clock, trial, 60)
    walked(ground, account, "nightly")
    with ground.db.tx() as conn:
        waits = chats.waiting(conn)
    assert {(w.chat_id, w.owner, w.members, w.coming) for w in waits} == {(c, "zs", 1, "") for c in made} | {(before, "old", 0, "")}
    assert set(chats.proposed(ground, waits)) == {(corp, "zs"), (corp, "old")}

    refused = {n.chat_id: n.why for n in chats.ask(ground, corp, "zs", "ls", [before, "wrNone"]).refused}
    assert refused == {before: "not_owned", "wrNone": "unknown"}
    answer = chats.ask(ground, corp, "zs", "ls", made[:3], by="店长")
    assert (len(answer.chat_handing_ids), answer.refused, [n for _, n in answer.days]) == (3, (), [3])
    assert [n.why for n in chats.ask(ground, corp, "zs", "ls", made[:3]).refused] == ["under_way"] * 3
    assert {w.coming for w in waits if w.chat_id in made[:3]} == {""}
    # Dead in the middle of telling the corp: of these two the corp heard one, by a call that nobody knows of any more.
    with ground.db.tx() as conn:
        conn.execute("update chat_handings set state = 'calling', begun_at = %s, due_at = %s", (clock.now(), clock.now()))
    trial.ok(trial.post("externalcontact/groupchat/transfer", {"chat_id_list": [made[0]], "new_owner": "ls"}))
    # And somebody in WeCom's console was quicker with the third.
    trial.ok(trial.post("externalcontact/groupchat/transfer", {"chat_id_list": [made[2]], "new_owner": "ww"}))
    rest(ground)
    assert states(ground) == {made[0]: ("done", "", "ls"), made[1]: ("done", "", "ls"), made[2]: ("failed", "elsewhere", "ls")}
    assert owners(ground) == true_owners(trial), "the mirror follows what the corp says, without a callback"
    with ground.db.tx() as conn:
        tries = {h.chat_id: h.tries for h in chats.handings(conn)}
    assert (tries[made[0]], tries[made[1]]) == (0, 1), "told again only where the corp had not heard"

    # The rest by what the vendor's own event says, and a chat that went over before it was asked for (90504).
    trial.ok(trial.post("externalcontact/groupchat/transfer", {"chat_id_list": [made[3]], "new_owner": "ls"}))
    box = trial.listen()
    assert len(chats.ask(ground, corp, "zs", "ls").chat_handing_ids) == 2
    assert len(chats.ask(ground, corp, "old", "ww").chat_handing_ids) == 1
    rest(ground)
    assert {states(ground)[c][0] for c in (made[3], made[4], before)} == {"done"}
    pass_by(clock, trial, 10)
    assert hear(ground, account, trial, box) == 2, "change_owner, of the two that we moved"
    rest(ground)
    assert owners(ground) == true_owners(trial) == dict.fromkeys(made, "ls") | {made[2]: "ww", before: "ww"}
    assert chats_here(ground, corp) == chats_there(trial)
    with ground.db.tx() as conn:
        assert chats.waiting(conn) == []
    pass_by(clock, trial, 86_400)
    assert walked(ground, account, "nightly").differences_n == 0


def test_chats_of_owners_at_work_and_the_limits(ground: Ground, clock: StillClock, trial: Trial, account: Account) -> None:
    corp = trial.corpid
    trial.staff("zs", "ls", "ww")
    made = [str(trial.hand("/groups", owner="zs", name=f"群{n}")["chat_id"]) for n in range(5)]
    pass_by(clock, trial, 60)  # the two worlds at one time
    walked(ground, account)
    assert len(chats.ask(ground, corp, "zs", "ls", most=2).chat_handing_ids) == 2
    rest(ground)
    first = [c for c, owner in owners(ground).items() if owner == "ls"]
    assert len(first) == 2 and owners(ground) == true_owners(trial)
    assert len(chats.ask(ground, corp, "ls", "zs", first[:1]).chat_handing_ids) == 1
    rest(ground)
    [twice] = chats.ask(ground, corp, "zs", "ww", first[:1]).refused
    assert twice.why == "twice" and twice.until is not None and twice.until == clock.now() + 90 * DAY

    # Of who lost the right to have customers we believe that they left; the corp says they did not, and takes it by the other interface.
    with ground.db.tx() as conn:
        [zs] = [g for g in relations.guides(conn, corp) if g.guide == "zs"]
        relations.keep_guides(conn, [relations.Guide(corp, "zs", zs.name, left_at=clock.now())], clock.now())
    [other] = [c for c in made if c not in first][:1]
    chats.ask(ground, corp, "zs", "ww", [other])
    rest(ground)
    assert states(ground)[other] == ("done", "", "ww") and true_owners(trial)[other] == "ww"

    with ground.db.tx() as conn:
        relations.keep_guides(conn, [zs], clock.now())

    # The corp would take a chat from whoever has it: what is somebody else's by now, unheard of here, stays theirs.
    for change in ({"add_member": "ww"}, {"owner": "ww"}):
        trial.hand("/deeds/group", chat_id=first[1], do="change", **change)
    chats.ask(ground, corp, "ls", "zs", [first[1]])
    rest(ground)
    assert states(ground)[first[1]] == ("failed", "elsewhere", "zs") and owners(ground) == true_owners(trial)
    assert owners(ground)[first[1]] == "ww"

    # The day of a new owner is full: the corp is not asked before the next one.
    last = [c for c in made if c not in (*first, other)]
    with ground.db.tx() as conn:
        conn.execute(
            """insert into chat_handings (account_id, corp, chat_id, from_guide, to_guide, is_resigned, state, asked_at, begun_at, ended_at,
                due_at) select %s, %s, 'wr' || n, 'zs', 'ls', true, 'done', %s, %s, %s, %s from generate_series(1, 297) n""",
            (account.account_id, corp, *[clock.now()] * 4),
        )
    midnight = chats.next_day(clock.now())
    assert chats.ask(ground, corp, "zs", "ls", last).days == ((clock.now(), 1), (midnight, 1)), "two went today before, and 297 others"
    assert sorted(states(ground)[c] for c in last) == [("asked", "", "ls"), ("asked", "day_full", "ls")]
    with ground.db.tx() as conn:  # somebody let both be due: the day is counted again before the corp is asked
        conn.execute("update chat_handings set due_at = %s where state = 'asked'", (clock.now(),))
    rest(ground)
    [waits] = [c for c in last if states(ground)[c] == ("asked", "day_full", "ls")]
    assert true_owners(trial)[waits] == "zs" and {true_owners(trial)[c] for c in last if c != waits} == {"ls"}
    pass_by(clock, trial, 86_400)
    rest(ground)
    assert states(ground)[waits] == ("done", "", "ls") and owners(ground) == true_owners(trial)
    # A chat that is gone says so.
    trial.hand("/deeds/group", chat_id=other, do="dismiss")
    chats.ask(ground, corp, "ww", "ls", [other])
    rest(ground)
    assert states(ground)[other] == ("failed", "dismissed", "ls") and other not in owners(ground)


def test_a_call_without_an_answer_is_looked_after_not_repeated(
    ground: Ground, clock: StillClock, trial: Trial, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    corp = trial.corpid
    trial.staff("zs", "ls")
    made = [str(trial.hand("/groups", owner="zs")["chat_id"]) for _ in range(2)]
    pass_by(clock, trial, 60)
    walked(ground, account)
    told: list[list[str]] = []
    plain = Client.transfer_groups

    def lost(self: Client, chat_ids: Sequence[str], new_owner: str, *, is_owner_resigned: bool) -> list[shapes.FailedGroup]:
        """The corp hears of the first chat, and nobody hears what it says."""
        told.append(list(chat_ids))
        if len(told) > 1:
            return plain(self, chat_ids, new_owner, is_owner_resigned=is_owner_resigned)
        plain(self, chat_ids[:1], new_owner, is_owner_resigned=is_owner_resigned)
        raise VendorError("no_answer", Trouble.UNKNOWN, "externalcontact/groupchat/onjob_transfer", is_unknown=True)

    monkeypatch.setattr(Client, "transfer_groups", lost)
    chats.ask(ground, corp, "zs", "ls", made)
    rest(ground)
    assert {s[:2] for s in states(ground).values()} == {("calling", "no_answer")} and told == [made]
    pass_by(clock, trial, 61)
    rest(ground)
    assert told == [made, made[1:]], "the one that went over is not told again"
    assert states(ground) == dict.fromkeys(made, ("done", "", "ls")) and owners(ground) == true_owners(trial)
