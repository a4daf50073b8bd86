"""The laws of dividing money, and payback worked by hand: no database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siyu.analytics import ledger
from siyu.analytics.ledger.attribution import DAY, NOBODY, Met, credit, divide
from siyu.analytics.ledger.book import Book, Cost, _firsts
from siyu.analytics.ledger.guides import shrink
from siyu.analytics.ledger.pnl import pnl, total
from siyu.analytics.ledger.posting import minor_of, post, spread
from siyu.analytics.ledger.sheets import read_costs, read_spends
from siyu.analytics.ledger.winning import costs_to_win, payback
from siyu.analytics.ledger.words import DIMENSIONS, AttributionRule, Dims, Posted, Terms
from siyu.base.errors import InputError

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
ZERO = int(BEGUN.timestamp() * 1_000_000)
WORDS = st.sampled_from(["", "a", "b", "c"])


def ints(*values: int) -> np.ndarray:  # type: ignore[type-arg]
    return np.array(values, dtype=np.int64)


def book(
    orders: list[tuple[int, float, int, int, int]],
    touches: list[tuple[int, float, int, Dims]] = [],  # noqa: B006  only read
    costs: list[Cost] = [],  # noqa: B006
    served: list[tuple[int, float, int]] = [],  # noqa: B006
) -> Book:
    """Orders (person, day, paid, refunded, goods), touchpoints (person, day, order or NOBODY, dims), served (person, day, minor)."""
    orders = sorted(orders, key=lambda o: o[1])
    touches = sorted(touches, key=lambda t: t[1])
    people = sorted({o[0] for o in orders} | {t[0] for t in touches} | {s[0] for s in served} - {NOBODY})
    person, paid = ints(*(o[0] for o in orders)), ints(*(o[2] for o in orders))
    at = ints(*(ZERO + int(o[1] * DAY) for o in orders))
    none = np.zeros(len(orders), dtype=np.int64)
    return Book(
        "CNY", Terms(), [(1, str(n)) for n in range(len(orders))], np.arange(max([-1, *people]) + 1), person, at,
        ints(*((BEGUN.date().toordinal() + int(o[1])) for o in orders)), paid, ints(*(-o[3] for o in orders)), none,
        ints(*(o[4] for o in orders)), (none, none, ints(*(o[4] for o in orders))), _firsts(person, paid),
        ints(*(t[0] for t in touches)), ints(*(ZERO + int(t[1] * DAY) for t in touches)), ints(*(t[2] for t in touches)),
        ["page.viewed"] * len(touches), [t[3] for t in touches], costs,
        (ints(*(s[0] for s in served)), ints(*(ZERO + int(s[1] * DAY) for s in served)), ints(*(s[2] for s in served))),
        ["message"] * len(served), {},
    )  # fmt: skip


ORDERS = st.lists(
    st.tuples(st.integers(NOBODY, 3), st.integers(0, 120), st.integers(-500, 10**7), st.integers(0, 10**6), st.integers(-10, 10**6)),
    max_size=12,
)
TOUCHES = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 120), st.just(NOBODY), st.builds(Dims, WORDS, WORDS, WORDS, WORDS, WORDS)), max_size=14
)
COSTS = st.lists(
    st.builds(
        Cost, st.sampled_from(["spend", "message", "gift"]), st.dates(date(2026, 1, 1), date(2026, 4, 1)),
        st.builds(Dims, WORDS, WORDS, WORDS, WORDS, WORDS), st.integers(-10, 10**6), st.just(1),
    ),
    max_size=6,
)  # fmt: skip
MONEY = ("orders_milli", "first_milli", "paid", "refunded", "adjusted", "goods", "spend", "served", "margin", "net")


@settings(max_examples=60)
@given(ORDERS, TOUCHES, COSTS, st.sampled_from([(None, None), (date(2026, 1, 20), date(2026, 3, 1))]))
def test_every_dimension_and_rule_adds_up_to_the_pool(orders, touches, costs, period) -> None:  # type: ignore[no-untyped-def]
    made = book(orders, touches, costs)
    pool = total(made, period)
    for by in DIMENSIONS:
        for rule in AttributionRule:
            found = pnl(made, by, rule, period)
            assert found.total == pool
            for name in MONEY:
                assert sum(getattr(line, name) for line in found.lines) == getattr(pool, name), (by, rule, name)
            assert found.lines[-1].key is None, "what is attributed to nothing is a line of its own"
    assert int(costs_to_win(made)[0].sum()) + costs_to_win(made)[1] == sum(c.minor for c in costs if c.what == "spend")


def naive(at: int, met: list[tuple[int, int]], rule: AttributionRule, amount: int) -> dict[int, int]:
    """The rule as a person would reckon it: (moment, key) of the touchpoints in reach, in the order of time."""
    n = len(met)
    weights = {
        AttributionRule.FIRST: [1] + [0] * (n - 1),
        AttributionRule.LAST: [0] * (n - 1) + [1],
        AttributionRule.LINEAR: [1] * n,
        AttributionRule.POSITION: [1] * n if n < 3 else [2 * (n - 2), *[1] * (n - 2), 2 * (n - 2)],
        AttributionRule.DECAY: [max(1, round(65536 * 0.5 ** ((at - when) / (7 * DAY)))) for when, _ in met],
    }[rule]
    if not n:
        return {NOBODY: amount}
    exact = [Decimal(abs(amount)) * w / sum(weights) for w in weights]
    parts = [int(e) for e in exact]
    for place in sorted(range(n), key=lambda i: (-(abs(amount) * weights[i] % sum(weights)), i))[: abs(amount) - sum(parts)]:
        parts[place] += 1
    made: dict[int, int] = {}
    for (_, key), part in zip(met, parts, strict=True):
        if part:
            made[key] = made.get(key, 0) + (part if amount > 0 else -part)
    return made


@settings(max_examples=80)
@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 200)), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 200), st.integers(0, 2)), max_size=8),
    st.sampled_from([rule for rule in AttributionRule if rule is not AttributionRule.STATED]),
    st.integers(-(10**12), 10**12),
)
def test_the_columns_divide_as_a_person_would(orders, touches, rule, amount) -> None:  # type: ignore[no-untyped-def]
    touches = sorted(touches, key=lambda t: t[1])
    met = Met(
        ints(*(t[0] for t in touches)),
        ints(*(t[1] * DAY for t in touches)),
        ints(*(t[2] for t in touches)),
        ints(*(NOBODY for _ in touches)),
    )
    got = credit(ints(*(o[0] for o in orders)), ints(*(o[1] * DAY for o in orders)), met, rule, 90)
    parts = divide(got, np.full(len(orders), amount, dtype=np.int64))
    for n, (person, day) in enumerate(orders):
        reach = [(t[1] * DAY, t[2]) for t in touches if t[0] == person and day - 90 <= t[1] <= day]
        want = naive(day * DAY, reach, rule, amount)
        mine: dict[int, int] = {}
        for key, part in zip(got.key[got.order == n].tolist(), parts[got.order == n].tolist(), strict=True):
            if part:
                mine[key] = mine.get(key, 0) + part
        assert mine == {key: part for key, part in want.items() if part}


def test_what_an_order_says_itself_comes_last_and_counts_once() -> None:
    web, shop = Dims("web"), Dims("shop")
    made = book([(0, 10, 1000, 0, 0)], [(0, 1, NOBODY, web), (0, 10, 0, shop), (0, 10, 0, shop)])
    for rule, want in {
        "first": {"web": 1000},
        "last": {"shop": 1000},
        "linear": {"web": 500, "shop": 500},
        "stated": {"shop": 1000},
    }.items():
        assert {line.key: line.paid for line in pnl(made, "channel", AttributionRule(rule)).lines if line.paid} == want, rule
    late = book([(0, 10, 1000, 0, 0)], [(0, 11, NOBODY, web)])
    assert {line.key: line.paid for line in pnl(late, "channel", AttributionRule.LAST).lines} == {None: 1000}, (
        "who came later did not sell it"
    )


def test_organic_buyers_do_not_dilute_what_a_paid_one_costs() -> None:
    ads = Dims("ads")
    made = book(
        [(n, 1, 10000, 0, 6000) for n in range(6)], [(0, 0, NOBODY, ads), (1, 0, NOBODY, ads)],
        [Cost("spend", date(2026, 1, 1), ads, 9000, 1)],
    )  # fmt: skip
    found = pnl(made, "channel", AttributionRule.FIRST)
    assert found.lines[-1].key is None and found.lines[-1].cac is None
    assert next(line for line in found.lines if line.key == "ads").cac == 4500 == found.paid_cac
    assert found.total.cac == 1500, "the blended one is another number"
    costs, idle = costs_to_win(made)
    assert sorted(costs.tolist()) == [0, 0, 0, 0, 4500, 4500] and idle == 0


def test_payback_by_hand_with_the_young_censored() -> None:
    """Cost 100 each. A pays back on day 0, B on day 40, C never in 365 days, D is 20 days old and has not yet."""
    ads = Dims("ads")
    orders = [
        (0, 0, 300, 0, 150), (1, 10, 120, 0, 60), (1, 50, 120, 0, 60), (2, 5, 120, 0, 60), (3, 380, 120, 0, 60),
    ]  # fmt: skip
    touches = [(n, 0, NOBODY, ads) for n in range(3)] + [(3, 379, NOBODY, ads)]
    costs = [Cost("spend", date(2026, 1, 1), ads, 300, 1), Cost("spend", date(2027, 1, 1), ads, 100, 1)]
    made = book(orders, touches, costs)
    found = payback(made, "channel", AttributionRule.FIRST, datetime.fromtimestamp((ZERO + 400 * DAY) / 1e6, UTC))
    (line,) = found.lines
    assert (line.people, line.cost_minor, line.paid_back, line.not_yet, line.never) == (4, 400, 2, 1, 1)
    assert line.curve == ((0.0, pytest.approx(1 / 4)), (40.0, pytest.approx(1 - 3 / 4 * 1 / 2))), "D left the risk set on day 20"
    assert [(day, at_risk) for day, _, _, _, at_risk in line.by_day] == [(0, 4), (30, 2), (60, 1), (90, 1), (180, 1), (365, 1)]
    assert line.median_days == 40 and line.is_few
    assert (line.cohort, line.cohort_days) == ("paid", 40.0), "of 300 for those watched 40 days came 150 + 60 + 60 + 60; D had left"
    early = payback(made, "channel", AttributionRule.FIRST, datetime.fromtimestamp((ZERO + 30 * DAY) / 1e6, UTC)).lines[0]
    assert (early.cohort, early.not_yet, early.never) == ("not_yet", 3, 0), "on day 30 nobody can say never"


def test_a_refund_or_service_delays_payback() -> None:
    ads = Dims("ads")
    costs = [Cost("spend", date(2026, 1, 1), ads, 100, 1)]
    now = datetime.fromtimestamp((ZERO + 500 * DAY) / 1e6, UTC)
    plain = payback(book([(0, 0, 200, 0, 100)], [(0, 0, NOBODY, ads)], costs), "channel", AttributionRule.FIRST, now).lines[0]
    assert (plain.paid_back, plain.cohort, plain.cohort_days) == (1, "paid", 0.0)
    back = payback(book([(0, 0, 200, 50, 100)], [(0, 0, NOBODY, ads)], costs), "channel", AttributionRule.FIRST, now).lines[0]
    assert (back.never, back.cohort) == (1, "never")
    served = payback(book([(0, 0, 200, 0, 100)], [(0, 0, NOBODY, ads)], costs, [(0, 0, 1)]), "channel", AttributionRule.FIRST, now).lines[0]
    assert served.never == 1


def test_spend_is_carried_until_it_wins_somebody() -> None:
    ads = Dims("ads")
    made = book(
        [(0, 40, 100, 0, 0), (1, 45, 100, 0, 0)], [(0, 39, NOBODY, ads), (1, 39, NOBODY, ads)],
        [Cost("spend", date(2026, 1, 5), ads, 101, 1), Cost("spend", date(2026, 3, 5), ads, 70, 1),
         Cost("spend", date(2026, 1, 5), Dims("tv"), 9, 1)],
    )  # fmt: skip
    costs, idle = costs_to_win(made)
    assert (costs.tolist(), idle) == ([51, 50], 79), "January's went to February's buyers; March's and the television's won nobody"


@given(st.integers(-(10**9), 10**9), st.integers(0, 365))
def test_a_spend_over_days_is_the_spend(amount: int, days: int) -> None:
    parts = spread(amount, date(2026, 1, 1), date.fromordinal(date(2026, 1, 1).toordinal() + days))
    assert sum(part for _, part in parts) == amount
    assert len(parts) <= days + 1 and (not parts or max(abs(p) for _, p in parts) - min(abs(p) for _, p in parts) <= 1)


def test_fractions_of_a_cent_come_out_right_over_many() -> None:
    total_minor = sum(minor_of(Decimal("0.045"), "CNY", UUID(int=n * 7919)) for n in range(20_000))
    assert total_minor == pytest.approx(90_000, rel=0.01)
    assert minor_of(Decimal("0.05"), "CNY", UUID(int=5)) == 5


def test_goods_cost_what_the_product_says_else_what_is_left_of_the_margin() -> None:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    row = Posted(UUID(int=1), 1, 0, "order.paid", 7, at, "A1", 10_00, "CNY", {"sku": "S1", "quantity": 3})
    terms = Terms(margins=((date(2026, 1, 1), Decimal("0.4")), (date(2026, 6, 1), Decimal("0.5"))))
    costs = {("S1", "CNY"): ((date(2026, 1, 1), 200), (date(2026, 5, 2), 300))}

    def goods(row: Posted, terms: Terms = terms, costs: object = costs) -> list[tuple[int, str]]:
        return [(e.amount_minor, e.basis) for e in post([row], terms, costs, "CNY", "Asia/Shanghai")[0] if e.what == "goods"]  # type: ignore[arg-type]

    assert goods(row) == [(600, "product")]
    assert goods(row, costs={}) == [(600, "margin")]
    assert goods(row, terms=Terms(), costs={}) == [(650, "default_margin")]
    assert goods(row._replace(type="order.refunded", amount_minor=-5_00), costs={}) == [(-300, "margin")]
    assert goods(row._replace(occurred_at=datetime(2026, 5, 31, 17, tzinfo=UTC)), costs={}) == [(500, "margin")], "June in Shanghai"


def test_spend_tables_in_the_wild() -> None:
    lines = [
        "日期,渠道,推广计划,花费（元）,备注", '2026-10-01,Douyin,双11 预热,"1,234.50",a', "2026年10月2日,douyin,双11 预热,￥20,",
        ",douyin,x,5,", "2026/10/3,,,7,", "2026-10-04,tmall,,abc,",
    ]  # fmt: skip
    raw = "\n".join(lines).encode("gb18030")
    spends, faults = read_spends(raw, "CNY")
    assert [(s.amount_minor, s.from_on.day, s.dims.channel, s.dims.campaign) for s in spends] == [
        (123450, 1, "Douyin", "双11 预热"),
        (2000, 2, "douyin", "双11 预热"),
    ]
    assert [(f.row, f.field, f.code) for f in faults] == [(4, "from_on", "empty"), (5, "channel", "nothing_named"), (6, "amount", "number")]
    months, none = read_spends(b"month\tsource\tcost\n2026-02\tads\t28\n2026-02\tads\t28\n", "GBP")
    assert not none and [(s.from_on, s.to_on, s.ref) for s in months] == [
        (date(2026, 2, 1), date(2026, 2, 28), ""),
        (date(2026, 2, 1), date(2026, 2, 28), "#2"),
    ]
    assert read_costs("货号,成本价\nS1,12.5\n".encode(), "CNY")[0][0].cost_minor == 1250
    for bad in (b"", b"a,b\n1,2\n", b"\x00\x01\x02"):
        with pytest.raises(InputError):
            read_spends(bad, "CNY")


def test_small_guides_are_pulled_towards_everybody() -> None:
    rates = shrink([200, 200, 4], [20, 80, 4])
    assert 0.09 < rates[0] < 0.13 and 0.37 < rates[1] < 0.41, "many people speak for themselves"
    assert rates[2] < 0.85, "four of four is not a hundred per cent"
    assert shrink([50, 50], [10, 10]) == pytest.approx([0.2, 0.2])
    assert shrink([], []) == []


def test_how_many_customers_a_guide_can_serve() -> None:
    one = ledger.can_serve(guides=1)
    ten = ledger.can_serve(guides=10)
    assert ten.customers > 10 * one.customers > 0, "guides who stand in for each other serve more"
    assert one.busy < 1 and ten.busy > one.busy
    quick = ledger.can_serve(minutes_each=3)
    assert quick.customers > one.customers
    with pytest.raises(InputError):
        ledger.can_serve(share=1)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["9999-12-31", "1e99", "2026-02"])
WILD = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["campaign", "source", "name"]), inner, max_size=2),
    max_leaves=4,
)
FIELDS = [
    *("channel", "campaign", "code", "state", "guide", "store", "origin", "origin_id", "amount", "currency", "from_on", "to_on"),
    *("minutes", "points", "gift", "quantity", "sku", "context", "utm_source"),
]
KINDS = [
    *("order.paid", "order.refunded", "order.adjusted", "spend.recorded", "message.sent"),
    *("gift.sent", "points.granted", "service.given", "contact.added", "page.viewed"),
]


@settings(max_examples=150)
@given(
    st.sampled_from(KINDS), st.dictionaries(st.sampled_from(FIELDS), WILD, max_size=6),
    st.none() | st.integers(-(10**13) + 1, 10**13 - 1), st.none() | st.integers(1, 9),
)  # fmt: skip
def test_whatever_a_fact_holds_it_is_posted_within_64_bits_or_not_at_all(type_, data, amount, subject) -> None:  # type: ignore[no-untyped-def]
    row = Posted(UUID(int=7), 1, 0, type_, subject, BEGUN, None, amount, None, data)
    prices = {item: ((date(2020, 1, 1), Decimal(10**7)),) for item in ("message", "gift", "point", "minute")}
    entries, touches = post([row], Terms(prices=prices), {("S", "CNY"): ((date(2020, 1, 1), 10**11),)}, "CNY", "Asia/Shanghai")
    assert all(abs(entry.amount_minor) < 2**63 and len(entry.currency) == 3 for entry in entries)
    assert all(any(touch.dims) and all(len(word) <= 120 for word in touch.dims) for touch in touches)
    if type_ == "spend.recorded" and amount is not None:
        assert sum(entry.amount_minor for entry in entries) == amount
