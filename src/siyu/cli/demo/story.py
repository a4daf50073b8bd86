"""The story of the demo, step by step. Each step sees what was done already: a second `make demo` goes on where the first ended."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from siyu import analytics, channels, content, gate, journeys, pool, segments, web
from siyu.analytics import ledger, scores
from siyu.base import settings
from siyu.base.clock import SharedClock
from siyu.base.db import queries
from siyu.base.errors import ConfigError, SiyuError
from siyu.base.ground import Ground
from siyu.base.money import show, to_minor
from siyu.cli.demo import words
from siyu.cli.demo.connected import connect
from siyu.cli.demo.sandbox import Sandbox
from siyu.cli.progress import Progress
from siyu.cli.screen import language, note, word
from siyu.cli.store import staff_of
from siyu.sources import files, http

log = logging.getLogger(__name__)

Q = queries(__name__)

ZONE = ZoneInfo("Europe/London")
SLOW, FAST = 1.0, 4 * 3600.0  # how many times the wall's clock: letters go out in real time, the fortnight after in a minute and a half
_MOST_SCORINGS = 2  # that the story makes itself
_MOST_WAIT = 900  # seconds of real time for any one step
_LATEST = timedelta(hours=36)  # after the measuring window, for orders that are still on their way
DATA = Path(__file__).parents[4] / "data" / "online_retail.parquet"


class Story:
    """Told once, in order. `base_url` is where the platform is reached by the sandbox's people."""

    def __init__(self, ground: Ground, sandbox: Sandbox, base_url: str, stop: threading.Event, *, orders: Path | None, seed: int) -> None:
        self.ground, self.sandbox, self.base_url, self.stop, self.seed = ground, sandbox, base_url, stop, seed
        self.orders_file = orders or DATA
        if not self.orders_file.exists():
            raise ConfigError(f"The orders {self.orders_file.name} are not here.", "Clone the whole project, or give --orders FILE.")
        self.broadcast_id = 0
        self.segment: dict[str, Any] = {}
        self.true_lift = 0.0
        self.overview: dict[str, Any] = {}

    def tell(self, *, is_live: bool = False) -> None:
        """Everything, from nothing to a measured campaign; where it is `is_live`, the connected part after it."""
        self.set_the_clock()
        self.set_the_scene()
        self.import_orders()
        self.let_people_move_in()
        self.score_customers()
        self.choose_whom()
        self.write_and_send()
        self.let_time_pass()
        self.score_again()
        if is_live:
            self.wait_for_morning()
            connect(self.ground, self.sandbox, self._until)
        note(word("cli.demo_done"))

    def tell_safely(self) -> None:
        """For a thread: what goes wrong is said, and the pages stay up."""
        try:
            self.tell(is_live=True)
        except SiyuError as err:
            note(f"siyu: {err.told(language())}")
        except Exception as err:
            if not self.stop.is_set():
                log.error("the demo's story broke off", exc_info=err)
                note(word("cli.demo_broke"))

    # -- the steps -------------------------------------------------------------------------------------------------------------

    def staff(self) -> list[tuple[str, str, str]]:
        """The logins of the demo: (role, login, password); made anew at every start, so that they can be printed."""
        made = []
        with self.ground.db.tx() as conn:
            now = self.ground.clock.now()
            for role, login in words.STAFF:
                password = secrets.token_urlsafe(9)
                number = staff_of(conn, login)
                if number is None:
                    web.create_staff(conn, login, word(f"cli.demo_role_{role}"), role, password, now, language=language())
                else:
                    web.change_password(conn, number, password)
                made.append((role, login, password))
        return made

    def set_the_scene(self) -> None:
        """Name the brand and tell the platform where its post office is."""
        with self.ground.db.tx() as conn:
            pool.set_brand(conn, pool.Brand(words.BRAND, "GBP", "Europe/London", language(), "GB"), at=self.ground.clock.now())
            channels.set_email(
                self.ground, conn,
                channels.EmailSettings(
                    host="127.0.0.1", port=self.sandbox.smtp_port, security="plain", sender=words.SENDER, sender_name=words.BRAND
                ),
            )  # fmt: skip
            settings.put(conn, "demo.is_on", True, at=self.ground.clock.now())
            if not ledger.terms(conn).prices:
                ledger.set_terms(conn, words.TERMS, at=self.ground.clock.now())
            scores.set_habit(conn, at=self.ground.clock.now(), is_on=False)  # a day is six seconds long here; the story scores by itself

    def import_orders(self) -> None:
        """Import the orders, with progress, and wait until every profile is made."""
        with Progress(word("cli.demo_importing")) as bar:
            result = files.import_file(
                self.ground, self.orders_file, files.Options(source=words.SHOP, currency="GBP", time_zone="Europe/London", by="demo"),
                lambda it: bar.to(it.rows, it.rows_total),
            )  # fmt: skip
        count = {name: f"{result[name]:,}" for name in ("imported", "known", "rejected")}
        note(word("cli.demo_imported", **count))
        self._until_folded()
        self.overview = o = self._first_overview()
        sales = show(to_minor(Decimal(o["sales"]), "GBP"), "GBP", lang=language())
        note(word("cli.demo_overview", lines=f"{o['lines']:,}", customers=f"{o['customers']:,}", sales=sales, orders=f"{o['orders']:,}"))

    def set_the_clock(self) -> None:
        """A morning, when letters may go out: the one after the shop's last order, or this day's for another file. Kept once set."""
        with self.ground.db.tx() as conn:
            is_set = settings.get(conn, "clock", None) is not None
        now = self.ground.clock.now()
        morning = words.MORNING_AFTER if self.orders_file == DATA else now.astimezone(ZONE).replace(hour=9, minute=30, tzinfo=None)
        self._set_clocks(now if is_set else morning.replace(tzinfo=ZONE).astimezone(UTC), SLOW)

    def wait_for_morning(self) -> None:
        """Guides are asked by day: where the story ends in the evening, the clocks go on to the next morning."""
        here = self.ground.clock.now().astimezone(ZONE)
        if 9 <= here.hour < 20:
            return
        day = here.date() + timedelta(days=1 if here.hour >= 20 else 0)
        self._set_clocks(datetime.combine(day, words.MORNING_AFTER.time(), ZONE).astimezone(UTC), SLOW)

    def let_people_move_in(self) -> None:
        """Behind each buyer's number somebody begins to live in the sandbox; their contact list comes back as a spreadsheet."""
        now = self.ground.clock.now()
        with self.ground.db.tx() as conn:
            customers = conn.execute(Q.shop_customers).fetchall()
            products = conn.execute(Q.shop_products, {"source_id": self._source(conn, words.SHOP)}).fetchall()
            key = http.renew_key(conn, words.WEB_SHOP, now=now, currency="GBP")
        answer = self.sandbox.move_in({
            "as_of": now.isoformat(), "currency": "GBP", "shop": {"base_url": self.base_url, "write_key": key},
            "customers": [
                {"buyer_id": c[0], "orders_n": c[1], "mean_minor": int(c[2]), "first_at": c[3].isoformat(), "last_at": c[4].isoformat()}
                for c in customers
            ],
            "products": [{"sku": p[0], "name": p[1], "price_minor": int(p[2] * 100)} for p in products],
        })  # fmt: skip
        self.true_lift = float(answer["true_lift"])
        contacts = self.ground.config.data / "contacts.csv"
        contacts.write_bytes(self.sandbox.contacts())
        options = files.Options(source=words.CONTACTS, time_zone="Europe/London", mapping={"scope": words.SHOP}, by="demo")
        result = files.import_file(self.ground, contacts, options)
        self._until_folded()
        note(word("cli.demo_contacts", people=f"{len(customers):,}", imported=f"{result['imported']:,}"))

    def score_customers(self) -> None:
        """What the models think of everybody, so that the pages of worth have something to say."""
        with self.ground.db.tx() as conn:
            is_done = scores.newest(conn, "done") is not None
        if not is_done:
            self._score()

    def score_again(self) -> None:
        """Once more after the fortnight, and from now on daily."""
        with self.ground.db.tx() as conn:
            kept = scores.history(conn)
            scores.set_habit(conn, at=self.ground.clock.now(), is_on=True)
        if len(kept) < _MOST_SCORINGS:
            self._score()

    def _score(self) -> None:
        with Progress(word("cli.demo_scoring")) as bar:
            it = scores.run(self.ground, by="demo", watch=bar.to)
        if it is None or it.pool_minor is None:
            return
        self._until_folded()
        low, high = (show(int(minor or 0), it.currency, short=True, lang=language()) for minor in (it.low_minor, it.high_minor))
        value = show(it.pool_minor, it.currency, short=True, lang=language())
        note(word("cli.demo_scored", people=f"{it.customers_n:,}", value=value, low=low, high=high))

    def choose_whom(self) -> None:
        """The segment of those drifting away."""
        rule = segments.parse(words.DRIFTING)
        with self.ground.db.tx() as conn:
            kept = next((one for one in segments.all_kept(conn) if one.name == words.segment_name(language())), None)
            number = (
                kept.segment_id
                if kept
                else segments.keep(conn, words.segment_name(language()), rule, at=self.ground.clock.now(), by="demo")
            )
            people = segments.count(self.ground, conn, rule)
            told = segments.describe(conn, rule, language())
        self.segment = {"segment_id": number, "name": words.segment_name(language()), "people": people, "rule": words.DRIFTING}
        note(word("cli.demo_segment", people=f"{people:,}", rule=told))

    def write_and_send(self) -> None:
        """A letter, a broadcast with a tenth held out, and real e-mail to everybody whom the gate permits."""
        name = words.broadcast_name(language())
        with self.ground.db.tx() as conn:
            row = conn.execute(Q.broadcast_named, {"name": name}).fetchone()
            if row:
                self.broadcast_id = int(row[0])
                return
            letter = words.letter(language())
            kept = content.keep(self.ground, conn, letter.name, "email", letter.subject, letter.body, changed_by="demo", lang=language())
            self.broadcast_id = journeys.make(
                self.ground, conn,
                journeys.Draft(
                    name=name, rule=words.DRIFTING, channel="email", content_id=kept.content_id, segment_id=self.segment["segment_id"],
                    holdout_share=words.HOLDOUT, measure_for=timedelta(days=14), created_by="demo",
                ),
            )  # fmt: skip
            journeys.start(self.ground, conn, self.broadcast_id)
        with Progress(word("cli.demo_sending")) as bar:
            self._until(lambda: self._has_sent(bar))
        numbers = self._report()["funnel"]
        note(word("cli.demo_sent", sent=f"{numbers['sent']:,}", control=f"{numbers['control']:,}"))

    def let_time_pass(self) -> None:
        """The clock runs: people open, click, unsubscribe and buy, until the measuring window is over."""
        with self.ground.db.tx() as conn:
            broadcast = journeys.see(conn, self.broadcast_id)
        if broadcast.measured_at is None or self.ground.clock.now() >= broadcast.measured_at + _LATEST:
            self._set_clocks(self.ground.clock.now(), SLOW)
            return
        begin, end = self.ground.clock.now(), broadcast.measured_at + _LATEST
        self._set_clocks(begin, FAST)
        days = (end - begin) / timedelta(days=1)
        with Progress(word("cli.demo_fortnight"), int(days)) as bar:
            self._until(lambda: self._passed(begin, end, bar))
        self._set_clocks(self.ground.clock.now(), SLOW)
        self._until(self._is_quiet)
        self._until_folded()
        note(self._report()["sentence"][language()])
        note(word("cli.demo_truth", lift=f"{self.true_lift:.1%}"))

    # -- what it comes to ------------------------------------------------------------------------------------------------------

    def figures(self) -> dict[str, Any]:
        """What `--json` prints: the overview of the imported year (and of all, with what the sandbox's people bought since), the segment,
        the broadcast's report, and what those people truly did.
        """
        return {
            "overview": self.overview, "overview_after": self._overview(), "segment": self.segment, "broadcast": self._report(),
            "sandbox": self.sandbox.standing() | {"true_lift": self.true_lift},
        }  # fmt: skip

    def summary(self, figures: dict[str, Any]) -> list[str]:
        """The same in a few lines for people."""
        return [figures["broadcast"]["sentence"][language()]]

    # -- small things ----------------------------------------------------------------------------------------------------------

    def _overview(self) -> dict[str, Any]:
        with self.ground.db.tx() as conn:
            return analytics.overview_json(analytics.overview(self.ground, conn))

    def _first_overview(self) -> dict[str, Any]:
        """The figures of the file alone, from the first time; later the sandbox's orders stand beside them."""
        with self.ground.db.tx() as conn:
            kept = settings.get(conn, "demo.overview", None)
            if kept is None:
                kept = analytics.overview_json(analytics.overview(self.ground, conn))
                settings.put(conn, "demo.overview", kept, at=self.ground.clock.now())
        return dict(kept)

    def _report(self) -> dict[str, Any]:
        with self.ground.db.tx() as conn:
            return analytics.report_json(analytics.report(self.ground, conn, self.broadcast_id))

    def _source(self, conn: Any, name: str) -> int:
        return next((one.source_id for one in pool.sources(conn) if one.name == name), 0)

    def _set_clocks(self, shown_at: datetime, rate: float) -> None:
        clock = self.ground.clock
        assert isinstance(clock, SharedClock)  # noqa: S101  what open_ground gives
        clock.set(shown_at, rate)
        self.sandbox.set_clock(shown_at, rate)

    def keep_clocks_together(self) -> None:
        """Whoever moves the platform's clock (the bar on the pages) moves the sandbox's with it."""
        clock = self.ground.clock
        assert isinstance(clock, SharedClock)  # noqa: S101  what open_ground gives
        told = clock.pace()
        while not self.stop.wait(0.5):
            pace = clock.pace()
            if pace is not None and pace != told:
                self.sandbox.set_clock(clock.now(), pace.rate, pace.until)
            told = pace

    def _until(self, is_done: Callable[[], bool]) -> None:
        waited = 0.0
        while not is_done():
            if self.stop.wait(0.5):
                raise ConfigError(word("cli.stopped"), "")
            waited += 0.5
            if waited > _MOST_WAIT:
                raise ConfigError(word("cli.demo_stuck"), word("cli.demo_stuck_remedy"))

    def _until_folded(self) -> None:
        self._until(self._is_folded)

    def _is_folded(self) -> bool:
        with self.ground.db.tx() as conn:
            return conn.execute(Q.has_unfolded).fetchone() == (False,)

    def _has_sent(self, bar: Progress) -> bool:
        with self.ground.db.tx() as conn:
            at = journeys.progress(self.ground, conn, self.broadcast_id)
            tally = gate.tally(conn, "broadcast", self.broadcast_id)
        bar.to(at.settled, sum(at.states.values()) or None)
        return at.phase in ("measuring", "done") and tally.judged >= tally.asked and at.in_flight == 0

    def _passed(self, begin: datetime, end: datetime, bar: Progress) -> bool:
        now = self.ground.clock.now()
        bar.to(int((now - begin) / timedelta(days=1)), detail=show(int(self.sandbox.standing()["spent_minor"]), "GBP"))
        return now >= end

    def _is_quiet(self) -> bool:
        standing = self.sandbox.standing()
        due = standing["next_at"]
        return due is None or datetime.fromisoformat(str(due)) > self.ground.clock.now()
