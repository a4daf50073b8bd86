"""The Segment protocol over a real port: what goes in, what is refused, what the answers say."""

from __future__ import annotations

import base64
import concurrent.futures
import gzip
import json
import sys
import time
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.conftest import NOW
from tests.sources.http.http_server import Served, serve, serving

from siyu.base import settings
from siyu.base.ground import Ground


@pytest.fixture
def served(ground: Ground) -> Iterator[Served]:
    """A server on a free port with one source named web."""
    yield from serving(ground)


def track(event: str = "Song Played", **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": event, "userId": "u1", "messageId": "m1", **more}


def test_each_call_and_its_shorthand_makes_its_fact(served: Served) -> None:
    said = {"userId": "u1"}
    for n, (path, body) in enumerate(
        [
            ("identify", said | {"traits": {"plan": "gold"}}),
            ("track", said | {"event": "Product Viewed", "properties": {"product_id": "P1", "name": "Mug"}}),
            ("page", said | {"name": "Home"}),
            ("screen", said | {"name": "Main"}),
            ("group", said | {"groupId": "acme"}),
            ("alias", said | {"previousId": "7d0cbb5e-0b0c-4e51-9c8b-0d0f4e1b2a11"}),
        ]
    ):
        for way in (path, path[0], path + "/"):
            answer = served.post(f"/v1/{way}", body | {"messageId": f"{n}-{way}"})
            assert (answer.status_code, answer.json()) == (200, {"success": True}), way
            assert answer.headers["access-control-allow-origin"] == "*"
    types = [fact["type"] for fact in served.facts()]
    once = ["profile.stated", "product.viewed", "page.viewed", "screen.viewed", "group.joined", "identity.aliased"]
    assert types == [t for t in once for _ in range(3)]


def test_each_way_to_say_the_key(served: Served) -> None:
    def basic(text: str) -> dict[str, str]:
        return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}

    key = served.key
    ways = [
        basic(key + ":"),
        basic(key),
        basic(":" + key),
        {"Authorization": f"Bearer {key}"},
        {"X-Write-Key": key},
        {"X-Write-Key": f"id:{key}"},
    ]
    for n, headers in enumerate([*ways, {}]):
        said = {} if headers else {"writeKey": key}
        assert served.post("/v1/track", track(messageId=f"{n}") | said, key=None, headers=headers).status_code == 200
        assert served.post("/v1/batch", {"batch": [track(messageId=f"b{n}")]} | said, key=None, headers=headers).status_code == 200
    assert len(served.facts()) == 14


def test_a_wrong_a_missing_and_a_closed_key_are_401(served: Served) -> None:
    for key, code in (("wk_wrong", "key"), (None, "no_key")):
        answer = served.post("/v1/batch", {"batch": [track()]}, key=key)
        assert answer.status_code == 401
        assert answer.json()["code"] == code and answer.json()["message"]
    assert served.facts() == []
    with served.ground.db.tx() as conn:
        conn.execute("update sources set closed_at = now()")
    assert served.post("/v1/track", track()).status_code == 401


def test_bytes_are_believed_not_content_types(served: Served) -> None:
    kinds = ["application/json", "text/plain", "application/x-www-form-urlencoded", "", "image/png"]
    for n, content_type in enumerate(kinds):
        for m, packing in enumerate(["", "gzip", "silent gzip", "deflate", "two members"]):
            plain = json.dumps({"batch": [track(messageId=f"中文{n}{m}")]}, ensure_ascii=False).encode()
            body = {
                "": plain, "gzip": gzip.compress(plain), "silent gzip": gzip.compress(plain), "deflate": zlib.compress(plain),
                "two members": gzip.compress(plain[:20]) + gzip.compress(plain[20:]),
            }[packing]  # fmt: skip
            headers = {"Content-Type": content_type} if content_type else {}
            if packing in ("gzip", "deflate"):
                headers["Content-Encoding"] = packing
            answer = served.post("/v1/batch", body, headers=headers)
            assert answer.status_code == 200, (content_type, packing, answer.text)
    assert len(served.facts()) == 25


def test_what_is_wrong_as_a_whole_is_400_with_a_code_and_a_sentence(served: Served) -> None:
    table: list[tuple[bytes, dict[str, str], str]] = [
        (b"{", {}, "json"),
        (b"", {}, "json"),
        (b"[" * 100_000, {}, "json"),
        (b'{"batch": 7}', {}, "batch_shape"),
        (b'{"no": "batch"}', {}, "batch_shape"),
        (b"not gzip", {"Content-Encoding": "gzip"}, "packing"),
        (gzip.compress(b'{"batch": []}')[:-9], {"Content-Encoding": "gzip"}, "packing"),
        (b"{}", {"Content-Encoding": "br"}, "encoding"),
        (b" " * 600_000, {}, "batch_size"),
        (gzip.compress(b" " * 50_000_000), {"Content-Encoding": "gzip"}, "batch_size"),
    ]
    for body, headers, code in table:
        answer = served.post("/v1/batch", body, headers=headers)
        assert answer.status_code == 400
        assert answer.json()["code"] == code
        assert answer.json()["message"].endswith(".") and "{" not in answer.json()["message"].replace('{"batch": [...]}', "")
    assert served.facts() == []


def test_one_bad_item_of_many_is_put_aside_alone(served: Served) -> None:
    good = [track(messageId=f"g{n}") for n in range(5)]
    bad: list[Any] = [
        {"type": "track", "userId": "u1", "messageId": "b1"},
        {"type": "track", "event": "X"},
        {"type": "dance", "userId": "u1"},
        "text",
        track(messageId="b2", timestamp="yesterday"),
        track(messageId="b3", userId="undefined", anonymousId=None),
        track("Order Completed", messageId="b4", properties={"order_id": "1", "total": "a lot"}),
        track(messageId="b5", big="x" * 40_000),
    ]
    mixed = [item for pair in zip(good, bad[:5], strict=True) for item in pair] + bad[5:]
    answer = served.post("/v1/batch", {"batch": mixed})
    assert answer.status_code == 200
    assert answer.json()["success"] is True and answer.json()["rejected"] == 8
    assert [e["code"] for e in answer.json()["errors"]] == [
        "event", "identity", "type", "shape", "time", "identity", "amount", "event_size",
    ]  # fmt: skip
    assert len(served.facts()) == 5
    from siyu.sources import http

    with served.ground.db.tx() as conn:
        aside = http.rejected(served.ground, conn, served.source_id)
        assert [one.code for one in reversed(aside)] == [e["code"] for e in answer.json()["errors"]]
        assert json.loads(aside[1].body)["messageId"] == "b4"
        assert sum(http.rejects_by_code(conn, None, NOW.date()).values()) == 8
        assert b"undefined" not in bytes(conn.execute("select string_agg(body_sealed, '') from http_rejects").fetchone()[0])  # type: ignore[index]


def test_a_single_bad_message_is_400_and_kept_aside(served: Served) -> None:
    answer = served.post("/v1/track", {"userId": "u1"})
    assert answer.status_code == 400 and answer.json()["code"] == "event"
    from siyu.sources import http

    with served.ground.db.tx() as conn:
        assert len(http.rejected(served.ground, conn)) == 1


def test_strict_mode_takes_all_or_nothing(served: Served) -> None:
    strict = {"X-Strict-Mode": "1"}
    body = {"batch": [track(), track("Order Completed", messageId="m2", properties={})]}
    answer = served.post("/v1/batch", body, headers=strict)
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"index": 1, "code": "order", "field": "properties.order_id", "message": answer.json()["errors"][0]["message"]}
    ]
    assert served.facts() == []
    order = track("Order Completed", messageId="m3", properties={"order_id": "1", "total": 5})
    assert served.post("/v1/batch", {"batch": [order]}, headers=strict).status_code == 200
    again = {"batch": [track(), order | {"messageId": "m4"}]}
    answer = served.post("/v1/batch", again, headers=strict)  # found only when it meets the pool
    assert answer.status_code == 400 and answer.json()["errors"][0]["code"] == "order_known"
    assert len(served.facts()) == 1


def test_the_same_message_is_one_fact_however_often_it_comes(served: Served) -> None:
    body = {"batch": [track(), track()], "sentAt": NOW.isoformat()}
    for _ in range(3):
        assert served.post("/v1/batch", body).json() == {"success": True}
    assert len(served.facts()) == 1
    timed = {"type": "track", "event": "Song Played", "userId": "u1", "timestamp": "2026-11-19T00:00:00Z"}
    for _ in range(3):
        served.post("/v1/track", timed)
    assert len(served.facts()) == 2
    for _ in range(2):
        served.post("/v1/track", {"event": "Song Played", "userId": "u1"})
    assert len(served.facts()) == 4  # neither id nor time: a repetition cannot be told from a second song


def test_a_wrong_clock_is_corrected_and_lateness_is_kept(served: Served) -> None:
    sent = NOW + timedelta(hours=3)  # the client's clock is three hours ahead
    items = [
        track(messageId="skewed", timestamp=(sent - timedelta(minutes=10)).isoformat()),
        track(messageId="late", timestamp=(sent - timedelta(days=400)).isoformat()),
        track(messageId="original", originalTimestamp=(sent - timedelta(minutes=1)).isoformat()),
        track(messageId="silent"),
    ]
    served.post("/v1/batch", {"batch": items, "sentAt": sent.isoformat()})
    served.post("/v1/track", track(messageId="ahead", timestamp=(NOW + timedelta(days=30)).isoformat()))
    served.post("/v1/track", track(messageId="exact", timestamp="2011-05-01T10:00:00Z", sentAt=(NOW - timedelta(seconds=2)).isoformat()))
    served.post("/v1/track", track(messageId="offset", timestamp="2026-11-20T08:00:00.123+08:00"))
    found = [fact["occurred_at"] for fact in served.facts()]
    assert found == [
        NOW - timedelta(minutes=10), NOW - timedelta(days=400), NOW - timedelta(minutes=1), NOW, NOW,
        datetime.fromisoformat("2011-05-01T10:00:00+00:00"), datetime.fromisoformat("2026-11-20T00:00:00.123+00:00"),
    ]  # fmt: skip
    assert all(fact["received_at"] == NOW for fact in served.facts())


def test_broken_emoji_nan_and_nul_spoil_nobody(served: Served) -> None:
    body = b'{"batch": [{"type":"track","event":"A B","userId":"u1","messageId":"1","properties":{"a":"\\ud83d","b":NaN,"c":"x\\u0000y"}}, '
    body += json.dumps(track(messageId="2")).encode() + b"]}"
    assert served.post("/v1/batch", body).json() == {"success": True}
    first = served.facts()[0]
    assert first["data"]["c"] == "xy" and "b" not in first["data"]
    assert served.post("/v1/track", track(messageId="3", properties={"c": "x\0y"})).status_code == 200


def test_a_thank_you_page_loaded_twice_sells_once(served: Served) -> None:
    order = track("Order Completed", properties={"order_id": "A1", "total": 30, "currency": "GBP"})
    assert served.post("/v1/track", order).json() == {"success": True}
    assert served.post("/v1/track", order).json() == {"success": True}  # the SDK's own retry
    again = served.post("/v1/track", order | {"messageId": "reloaded"})
    assert again.status_code == 200 and again.json()["errors"][0]["code"] == "order_known"
    served.post("/v1/track", track("Order Refunded", messageId="r1", properties={"order_id": "A1"}))
    unknown = served.post("/v1/track", track("Order Refunded", messageId="r2", properties={"order_id": "A9"}))
    assert unknown.status_code == 400 and unknown.json()["code"] == "refund_amount"
    assert [(f["type"], f["amount_minor"], f["currency"]) for f in served.facts()] == [
        ("order.paid", 3000, "GBP"), ("order.refunded", -3000, "GBP"),
    ]  # fmt: skip


def test_alias_knows_an_anonymous_id_that_was_seen_before(served: Served) -> None:
    served.post("/v1/page", {"anonymousId": "visitor-7", "messageId": "p"})
    served.post("/v1/alias", {"userId": "lin", "previousId": "visitor-7", "messageId": "a"})
    served.post("/v1/alias", {"userId": "lin", "previousId": "lin-old", "messageId": "b"})
    with served.ground.db.tx() as conn:
        kinds = conn.execute("select kind, value from identifiers order by identifier_id").fetchall()
    assert kinds == [("anonymous_id", "visitor-7"), ("user_id", "lin"), ("user_id", "lin-old")]


def test_the_batch_context_is_merged_and_contacts_become_identifiers(served: Served) -> None:
    context = {"locale": "zh-CN", "ip": "203.0.113.9", "library": {"name": "x", "version": "1"}, "traits": {"email": "LIN@Example.com"}}
    items = [
        {"type": "identify", "userId": "lin", "anonymousId": None, "messageId": "1", "context": {"traits": {"phone": "138 0013 8000"}}}
    ]
    served.post("/v1/batch", {"batch": items, "context": context})
    with served.ground.db.tx() as conn:
        kinds = [row[0] for row in conn.execute("select kind from identifiers order by kind")]
        everything = str(conn.execute("select * from facts").fetchall())
    assert kinds == ["email", "phone", "user_id"]
    assert "203.0.113.9" not in everything and "lin@example.com" not in everything.lower() and "13800138000" not in everything


def test_limits_are_settings_up_to_4_mb(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["siyu.sources.http.routes"], "_KEY_FOR", 0.0)  # how long a key and its limits are believed
    big = {"batch": [track(big="x" * 700_000)]}
    assert served.post("/v1/batch", big).status_code == 400
    with served.ground.db.tx() as conn:
        settings.put(conn, "http.batch_bytes", 100_000_000, at=NOW)
        settings.put(conn, "http.event_bytes", 2_000_000, at=NOW)
    assert served.post("/v1/batch", big).json() == {"success": True}
    assert served.post("/v1/batch", b" " * 5_000_000).status_code == 400


def test_browsers_are_let_in(served: Served) -> None:
    asked = httpx.options(served.url + "/v1/t", headers={"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"})
    assert asked.status_code == 204
    assert "Authorization" in asked.headers["access-control-allow-headers"]
    told = httpx.get(f"{served.url}/v1/projects/{served.key}/settings").json()["integrations"]["Segment.io"]
    assert told["apiKey"] == served.key and told["apiHost"] == "127.0.0.1:8000/v1" and told["protocol"] == "http"
    assert httpx.get(f"{served.url}/v1/projects/wk_no/settings").status_code == 401
    assert httpx.get(served.url + "/v1/track").status_code == 405


def test_many_at_once_are_each_answered_and_each_kept_once(served: Served) -> None:
    def send(n: int) -> int:
        items = [track(messageId=f"{n}-{k}", userId=f"u{k}") for k in range(20)]
        return served.post("/v1/batch", {"batch": items}).status_code

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        codes = list(pool.map(send, range(60)))
    assert codes == [200] * 60
    assert len(served.facts()) == 1200


def test_a_full_queue_says_429_and_when_to_come_back(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    from siyu.sources.http import intake

    gate = threading.Event()
    real = intake.keep

    def slow(ground: Any, parcels: Any) -> Any:
        gate.wait(20)
        return real(ground, parcels)

    monkeypatch.setattr(intake, "keep", slow)
    monkeypatch.setattr(intake.Intake.__init__, "__defaults__", (50,))
    url, stop = serve(served.ground)
    calm = Served(url, served.key, served.source_id, served.ground)
    batches = [{"batch": [track(messageId=f"{n}-{k}") for k in range(20)]} for n in range(6)]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        waiting = [pool.submit(calm.post, "/v1/batch", batch) for batch in batches]
        for _ in range(400):
            if sum(one.done() for one in waiting) >= 4:
                break
            time.sleep(0.02)
        busy = [one.result() for one in waiting if one.done()]
        assert len(busy) == 4 and {one.status_code for one in busy} == {429}
        assert all(one.headers["retry-after"] == "1" and one.json()["code"] == "busy" for one in busy)
        gate.set()
        assert sorted(one.result().status_code for one in waiting) == [200, 200, 429, 429, 429, 429]
    stop()
    assert len(served.facts()) == 40
