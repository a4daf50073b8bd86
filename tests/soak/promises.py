"""What must be true at the end of a simulated month; each promise fails with what was found instead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from tests.soak.world import World

from siyu import channels, gate, pool

EVERYBODY: dict[str, Any] = {"siyu_rule": 1, "where": {"all": []}}
_WELCOME_FOR = 20  # seconds
_MONTH_QUOTA = 31  # mass messages that a customer gets in a month: as many as it has days
_BLOCK = timedelta(seconds=3660)  # how long the vendor goes on refusing after 45009: a minute, then an hour
_SHOWN = 5
_GONE = ("84061", "40096", "60111")  # the customer or the guide was gone before their tag could be put


def kept(world: World, account_id: int, corp: str, storms: set[datetime], broadcasts: list[int]) -> dict[str, Any]:
    """Look at every promise; gives the figures."""
    letters = _letters(world)
    seen: dict[str, Any] = {}
    broken: list[str] = []
    for promise in (
        lambda: _relations(world, corp, letters),
        lambda: _chats(world, corp),
        lambda: _followers(world, corp),
        lambda: _welcomes(world, corp, letters, storms),
        lambda: _messages(world, broadcasts),
        lambda: _chat_messages(world),
        lambda: _posts(world),
        lambda: _handed_over(world),
        lambda: _refusals(world),
        lambda: _inbox(world, account_id, letters),
    ):
        try:
            seen |= promise()
        except AssertionError as err:  # a month is long: all that is broken is told at once
            broken.append(str(err))
    assert not broken, "\n".join(broken)
    return seen


def _same(what: str, here: Iterable[Any], there: Iterable[Any]) -> None:
    ours, theirs = set(here), set(there)
    assert ours == theirs, f"{what}: only here {sorted(ours - theirs)[:_SHOWN]} ({len(ours - theirs)}), only there " + (
        f"{sorted(theirs - ours)[:_SHOWN]} ({len(theirs - ours)})"
    )


def _letters(world: World) -> list[dict[str, Any]]:
    """Every event that the corp told or meant to tell, with its fate."""
    found: list[dict[str, Any]] = []
    after = 0
    while rows := world.ask(f"/sandbox/corp/callbacks?after={after}&limit=10000")["letters"]:
        found += rows
        after = rows[-1]["number"]
    return found


def _is_told(letter: dict[str, Any]) -> bool:
    return "delivered" in letter["fate"]


def _relations(world: World, corp: str, letters: list[dict[str, Any]]) -> dict[str, Any]:
    """Contacts, by what code they came, tags: as the corp has them."""
    truth = world.walk("/truth/contacts", "follows")
    friends = {(row["userid"], row["external_userid"]): row for row in truth if row["stage"] == "both"}
    ours = {
        (row[0], row[1]): row
        for row in world.rows(
            "select c.guide, i.value, c.state, c.tags, c.ended_by from contacts c join identifiers i on i.identifier_id = c.subject"
            " where c.corp = %(corp)s and c.is_active",
            corp=corp,
        )
    }
    # That a customer removed a guide no list tells: where that one event was lost, nobody outside the two phones can know it.
    untold = {
        (one["fields"]["UserID"], one["fields"]["ExternalUserID"])
        for one in letters
        if one["change"] == "del_follow_user" and not _is_told(one)
    }
    lost = {(row["userid"], row["external_userid"]) for row in truth if row["stage"] == "lost"}
    unknowable = (set(ours) & lost) & untold
    _same("contacts", set(ours) - unknowable, friends)
    _same("what they came by", [(*k, ours[k][2]) for k in friends], [(*k, row["state"]) for k, row in friends.items()])
    _same("tags", [(*k, *sorted(ours[k][3])) for k in friends], [(*k, *row["tags"]) for k, row in friends.items()])
    left = {row["userid"] for row in world.ask("/sandbox/corp/members") if row["status"] == 5}
    gone = {row[0] for row in world.rows("select guide from guides where corp = %(corp)s and left_at is not null", corp=corp)}
    _same("guides who left", gone & left, left)
    return {"friends": len(friends), "lost_friends": len(lost), "unknowable": len(unknowable), "guides_left": len(left)}


def _chats(world: World, corp: str) -> dict[str, Any]:
    """Who is in a chat and who owns it: as the corp has it."""
    chats = world.ask("/sandbox/corp/truth/groups")
    with world.ground.db.tx() as conn:
        owned = [(one.chat_id, one.owner) for one in pool.relations.groups(conn, corp) if one.dismissed_at is None]
    _same("owners of chats", owned, [(chat["chat_id"], chat["owner"]) for chat in chats])
    truth = {(chat["chat_id"], who) for chat in chats for who, member in chat["members"].items() if member["kind"] == 2}
    ours = world.rows(
        "select m.chat_id, i.value from group_members m join identifiers i on i.identifier_id = m.subject"
        " where m.corp = %(corp)s and m.is_in",
        corp=corp,
    )
    _same("members of chats", ours, truth)
    return {"in_chats": len(truth)}


def _followers(world: World, corp: str) -> dict[str, Any]:
    """Who follows the official account; and who of them is a customer of the corp is one person with them."""
    members = [one for one in world.ask(f"{world.wechat}/truth")["members"] if one["is_following"]]
    ours = world.rows(
        "select i.value, i.person_id from identifiers i join folds f on f.subject = i.identifier_id"
        " where i.kind = 'openid' and i.scope = %(appid)s and f.seen_types->'account.followed'->>1"
        " > coalesce(f.seen_types->'account.unfollowed'->>1, '')",
        appid=world.appid,
    )
    _same("followers", [row[0] for row in ours], [one["openid"] for one in members])
    person = dict(ours)
    customer = dict(world.rows("select value, person_id from identifiers where kind = 'external_userid' and scope = %(corp)s", corp=corp))
    both = [(one["openid"], one["person_id"]) for one in members if one["person_id"] in customer]
    parted = [pair for pair in both if person[pair[0]] != customer[pair[1]]]
    assert not parted, f"{len(parted)} followers are not one person with the customer they are: {parted[:_SHOWN]}"
    return {"followers": len(members), "followers_who_are_customers": len(both)}


def _welcomes(world: World, corp: str, letters: list[dict[str, Any]], storms: set[datetime]) -> dict[str, Any]:
    """Whoever came by one of our codes, and whose event arrived in time, was greeted once; and nobody twice."""
    given = {one["code"]: one for one in world.ask("/sandbox/corp/truth/welcomes") if one["kind"] == "customer"}
    greeted = Counter(note["external_userid"] for note in world.walk("/truth/notes?kind=welcome", "notes"))
    used = Counter(one["external_userid"] for one in given.values() if one["sent_by"])
    assert greeted == used, f"greeted otherwise than by their codes: {list((greeted - used) + (used - greeted))[:_SHOWN]}"
    states = {row[0] for row in world.rows("select state from live_codes where corp = %(corp)s and kind = 'person'", corp=corp)}
    arrived = {
        row[0]: (row[1], row[2])
        for row in world.rows(
            "select data->>'welcome_code', received_at, extract(epoch from received_at - occurred_at) from facts"
            " where type in ('contact.added', 'contact.half_added') and data ? 'welcome_code'"
        )
    }
    chatting = {  # they spoke in the same second: the vendor refuses a welcome (41051)
        row[0]
        for row in world.rows(
            "select i.value from sends d join identifiers i using (person_id) where d.code = 'welcome_41051' and i.kind = 'external_userid'"
        )
    }
    pairs = [(one["fields"].get("UserID"), one["fields"].get("ExternalUserID")) for one in letters]
    codes_given = [one["fields"].get("WelcomeCode") for one in letters]
    greeted_pairs = {pair for pair, code in zip(pairs, codes_given, strict=True) if code and given.get(code, {}).get("sent_by")}
    halves = {pair for pair, one in zip(pairs, letters, strict=True) if one["change"] == "add_half_external_contact"} & greeted_pairs
    counts: Counter[str] = Counter()
    missed = []
    for one, pair in zip(letters, pairs, strict=True):
        code, state = one["fields"].get("WelcomeCode"), one["fields"].get("State")
        if not code or one["change"] not in ("add_external_contact", "add_half_external_contact") or state not in states:
            continue
        read_at, after = arrived.get(code, (None, None))
        if given[code]["sent_by"]:
            counts["greeted"] += 1
        elif pair in halves:
            counts["greeted_by_the_other_event"] += 1  # half added, then added: one adding, one welcome
        elif not _is_told(one):
            counts["never_told"] += 1
        elif after is not None and after >= _WELCOME_FOR:
            counts["told_too_late"] += 1
        elif read_at is not None and any(begin <= read_at <= begin + _BLOCK for begin in storms):
            counts["in_a_storm"] += 1
        elif one["fields"]["ExternalUserID"] in chatting:
            counts["chatting_already"] += 1
        else:
            missed.append((one["number"], one["fate"], float(after or 0), one["fields"]["ExternalUserID"]))
    assert not missed, f"{len(missed)} welcomes were missed that could be sent: {missed[:_SHOWN]}, for {_why(world, missed)}"
    return {"welcomes": dict(counts)}


def _why(world: World, missed: list[tuple[Any, ...]]) -> Counter[Any]:
    """What the platform says became of these welcomes."""
    return Counter(
        row[:4]
        for row in world.rows(
            "select s.welcome, p.state, coalesce(d.code, ''), coalesce(v.code, ''), s.added_at"
            " from live_code_scans s join identifiers i on i.identifier_id = s.subject left join intents t on t.key = s.intent_key"
            " left join permits p on p.intent_id = t.intent_id left join sends d on d.intent_id = t.intent_id"
            " left join verdicts v on v.intent_id = t.intent_id and v.step = 'claim' where i.value = any(%(who)s)",
            who=[one[3] for one in missed],
        )
    )


def _messages(world: World, broadcasts: list[int]) -> dict[str, Any]:
    """Nobody got the same broadcast twice, nobody more than the platform lets them have, nobody more than the gate lets them have."""
    notes = world.walk("/truth/notes?kind=mass", "notes")
    twice = [key for key, n in Counter((note["external_userid"], note["text"]) for note in notes).items() if n > 1]
    assert not twice, f"{len(twice)} customers got a message twice: {twice[:_SHOWN]}"
    most = Counter(note["external_userid"] for note in notes)
    assert max(most.values(), default=0) <= _MONTH_QUOTA
    sent = world.rows("select count(*), count(distinct intent_id) from sends where channel = 'wecom' and state = 'sent'")[0]
    assert sent[0] == len(notes), f"{sent[0]} messages count as sent, {len(notes)} arrived"
    for channel in ("wecom", "welcome"):
        stuck = world.rows(
            "select state, count(*) from permits where channel = %(channel)s and state = 'claimed' group by 1", channel=channel
        )
        assert not stuck, f"permits of {channel} are still under way: {stuck}"
    return {"mass_sent": len(notes), "broadcasts": len(broadcasts)}


def _chat_messages(world: World) -> dict[str, Any]:
    """No chat got the same message twice, and those that count as sent are those that arrived."""
    notes = world.walk("/truth/notes?kind=group_mass", "notes")
    twice = [key for key, n in Counter((note["external_userid"], note["about"], note["text"]) for note in notes).items() if n > 1]
    assert not twice, f"{len(twice)} chats got a message twice: {twice[:_SHOWN]}"
    states = dict(world.rows("select state, count(*) from mass_groups group by 1"))
    assert not {"planned", "open"} & set(states), f"messages to chats are still under way: {states}"
    ours = {
        (row[0], row[1])
        for row in world.rows("select g.chat_id, t.body from mass_groups g join mass_tasks t using (task_id) where g.state = 'sent'")
    }
    missing = {(note["about"], note["text"]) for note in notes} - ours
    assert not missing, f"arrived in chats and not counted as sent: {list(missing)[:_SHOWN]}"
    silent = world.rows("select count(*) from mass_groups where state not in ('sent', 'unconfirmed', 'cancelled') and code = ''")[0][0]
    assert not silent, f"{silent} chats got nothing and no reason"
    return {"chat_messages": states}


def _posts(world: World) -> dict[str, Any]:
    """Nobody saw a guide's post twice in Moments."""
    notes = world.walk("/truth/notes?kind=moment", "notes")
    seen = Counter((note["external_userid"], note["userid"], note["text"]) for note in notes)
    twice = [key for key, n in seen.items() if n > 1]
    assert not twice, f"{len(twice)} customers saw a post twice: {twice[:_SHOWN]}"
    return {"posts_seen": len(notes)}


def _handed_over(world: World) -> dict[str, Any]:
    """Every hand-over came to an end that has a reason."""
    found: dict[str, dict[str, int]] = {}
    for name, table in (("handed_over", "handings"), ("chats_handed_over", "chat_handings")):
        found[name] = dict(world.rows(f"select state, count(*) from {table} group by 1"))
        assert not {"asked", "calling", "waiting"} & set(found[name]), f"{table} are still under way: {found[name]}"
        silent = world.rows(f"select count(*) from {table} where state = 'failed' and code = ''")[0][0]
        assert not silent, f"{silent} {table} failed without a reason"
    return found


def _refusals(world: World) -> dict[str, Any]:
    """Whatever was not sent has an answer that a person can read, in both languages."""
    silent = world.rows(
        "select count(*) from intents i where not i.is_control and not exists (select from verdicts v where v.intent_id = i.intent_id)"
    )[0][0]
    assert not silent, f"{silent} wishes were never judged"
    said: Counter[str] = Counter()
    for channel, code, n, person_id in world.rows(
        "select i.channel, v.code, count(*), min(i.person_id) from verdicts v join intents i using (intent_id)"
        " where v.code <> 'permit' group by 1, 2"
    ):
        said[f"{channel} {code}"] = n
        with world.ground.db.tx() as conn:
            for lang in ("zh", "en"):
                words = [answer.reason for asked in gate.why(conn, person_id, lang) for answer in asked.said if answer.code == code]
                assert words and all(words), f"{channel} {code} has no words in {lang}"
    for channel, state, code, n in world.rows("select channel, state, code, count(*) from sends where state <> 'sent' group by 1, 2, 3"):
        said[f"{channel} {state} {code}"] = n
        assert state not in ("sending", "deferred"), f"{n} messages of {channel} are still {state}"
        for lang in ("zh", "en"):
            assert channels.reason(code, lang), f"{channel} {code} has no words in {lang}"
    return {"refusals": dict(sorted(said.items()))}


def _inbox(world: World, account_id: int, letters: list[dict[str, Any]]) -> dict[str, Any]:
    """Every event that was delivered is stored once and done; every deed at the vendor came to an end."""
    rows = dict(world.rows("select state, count(*) from callbacks where account_id = %(account)s group by 1", account=account_id))
    assert set(rows) <= {"done"}, f"callbacks that are not done: {rows}"
    deeds = Counter({(row[0], row[1]): row[2] for row in world.rows("select state, error, count(*) from live_code_deeds group by 1, 2")})
    odd = {key: n for key, n in deeds.items() if key[0] != "done" and (key[0] != "failed" or key[1] not in _GONE)}
    assert not odd, f"tags or remarks that came to no end, or to one that cannot be: {odd}"
    waiting = world.rows("select kind, count(*), max(error) from sync_wishes group by 1")
    assert not waiting, f"wishes that were never fulfilled: {waiting}"
    differences = world.rows("select kind, count(*) from sync_differences group by 1 order by 1")
    fates = Counter(fate for one in letters for fate in one["fate"])
    calls = {"ok": 0} | {f"{one['errcode']}": 0 for one in world.ask("/sandbox/corp/calls")}
    for one in world.ask("/sandbox/corp/calls"):
        calls["ok" if one["errcode"] == 0 else f"{one['errcode']}"] += one["n"]
    return {
        "events": len(letters), "fates": dict(fates), "deeds": {" ".join(filter(None, key)): n for key, n in deeds.items()},
        "healed": dict(differences), "calls": {k: n for k, n in calls.items() if k != "0"},
    }  # fmt: skip
