"""The diagnosis is right on a real shop, clear on strange files, and silent where it cannot know."""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from pathlib import Path

import duckdb
import numpy as np
import pytest

from siyu.analytics.diagnosis import OTHER, PAID, REFUNDED, Assumptions, Trade, as_json, diagnose, report
from siyu.analytics.diagnosis.figures import buyers_of, cohorts_of
from siyu.base.errors import InputError

DATA = Path(__file__).parents[2] / "data"


@functools.cache
def online_retail() -> Trade:
    rows = (
        duckdb.connect()
        .sql(f"""
        select coalesce(CustomerID, -1) c, dense_rank() over (order by InvoiceNo) - 1 o, InvoiceDate::date - date '1970-01-01' d,
            round(Quantity * UnitPrice * 100)::bigint v,
            case when InvoiceNo like 'C%' then {REFUNDED} when Quantity > 0 and UnitPrice > 0 then {PAID} else {OTHER} end k
        from '{DATA / "online_retail.parquet"}'""")
        .fetchnumpy()
    )
    c, o, d, v, k = (rows[name].astype(np.int64) for name in "codvk")
    return Trade(c, o, d, v, k, None, "GBP", int(d.max()), len(c))


def trade(rows: list[tuple[int, int, int, int]], kind: int = PAID, currency: str = "CNY", as_of: int | None = None) -> Trade:
    """(customer, order, day, minor) a line."""
    c, o, d, v = (np.array([row[n] for row in rows], dtype=np.int64) for n in range(4))
    last = as_of if as_of is not None else int(d.max()) if len(d) else 0
    return Trade(c, o, d, v, np.full(len(c), kind, dtype=np.int64), None, currency, last, len(c))


def test_a_real_shop() -> None:
    found = as_json(diagnose(online_retail(), Assumptions(margin=0.35)))
    assert found["customers"] == 4338
    assert found["orders"] == 18_532
    assert found["known_sales_minor"] == 891_140_790
    assert found["refunds_minor"] == 89_681_249
    assert found["top_share"] == pytest.approx({"1": 0.318, "10": 0.613, "20": 0.746}, abs=1.5e-3)  # science of the set
    assert found["cohorts"][0]["active"] == [885, 324, 286, 340, 321, 352, 321, 309, 313, 350, 331, 445, 235]
    assert found["cohorts"][1]["active"] == [417, 92, 111, 96, 134, 120, 103, 101, 125, 136, 152, 49]
    assert found["model"]["degenerate"] is True
    assert found["model"]["degenerate_why"] == "no dropout"
    assert found["model"]["name"] == "nbd"
    assert found["pool_value"]["low"] < found["pool_value"]["value"] < found["pool_value"]["high"]
    assert found["verdict"] == "pays"
    assert (found["champions"]["customers"], found["champions"]["minor"]) == (348, 390_516_591), "NTILE(5) of R, F and M: cell 555"
    assert sum(one["size"] for one in found["clv_by_cohort"]) == 4338
    assert all(one["low_minor"] <= one["ahead_minor"] <= one["high_minor"] for one in found["clv_by_cohort"])
    ahead = sum(one["size"] * one["ahead_minor"] for one in found["clv_by_cohort"])
    assert ahead == pytest.approx(found["pool_value"]["value"]), "the cohorts add up to the pool"
    assert [one["state"] for one in found["plan"]] == ["done", "done", "now"]
    assert [gate["met"] for one in found["plan"] for gate in one["gates"]] == [True] * 5 + [False], "the top tenth is too heavy"
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report_is_whole_and_alone(lang: str) -> None:
    d = diagnose(online_retail(), Assumptions())
    page = report(d, "订单 <2011>.xlsx", lang)
    assert len(page) < 120_000
    assert "订单 &lt;2011&gt;.xlsx" in page
    assert not re.search(r"https?://", page)
    assert "analytics." not in page  # no text is missing
    assert "{" not in re.sub(r"<(style|script)[\s\S]*?</\1>", "", page).replace("{low}", "").replace("{high}", "").replace(
        "{gain}", ""
    ).replace("{cost}", "")


def test_margin_moves_money_in_proportion() -> None:
    low, high = (as_json(diagnose(online_retail(), Assumptions(margin=m))) for m in (0.2, 0.4))
    assert high["pool_value"]["value"] == pytest.approx(2 * low["pool_value"]["value"])
    assert high["allowable_cac"] == pytest.approx(2 * low["allowable_cac"])
    assert high["break_even_customers_per_guide"] == pytest.approx(low["break_even_customers_per_guide"] / 2)


def test_ten_customers_get_facts_and_no_forecast() -> None:
    rows = [(c, 10 * c + n, 100 * n + c, 5000) for c in range(10) for n in range(3)]
    found = diagnose(trade(rows), Assumptions())
    assert found.figures["repeat_rate"] == 1
    assert found.verdict == "too_few"
    told = as_json(found)
    assert told["model"]["name"] is None
    assert told["pool_value"] is None
    assert "analytics." not in report(found, "ten.csv")


def test_one_customer_one_order() -> None:
    found = diagnose(trade([(0, 0, 15_000, 990)]), Assumptions())
    assert found.figures["customers"] == 1
    assert found.figures["repurchase_90d"] is None
    assert found.verdict == "too_few"
    assert "analytics." not in report(found, "one.csv", "en")


def test_nothing_and_only_refunds_and_nobody_are_refused_in_words() -> None:
    with pytest.raises(InputError, match="没有可读"):
        diagnose(trade([]), Assumptions())
    with pytest.raises(InputError, match="no paid order"):
        diagnose(trade([(0, 0, 1, -5)], kind=REFUNDED), Assumptions(), "en")
    with pytest.raises(InputError, match="names its customer"):
        diagnose(trade([(-1, 0, 1, 500)]), Assumptions(), "en")


def test_a_pool_that_cannot_pay_is_told_so() -> None:
    """Cheap goods, few returns, an expensive guide: the honest answer is no."""
    dice = np.random.default_rng(5)
    rows = []
    order = 0
    for c in range(1500):
        day = float(dice.integers(0, 400))
        for _ in range(1 + int(dice.random() < 0.25) + int(dice.random() < 0.08)):
            rows.append((c, order, int(day), 900))
            order += 1
            day += dice.exponential(60)
    found = diagnose(trade(rows, as_of=700), Assumptions())
    assert found.verdict == "does_not_pay"
    assert found.stage == "deepen"
    assert found.economics["net_year_minor"] < 0


def test_discounts_are_judged_only_when_the_file_has_them() -> None:
    base = trade([(c, 2 * c + n, 30 * n, 1000) for c in range(40) for n in range(2)])
    assert diagnose(base, Assumptions()).figures["discount"] is None
    off = np.where(base.customer < 10, 500, 0).astype(np.int64)
    found = diagnose(dataclasses.replace(base, discount_minor=off), Assumptions()).figures["discount"]
    assert found["only_on_discount"] == pytest.approx(0.25)
    assert found["lines_share"] == pytest.approx(0.25)


def test_the_order_of_lines_does_not_matter() -> None:
    t = online_retail()
    some = np.random.default_rng(1).permutation(t.lines)[:60_000]
    one = dataclasses.replace(
        t, customer=t.customer[some], order=t.order[some], day=t.day[some], minor=t.minor[some], kind=t.kind[some], lines=60_000
    )
    again = some[np.random.default_rng(2).permutation(60_000)]
    two = dataclasses.replace(
        t, customer=t.customer[again], order=t.order[again], day=t.day[again], minor=t.minor[again], kind=t.kind[again], lines=60_000
    )
    a, b = as_json(diagnose(one, Assumptions())), as_json(diagnose(two, Assumptions()))
    assert a["known_sales_minor"] == b["known_sales_minor"]
    assert a["cohorts"] == b["cohorts"]
    assert a["pool_value"]["value"] == pytest.approx(b["pool_value"]["value"], rel=1e-6)


def test_people_who_all_leave_alike_are_not_called_faithful() -> None:
    """Everybody stops with the same chance after each order. The fit runs to the edge; the report must say that, not "nobody leaves"."""
    dice = np.random.default_rng(8)
    rows, order = [], 0
    for c in range(2500):
        day = float(dice.integers(0, 600))
        for _ in range(int(dice.geometric(0.5))):
            rows.append((c, order, int(day), 5000))
            order += 1
            day += dice.exponential(50) + 1
    found = diagnose(trade([row for row in rows if row[2] < 730], as_of=730), Assumptions())
    told = as_json(found)
    assert told["model"]["degenerate_why"] in ("", "no variety in dropout", "no variety in rates")
    assert told["model"]["name"] != "nbd"
    assert told["alive_share"] < 0.3
    assert "no_dropout" not in [finding.key for finding in found.findings]
    json.dumps(told, allow_nan=False)


def test_the_published_cohorts_of_cdnow() -> None:
    rows = duckdb.sql(
        f"select customer_id::int, date - date '1970-01-01', (dollar_value * 100)::bigint from read_csv('{DATA / 'cdnow_master.csv.gz'}')"
    ).fetchall()
    t = trade([(c, n, d, v) for n, (c, d, v) in enumerate(rows)], currency="USD")
    found = cohorts_of(buyers_of(t))
    assert found[0]["active"][:8] == [7846, 1157, 964, 810, 679, 736, 720, 582]
    assert found[1]["active"][:5] == [8476, 1312, 980, 783, 847]
    assert found[2]["active"][:5] == [7248, 1032, 752, 756, 674]
    assert sum(one["size"] for one in found) == 23_570
