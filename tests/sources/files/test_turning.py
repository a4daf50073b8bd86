"""From rows to facts: what is a sale, a refund, an adjustment; who it was; and ids that are the same for the same content."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from siyu.pool import Fact
from siyu.sources.files.turning import Occurrences, Turned, turner
from siyu.sources.files.words import Mapping, Rows, Shape

NOW = datetime(2026, 11, 20, tzinfo=UTC)
LINES = Mapping(
    "order_lines",
    {"no": "order_no", "sku": "sku", "n": "quantity", "price": "unit_price", "at": "paid_at", "who": "user_id"},
    currency="GBP",
    time_zone="UTC",
)
COLUMNS = ("no", "sku", "n", "price", "at", "who")


def turn(mapping: Mapping, columns: tuple[str, ...], rows: list[list[Any]], *, size: int = 0, format_: str = "text") -> Turned:
    """All rows turned, in stretches of `size`."""
    one = turner(mapping, Shape(format_, columns=columns), key=b"k", now=NOW, came_at=NOW, evidence={"import": 1})  # type: ignore[arg-type]
    total = Turned(0)
    step = size or max(1, len(rows))
    for start in range(0, len(rows), step):
        part = one.turn(Rows(start + 2, list(rows[start : start + step]), 1.0))
        total.rows_n += part.rows_n
        total.facts += part.facts
        total.side += part.side
        total.rejects += part.rejects
        total.blank_n += part.blank_n
        total.notes += part.notes
    return total


def told(facts: list[Fact]) -> list[tuple[str, int | None]]:
    return [(f.type, f.amount_minor) for f in facts]


def test_what_a_line_is() -> None:
    rows = [
        ["536365", "a", "6", "2.55", "2010-12-01", "1"],
        ["536366", "gift", "1", "0", "2010-12-01", "1"],
        ["536367", "stock", "-5", "0", "2010-12-01", ""],
        ["C536368", "a", "-6", "2.55", "2010-12-02", "1"],
        ["A563187", "debt", "1", "-11062.06", "2010-12-02", ""],
        ["536369", "odd", "-1", "3", "2010-12-02", "1"],
    ]
    plain = turn(LINES, COLUMNS, rows)
    assert told(plain.facts) == [
        ("order.paid", 1530), ("order.adjusted", 0), ("order.adjusted", 0), ("order.refunded", -1530), ("order.adjusted", -1106206),
        ("order.refunded", -300),
    ]  # fmt: skip
    with_prefix = turn(replace(LINES, refund_prefixes=("C",)), COLUMNS, rows)
    assert told(with_prefix.facts)[-1] == ("order.adjusted", -300)
    assert told(with_prefix.facts)[:-1] == told(plain.facts)[:-1]
    assert [bool(f.identifiers) for f in plain.facts] == [True, True, False, True, False, True]


def test_amounts_are_rounded_half_away_from_zero_line_by_line() -> None:
    rows = [
        ["1", "a", "1", "0.005", "2010-12-01", ""],
        ["2", "a", "-1", "0.005", "2010-12-01", ""],
        ["3", "a", "3", "0.001", "2010-12-01", ""],
    ]
    assert [f.amount_minor for f in turn(LINES, COLUMNS, rows).facts] == [1, -1, 0]
    assert [f.amount_minor for f in turn(replace(LINES, currency="JPY"), COLUMNS, [["1", "a", "3", "100.5", "2010-12-01", ""]]).facts] == [
        302
    ]


def test_statuses_become_money() -> None:
    mapping = Mapping(
        "orders",
        {"no": "order_no", "worth": "amount", "paid": "paid_at", "made": "ordered_at", "status": "status", "back": "refund_amount"},
        currency="CNY",
        time_zone="Asia/Shanghai",
        statuses={"特殊": "paid"},
    )
    columns = ("no", "worth", "paid", "made", "status", "back")
    rows = [
        ["1", "100", "2026-01-02", "2026-01-01", "交易成功", ""],
        ["2", "100", "2026-01-02", "2026-01-01", "已退款", ""],
        ["3", "100", "2026-01-02", "2026-01-01", "部分退款", "30"],
        ["4", "100", "", "2026-01-01", "交易关闭", ""],
        ["5", "100", "2026-01-02", "2026-01-01", "交易关闭", ""],
        ["6", "100", "", "2026-01-01", "待付款", ""],
        ["7", "100", "", "2026-01-01", "", ""],
        ["8", "100", "2026-01-02", "", "特殊", ""],
        ["9", "100", "2026-01-02", "", "天知道", ""],
    ]
    out = turn(mapping, columns, rows)
    assert told(out.facts) == [
        ("order.paid", 10000), ("order.paid", 10000), ("order.paid", 10000), ("order.cancelled", None), ("order.paid", 10000),
        ("order.placed", None), ("order.placed", None), ("order.paid", 10000),
    ]  # fmt: skip
    assert told(out.side) == [("order.refunded", -10000), ("order.refunded", -3000), ("order.refunded", -10000)]
    assert [(r.row_no, r.field, r.code) for r in out.rejects] == [(10, "status", "unknown_status")]
    paid_later = turn(mapping, columns, [["6", "100", "2026-01-03", "2026-01-01", "交易成功", ""]])
    assert paid_later.facts[0].id not in {f.id for f in out.facts}
    refunded_later = turn(mapping, columns, [["1", "100", "2026-01-02", "2026-01-01", "已退款", ""]])
    assert refunded_later.facts[0].id == out.facts[0].id


def test_whole_orders_written_over_several_lines() -> None:
    mapping = Mapping("orders", {"no": "order_no", "worth": "amount", "at": "paid_at"}, currency="CNY", time_zone="UTC")
    rows = [["1", "110", "2026-01-02"], ["1", "", ""], ["2", "50", "2026-01-02"], ["2", "50", "2026-01-02"], ["2", "20", "2026-01-02"]]
    for size in (0, 1, 2):
        out = turn(mapping, ("no", "worth", "at"), rows, size=size)
        assert told(out.facts) == [("order.paid", 11000), ("order.paid", 5000)]
        assert out.notes["continued"] == 2
        assert [(r.row_no, r.code) for r in out.rejects] == [(6, "order_again")]


def test_blank_cells_below_an_orders_first_line() -> None:
    mapping = replace(LINES, fill_down=True, columns=LINES.columns | {"city": "trait.city"})
    rows = [
        ["1", "a", "1", "5", "2026-01-02", "u1", "深圳"],
        ["1", "b", "2", "5", "", "", ""],
        ["2", "a", "1", "5", "2026-01-03", "", ""],
        ["2", "b", "1", "5", "", "", ""],
    ]
    for size in (0, 1):
        out = turn(mapping, (*COLUMNS, "city"), rows, size=size)
        assert [f.occurred_at.day for f in out.facts] == [2, 2, 3, 3]
        assert [bool(f.identifiers) for f in out.facts] == [True, True, False, False]
        assert [(f.type, f.data) for f in out.side] == [("profile.stated", {"city": "深圳"})]


def test_a_bad_row_says_field_value_and_code_and_the_others_go_on() -> None:
    rows = [
        ["", "a", "1", "5", "2026-01-02", "u1"],
        ["2", "a", "ein", "5", "2026-01-02", "u1"],
        ["3", "a", "1", "5", "2026-02-31", "u1"],
        ["4", "a", "1", "", "2026-01-02", "u1"],
        ["5", "a", "1", "5", "2026-01-02", "u1"],
        ["", "", " ", "", "", ""],
        ["6", "a", "1", "5", "2026-01-02", "u1", "one too many"],
        ["7", "a", "1", "5"],
        ["8", "a\x00", "1", "5", "2026-01-02", "u1"],
        [],
    ]
    out = turn(LINES, COLUMNS, rows)
    assert len(out.facts) == 1 and out.blank_n == 2
    assert sorted((r.row_no, r.field, r.value, r.code) for r in out.rejects) == [
        (2, "no", "", "missing"), (3, "n", "ein", "not_a_number"), (4, "at", "2026-02-31", "no_such_date"), (5, "price", "", "missing"),
        (8, "", "7", "too_many_cells"), (9, "at", "", "missing"), (10, "sku", "a\x00", "control_character"),
    ]  # fmt: skip
    assert out.rows_n == len(out.facts) + len(out.rejects) + out.blank_n


def test_identifiers_that_cannot_be_used() -> None:
    mapping = replace(LINES, columns=LINES.columns | {"phone": "phone"})
    columns = (*COLUMNS, "phone")
    row = ["1", "a", "1", "5", "2026-01-02", "u1"]
    rows = [[*row, "138****1234"], [*row, "1.38E+10"], [*row, "123"], [*row, "+86 138-0013-8000"]]
    out = turn(mapping, columns, rows)
    assert [r.code for r in out.rejects] == ["digits_lost", "not_a_phone"]
    assert [len(f.identifiers) for f in out.facts] == [1, 2] and out.notes["masked:phone"] == 1
    lenient = turn(replace(mapping, bad_identifier="leave_out"), columns, rows)
    assert not lenient.rejects and len(lenient.facts) == 4 and lenient.notes["left_out:phone"] == 2


def test_personal_traits_stand_apart() -> None:
    mapping = Mapping(
        "people",
        {
            "name": "trait.name", "phone": "phone", "email": "email", "sex": "trait.gender", "born": "trait.birthday", "tags": "tags",
            "mail?": "consent.email", "since": "consent_at.email", "sms?": "consent.sms", "level": "trait.level",
        },
        time_zone="Asia/Shanghai",
    )  # fmt: skip
    columns = tuple(mapping.columns)
    rows = [
        ["王芳", "13800138000", "W@Example.com", "女", "1990/1/2", "新客，茶友", "是", "2026-01-05", "否", "金"],
        ["无名", "", "", "", "", "", "", "", "", ""],
        ["李娜", "138****0000", "", "", "", "", "", "", "", ""],
    ]
    out = turn(mapping, columns, rows)
    (fact,) = out.facts
    assert fact.type == "profile.stated" and len(fact.identifiers) == 2
    assert fact.data == {"gender": "female", "level": "金"} and fact.personal == {"name": "王芳", "birthday": "1990-01-02"}
    assert [(f.type, f.data.get("tag") or f.data.get("channel")) for f in out.side] == [
        ("tag.added", "新客"), ("tag.added", "茶友"), ("consent.given", "email"), ("consent.withdrawn", "sms"),
    ]  # fmt: skip
    given_, withdrawn = out.side[2:]
    assert given_.occurred_at == datetime(2026, 1, 4, 16, tzinfo=UTC) and given_.data["evidence"]["row"] == 2
    assert withdrawn.occurred_at == NOW and withdrawn.data["evidence"]["dated"] is False
    assert [(r.row_no, r.code) for r in out.rejects] == [(3, "missing"), (4, "masked")]
    again = turn(mapping, columns, rows)
    assert [f.id for f in again.facts + again.side] == [f.id for f in out.facts + out.side]


def test_events() -> None:
    mapping = Mapping(
        "events",
        {"event": "type", "at": "at", "user": "user_id", "page": "data.page", "props": "properties"},
        time_zone="UTC",
        event_types={"逛店": "store.visited"},
    )
    columns = ("event", "at", "user", "page", "props")
    rows = [
        ["Product Viewed", "2026-01-05T00:00:00Z", "u1", "/cup", '{"colour": "red", "name": "secret"}'],
        ["逛店", "2026-01-05T00:00:00Z", "u1", "", ""],
        ["message.sent", "2026-01-05T00:00:00Z", "u1", "", ""],
        ["Order Completed", "2026-01-05T00:00:00Z", "u1", "", ""],
        ["Sneezed", "2026-01-05T00:00:00Z", "u1", "", "[1]"],
        ["逛店", "2026-01-05T00:00:00Z", "u1", "", ""],
    ]
    out = turn(mapping, columns, rows)
    assert [f.type for f in out.facts] == ["product.viewed", "store.visited", "store.visited"]
    assert out.facts[0].data["colour"] == "red" and out.facts[0].personal == {"name": "secret"} and out.facts[0].object == "/cup"
    assert len({f.id for f in out.facts}) == 3
    assert [(r.row_no, r.code) for r in out.rejects] == [(4, "reserved_event"), (5, "reserved_event"), (6, "not_json")]


LINE = st.tuples(st.sampled_from("123"), st.sampled_from("ab"), st.sampled_from(["1", "2", "-1"]), st.sampled_from(["1.50", "3"]))


@given(st.lists(LINE, max_size=40), st.randoms(use_true_random=False), st.integers(1, 7))
@settings(max_examples=80, deadline=None)
def test_the_same_content_has_the_same_ids_in_any_order_form_and_stretch(lines: list[Any], dice: Any, size: int) -> None:
    rows = [[no, sku, n, price, "2026-01-02", ""] for no, sku, n, price in lines]
    ids = Counter(f.id for f in turn(LINES, COLUMNS, rows).facts)
    assert not ids or max(ids.values()) == 1
    shuffled = list(rows)
    dice.shuffle(shuffled)
    assert Counter(f.id for f in turn(LINES, COLUMNS, shuffled, size=size).facts) == ids
    typed = [[int(no), sku, float(n), float(price), datetime(2026, 1, 2), None] for no, sku, n, price in lines]  # noqa: DTZ001
    assert Counter(f.id for f in turn(LINES, COLUMNS, typed, format_="parquet").facts) == ids


@given(st.lists(st.lists(st.integers(0, 30), max_size=30), max_size=12))
@settings(max_examples=80, deadline=None)
def test_occurrences_count_as_a_plain_counter_does(parts: list[list[int]]) -> None:
    bag, naive = Occurrences(), Counter[int]()
    for part in parts:
        want = []
        for n in part:
            want.append(naive[n])
            naive[n] += 1
        assert bag.number([n.to_bytes(8, "big") for n in part]) == want


def test_occurrences_go_on_from_a_file(tmp_path: Path) -> None:
    bag = Occurrences()
    bag.number([b"aaaaaaaa", b"aaaaaaaa", b"bbbbbbbb"])
    bag.keep(tmp_path / "seen.npy")
    again = Occurrences()
    assert again.take_in(tmp_path / "seen.npy") and not Occurrences().take_in(tmp_path / "none.npy")
    assert again.number([b"bbbbbbbb", b"aaaaaaaa", b"cccccccc"]) == [1, 2, 0]
