"""From messages to facts, without a server: names, amounts, people, moments."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import NOW

from siyu.pool import Fact, Kind, check
from siyu.sources.http import facts, names, people, trade
from siyu.sources.http.words import HttpSource, Refusal, Taken

WEB = HttpSource(7, "web", "CNY")
DOCS = Path(__file__).parents[3] / "docs" / "http-api.md"


def read(message: dict[str, Any], **more: Any) -> Taken:
    return facts.read(json.dumps({"messageId": "m", "userId": "u", **message}).encode(), WEB, NOW, **more)


def track(event: str, properties: dict[str, Any] | None = None, **more: Any) -> tuple[Fact, ...]:
    return read({"type": "track", "event": event, "properties": properties or {}} | more).facts


@pytest.mark.parametrize(
    ("event", "type_"),
    [
        ("Order Completed", "order.paid"), ("order_completed", "order.paid"), ("orderCompleted", "order.paid"), ("订单完成", "order.paid"),
        ("purchase", "order.paid"), ("Completed Order", "order.paid"), ("Product Added", "cart.added"), ("add_to_cart", "cart.added"),
        ("Product Viewed", "product.viewed"), ("Order Refunded", "order.refunded"), ("Song Played", "song.played"),
        ("Video Playback Started", "video_playback.started"), ("Ticket Sold", "ticket.sold"), ("click", "event.tracked"),
        ("点了一下", "event.tracked"), ("Message Bounced", "event.tracked"), ("Order Adjusted", "event.tracked"),
        ("Profile Stated", "event.tracked"), ("2nd Thing Played", "event.tracked"), ("Red", "event.tracked"),
        ("Unsubscribed", "consent.withdrawn"),
    ],
)  # fmt: skip
def test_names_of_events(event: str, type_: str) -> None:
    assert names.type_of(event)[0] == type_


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_name_becomes_a_type_that_the_pool_takes(event: str) -> None:
    if not names.snake(event):
        with pytest.raises(Refusal):
            track(event)
        return
    type_ = names.type_of(event)[0]
    check(Fact(type_, "x", NOW, data={"channel": "email", "purpose": "marketing"}), NOW)
    assert not (type_.startswith(("message.", "profile.", "identity."))), "only our own rooms say these"


def test_an_unknown_name_is_kept_as_it_came() -> None:
    assert track("Song Played")[0].data["event"] == "Song Played"
    assert track("clickButton")[0].data["event"] == "click_button"


def test_an_order_is_one_fact_a_product_and_adds_up() -> None:
    order = {
        "order_id": 1001, "total": "27.49", "tax": 2.5, "coupon": "TEA", "currency": "gbp",
        "products": [
            {"product_id": "p1", "name": "Mug", "price": 10, "quantity": 2, "category": "home"},
            {"sku": "s2", "product_id": "p2", "price": "5.00"},
        ],
    }  # fmt: skip
    first, second = track("Order Completed", order)
    assert (first.object, first.currency, first.amount_minor, second.amount_minor) == ("1001", "GBP", 2199, 550)
    assert first.data["sku"] == "p1" and first.data["product"] == "Mug" and first.data["quantity"] == 2 and first.data["coupon"] == "TEA"
    assert second.data["sku"] == "s2" and "coupon" not in second.data and second.id == "m#1"


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
@settings(max_examples=200, deadline=None)
def test_the_lines_of_an_order_always_add_up_to_it(whole: int, weights: list[int]) -> None:
    parts = trade.split(whole, weights)
    assert sum(parts) == whole and len(parts) == len(weights)
    if any(weights):
        assert all(abs(p - whole * w / sum(weights)) < 1 + 1e-6 * abs(whole) for p, w in zip(parts, weights, strict=True))


@pytest.mark.parametrize(
    ("properties", "minor", "currency"),
    [
        ({"total": 19.99}, 1999, "CNY"),
        ({"revenue": "1,299.00", "currency": "RMB"}, 129900, "CNY"),
        ({"total": "¥88"}, 8800, "CNY"),
        ({"value": 500, "currency": "JPY"}, 500, "JPY"),
        ({"total": 0}, 0, "CNY"),
        ({"revenue": 30, "total": 32.5}, 3250, "CNY"),
        ({"products": [{"price": 3, "quantity": 3}]}, 900, "CNY"),
    ],
)
def test_amounts(properties: dict[str, Any], minor: int, currency: str) -> None:
    fact = track("Order Completed", {"order_id": "1"} | properties)[0]
    assert (fact.amount_minor, fact.currency) == (minor, currency)


def test_refunds_are_negative_however_they_are_written() -> None:
    for total in (12, -12):
        assert track("Order Refunded", {"order_id": "1", "total": total})[0].amount_minor == -1200


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"type": "track"}, "event"),
        ({"type": "track", "event": "  "}, "event"),
        ({"type": "track", "event": "Order Completed", "properties": {"total": 1}}, "order"),
        ({"type": "track", "event": "Order Completed", "properties": {"order_id": 1}}, "order_amount"),
        ({"type": "track", "event": "Order Completed", "properties": {"order_id": 1, "total": "NaN"}}, "amount"),
        ({"type": "track", "event": "Order Completed", "properties": {"order_id": 1, "total": 1e30}}, "amount"),
        ({"type": "track", "event": "Order Completed", "properties": {"order_id": 1, "total": 1, "currency": "pounds"}}, "currency"),
        ({"type": "track", "event": "Consent Given"}, "consent"),
        ({"type": "track", "event": "Tag Added"}, "tag"),
        ({"type": "group"}, "group"),
        ({"type": "alias"}, "previous"),
        ({"type": "alias", "previousId": "undefined"}, "previous"),
        ({"type": "alias", "previousId": "old", "userId": None, "anonymousId": "x"}, "identity"),
        ({"type": "page", "userId": None}, "identity"),
        ({"type": "page", "userId": " ", "anonymousId": "null"}, "identity"),
        ({"type": "page", "timestamp": "1970-01-01T00:00:00Z"}, "time_range"),
        ({"type": "page", "timestamp": {}}, "time"),
        ({"type": None}, "type"),
        ({"type": ["track"]}, "type"),
    ],
)
def test_what_is_wrong_has_a_code(message: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as no:
        read(message)
    assert no.value.code == code


def test_traits_are_parted_and_contacts_become_identifiers() -> None:
    traits = {
        "email": "LIN@Example.com", "mobilePhone": "+86 138-0013-8000", "firstName": "Lin", "birthday": "1990-01-01", "plan": "gold",
        "address": {"city": "杭州", "street": "1 Lake Road"}, "openid": "o1", "appid": "wx1", "favouriteTea": "green", "gone": None,
    }  # fmt: skip
    fact = read({"type": "identify", "anonymousId": "a1", "traits": traits}).facts[0]
    assert [i.kind for i in fact.identifiers] == [Kind.USER_ID, Kind.ANONYMOUS_ID, Kind.EMAIL, Kind.PHONE, Kind.OPENID]
    assert fact.identifiers[1].scope == "7" and fact.identifiers[3].value == "+8613800138000"
    assert fact.data == {"plan": "gold", "city": "杭州", "favourite_tea": "green", "gone": None, "openid": "o1", "appid": "wx1"}
    assert set(fact.personal) == {"email", "phone", "first_name", "birthday", "address"}


def test_personal_data_in_events_moves_to_the_personal_side_and_a_product_keeps_its_name() -> None:
    properties = {
        "name": "Mug",
        "email": "lin@example.com",
        "shipping": {"phone": "13800138000", "city": "杭州"},
        "list": [{"email": "x@y.cn"}],
    }
    fact = track("Product Viewed", properties)[0]
    assert fact.data["name"] == "Mug" and fact.data["shipping"] == {"city": "杭州"} and fact.data["list"] == [{}]
    assert set(fact.personal) == {"email", "shipping.phone", "list.email"}


def test_circumstances_keep_no_address_and_no_contact_in_a_url() -> None:
    context = {
        "ip": "203.0.113.9", "page": {"url": "https://shop.example/?email=lin%40example.com&q=tea&tel=13800138000", "path": "/"},
        "location": {"latitude": 1}, "locale": "zh-CN", "campaign": {"name": "spring", "utm_x": 1},
    }  # fmt: skip
    kept = track("Song Played", context=context)[0].data["context"]
    assert kept["campaign"] == {"name": "spring"} and kept["locale"] == "zh-CN" and "q=tea" in kept["page"]["url"]
    assert "lin" not in str(kept) and "13800138000" not in str(kept) and "203.0" not in str(kept)


def test_a_withdrawal_without_a_channel_means_everywhere() -> None:
    (fact,) = track("Unsubscribed")
    assert (fact.type, fact.data["channel"], fact.data["purpose"]) == ("consent.withdrawn", "*", "*")
    both = track("Consent Given", {"channels": ["email", "短信"], "evidence": "form 7"})
    assert [(f.data["channel"], f.data["purpose"], f.data["evidence"]) for f in both] == [
        ("email", "marketing", "form 7"), ("sms", "marketing", "form 7"),
    ]  # fmt: skip


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
_KEYS = st.sampled_from(["event", "userId", "products", "total", "order_id", "price", "quantity", "x"])
_TREES = st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4), max_leaves=12)
_CALLS = st.sampled_from(["identify", "track", "page", "screen", "group", "alias", "x"])
_FIELDS = st.dictionaries(
    st.sampled_from(["userId", "event", "traits", "properties", "context", "timestamp", "sentAt", "previousId", "groupId", "messageId"]),
    _TREES,
    max_size=4,
)


@given(_TREES, _CALLS, _FIELDS)
@settings(max_examples=300, deadline=None)
def test_whatever_comes_is_facts_that_the_pool_takes_or_a_problem_with_a_text(inner: Any, kind: str, fields: dict[str, Any]) -> None:
    from siyu.base.text import catalogue

    message = {"type": kind, "event": "Order Completed", "userId": "u", "properties": inner, **fields}
    try:
        raw = json.dumps(message, allow_nan=False).encode("utf-8", "surrogatepass")
    except (ValueError, UnicodeEncodeError):
        return
    try:
        for fact in facts.read(raw, WEB, NOW).facts:
            check(fact, NOW)
    except Refusal as problem:
        assert f"sources.http_{problem.code}" in catalogue()


def test_ids_are_the_same_for_the_same_message_and_differ_for_another() -> None:
    when = {"type": "track", "event": "A B", "messageId": None, "timestamp": NOW.isoformat()}
    one, again = read(when), read(when)
    assert one.message_id == again.message_id
    assert read(when | {"userId": "v"}).message_id != one.message_id
    late = read(when | {"sentAt": (NOW + timedelta(hours=1)).isoformat()})
    assert late.message_id == one.message_id, "a retry has another sentAt and is the same message"


def test_the_documentation_names_every_event_and_every_code() -> None:
    from siyu.base.text import catalogue

    told = DOCS.read_text("utf-8")
    for type_ in names.KNOWN:
        assert f"`{type_}`" in told, type_
    for key in catalogue():
        if key.startswith("sources.http_"):
            assert f"`{key.removeprefix('sources.http_')}`" in told, key


def test_urls_without_contacts_are_left_alone() -> None:
    assert people.clean_place("https://shop.example/tea?q=green") == "https://shop.example/tea?q=green"
    assert people.clean_place(7) == 7
