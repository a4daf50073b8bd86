"""The till of the shop: orders of simulated people go to the platform by the Segment protocol with the shop's write key.

A thread of its own posts them, so that a slow platform holds nobody up. An order that was not taken is posted again with the same number.
"""

from __future__ import annotations

import base64
import http.client
import json
import logging
import queue
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any
from urllib.parse import urlsplit

log = logging.getLogger(__name__)

_TRIES = 5
_PAUSE = 0.3  # seconds before an order is posted again


@dataclass(frozen=True)
class Buyer:
    """Whose order it is, in the words of a shop that shares its open platform with the brand: an account, a phone, a unionid."""

    user_id: str
    phone: str = ""
    unionid: str = ""


class Till:
    """`products` are (sku, name, price in minor units). `spent_minor` is what all orders that were taken come to."""

    def __init__(self, base_url: str, write_key: str, products: Sequence[tuple[str, str, int]], currency: str = "CNY") -> None:
        if not products:
            raise ValueError("a shop sells something: give products")
        self.base_url, self.products, self.currency = base_url.rstrip("/"), tuple(products), currency
        self.taken_n = self.lost_n = self.spent_minor = 0
        self._authorization = "Basic " + base64.b64encode(f"{write_key}:".encode()).decode()
        self._queue: queue.SimpleQueue[tuple[dict[str, Any], int] | None] = queue.SimpleQueue()
        self._under_way = 0
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, name="till", daemon=True)
        self._thread.start()

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Till:
        """From JSON: `{base_url, write_key, products: [{sku, name, price_minor}], currency}`. Raises KeyError, ValueError, TypeError."""
        products = [(str(one["sku"]), str(one["name"]), int(one["price_minor"])) for one in given["products"]]
        return cls(str(given["base_url"]), str(given["write_key"]), products, str(given.get("currency", "CNY")))

    def buy(self, buyer: Buyer, order: str, at: float, dice: Random) -> None:
        """Put an order of one to three things on its way. `at` is unix seconds of the world; `order` its number, never used twice."""
        lines = [(dice.choice(self.products), dice.choice((1, 1, 1, 2, 3))) for _ in range(dice.choice((1, 1, 2, 3)))]
        minor = sum(price * quantity for (_, _, price), quantity in lines)
        externals = [{"id": buyer.unionid, "type": "unionid"}] if buyer.unionid else []
        event = {
            "messageId": f"till-{order}",
            "userId": buyer.user_id,
            "event": "Order Completed",
            "timestamp": datetime.fromtimestamp(at, UTC).isoformat(),
            "context": {"traits": {"phone": buyer.phone} if buyer.phone else {}, "externalIds": externals},
            "properties": {
                "order_id": order,
                "total": f"{minor / 100:.2f}",
                "currency": self.currency,
                "products": [
                    {"sku": sku, "name": name, "price": f"{price / 100:.2f}", "quantity": quantity}
                    for (sku, name, price), quantity in lines
                ],
            },
        }
        with self._lock:
            self._under_way += 1
        self._queue.put((event, minor))

    def standing(self) -> dict[str, int]:
        """Orders that were taken, that were given up, that are on their way; what was spent."""
        with self._lock:
            return {"taken": self.taken_n, "lost": self.lost_n, "under_way": self._under_way, "spent_minor": self.spent_minor}

    def close(self) -> None:
        """Stop, after the order at hand."""
        self._end.set()
        self._queue.put(None)
        self._thread.join(20)

    def _work(self) -> None:
        parts = urlsplit(self.base_url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        line = kind(parts.hostname or "", parts.port, timeout=15)
        while (one := self._queue.get()) is not None and not self._end.is_set():
            is_taken = False
            for _ in range(_TRIES):
                if is_taken := self._post(line, parts.path, one[0]):
                    break
                line.close()
                if self._end.wait(_PAUSE):
                    break
            with self._lock:
                self._under_way -= 1
                self.taken_n += is_taken
                self.lost_n += not is_taken
                self.spent_minor += one[1] if is_taken else 0
            if not is_taken:
                log.warning("the shop's order was not taken")
        line.close()

    def _post(self, line: http.client.HTTPConnection, path: str, event: dict[str, Any]) -> bool:
        headers = {"Content-Type": "application/json", "Authorization": self._authorization, "User-Agent": "siyu-sandbox till"}
        try:
            line.request("POST", f"{path}/v1/track", json.dumps(event).encode(), headers)
            answer = line.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return False
        return answer.status < 400
