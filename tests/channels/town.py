"""A whole small town for stories: our doors on a port, the sandbox pushing to them, and the river between the two; one clock for all."""

from __future__ import annotations

import itertools
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from starlette.applications import Starlette
from tests import doors
from tests.channels.vendors import Shop
from tests.sandbox.conformance.small_world import SmallWorld

from siyu import channels, content, gate, pool, vendors
from siyu.base.clock import StillClock
from siyu.base.ground import Ground
from siyu.journeys import answers
from siyu.pool import Identifier
from siyu.sources import callbacks, desk, http, mini, pulling
from siyu.vendors import Account, VendorKind, callback_keys

numbers = itertools.count(1)


class Town:
    """Everything that a story needs. `channels` are delivered by `turn`."""

    def __init__(self, ground: Ground, clock: StillClock, world: SmallWorld, url: str) -> None:
        self.ground, self.clock, self.world, self.url = ground, clock, world, url
        self.shop = Shop(ground)
        clock.at = world.at

    def later(self, by: timedelta) -> None:
        """Let time pass for everybody."""
        self.clock.move(by)
        self.world.move(by.total_seconds())

    def connect(self, kind: VendorKind, path: str, **fields: Any) -> tuple[Account, str]:
        """Keep an account of the sandbox; gives it with the address that the vendor pushes to."""
        with self.ground.db.tx() as conn:
            keys = callbacks.fresh_keys(kind)
            name = f"沙盒{next(numbers)}"
            made = vendors.keep_account(
                self.ground, conn, kind=kind, name=name, callback=keys, base_url=f"{self.world.url}{path}", **fields
            )
        return made, callbacks.address(self.ground, made).replace(self.ground.config.base_url, self.url)

    def wechat(self, kind: str, **more: Any) -> tuple[Account, dict[str, Any]]:
        """An official account or a mini-program, connected both ways."""
        told = self.world.ask("/sandbox/wechat/accounts", {"kind": kind, "name": f"茶铺{next(numbers)}", "open_platform": "op", **more})
        vendor = VendorKind.MINI if kind == "mini" else VendorKind.OFFICIAL
        account, address = self.connect(vendor, "/wechat", app_id=told["appid"], secret=told["secret"])
        keys = callback_keys(self.ground.vault, account)[0]
        given = {"url": address, "token": keys.token, "aes_key": keys.aes_key, "mode": "safe"}
        assert self.world.ask(f"/sandbox/wechat/accounts/{told['appid']}/callback", given) == {"ok": True}
        return account, told

    def somebody(self, **more: Any) -> str:
        """A new person of the sandbox."""
        name = f"t{next(numbers)}"
        phone = f"1370000{next(numbers):04d}"
        self.world.ask("/sandbox/wechat/people", {"people": [{"person_id": name, "name": "客", "phone": phone, **more}]})
        return name

    def heard(self) -> None:
        """Wait until everything that the sandbox has to push is pushed."""
        assert self.world.ask("/sandbox/wechat/quiet")["quiet"] and self.world.ask("/sandbox/sms/quiet")["quiet"]

    def turn(self, *names: str) -> None:
        """The river's steps until nothing moves."""
        self.heard()
        for _ in range(30):
            did = callbacks.work(self.ground) + desk.pull(self.ground) + pulling.pull(self.ground) + pool.fold(self.ground)
            did += channels.follow(self.ground) + answers.advance(self.ground) + gate.judge(self.ground)
            did += sum(channels.deliver(self.ground, name) for name in names) + channels.hand_over(self.ground)
            if not did:
                return
        raise AssertionError("the river does not rest")

    def turns(self, *names: str, n: int = 4) -> None:
        """Several turns, a second apart: the messages of one answer go out one after the other."""
        for _ in range(n):
            self.turn(*names)
            self.later(timedelta(seconds=1))

    def chat(self, name: str, channel: str, body: str) -> int:
        """A kept content for a chat; gives its number."""
        with self.ground.db.tx() as conn:
            return content.keep(self.ground, conn, f"{name}{next(numbers)}", channel, "", body, purpose="service").content_id

    def kept(self, number: int) -> content.Version:
        """A kept content."""
        with self.ground.db.tx() as conn:
            found = content.kept(conn, number)
        assert found is not None
        return found

    def form(self, channel: str, template: str, body: str) -> content.Version:
        """A kept content that fills a template."""
        with self.ground.db.tx() as conn:
            return content.keep(self.ground, conn, f"f{next(numbers)}", channel, template, body, purpose="transactional")

    def person(self, who: Identifier) -> int:
        """The person of an identifier."""
        with self.ground.db.tx() as conn:
            found = pool.person_of(self.ground, conn, who)
        assert found is not None
        return found

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        with self.ground.db.tx() as conn:
            return conn.execute(sql, values).fetchall()

    def verdict(self, intent: int) -> str:
        """The last answer to an intent, `permit` where there is only a permit."""
        found = self.rows("select code from verdicts where intent_id = %s order by judged_at desc limit 1", intent)
        return str(found[0][0]) if found else "permit"

    def post(self, path: str, value: object, **headers: str) -> tuple[int, dict[str, Any]]:
        """POST to one of our doors; gives the status and what it answered."""
        asked = urllib.request.Request(self.url + path, json.dumps(value).encode(), {"content-type": "application/json", **headers})
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as err:
            return err.code, json.load(err)


@contextmanager
def opened(ground: Ground) -> Iterator[str]:
    """Our doors to the outside on a port; gives the address."""
    routes = [*http.routes(ground), *callbacks.routes(ground), *mini.routes(ground)]
    with doors.opened(lambda _: Starlette(routes=routes)) as url:
        yield url
