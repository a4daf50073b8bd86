"""A corp of the sandbox beside the platform: guides, customers as facts, broadcasts' wishes, both clocks moved together."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from tests.conftest import NOW

from siyu import channels, content, gate, pool
from siyu.base.clock import StillClock
from siyu.base.ground import Ground
from siyu.base.ids import key_of
from siyu.channels import wecom
from siyu.pool import Fact, Identifier, Kind, relations
from siyu.sandbox.conformance import Bench, Trial
from siyu.vendors import Account, keep_account

_numbers = itertools.count(1)
TEXT = "周末品鉴会，三款新茶，欢迎来坐坐。"
WAIT = timedelta(seconds=20)


class Corp:
    """The platform's side and the sandbox's, kept in step by the test."""

    def __init__(self, ground: Ground, trial: Trial, clock: StillClock) -> None:
        self.ground, self.trial, self.clock = ground, trial, clock
        self.people: dict[str, int] = {}  # external_userid -> person
        self.corpid = trial.corpid
        self.show(NOW)
        with ground.db.tx() as conn:
            pool.set_brand(conn, pool.Brand(name="林间茶铺"), at=NOW)
            self.source = pool.ensure_source(conn, f"wecom:{self.corpid}", "wecom", now=NOW)
            self.account: Account = keep_account(
                ground, conn, kind="wecom", name="沙盒", app_id=trial.corpid, agent_id=str(trial.agentid), secret=trial.secret,
                base_url=f"http://{trial.bench._host}/wecom",
            )  # fmt: skip
            self.version = content.keep(ground, conn, f"mass{next(_numbers)}", "wecom", "", TEXT)

    def show(self, at: Any) -> None:
        self.clock.at = at
        self.trial.bench.json("POST", "/clock", {"shown_at": at.isoformat(), "rate": 0})

    def wait(self, by: timedelta = WAIT) -> None:
        self.show(self.clock.at + by)

    def guides(self, *names: str) -> None:
        self.trial.staff(*names)
        with self.ground.db.tx() as conn:
            relations.keep_guides(conn, [relations.Guide(self.corpid, one, name=one.upper(), store="一店") for one in names], self.clock.at)

    def customers(self, guide: str, n: int) -> list[str]:
        """New customers of a guide, there and here; their external_userids."""
        made = [str(one) for one in self.trial.hand("/contacts", contacts=[{"userid": guide, "name": "客"}] * n)["made"]]
        self.tell("contact.added", guide, made)
        return made

    def known(self, guide: str, external_userid: str) -> None:
        """A customer of one guide becomes another's too."""
        self.trial.hand("/contacts", contacts=[{"userid": guide, "external_userid": external_userid}])
        self.tell("contact.added", guide, [external_userid])

    def tell(self, what: str, guide: str, whom: Sequence[str], **data: Any) -> None:
        at = self.clock.at - timedelta(days=1) if what == "contact.added" else self.clock.at
        facts = [
            Fact(what, f"{what}:{guide}:{one}:{int(at.timestamp())}", at, (Identifier(Kind.EXTERNAL_USERID, one, self.corpid),),
                 object=guide, data={"guide": guide, "corp": self.corpid, **data})
            for one in whom
        ]  # fmt: skip
        with self.ground.db.tx() as conn:
            pool.record(self.ground, conn, self.source, facts)
        self.fold()
        with self.ground.db.tx() as conn:
            for one in whom:
                person = pool.person_of(self.ground, conn, Identifier(Kind.EXTERNAL_USERID, one, self.corpid))
                assert person is not None
                self.people[one] = person

    def fold(self) -> None:
        while pool.fold(self.ground) + relations.follow(self.ground):
            pass

    def wish(self, whom: Sequence[str], *, origin_id: int = 7, version: content.Version | None = None,
             lasts: timedelta = timedelta(days=3), purpose: str = "marketing") -> dict[str, int]:  # fmt: skip
        """Ask the gate for a message to each; external_userid -> intent."""
        version, now = version or self.version, self.clock.at
        keys = {one: key_of("mass", next(_numbers)) for one in whom}
        intents = [
            gate.Intent(
                key=keys[one], person_id=self.people[one], channel="wecom", purpose=purpose, origin="broadcast", origin_id=origin_id,
                content_id=version.content_id, content_version=version.version, not_before=now, expires_at=now + lasts,
                topic=f"broadcast:{origin_id}",
            )
            for one in whom
        ]  # fmt: skip
        with self.ground.db.tx() as conn:
            gate.ask(self.ground, conn, intents)
        while gate.judge(self.ground):
            pass
        with self.ground.db.tx() as conn:
            numbers = dict(conn.execute("select key, intent_id from intents where key = any(%s)", [list(keys.values())]).fetchall())
        return {one: numbers[key] for one, key in keys.items()}

    def deliver(self, ground: Ground | None = None) -> int:
        """Rounds until there is nothing to do."""
        done = 0
        for _ in range(30):
            n = channels.deliver(ground or self.ground, "wecom")
            done += n
            if not n:
                return done
        raise AssertionError("the channel does not come to rest")

    def tasks(self) -> list[dict[str, Any]]:
        return list(self.trial.look("/tasks"))

    def confirm(self, guide: str) -> None:
        """The guide sends every task that waits."""
        for one in self.trial.look("/tasks", waiting_for=guide):
            self.trial.hand("/deeds/confirm_task", task=one["task"], userid=guide)

    def got(self, external_userid: str) -> int:
        """How many mass messages lie on a customer's phone."""
        told = self.trial.look(f"/phones/customer/{external_userid}")
        return sum(1 for note in told["notes"] if note["kind"] == "mass")

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self.ground.db.tx() as conn:
            return conn.execute(sql, values).fetchall()

    def states(self, intents: dict[str, int]) -> dict[str, str]:
        """external_userid -> where the permit stands, and the attempt's code."""
        found = {row[0]: f"{row[1]} {row[2]}".strip() for row in self.rows(
            "select p.intent_id, p.state, coalesce(s.code, '') from permits p left join sends s using (intent_id)")}  # fmt: skip
        return {one: found.get(number, "refused") for one, number in intents.items()}

    def funnel(self, origin_id: int = 7) -> dict[str, wecom.GuideFunnel]:
        with self.ground.db.tx() as conn:
            return {one.guide: one for one in wecom.funnel(self.ground, conn, "broadcast", origin_id)}


@pytest.fixture
def corp(ground: Ground, bench: Bench, clock: StillClock) -> Corp:
    return Corp(ground, bench.trial(), clock)
