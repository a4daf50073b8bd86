"""Values in the wild's forms: tables of what was met, and laws that hold for any value."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siyu.sources.files.rejects import guarded
from siyu.sources.files.values import amounts, plain
from siyu.sources.files.values.moments import Moments, day_order
from siyu.sources.files.values.plain import Bad

AMOUNTS = {
    "¥1,234.50": "1234.50",
    "￥ 5": "5",
    "1 234,50": "1234.50",
    "1\u00a0234,50": "1234.50",
    "１２．５０": "12.50",
    "(12.00)": "-12",
    "-12": "-12",
    "−12.5": "-12.5",
    "12.00-": "-12",
    "-¥5": "-5",
    "¥-5": "-5",
    "1.2万": "12000",
    "3.5亿": "350000000",
    "12元": "12",
    "US$ 5": "5",
    "CNY 5.10": "5.10",
    "1.234,50": "1234.50",
    "1'234.50": "1234.50",
    "1,23,456.7": None,
    "12.345.678": "12345678",
    "+7": "7",
    "1e3": "1000",
    "'-12.00": "-12",
    '="12.5"': "12.5",
    "": "",
    "-": "",
    "N/A": "",
    "abc": None,
    "1.2.3": None,
    "12,34,5": None,
    "十二": None,
}


@pytest.mark.parametrize(("written", "value"), AMOUNTS.items())
def test_amounts_as_people_write_them(written: str, value: str | None) -> None:
    read = amounts.amount(written)
    if value is None:
        assert isinstance(read, Bad)
    elif value == "":
        assert read is None
    else:
        assert read == Decimal(value)


def test_a_lone_mark_before_three_digits_means_what_the_file_means() -> None:
    assert amounts.number("1,234") == 1234
    assert amounts.number("1,234", ",") == Decimal("1.234")
    assert amounts.number("1.234", ",") == 1234
    assert amounts.decimal_mark(["1,50", "2,75", "1.000,00"]) == (",", True)
    assert amounts.decimal_mark(["1,234", "12.50"]) == (".", True)
    assert amounts.decimal_mark(["1,234", "5"]) == (".", False)


def test_another_currency_is_refused_not_counted() -> None:
    assert isinstance(amounts.amount("$5", currency="CNY"), Bad)
    assert amounts.amount("¥5", currency="CNY") == 5
    assert amounts.amount("€5", currency="EUR") == 5
    assert amounts.currency("人民币") == "CNY"
    assert amounts.currency("gbp") == "GBP"
    assert isinstance(amounts.currency("pounds"), Bad)


@given(st.decimals(-(10**9), 10**9, places=2), st.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", ".")]), st.integers(0, 3))
@settings(max_examples=150, deadline=None)
def test_any_amount_survives_any_writing(value: Decimal, marks: tuple[str, str], form: int) -> None:
    thousands, mark = marks
    text = f"{abs(value):,.2f}".replace(",", "\0").replace(".", mark).replace("\0", thousands)
    minus = value < 0
    written = [f"-{text}", f"({text})", f"{text}-", f"¥-{text}"][form] if minus else [text, f"¥{text}", f"{text}元", f"+{text}"][form]
    assert amounts.amount(written, mark) == value


SHANGHAI = {
    "2026/1/5 3:04": (2026, 1, 5, 3, 4),
    "2026-01-05 03:04:05": (2026, 1, 5, 3, 4, 5),
    "2026年1月5日": (2026, 1, 5),
    "2026年1月5日 下午3时4分": (2026, 1, 5, 15, 4),
    "2026年1月5日 15时4分5秒": (2026, 1, 5, 15, 4, 5),
    "2026.1.5": (2026, 1, 5),
    "46027.1277777778": (2026, 1, 5, 3, 4),
    "5.1.2026 3:04 PM": (2026, 1, 5, 15, 4),
    "Jan 5, 2026 3:04 pm": (2026, 1, 5, 15, 4),
    "5 January 2026": (2026, 1, 5),
    "20260105": (2026, 1, 5),
    "20260105030405": (2026, 1, 5, 3, 4, 5),
    "２０２６-０１-０５": (2026, 1, 5),
    "2026-01-05 24:00": (2026, 1, 6),
    "2026-01-05 12:30 AM": (2026, 1, 5, 0, 30),
}


@pytest.mark.parametrize(("written", "parts"), SHANGHAI.items())
def test_moments_without_a_zone_are_on_the_brands_clock(written: str, parts: tuple[int, ...]) -> None:
    at = datetime(*parts, tzinfo=ZoneInfo("Asia/Shanghai"))  # type: ignore[arg-type,misc]
    assert Moments("Asia/Shanghai", None)(written) == at


ZONED = {
    "2026-01-05T03:04:05Z": datetime(2026, 1, 5, 3, 4, 5, tzinfo=UTC),
    "2026-01-05T03:04:05+08:00": datetime(2026, 1, 4, 19, 4, 5, tzinfo=UTC),
    "2026-01-05 03:04:05.250 +0800": datetime(2026, 1, 4, 19, 4, 5, 250000, tzinfo=UTC),
    "1767582245": datetime(2026, 1, 5, 3, 4, 5, tzinfo=UTC),
    "1767582245000": datetime(2026, 1, 5, 3, 4, 5, tzinfo=UTC),
}


@pytest.mark.parametrize(("written", "at"), ZONED.items())
def test_moments_with_a_zone_keep_it(written: str, at: datetime) -> None:
    assert Moments("Asia/Shanghai", None)(written) == at


def test_day_and_month_are_never_guessed_row_by_row() -> None:
    assert day_order(["05/01/2026", "13/01/2026"]) == (True, 2)
    assert day_order(["05/01/2026", "01/13/2026"]) == (False, 2)
    assert day_order(["13/01/2026", "01/13/2026"]) == (None, 2)
    assert day_order(["05/01/2026"]) == (None, 1)
    open_ = Moments("UTC", None)
    assert getattr(open_("05/01/2026"), "code", "") == "date_order"
    assert open_("01/01/2026") == datetime(2026, 1, 1, tzinfo=UTC)
    british, american = Moments("UTC", True), Moments("UTC", False)
    assert british("05/01/2026 8:26") == datetime(2026, 1, 5, 8, 26, tzinfo=UTC)
    assert american("12/1/2010 8:26") == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
    assert getattr(american("13/01/2026"), "code", "") == "date_order"


def test_impossible_old_and_future_dates_say_so() -> None:
    read = Moments("UTC", None, latest=datetime(2026, 2, 1, tzinfo=UTC))
    told = [getattr(read(v), "code", "") for v in ("2026-02-30", "1985-01-01", "2026-03-01", "soon", "2026-01-01 25:00")]
    assert told == ["no_such_date", "date_too_old", "date_in_future", "not_a_date", "no_such_date"]
    assert read("0000-00-00 00:00:00") is None


YEARS = (datetime.fromisoformat("1991-01-01"), datetime.fromisoformat("2035-01-01"))
FORMS = [
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y年%m月%d日 %H时%M分%S秒",
    "%d.%m.%Y %H:%M:%S",
    "%b %d, %Y %I:%M:%S %p",
    "%Y%m%d%H%M%S",
]


@given(st.datetimes(*YEARS), st.sampled_from(FORMS))
@settings(max_examples=150, deadline=None)
def test_any_moment_survives_any_writing(moment: datetime, form: str) -> None:
    moment = moment.replace(microsecond=0)
    assert Moments("UTC", None)(moment.strftime(form)) == moment.replace(tzinfo=UTC)


@given(st.datetimes(*YEARS))
@settings(max_examples=80, deadline=None)
def test_excels_days_come_back_to_the_second(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    serial = (moment - datetime.fromisoformat("1899-12-30")) / timedelta(days=1)
    assert Moments("UTC", None)(serial) == moment.replace(tzinfo=UTC)
    assert Moments("UTC", None)(f"{serial:.10f}") == moment.replace(tzinfo=UTC)


IDS = {
    "1.38E+10": "digits_lost",
    "1.23457E+17": "digits_lost",
    "1.3800138000E+10": "13800138000",
    "13800138000.0": "13800138000",
    '="0012345678901234567"': "0012345678901234567",
    "\t'-12 ": "-12",
    "\u200b12\ufeff": "12",
    "85E10": "85E10",
    "a\x00b": "control_character",
}


@pytest.mark.parametrize(("written", "value"), IDS.items())
def test_numbers_that_name_things_keep_every_digit(written: str, value: str) -> None:
    read = plain.identity(written)
    assert (read.code if isinstance(read, Bad) else read) == value


def test_typed_cells_are_what_a_person_sees() -> None:
    assert plain.identity(17850.0) == "17850"
    assert plain.identity(20260105001.0) == "20260105001"
    assert getattr(plain.identity(1.2345678901234567e18), "code", "") == "digits_lost"
    assert plain.text(date(2026, 1, 5)) == "2026-01-05"
    assert plain.text(Decimal("12.50")) == "12.5"
    assert plain.text(float("nan")) is None


def test_yes_and_no() -> None:
    assert [plain.yes_no(v) for v in ("是", "否", "TRUE", "0", "√", "已退订", "Ｙ", True, "", "-")] == [
        True, False, True, False, True, False, True, True, None, None,
    ]  # fmt: skip
    assert isinstance(plain.yes_no("maybe"), Bad)


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30), st.sampled_from(["", "=", "+", "-", "@", "'", "'=", "＝", "''@"])
)
@settings(max_examples=200, deadline=None)
def test_a_guarded_cell_is_no_formula_and_comes_back(text: str, start: str) -> None:
    cell = plain.bare(start + text)
    out = guarded(cell)
    assert out == "" or out[0] not in "=+-@\t\r＝＋－＠"
    if not (cell.startswith('="') and cell.endswith('"')):
        assert plain.bare(out) == cell
