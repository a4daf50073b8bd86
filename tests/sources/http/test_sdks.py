"""The field's own SDKs, unmodified, against a real port."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.sources.http.http_server import Served, serving

from siyu.base.ground import Ground


@pytest.fixture
def served(ground: Ground) -> Iterator[Served]:
    """A server on a free port with one source named web."""
    yield from serving(ground)


def _story(client: Any) -> None:
    client.identify("lin", {"email": "lin@example.com", "plan": "gold", "age": 31})
    client.track("lin", "Product Viewed", {"product_id": "P1", "name": "Mug", "price": 12.5})
    client.track(
        "lin",
        "Order Completed",
        {
            "order_id": "A1",
            "total": 30.0,
            "currency": "GBP",
            "products": [{"sku": "P1", "price": 10, "quantity": 2}, {"sku": "P2", "price": 5}],
        },
        timestamp=datetime(2026, 11, 1, 9, 30, tzinfo=UTC),
    )
    client.page("lin", "Docs", "Home", {"path": "/"})
    client.screen("lin", "App", "Main")
    client.group("lin", "acme", {"industry": "tea"})
    client.alias("visitor-7", "lin")
    for n in range(250):  # more than two batches
        client.track("lin", "Song Played", {"n": n})


def _check(served: Served) -> None:
    found = served.facts()
    assert Counter(fact["type"] for fact in found) == {
        "profile.stated": 1, "product.viewed": 1, "order.paid": 2, "page.viewed": 1, "screen.viewed": 1, "group.joined": 1,
        "identity.aliased": 1, "song.played": 250,
    }  # fmt: skip
    assert {fact["data"]["n"] for fact in found if fact["type"] == "song.played"} == set(range(250))
    assert {(f["subject_kind"], f["subject_value"]) for f in found} == {("user_id", "lin")}
    orders = [f for f in found if f["type"] == "order.paid"]
    assert [(f["object"], f["amount_minor"], f["data"]["sku"]) for f in orders] == [("A1", 2400, "P1"), ("A1", 600, "P2")]
    stated = next(f for f in found if f["type"] == "profile.stated")
    assert stated["data"]["plan"] == "gold" and "email" not in stated["data"]
    with served.ground.db.tx() as conn:
        assert conn.execute("select count(*) from identifiers where kind = 'email'").fetchone() == (1,)


@pytest.mark.parametrize("is_packed", [False, True])
def test_segment_analytics_python(served: Served, is_packed: bool) -> None:
    from segment.analytics.client import Client

    faults: list[Any] = []
    client = Client(served.key, host=served.url, gzip=is_packed, on_error=lambda error, items: faults.append(error), max_retries=2)
    _story(client)
    client.shutdown()
    assert faults == []
    _check(served)


def test_rudder_sdk_python(served: Served) -> None:
    from rudderstack.analytics.client import Client

    faults: list[Any] = []
    client = Client(served.key, host=served.url, on_error=lambda error, items: faults.append(error), max_retries=2)
    _story(client)
    client.shutdown()
    assert faults == []
    _check(served)


def test_python_sdks_report_a_wrong_key(served: Served) -> None:
    from rudderstack.analytics.client import Client as Rudder
    from segment.analytics.client import Client as Segment

    for make in (Segment, Rudder):
        faults: list[Any] = []
        client = make("wk_wrong", host=served.url, on_error=lambda error, items, faults=faults: faults.append(error), max_retries=1)
        client.track("lin", "Song Played")
        client.shutdown()
        assert len(faults) == 1 and "401" in str(getattr(faults[0], "status", faults[0]))
    assert served.facts() == []


NODE = """
import { Analytics } from '@segment/analytics-node'
const client = new Analytics({ writeKey: process.env.KEY, host: process.env.URL_, flushAt: 15 })
const faults = []
client.on('error', (e) => faults.push(String(e.code)))
client.identify({ userId: 'lin', traits: { email: 'lin@example.com', plan: 'gold' } })
client.track({ userId: 'lin', event: 'Product Viewed', properties: { product_id: 'P1' } })
client.track({ userId: 'lin', event: 'Order Completed', timestamp: new Date('2026-11-01T09:30:00Z'), properties: {
  order_id: 'A1', total: 30, currency: 'GBP', products: [{ sku: 'P1', price: 10, quantity: 2 }, { sku: 'P2', price: 5 }] } })
client.page({ userId: 'lin', name: 'Home' })
client.screen({ userId: 'lin', name: 'Main' })
client.group({ userId: 'lin', groupId: 'acme' })
client.alias({ userId: 'lin', previousId: 'visitor-7' })
for (let n = 0; n < 250; n++) client.track({ userId: 'lin', event: 'Song Played', properties: { n } })
await client.closeAndFlush()
console.log(JSON.stringify(faults))
"""


def test_segment_analytics_node(served: Served, tmp_path_factory: pytest.TempPathFactory) -> None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("node and npm are not on this machine")
    folder = tmp_path_factory.mktemp("node")
    try:
        got = subprocess.run(
            [npm, "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder), "@segment/analytics-node@3.1.0"],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        pytest.skip("the npm registry does not answer")
    if got.returncode:
        pytest.skip("@segment/analytics-node cannot be installed here")
    script = Path(folder) / "story.mjs"
    script.write_text(NODE)
    ran = subprocess.run(
        [node, str(script)], env={"KEY": served.key, "URL_": served.url, "PATH": "/usr/bin:/bin"}, text=True, timeout=60,
        capture_output=True,
        check=True,
    )  # fmt: skip
    assert json.loads(ran.stdout) == []
    _check(served)
    shutil.rmtree(folder)
