"""Laws of when: nobody is woken, nobody is written to unopened."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

from tests.gate import world as w
from tests.gate.laws.stage import DAY, HOUR, Stage, loose
from tests.gate.naive import wall_is_quiet

from siyu import gate, pool


def nobody_is_woken(stage: Stage) -> None:
    """Three days and nights around a change of clocks, people in four zones: no claim in anybody's night, and all of it arrives."""
    loose(stage.ground, quiet={"from": "21:00", "to": "08:00"})
    zones = ["Asia/Shanghai", "America/New_York", "Europe/Berlin", "America/Los_Angeles"]
    for start in (datetime(2026, 10, 24, tzinfo=UTC), datetime(2027, 3, 13, tzinfo=UTC)):
        stage.clock.at = start
        with stage.ground.db.tx() as conn:
            ids = w.people(conn, len(zones))
            conn.cursor().executemany(
                "insert into profiles (person_id, traits) values (%s, jsonb_build_object('time_zone', %s::text))",
                list(zip(ids[1:], zones[1:], strict=True)),  # the first has no trait: the brand's zone holds
            )
        where = dict(zip(ids, zones, strict=True))
        expected, found = Counter[int](), Counter[int]()
        for step in range(3 * 8):
            now = stage.clock.now()
            if now < start + 2 * DAY:
                w.ask(stage.ground, *(w.intent(stage.ground, p) for p in ids))
                expected.update(ids)
            gate.judge(stage.ground)
            for permit in w.claim(stage.ground, limit=1000) if step % 2 else ():  # some wait into the night
                assert not wall_is_quiet("21:00", "08:00", where[permit.person_id], now), (where[permit.person_id], now)
                found[permit.person_id] += 1
            stage.clock.move(3 * HOUR)
        assert found == expected


CHAT = [  # what the customer does, how many answers are asked for, from how many hours on they may go, how long it is until the next
    ("text", 6, 0, timedelta(seconds=20)),  # five may go, and not one more
    ("", 0, 0, 49 * HOUR),
    ("", 2, 0, timedelta(seconds=20)),  # it was open once
    ("event", 4, 0, timedelta(minutes=2)),  # a press of a button opens for three, and for a minute
    ("", 2, 0, 49 * HOUR),
    ("text", 2, 30, 49 * HOUR),
    ("", 0, 0, HOUR),  # open when it was asked, and shut when it would be claimed
]


def nobody_is_written_to_unopened(stage: Stage) -> None:
    """Two months of a chat: what was claimed is held against what the customer did, message by message."""
    ground, dice = stage.ground, random.Random(5)
    waits = [timedelta(seconds=20), timedelta(minutes=2), HOUR, 20 * HOUR, 49 * HOUR]
    drawn = [
        (dice.choice(["text", "event", "", "", ""]), dice.randint(0, 4), dice.choice([0, 0, 1, 30]), dice.choice(waits)) for _ in range(45)
    ]
    loose(ground)
    with ground.db.tx() as conn:
        (person,) = w.people(conn, kind="openid")
        source = pool.ensure_source(conn, "official:wx", "wechat", now=stage.clock.now())
    deeds: list[tuple[str, datetime]] = []
    sent: list[datetime] = []
    for number, (did, asked, hours, wait) in enumerate(CHAT + drawn):
        if did:
            deeds.append((did, stage.clock.now()))
            fact = pool.Fact(
                "message.received", f"d{number}", stage.clock.now(), data={"channel": "official", "kind": did}, subject_id=person
            )
            with ground.db.tx() as conn:
                pool.record(ground, conn, source, [fact])
        late = stage.clock.now() + hours * HOUR
        w.ask(ground, *(w.intent(ground, person, channel="official_chat", purpose="service", not_before=late) for _ in range(asked)))
        while gate.judge(ground):
            pass
        for permit in w.claim(ground, "official_chat"):
            sent.append(stage.clock.now())
            w.settle(ground, permit)
        stage.clock.move(wait)
    for place, at in enumerate(sent):
        open_ = False
        for kind, n, within in (("text", 5, 48 * HOUR), ("event", 3, timedelta(minutes=1))):
            last = max((when for what, when in deeds if what == kind and when <= at), default=None)
            if last is not None and at < last + within:
                open_ |= sum(last <= when for when in sent[: place + 1]) <= n
        assert open_, f"message {place} went out unasked, or was one too many"
    assert len(sent) > 10, "hardly anything was sent: the story shows nothing"
