"""One suite that every channel passes: found by the registry, run against a vendor that really answers (or does not)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from tests.channels import connected
from tests.channels.welcome_desk import WelcomeDesk

from siyu import channels, gate
from siyu.base.clock import StillClock
from siyu.base.ground import Ground
from siyu.channels import attempts, breaker, flow
from siyu.channels.lines import line
from siyu.channels.loading import Item, load

_numbers = itertools.count(1)


class Rig:
    """One channel with its vendor: people at whom it behaves in a certain way, and its journal."""

    def __init__(self, name: str, shop, post, receiver) -> None:
        self.name, self.shop, self.post, self.receiver = name, shop, post, receiver
        self.is_idempotent = channels.channel_of(name).is_idempotent
        self.desk = DESKS[name](shop) if name in DESKS else None  # has person, copies, forget, close

    def person(self, how: str) -> int:
        if self.desk:
            return self.desk.person(how)
        if self.name == "email":
            domain = {"taken": "mail.example", "refused": "unknown.fault.example", "later": "greylist.fault.example",
                      "never": "full.fault.example", "lost": "kept.fault.example", "slow": "slow.fault.example"}[how]  # fmt: skip
            return self.shop.person(f"{how}{next(_numbers)}@{domain}")
        if self.name == "webhook":
            return self.shop.person(member=f"{how}-r{next(_numbers)}")
        raise AssertionError(f"the channel {self.name} has no rig: add one, with a vendor that really answers")

    def copies(self, intent_id: int) -> int:
        """How many messages of one intent the vendor holds for different ones."""
        if self.desk:
            return self.desk.copies(intent_id)
        if self.name == "email":
            return self.post.copies(self.shop.ground, intent_id)
        return len({number for number in self.receiver.taken if number.startswith(f"msg_{intent_id}_")})

    def in_batch(self, n: int, how: str) -> int:
        """Somebody for the batch, known to every vendor."""
        if self.desk:
            return self.desk.person(how)
        return self.shop.person(f"x{n}{how}@{'mail.example' if how == 'taken' else DOMAIN[how]}", member=f"{how}-b{n}")

    def forget(self, conn) -> None:
        """Have the channel no longer set up."""
        channels.forget_email(conn)
        channels.forget_webhook(conn)


DESKS = {"welcome": WelcomeDesk, **connected.DESKS}


@pytest.fixture(params=sorted(name for name, one in channels.channels().items() if not isinstance(one, channels.Courier)))
def rig(request: pytest.FixtureRequest, ground: Ground, shop, post, receiver, email_on, webhook_on) -> Iterator[Rig]:
    made = Rig(request.param, shop, post, receiver)
    yield made
    if made.desk:
        channels.hang_up(ground)
        made.desk.close()


def test_taken(rig: Rig, ground: Ground, shop) -> None:
    intent = shop.wish(rig.person("taken"), rig.name)
    assert channels.deliver(ground, rig.name) == 1
    assert shop.send(intent)[0] == "sent" and shop.permit(intent) == "sent" and shop.facts(intent) == ["sent"]
    assert rig.copies(intent) == 1
    assert channels.deliver(ground, rig.name) == 0


def test_refused(rig: Rig, ground: Ground, shop) -> None:
    intent = shop.wish(rig.person("refused"), rig.name)
    channels.deliver(ground, rig.name)
    state, code, _ = shop.send(intent)
    assert state == "rejected" and shop.permit(intent) == "rejected" and shop.facts(intent)[0] == "rejected" and rig.copies(intent) == 0
    for lang in ("zh", "en"):
        assert len(channels.reason(code, lang)) > 5


def test_later_means_later(rig: Rig, ground: Ground, shop, clock: StillClock) -> None:
    intent = shop.wish(rig.person("later"), rig.name)
    channels.deliver(ground, rig.name)
    assert shop.send(intent)[0] == "deferred" and shop.permit(intent) == "waiting" and shop.facts(intent) == []
    assert channels.deliver(ground, rig.name) == 0 and rig.copies(intent) == 0
    clock.move(breaker.FIRST_RETRY)
    channels.deliver(ground, rig.name)
    assert shop.send(intent)[0] == "sent" and shop.facts(intent) == ["sent"] and rig.copies(intent) == 1


def test_put_off_until_it_was_too_late(rig: Rig, ground: Ground, shop, clock: StillClock) -> None:
    """The story: a welcome that had no time left after 45033, and letters of a stormy day, stood as "to be tried again" for ever."""
    intent = shop.wish(rig.person("later"), rig.name)
    channels.deliver(ground, rig.name)
    _, code, tries = shop.send(intent)
    assert channels.give_up_outlived(ground) == 0, "there is time left"
    clock.at = shop.one("select expires_at from permits where intent_id = %s", intent)[0] + timedelta(seconds=1)
    while gate.tidy(ground):
        pass
    assert shop.permit(intent) == "withdrawn"
    assert (channels.give_up_outlived(ground), channels.give_up_outlived(ground)) == (1, 0)
    assert shop.send(intent) == ("rejected", code, tries) and shop.facts(intent) == ["rejected"]
    assert channels.deliver(ground, rig.name) == 0 and rig.copies(intent) == 0


def test_not_for_ever(rig: Rig, ground: Ground, shop, clock: StillClock) -> None:
    intent = shop.wish(rig.person("never"), rig.name)
    for _ in range(20):  # some of the times fall into quiet hours
        channels.deliver(ground, rig.name)
        clock.at = max(clock.at, shop.one("select due_at from permits where intent_id = %s", intent)[0])
    state, _, tries = shop.send(intent)
    assert (state, tries) == ("rejected", breaker.MOST_TRIES) and shop.permit(intent) == "rejected" and shop.facts(intent) == ["rejected"]


def test_an_answer_that_never_comes(rig: Rig, ground: Ground, shop, clock: StillClock) -> None:
    intent = shop.wish(rig.person("lost"), rig.name)
    channels.deliver(ground, rig.name)
    if not rig.is_idempotent:
        assert shop.send(intent)[0] == "unknown" and shop.permit(intent) == "unknown" and shop.facts(intent) == ["unknown"]
        with ground.db.tx() as conn:
            assert [one.intent_id for one in channels.unknown_sends(conn)] == [intent]
    clock.move(timedelta(hours=1))
    for _ in range(3):
        channels.deliver(ground, rig.name)
    assert rig.copies(intent) == 1
    if rig.is_idempotent:
        assert shop.send(intent)[0] == "sent" and shop.facts(intent) == ["sent"]
        assert rig.receiver.said[next(iter(rig.receiver.said))] == 2  # asked twice under one id


def test_a_vendor_that_takes_too_long(rig: Rig, ground: Ground, shop, clock: StillClock) -> None:
    intent = shop.wish(rig.person("slow"), rig.name)
    channels.deliver(ground, rig.name)
    assert shop.send(intent)[0] == ("deferred" if rig.is_idempotent else "unknown") and shop.send(intent)[1] == "no_answer"


def test_one_attempt_that_died(rig: Rig, ground: Ground, shop, clock: StillClock) -> None:
    """The row says `sending`, the sender is gone, nobody knows whether the vendor was called."""
    intent = shop.wish(rig.person("taken"), rig.name)
    begin_and_die(ground, rig.name)
    assert shop.send(intent)[0] == "sending"
    assert channels.deliver(ground, rig.name) == 0 and rig.copies(intent) == 0  # the lease still runs
    shop.lease_ends()
    for _ in range(4):
        channels.deliver(ground, rig.name)
    if rig.is_idempotent:
        assert shop.send(intent)[0] == "sent" and rig.copies(intent) == 1
    else:
        assert shop.send(intent)[:2] == ("unknown", "crashed") and rig.copies(intent) == 0
        assert shop.permit(intent) == "unknown" and shop.facts(intent) == ["unknown"]


def test_the_dead_sender_wakes(rig: Rig, ground: Ground, shop) -> None:
    """A sender that slept past its lease must not begin, and what it says of an attempt of somebody else's must not count."""
    intent = shop.wish(rig.person("taken"), rig.name)
    sleeper = claim(ground, rig.name)
    shop.lease_ends()
    channel = channels.channel_of(rig.name)
    assert begun(ground, rig.name, sleeper) is None
    if rig.is_idempotent:
        channels.deliver(ground, rig.name)
        assert shop.send(intent)[0] == "sent"
        late = attempts.Done(sleeper, channels.Result(channels.Answer.REFUSED, "x"), 0, ground.clock.now())
        finished(ground, channel, [late])
        assert shop.send(intent)[0] == "sent" and shop.permit(intent) == "sent" and shop.facts(intent) == ["sent"]


def test_two_who_hold_the_same_claim(rig: Rig, ground: Ground, shop) -> None:
    """The same permit and token twice (a bug elsewhere): the row lets one of them call."""
    shop.wish(rig.person("taken"), rig.name)
    item = claim(ground, rig.name)
    assert begun(ground, rig.name, item) == 0
    assert begun(ground, rig.name, item) is None


def test_a_no_between_claim_and_call(rig: Rig, ground: Ground, shop) -> None:
    person = rig.person("taken")
    intent = shop.wish(person, rig.name)
    item = claim(ground, rig.name)
    with ground.db.tx() as conn:
        gate.withdraw_person(ground, conn, person, rig.name, "marketing")
    channel = channels.channel_of(rig.name)
    assert begun(ground, rig.name, item) is None
    finished(ground, channel, [attempts.Done(item, None, 0, ground.clock.now(), ground.clock.now())])
    assert channels.deliver(ground, rig.name) == 0
    assert rig.copies(intent) == 0
    assert shop.one("select code from verdicts where intent_id = %s and step = 'claim'", intent)[0] == "unsubscribed"


def test_a_no_while_the_message_waits_for_its_call(rig: Rig, ground: Ground, shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """One thread, two messages: the second is begun while the first is under way, and then somebody says no to it."""
    people = [rig.in_batch(n, "taken") for n in range(2)]
    first, second = (shop.wish(person, rig.name) for person in people)
    the_line = line(ground, channels.channel_of(rig.name))
    send = the_line.send

    def and_then_no(prepared: object) -> channels.Result:
        with ground.db.tx() as conn:
            assert conn.execute("select state from sends where intent_id = %s", (second,)).fetchone() == ("sending",)
            gate.withdraw_person(ground, conn, people[1], rig.name, "marketing")
        return send(prepared)

    monkeypatch.setattr(flow, "_AT_ONCE", 0.0)
    monkeypatch.setattr(the_line, "width", 1)
    monkeypatch.setattr(the_line, "send", and_then_no)
    assert channels.deliver(ground, rig.name) == 2
    assert (rig.copies(first), rig.copies(second)) == (1, 0)
    assert channels.deliver(ground, rig.name) == 0
    assert shop.one("select code from verdicts where intent_id = %s and step = 'claim'", second)[0] == "unsubscribed"


@pytest.mark.parametrize("stop", ["pause", "withdraw"])
def test_an_origin_that_stops_between_claim_and_call(rig: Rig, ground: Ground, shop, stop: str) -> None:
    intent = shop.wish(rig.person("taken"), rig.name, origin_id=77)
    item = claim(ground, rig.name)
    with ground.db.tx() as conn:
        getattr(gate, stop)(ground, conn, "api", 77)
    channel = channels.channel_of(rig.name)
    assert begun(ground, rig.name, item) is None
    finished(ground, channel, [attempts.Done(item, None, 0, ground.clock.now(), ground.clock.now())])
    assert channels.deliver(ground, rig.name) == 0 and rig.copies(intent) == 0


def test_what_cannot_be_made_is_refused_with_its_reason(rig: Rig, ground: Ground, shop) -> None:
    needy = shop.content(rig.name, "thing1: {{ level }} 拒收请回复R", shop.starts.get(rig.name, ("", ""))[1] or "x")
    missing = shop.wish(rig.person("taken"), rig.name, version=needy)
    gone = shop.wish(rig.person("taken"), rig.name, content_id=999, origin_id=501)
    channels.deliver(ground, rig.name)
    assert shop.send(missing)[:2] == ("rejected", "value_missing") and shop.send(gone)[:2] == ("rejected", "no_content")
    assert shop.facts(missing) == ["rejected"] and shop.permit(missing) == "rejected"
    with ground.db.tx() as conn:
        shown = channels.message_log(conn, intent_id=missing)[0]
    assert "level" in channels.reason(shown.code, "zh", shown.why)


def test_a_channel_that_is_not_set_up_leaves_everything_waiting(rig: Rig, ground: Ground, shop) -> None:
    intent = shop.wish(rig.person("taken"), rig.name)
    with ground.db.tx() as conn:
        rig.forget(conn)
    if rig.desk:
        rig.desk.forget()
    assert channels.deliver(ground, rig.name) == 0
    assert shop.permit(intent) == "waiting"


def test_a_batch_is_sent_once_each_and_one_bad_one_holds_up_nobody(rig: Rig, ground: Ground, shop) -> None:
    hows = ["taken"] * 6 + ["refused", "later", "lost"]
    intents = {shop.wish(rig.in_batch(n, how), rig.name): how for n, how in enumerate(hows)}
    assert channels.deliver(ground, rig.name) == len(hows)
    for intent, how in intents.items():
        assert rig.copies(intent) == (1 if how in ("taken", "lost") else 0), how
        assert shop.send(intent)[0] in {"taken": ["sent"], "refused": ["rejected"], "later": ["deferred"],
                                        "lost": ["unknown", "deferred"]}[how]  # fmt: skip
    with ground.db.tx() as conn:
        assert len(channels.message_log(conn, channel=rig.name)) == len(hows)
        assert sum(channels.state_counts(conn, ground.clock.now(), timedelta(days=1))[rig.name].values()) == len(hows)


DOMAIN = {"refused": "unknown.fault.example", "later": "greylist.fault.example", "lost": "kept.fault.example"}


def claim(ground: Ground, name: str):
    """One claimed item, ready to begin."""
    the_line = line(ground, channels.channel_of(name))
    permits = gate.claim(ground, name, 1, timedelta(minutes=5))
    assert len(permits) == 1
    return load(ground, channels.channel_of(name), the_line, permits)[0]


def begin_and_die(ground: Ground, name: str) -> None:
    """Claim and write the attempt, then nothing more: as kill -9 leaves it just before or after the call."""
    assert begun(ground, name, claim(ground, name)) == 0


def begun(ground: Ground, name: str, item: Item) -> int | None:
    """Write the attempt of one item: its earlier tries, None when it may not begin."""
    channel = channels.channel_of(name)
    with ground.db.tx() as conn:
        found, _ = attempts.begin(conn, channel, line(ground, channel), [item], ground.clock.now())
    return found[0][1] if found else None


def finished(ground: Ground, channel: channels.Channel, done: list[attempts.Done]) -> None:
    """Write what became of items."""
    with ground.db.tx() as conn:
        attempts.finish(ground, conn, channel, done, breaker.WELL)


def test_a_setting_of_email_is_kept_sealed(ground: Ground, email_on: Callable[..., None]) -> None:
    email_on(user="shop", password="open sesame", security="starttls")
    with ground.db.tx() as conn:
        row = conn.execute("select value::text from settings where name = 'email.server'").fetchone()
        assert row and "open sesame" not in row[0]
        seen = channels.see_email(ground, conn)
        assert seen and seen.password == "open sesame" and "sesame" not in repr(seen)
