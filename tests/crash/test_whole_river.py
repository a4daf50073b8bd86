"""300 deaths by kill -9 across ingest, fold, ask, judge, claim and send: nothing acknowledged is lost, no letter goes out twice."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.channels.vendors import Post
from tests.crash.zygote import PEOPLE_A_BATCH, facts_of

from siyu import channels, content, pool
from siyu.base.ground import Ground
from siyu.base.ids import key_of
from siyu.sandbox.mail import Faults, PostOffice

ROOT = Path(__file__).parents[2]


class Lives:
    """The zygote, told how each life shall end."""

    def __init__(self, **words: Any) -> None:
        self.words = words
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.zygote"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )

    def one(self, end_at: int) -> str:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(self.words | {"end_at": end_at}) + "\n")
        self.process.stdin.flush()
        return str(json.loads(self.process.stdout.readline())["end"])

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(20)


def died_across_the_river(ground: Ground, folder: Path, *, kills: int, batches: int, seed: int) -> dict[str, Any]:
    """Let lives die until `kills` of them have, then let one live in peace; check every promise; say what was seen."""
    post = Post(PostOffice(folder / "mail.db", ground.clock.now, 1, Faults()))
    with ground.db.tx() as conn:
        channels.set_email(
            ground,
            conn,
            channels.EmailSettings(host="127.0.0.1", port=post.port, security="plain", sender="hello@brand.example", connections=2),
        )
        letter = content.keep(
            ground, conn, "letter", "email", "{{ name | fallback: '您' }}，上新了", "上新了。\n\n[[去看看]](https://shop.example/new)"
        )
        source_id = pool.ensure_source(conn, "till", "system", now=ground.clock.now())
    lives = Lives(
        url=ground.db.url,
        at=ground.clock.now().isoformat(),
        folder=str(folder),
        batches=batches,
        content_id=letter.content_id,
        source_id=source_id,
    )
    dice, ends = random.Random(seed), Counter[str]()
    try:
        deaths = 0
        while deaths < kills:
            end = lives.one(dice.randint(1, dice.choice((14, 26, 80))))
            assert not end.startswith(("error", "silence")), end
            if end.startswith("peace"):
                break
            deaths += 1
            ends[end] += 1
            _leases_end(ground)
        for _ in range(3):
            end = lives.one(0)
            assert end.startswith("peace"), end
            _leases_end(ground)
    finally:
        lives.close()
        post.close()
    return _checked(ground, folder, post, batches, source_id) | {"kills": deaths, "ends": dict(ends)}


def _leases_end(ground: Ground) -> None:
    """Let every lease run out, as if its time had passed."""
    with ground.db.tx() as conn:
        conn.execute("update permit_queue set lease_until = now() - interval '1 hour' where state = 'claimed'")
        conn.execute("update sends set lease_until = now() - interval '1 hour' where state = 'sending'")


def _checked(ground: Ground, folder: Path, post: Post, batches: int, source_id: int) -> dict[str, Any]:
    now = ground.clock.now()
    acknowledged = [int(line) for line in (folder / "acknowledged").read_text().splitlines()]
    assert acknowledged == list(range(batches))
    with ground.db.tx() as conn:
        promised = {key_of(source_id, fact.id) for batch in acknowledged for fact in facts_of(batch, now)}
        stored = Counter(row[0] for row in conn.execute("select key from facts where source_id = %s", [source_id]))
        assert set(stored) == promised  # nothing acknowledged is lost, nothing was made up
        assert set(stored.values()) == {1}  # and nothing is there twice
        people = batches * PEOPLE_A_BATCH
        assert conn.execute("select count(*), sum(orders_n), sum(spent_minor) from profiles").fetchone() == (
            people, people, sum(100 + n for n in range(people)),
        )  # fmt: skip
        intents = [row[0] for row in conn.execute("select intent_id from intents")]
        assert len(intents) == people
        states = dict(conn.execute("select intent_id, state from permits").fetchall())
        sends = dict(conn.execute("select intent_id, state from sends").fetchall())
        unknown = {one.intent_id for one in channels.unknown_sends(conn, limit=people)}
        sent_facts = Counter(row[0] for row in conn.execute("select object from facts where type = 'message.sent'"))
    copies = {intent: _copies(folder, ground, intent) for intent in intents}
    assert max(copies.values()) <= 1, "a letter went out twice"
    assert set(states.values()) <= {"sent", "unknown"}, states
    assert all(copies[i] == 1 for i, state in sends.items() if state == "sent")
    assert unknown == {i for i, state in sends.items() if state == "unknown"}, "every unknown is shown"
    assert set(sent_facts.values()) <= {1}
    assert {int(i) for i in sent_facts} == {i for i, state in sends.items() if state == "sent"}
    return {"people": people, "sent": sum(s == "sent" for s in sends.values()), "unknown": len(unknown), "letters": sum(copies.values())}


def _copies(folder: Path, ground: Ground, intent_id: int) -> int:
    import sqlite3

    from siyu.channels.email.letter import message_id

    with sqlite3.connect(folder / "mail.db") as box:
        row = box.execute(
            "select count(*) from mails where message_id = ?", [message_id(ground.vault, intent_id, "brand.example")]
        ).fetchone()
    return int(row[0])


@pytest.mark.crash
def test_three_hundred_deaths(ground: Ground, tmp_path: Path) -> None:
    seen = died_across_the_river(ground, tmp_path, kills=300, batches=64, seed=11)
    rooms = {end.split()[-1].split(".")[1] for end in seen["ends"] if "siyu." in end}
    assert seen["kills"] == 300
    assert {"pool", "gate", "channels"} <= rooms, seen["ends"]
    assert any(end.startswith(("before saying", "after saying", "after hearing")) for end in seen["ends"])
    with ground.db.tx() as conn:
        assert channels.state_counts(conn, ground.clock.now(), timedelta(days=1))
