"""The crowd lives: a thread that carries out what the simulated customers mean to do, when the sandbox's clock reaches it.

It touches the platform as the world does: fetches the pixel of an opened letter, follows a tracked link, posts the one-click unsubscribe,
and sends orders by the Segment protocol with the shop's write key. What it did is kept as a journal, so that tests and people can compare
the platform's report with the truth.
"""

from __future__ import annotations

import base64
import heapq
import http.client
import itertools
import json
import logging
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from siyu.sandbox import population
from siyu.sandbox.mail.box import Letter
from siyu.sandbox.mail.office import PostOffice
from siyu.sandbox.population import Act, Customer, Does, Product

log = logging.getLogger(__name__)

_LOOK_AHEAD = timedelta(days=1)
_TRIES = 5


@dataclass
class Shop:
    """Where the crowd's orders go."""

    base_url: str
    write_key: str
    products: list[Product]


@dataclass
class Crowd:
    """All simulated customers of one world. `now` is the world's clock."""

    seed: int
    now: Callable[[], datetime]
    post: PostOffice
    customers: dict[str, Customer] = field(default_factory=dict)
    shop: Shop | None = None
    done: Counter[str] = field(default_factory=Counter)
    late: Counter[str] = field(default_factory=Counter)
    spent_minor: int = 0

    def __post_init__(self) -> None:
        self._agenda: list[Act] = []
        self._letters: dict[int, Letter] = {}
        self._read_until = 0
        self._by_email: dict[str, str] = {}
        self._planned_until: datetime | None = None
        self._tries: Counter[int] = Counter()
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._connection: http.client.HTTPConnection | None = None

    def move_in(self, customers: list[Customer], shop: Shop) -> None:
        """Let people live here from now on."""
        with self._lock:
            self.customers = {one.buyer_id: one for one in customers}
            self._by_email = {one.email: one.buyer_id for one in customers}
            self.shop = shop
            self._planned_until = self.now()
        self.post.mark_dead(one.email for one in customers if not one.address_exists)

    def start(self) -> None:
        """Begin to live."""
        self._thread = threading.Thread(target=self._live, name="crowd", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop, after the act at hand."""
        self._stop.set()
        if self._thread:
            self._thread.join(timeout=10)

    def standing(self) -> dict[str, object]:
        """What the crowd did and still means to do."""
        with self._lock:
            return {
                "customers": len(self.customers),
                "letters": len(self._letters),
                "done": dict(self.done),
                "failed": dict(self.late),
                "spent_minor": self.spent_minor,
                "next_at": self._agenda[0].at.isoformat() if self._agenda else None,
                "waiting": len(self._agenda),
            }

    def _note(self, at: datetime, buyer_id: str, does: Does, mail_id: int = 0) -> None:
        heapq.heappush(self._agenda, Act(at, next(self._numbers), buyer_id, does, mail_id))

    def _plan(self, now: datetime) -> None:
        """Draw the base purchases of the next simulated day."""
        while self._planned_until is not None and self._planned_until < now + _LOOK_AHEAD:
            since, until = self._planned_until, self._planned_until + _LOOK_AHEAD
            for one in self.customers.values():
                for at in population.base_purchases(self.seed, one, since, until):
                    self._note(at, one.buyer_id, Does.BUY)
            self._planned_until = until

    def _look_into_mailboxes(self) -> None:
        """Decide at once what the reader of each new letter will make of it, and note it in the agenda."""
        for mail in self.post.box.after(self._read_until):
            self._read_until = mail.mail_id
            buyer = self._by_email.get(mail.mailbox.lower())
            letter = self.post.letter(mail) if buyer else None
            if buyer is None or letter is None:
                continue
            with self._lock:
                self._letters[mail.mail_id] = letter
                for at, does in population.reaction(self.seed, self.customers[buyer], mail.mail_id, mail.received_at):
                    self._note(at, buyer, does, mail.mail_id)

    def _live(self) -> None:
        while not self._stop.is_set():
            now = self.now()
            self._look_into_mailboxes()
            with self._lock:
                if self.customers:
                    self._plan(now)
                act = heapq.heappop(self._agenda) if self._agenda and self._agenda[0].at <= now else None
            if act is None:
                self._stop.wait(0.05)
                continue
            self._carry_out(act)

    def _carry_out(self, act: Act) -> None:
        try:
            minor = self._do(act)
        except (OSError, http.client.HTTPException) as err:
            self._connection = None
            self._tries[act.number] += 1
            if self._tries[act.number] >= _TRIES:
                log.warning("a customer gave up", extra={"does": act.does, "error": type(err).__name__})
                with self._lock:
                    self.late[act.does] += 1
                return
            with self._lock:  # the act keeps its moment; only the doing is tried again
                heapq.heappush(self._agenda, act)
            self._stop.wait(0.3)
            return
        with self._lock:
            self.done[act.does] += 1
            self.spent_minor += minor

    def _do(self, act: Act) -> int:
        letter = self._letters.get(act.mail_id)
        if act.does is Does.BUY:
            return self._buy(self.customers[act.buyer_id], act)
        if letter is None:
            return 0
        if act.does is Does.OPEN and letter.picture:
            self._call("GET", letter.picture)
        elif act.does is Does.CLICK:
            offer = next((link for link in letter.links if link != letter.unsubscribe and "/u/" not in link), "")
            if offer:
                self._call("GET", offer)
        elif act.does is Does.UNSUBSCRIBE and letter.unsubscribe:
            self._call("POST", letter.unsubscribe, b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded")
        return 0

    def _buy(self, customer: Customer, act: Act) -> int:
        shop = self.shop
        if shop is None or not shop.products:
            return 0
        lines = population.basket(self.seed, customer, shop.products, act.at)
        minor = sum(one.price_minor * quantity for one, quantity in lines)
        order = f"S{act.at:%y%m%d}{act.number:06d}"
        event = {
            "messageId": f"sandbox-{self.seed}-{order}",
            "userId": customer.buyer_id,
            "event": "Order Completed",
            "timestamp": act.at.isoformat(),
            "context": {"traits": {"email": customer.email}},
            "properties": {
                "order_id": order,
                "total": f"{minor / 100:.2f}",
                "currency": customer.currency,
                "products": [
                    {"sku": one.sku, "name": one.name, "price": f"{one.price_minor / 100:.2f}", "quantity": quantity}
                    for one, quantity in lines
                ],
            },
        }
        basic = base64.b64encode(f"{shop.write_key}:".encode()).decode()
        self._call("POST", f"{shop.base_url}/v1/track", json.dumps(event).encode(), "application/json", f"Basic {basic}")
        return minor

    def _call(self, method: str, url: str, body: bytes = b"", content: str = "", authorization: str = "") -> None:
        """One request to the platform; anything but an answer below 400 is an error that is tried again."""
        parts = urlsplit(url)
        if self._connection is None or self._connection.host != parts.hostname or self._connection.port != parts.port:
            if self._connection is not None:
                self._connection.close()
            self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=15)
        headers = {"User-Agent": "Mozilla/5.0 (siyu-sandbox customer)"}
        if content:
            headers["Content-Type"] = content
        if authorization:
            headers["Authorization"] = authorization
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        self._connection.request(method, path, body or None, headers)
        answer = self._connection.getresponse()
        answer.read()
        if answer.status >= 400:
            raise http.client.HTTPException(f"{method} was answered {answer.status}")
