"""The people who live by themselves: at a corp, at an official account, with text messages; and where their orders go."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any

import pytest

from siyu.base.clock import StillClock
from siyu.sandbox.corp.company import Company
from siyu.sandbox.corp.founding import hire, settle
from siyu.sandbox.corp.life import Habits, Life
from siyu.sandbox.corp.state import BOTH, Task
from siyu.sandbox.living import Living
from siyu.sandbox.sms import Exchange
from siyu.sandbox.sms.words import PROMO, Template
from siyu.sandbox.till import Buyer, Till
from siyu.sandbox.wechat import Office
from siyu.sandbox.wechat import life as wechat_life

MARCH = datetime(2026, 3, 2, 4, tzinfo=UTC)


def _until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def _days(life: Living, clock: StillClock, days: int) -> None:
    for _ in range(days * 24):
        clock.move(timedelta(hours=1))
        life.step()


class _Shop(ThreadingHTTPServer):
    """Takes orders, and refuses the first try of each."""

    def __init__(self) -> None:
        self.tries: list[dict[str, Any]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(handler) -> None:  # noqa: N805  the outer self is the shop
                event = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
                is_first = all(event["messageId"] != one["messageId"] for one in self.tries)
                self.tries.append(event)
                handler.send_response(503 if is_first else 200)
                handler.send_header("Content-Length", "0")
                handler.end_headers()

            def log_message(self, *_: object) -> None: ...

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


def test_an_order_is_posted_until_it_is_taken_with_the_same_number() -> None:
    shop = _Shop()
    till = Till(f"http://127.0.0.1:{shop.server_port}", "key", [("T1", "茶", 990)])
    till.buy(Buyer("u1", "13900000001", "o6_1"), "N1", MARCH.timestamp(), Random(1))
    _until(lambda: till.standing()["under_way"] == 0)
    till.close()
    shop.shutdown()
    first, second = shop.tries
    assert first == second
    assert (first["userId"], first["timestamp"], first["properties"]["order_id"]) == ("u1", "2026-03-02T04:00:00+00:00", "N1")
    assert first["context"] == {"traits": {"phone": "13900000001"}, "externalIds": [{"id": "o6_1", "type": "unionid"}]}
    assert till.standing() == {"taken": 1, "lost": 0, "under_way": 0, "spent_minor": round(float(first["properties"]["total"]) * 100)}


def test_guides_are_quick_or_slow_or_never_and_messages_sell_and_annoy() -> None:
    shop = _Shop()
    clock = StillClock(MARCH)
    company = Company("ww", "茶", 3, clock.now)
    guides = hire(company, 40)
    settle(company, 4000, guides, 90)
    till = Till(f"http://127.0.0.1:{shop.server_port}", "key", [("T1", "茶", 990)])
    quiet = Habits().changed(
        dict.fromkeys(("scans", "returns", "refers", "says", "deletes", "member_deletes", "edits", "joins", "leaves"), 0)
    )
    life = Life(company, quiet.changed({"resigns": 0.2, "buys": 10, "deletes_after": 0.02, "never": 0.2}), till)
    body = {"text": {"content": "上新"}, "attachments": [], "allow_select": False}
    targets = {u: [f.contact.id for f in company.follows[u].values()] for u in guides}
    task = company.tasks["m"] = Task("m", 1, "single", company.now(), 0.0, body, targets)
    clock.move(timedelta(minutes=1))
    life.step()
    early = dict(life.did)
    _days(life, clock, 10)
    # in ten days all have sent it or put it away but those who never look and those who left before they came to it
    assert early.get("sent", 0) < 10 < 20 < len(task.done) and 2 < len(task.ignored) < 15
    assert 0 < 40 - len(task.done) - len(task.ignored) < 12
    quick = [at for at in task.done.values() if at < MARCH.timestamp() + 7200]
    assert 4 < len(quick) < 25
    read = sum(status == 1 for status, _ in task.results.values())
    assert 0.015 * read < life.did["bought because of it"] < 0.045 * read and 60 < life.did["buys"] < 140
    assert 0.01 * read < life.did["removed because of it"] < 0.035 * read
    assert life.did["removed because of it"] == sum(f.stage != BOTH for mine in company.follows.values() for f in mine.values())
    assert 0 < life.did["resigns"] == sum(m.status == 5 for m in company.members.values()) < 10
    ordered = life.did["buys"] + life.did["bought because of it"]
    _until(lambda: till.standing()["under_way"] < ordered)
    life.stop()
    shop.shutdown()


def test_followers_come_write_and_leave(tmp_path: Path) -> None:
    clock = StillClock(MARCH)
    office = Office(tmp_path / "wechat.json", clock.now, 5)
    account = office.add_account("service", "茶")
    account.menu = {"button": [{"name": "门店", "type": "click", "key": "STORES"}]}
    for n in range(100):
        office.add_person(f"c{n}", unionid=f"o6{n}")
    life = wechat_life.Life(office, account, wechat_life.Habits(unfollows=2))
    _days(life, clock, 20)
    following = sum(one.is_following for one in account.members.values())
    assert 300 < life.did["follows"] < 500 and following == life.did["follows"] - life.did["unfollows"]
    known = sum(one.person_id.startswith("c") for one in account.members.values())
    assert known > 80, "those who live there already come too, and are the same people"
    assert life.did["writes"] > 400 and life.did["clicks"] > 100 and life.did["logins"] == 0
    mini = office.add_account("mini", "茶小程序")
    other = wechat_life.Life(office, mini, wechat_life.Habits())
    _days(other, clock, 5)
    assert other.did["logins"] > 80 and other.did["follows"] == 0
    with pytest.raises(ValueError, match="no habit sings"):
        wechat_life.Habits().changed({"sings": 1})
    office.close()


def test_readers_of_marketing_texts_refuse_more_of_it(tmp_path: Path) -> None:
    clock = StillClock(MARCH)
    exchange = Exchange(tmp_path / "sms.json", clock.now, 5)
    account = exchange.add_account("aliyun", "茶")
    account.habits = account.habits.changed({"opts_out": 0.2, "writes": 0.1})
    exchange.courier.start()
    promo = Template("SMS_1", PROMO, "上新，拒收请回复R")
    with exchange.lock:
        for n in range(200):
            exchange.send(account, f"139{n:08d}", "小满茶铺", promo, promo.content, f"S{n}", "", "")
    for _ in range(2):
        clock.move(timedelta(days=1))
        assert exchange.courier.settle()
    assert 20 < len(account.opted_out) < 60
    assert len(account.opted_out) < len(exchange.state.replies) < 100
    exchange.close()
