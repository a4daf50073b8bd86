"""A simulated month of a corp: customers come by codes, chat, leave, tell friends and buy; guides confirm, put away and resign.

Callbacks are lost, doubled and late; tokens die; the vendor says that it is too much. At its end the pool must be what the corp truly is.

`make soak ARGS="month --customers 20000 --guides 40 --days 30"` writes one JSON line to bench/results/month.jsonl; tests/soak/test_month.py
runs a small one. A promise that is not kept is an AssertionError that names it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.soak import promises
from tests.soak.world import World, opened

from siyu import content, growth, journeys, pool
from siyu.base import embedded, migrate
from siyu.base.db import Database
from siyu.base.vault import Vault
from siyu.channels import channels, group_sends, moments
from siyu.sources import handing, http, sync
from siyu.sources.connecting import connect_sandbox
from siyu.vendors import set_limits

ROOT = Path(__file__).parents[2]
START = datetime(2026, 3, 1, 1, 0, tzinfo=UTC)  # 09:00 in China on the first of a month
CODES = ("地铁站", "门店", "公众号", "包裹卡", "朋友推荐")
_PRODUCTS = [
    {"sku": f"T{n}", "name": name, "price_minor": price}
    for n, (name, price) in enumerate((("绿茶", 3900), ("红茶", 5900), ("茶具", 12900)))
]
_MASS_HOUR, _MASS_EVERY = 11, 6  # the hour of the day in China, and every how many days all customers are written to
_GROUPS_EVERY, _POST_EVERY = 4, 9  # days between messages to all chats, and between posts in Moments


_OLD_ENOUGH = timedelta(minutes=11)  # what came in the last minutes is looked at again when it is settled at the vendor
_UNDER_WAY = """
select from permits where channel = 'wecom' and state = 'claimed'
union all select from mass_groups where state in ('planned', 'open')
union all select from handings where state in ('asked', 'calling', 'waiting')
union all select from chat_handings where state in ('asked', 'calling', 'waiting') limit 1
"""


@dataclass(frozen=True)
class Size:
    """How large a month is. `customers` are there at its end, about; `step` is how many hours the clock is moved at once."""

    customers: int = 20_000
    guides: int = 40
    days: int = 30
    step: int = 1
    seed: int = 1
    lost: float = 0.02  # share of the callbacks that never come

    @property
    def settled(self) -> int:
        """Who is there at the beginning: six of ten."""
        return self.customers * 6 // 10

    @property
    def habits(self) -> dict[str, float]:
        """What happens a day, so that the rest comes within the month."""
        new = (self.customers - self.settled) / self.days
        share = self.customers / 20_000
        return {
            "scans": new * 0.93, "refers": new * 0.07, "returns": max(2.0, 30 * share), "links": 0.0, "says": max(20.0, 1000 * share),
            "deletes": max(3.0, 40 * share), "member_deletes": max(1.0, 6 * share), "edits": max(10.0, 200 * share),
            "joins": max(8.0, 120 * share), "leaves": max(3.0, 30 * share), "buys": max(5.0, 300 * share), "resigns": self.guides / 400,
        }  # fmt: skip


class Month:
    """One month, lived from `begin` to `close`. `storms` are the moments at which the vendor said that it was too much."""

    def __init__(self, world: World, size: Size, tell: Callable[[str], None] = lambda _: None) -> None:
        self.world, self.size, self.dice, self.tell = world, size, Random(size.seed), tell
        self.storms: set[datetime] = set()
        self.broadcasts: list[int] = []
        self.lived: dict[str, Any] = {}
        self.account_id, self.corp, self.official_id = 0, "", 0

    def live(self) -> dict[str, Any]:
        """All of it. Gives what was seen, once every promise was found kept."""
        self.begin()
        for day in range(self.size.days):
            self.tell(f"day {day + 1} of {self.size.days}: {self._so_far()}")
            self.day(day)
        self.tell(f"the end: {self._so_far()}")
        self.close()
        seen = promises.kept(self.world, self.account_id, self.corp, self.storms, self.broadcasts)
        return asdict(self.size) | seen | {"people_did": self.lived["did"], "shop": self.lived["shop"]}

    # -- the parts -------------------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """A corp with customers, connected and walked; five codes with welcomes; people who live."""
        world, size = self.world, self.size
        there = len(world.ask("/sandbox/corp/members"))
        if size.guides > there:
            world.corp("/members", n=size.guides - there)
        else:
            world.corp("/members", members=[{"userid": f"guide{n + 1:03d}", "has_customers": False} for n in range(size.guides, there)])
        guides = [f"guide{n + 1:03d}" for n in range(size.guides)]
        world.corp("/contacts", n=size.settled, userids=guides, days=300)
        some = [row["external_userid"] for row in world.ask("/sandbox/corp/truth/contacts?limit=60")["follows"]]
        chats = [
            world.corp("/groups", owner=guide, name=f"茶友群{n}", customers=some[n * 20 : n * 20 + 20], is_quiet=True)["chat_id"]
            for n, guide in enumerate([*guides[:2], guides[-1]])  # the last one leaves
        ]
        tags = world.corp("/tags", group="来源", tags=["新客", "活动"])["tag_id"]
        made = connect_sandbox(world.ground, world.url)
        assert not any(one.trouble for one in made), [one.trouble for one in made]
        wecom, official = (next(one.account for one in made if one.account.kind == kind) for kind in ("wecom", "official"))
        self.account_id, self.corp = wecom.account_id, wecom.app_id
        self.official_id, world.appid = official.account_id, official.app_id
        with world.ground.db.tx() as conn:
            # We pace ourselves by the wall's clock; half a day of the story passes in seconds, and tokens die in it.
            fetched = {"per_second": 50, "many": 100_000, "at_once": 10_000}
            set_limits(conn, {"wecom": {"gettoken": fetched}, "official": {"cgi-bin/stable_token": fetched}}, at=world.clock.now())
        self._sync("first")
        with world.ground.db.tx() as conn:
            greeting = content.keep(world.ground, conn, "欢迎", growth.CHANNEL, "", "您好，欢迎来到小满茶铺。", purpose="service")
            for number, name in enumerate(CODES):
                team = guides if number == 0 else self.dice.sample(guides, max(2, len(guides) // 4))
                growth.make(
                    world.ground, conn,
                    growth.Draft(
                        name=name, account_id=self.account_id, guides=tuple(growth.CodeGuide(one) for one in team),
                        rotation=tuple(growth.Rotation)[number % 4], corp_tags=(tags[0],),
                        remark_pattern="", welcomes=(growth.Welcome(greeting.content_id),),
                    ),
                )  # fmt: skip
            growth.make(
                world.ground, conn,
                growth.Draft(name="茶友群", account_id=self.account_id, kind=growth.CodeKind.GROUP, chats=tuple(chats), chat_limit=60),
            )  # fmt: skip
            write_key = http.renew_key(conn, "shop", now=world.clock.now())
        world.settle()
        world.daily()
        world.corp("/faults", lost=size.lost, doubled=0.05, late=0.05, late_for=60)
        words = {"base_url": world.ground.config.base_url, "write_key": write_key, "products": _PRODUCTS}
        world.corp("/life", **size.habits, shop=words)
        known = world.walk("/truth/contacts", "follows")[: size.customers // 4]
        people = [{"person_id": row["external_userid"], "unionid": row["unionid"], "phone": row["mobile"]} for row in known]
        world.ask("/sandbox/wechat/people", {"people": people})
        world.ask(f"{world.wechat}/faults", {"lost": size.lost, "doubled": 0.05, "late": 0.05, "late_for": 60})
        many = max(10, size.customers / 200)
        world.ask(f"{world.wechat}/life", {"follows": many, "unfollows": many / 8, "writes": many, "returns": 0, "clicks": 0, "answers": 0})

    def day(self, day: int) -> None:
        """One day: the clock goes on by steps; now and then a token dies or a storm comes; at night the corp is walked."""
        stormy = {self.dice.randrange(24 // self.size.step): kind for kind in ("limited", "crowded") if self.dice.random() < 0.5}
        if day == self.size.days // 2:
            self.world.corp("/deeds/resign", userid=f"guide{self.size.guides:03d}")
        dying = self.dice.randrange(24 // self.size.step)
        for number in range(24 // self.size.step):
            at = START + timedelta(days=day, hours=(number + 1) * self.size.step)
            if number == dying:
                self.world.corp("/tokens/expire", **({"as": "invalid"} if day % 2 else {}))
            if storm := stormy.get(number):
                self.storms.add(at)
                self.world.corp("/faults", **{storm: 0.4})
            self.world.go(at)
            self._rest(at)
            if storm:
                self.world.corp("/faults", **{storm: 0})
            if (at.hour + 8) % 24 in range(_MASS_HOUR, _MASS_HOUR + self.size.step) and day % _MASS_EVERY == 1:
                self._write_to_all(day)
            if (at.hour + 8) % 24 in range(_MASS_HOUR, _MASS_HOUR + self.size.step):
                self._write_to_groups(day)
                self._hand_over(day)
        self.world.daily()
        self._sync("nightly")

    def close(self) -> None:
        """The road is good again, what is under way arrives, and the corp is walked once more."""
        self.lived = self.world.ask("/sandbox/corp/life")
        self.world.corp("/life", none=True)
        self.world.ask(f"{self.world.wechat}/life", {"none": True})
        self.world.corp("/faults", none=True)
        self.world.corp("/callbacks/flush")
        self.world.settle()
        at = self.world.clock.now() + _OLD_ENOUGH
        self._rest(at)
        while self.world.rows(_UNDER_WAY):
            assert at < START + timedelta(days=self.size.days + 14), "mass messages are still under way after a fortnight"
            at += timedelta(hours=12)  # guides who never look: their tasks end
            self._rest(at)
        self._sync("nightly")
        self.world.settle()

    def _rest(self, at: datetime) -> None:
        """Let things settle at this moment, and at some within the next minute while callbacks are on their way or welcomes wait: a
        channel that rests for ten seconds does so in the story.
        """
        self.world.go(at)
        for seconds in (8, 4, 6, 12, 31):
            if not self.world.settle() and not self.world.rows(
                "select from permits where channel = 'welcome' and state = 'waiting' limit 1"
            ):
                return
            at += timedelta(seconds=seconds)
            self.world.go(at)
        self.world.settle()

    def _sync(self, kind: str) -> None:
        numbers = [sync.start(self.world.ground, one, kind) for one in (self.account_id, self.official_id)]
        for _ in range(200):
            self.world.settle()
            with self.world.ground.db.tx() as conn:
                runs = [run for run in sync.runs(conn) if run.run_id in numbers]
            if all(run.state != "running" for run in runs):
                failed = [(run.state, run.error, run.interface) for run in runs if run.state != "done"]
                assert not failed, failed
                return
            # The vendor wants to be left alone for a while, by the database's clock: let it pass by the world's.
            [(wait,)] = self.world.rows(
                "select greatest(due_at - now(), interval '1 second') from sync_runs where state = 'running' limit 1"
            )
            self.world.rows("update sync_runs set due_at = now() where state = 'running' returning 1")
            self.world.go(self.world.clock.at + wait)
        raise AssertionError("the corp could not be walked")

    def _so_far(self) -> str:
        [(contacts,)] = self.world.rows("select count(*) from contacts where is_active")
        sends = self.world.rows("select channel, state, code, count(*) from sends group by 1, 2, 3 order by 1, 2, 3")
        return f"{contacts:,} contacts; " + ", ".join(f"{' '.join(filter(None, row[:3]))} {row[3]:,}" for row in sends)

    def _write_to_all(self, day: int) -> None:
        if "wecom" not in channels():
            return
        with self.world.ground.db.tx() as conn:
            kept = content.keep(self.world.ground, conn, f"上新{day}", "wecom", "", f"第{day}天：春茶上新，到店有礼。")
            number = journeys.make(
                self.world.ground, conn,
                journeys.Draft(
                    name=f"上新{day}", rule=promises.EVERYBODY, channel="wecom", content_id=kept.content_id, holdout_share=0.05,
                    expire_for=timedelta(days=2), measure_for=timedelta(days=5),
                ),
            )  # fmt: skip
            journeys.start(self.world.ground, conn, number)
        self.broadcasts.append(number)
        self.world.settle()

    def _write_to_groups(self, day: int) -> None:
        """A message to all chats now and then, and a post in the guides' Moments."""
        ground = self.world.ground
        with ground.db.tx() as conn:
            if day % _GROUPS_EVERY == 0:
                kept = content.keep(ground, conn, f"群{day}", "wecom", "", f"第{day}天：茶友们，周末品茶会报名啦。")
                chats = [one.chat_id for one in pool.relations.groups(conn, self.corp)]
                draft = group_sends.Draft(name=f"群{day}", account_id=self.account_id, content_id=kept.content_id, chats=chats)
                group_sends.start(ground, conn, group_sends.make(ground, conn, draft))
            if day % _POST_EVERY == 0:
                kept = content.keep(ground, conn, f"朋友圈{day}", "wecom", "", f"第{day}天：新茶到店。")
                guides = [one.guide for one in pool.relations.guides(conn, self.corp)]
                moments.make(ground, conn, account_id=self.account_id, content_id=kept.content_id, guides=guides)
        self.world.settle()

    def _hand_over(self, day: int) -> None:
        """Customers and chats of a guide who left go to one who stays; what cannot be handed over has its reason."""
        with self.world.ground.db.tx() as conn:
            left = sorted({one.guide for one in handing.waiting(conn)})
            ownerless = handing.chats.waiting(conn)
            stay = [one.guide for one in pool.relations.guides(conn, self.corp)]
        for guide in left:
            handing.ask(self.world.ground, self.corp, guide, self.dice.choice(stay))
        for owner in sorted({one.owner for one in ownerless}):
            handing.chats.ask(self.world.ground, self.corp, owner, self.dice.choice(stay))
        if left or ownerless:
            self.world.settle()


def main(argv: list[str]) -> int:
    """Run one month; 0 when every promise was kept."""
    words = argparse.ArgumentParser(prog="make soak ARGS=month")
    for one in fields(Size):
        words.add_argument(f"--{one.name}", type=type(one.default), default=one.default)
    size = Size(**vars(words.parse_args(argv)))
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="siyu-month-") as name:
        folder = Path(name)
        server = embedded.start(folder / "data", durable=False)
        try:
            db = Database(server.url, size=1)
            migrate.migrate(db)
            db.close()
            with opened(folder, server.url, Vault(*(bytes([n]) * 32 for n in (1, 2, 3))), START, size.seed) as world:
                seen = Month(
                    world, size, lambda what: print(f"{time.monotonic() - began:6.0f} s  {what}", file=sys.stderr, flush=True)
                ).live()
        finally:
            server.close()
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    about = {"what": "a simulated month", "commit": commit, "seconds": round(time.monotonic() - began), "cores": os.cpu_count()}
    line = about | seen | {"python": platform.python_version()}
    results = ROOT / "bench" / "results"
    results.mkdir(parents=True, exist_ok=True)
    with (results / "month.jsonl").open("a") as out:
        out.write(json.dumps(line, ensure_ascii=False) + "\n")
    print(json.dumps(line, ensure_ascii=False))
    return 0
