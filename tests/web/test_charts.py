"""Charts and formats: never out of the frame, never markup from a label, a table behind, a word when there is nothing."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from siyu.web import charts
from siyu.web.charts.frame import nice_top
from siyu.web.shown import Show

STATIC = Path(__file__).parents[2] / "src" / "siyu" / "web" / "static"
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
SHOW = Show("zh", "CNY", "Asia/Shanghai", NOW)
amounts = st.floats(min_value=0, max_value=1e12, allow_nan=False)
EVIL = '<b onload="x">&'


@given(st.floats(min_value=0.001, max_value=1e15))
def test_an_axis_holds_its_data_and_wastes_little(most: float) -> None:
    top = nice_top(most)
    assert most <= top * 1.0001
    assert top <= max(most * 2.5, 4)
    assert top / 4 == pytest.approx(float(f"{top / 4:.2g}")), "gridlines stand at round numbers"


@given(st.lists(st.one_of(st.none(), amounts), min_size=1, max_size=40), st.booleans())
@settings(max_examples=60)
def test_lines_stay_in_their_frame(values: list[float | None], is_double: bool) -> None:
    series = [charts.Series("a", values)] * (2 if is_double else 1)
    drawn = charts.line("t", [str(n) for n in range(len(values))], series, show=SHOW.number)
    for path in re.findall(r'class="stroke[^"]*" d="([^"]*)"', drawn):
        numbers = [float(n) for n in re.findall(r"-?\d+\.?\d*", path.replace("h0.1", ""))]
        assert all(0 <= n <= 1000 for n in numbers)
    if any(v is not None for v in values):
        assert drawn.count("<tr>") == len(values) + 1, "the table behind has every point"


@given(st.lists(st.tuples(st.text(max_size=8), amounts), max_size=12))
@settings(max_examples=60)
def test_bars_stay_in_their_frame(rows: list[tuple[str, float]]) -> None:
    for drawn in (
        charts.hbars("t", rows, show=SHOW.number),
        charts.bars("t", [r[0] for r in rows], [r[1] for r in rows], show=SHOW.number),
        charts.funnel("t", rows, show=SHOW.number),
    ):
        for share in re.findall(r'(?:width|height|y)="(-?[\d.]+)%"', drawn):
            assert 0 <= float(share) <= 100


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.floats(0, 1e6))
@settings(max_examples=80)
def test_an_interval_holds_zero_and_its_ends(effect: float, down: float, up: float) -> None:
    low, high = effect - down, effect + up
    drawn = charts.interval("t", effect, low, high, show=SHOW.number)
    for place in re.findall(r'(?:x1|x2|cx|x)="(-?[\d.]+)%"', drawn):
        assert 0 <= float(place) <= 100
    is_unsure = low <= 0 <= high
    assert ("unsure" in drawn) is is_unsure
    assert ('class="range bad"' in drawn) is (high < 0)


def test_labels_are_never_markup() -> None:
    pairs = [(EVIL, 3.0), (EVIL, 1.0)]
    for drawn in (
        charts.line(EVIL, [EVIL, EVIL], [charts.Series(EVIL, [1, 2])], show=lambda _: EVIL, first=EVIL),
        charts.bars(EVIL, [EVIL], [2], show=lambda _: EVIL, name=EVIL, first=EVIL),
        charts.hbars(EVIL, pairs, show=lambda _: EVIL, links=["/x?" + EVIL]),
        charts.funnel(EVIL, pairs, show=lambda _: EVIL),
        charts.interval(EVIL, 1, 0.5, 2, show=lambda _: EVIL),
        charts.heat(EVIL, [EVIL], [(EVIL, [1.0])], show=lambda _: EVIL, first=EVIL),
        charts.line(EVIL, [], [], show=str),
    ):
        assert isinstance(drawn, Markup) and EVIL not in drawn and "&lt;b" in drawn
        assert 'style="' not in drawn


def test_nothing_to_draw_is_said() -> None:
    for drawn in (
        charts.line("t", ["a"], [charts.Series("s", [None])], show=str), charts.bars("t", [], [], show=str),
        charts.hbars("t", [("a", 0)], show=str),
        charts.funnel("t", [("a", 0)], show=str), charts.interval("t", None, 0, 0, show=str), charts.heat("t", [], [], show=str),
    ):  # fmt: skip
        assert "还没有数据" in drawn
    with pytest.raises(ValueError, match="two lines"):
        charts.line("t", ["a"], [charts.Series(str(n), [1]) for n in range(3)], show=str)


def test_formats_say_what_people_say() -> None:
    assert SHOW.money(62_800_000, short=True) == "¥62.8 万"
    assert SHOW.money(-123_45) == "-¥123.45" and SHOW.money(None) == "–"
    assert SHOW.percent(0.3164) == "31.6%" and SHOW.points(-0.004) == "-0.4%"
    assert SHOW.day(NOW) == "今天" and SHOW.day(NOW - timedelta(hours=13)) == "昨天", "days begin at the brand's midnight"
    assert SHOW.moment(datetime(2026, 11, 19, 16, 30, tzinfo=UTC)) == "2026-11-20 00:30"
    assert SHOW.ago(NOW - timedelta(minutes=3)) == "3 分钟前" and SHOW.ago(NOW - timedelta(days=300)) == "2026-01-24"
    english = Show("en", "GBP", "Europe/London", NOW)
    assert english.ago(NOW - timedelta(hours=1)) == "1 hour ago" and english.money(891_140_790, short=True) == "£8.91M"


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("ink", "paper"), ("ink-2", "paper"), ("ink-3", "paper"), ("ink-3", "ground"), ("brand", "paper"), ("brand-deep", "brand-tint"),
        ("danger", "danger-tint"), ("warn", "warn-tint"), ("violet", "violet-tint"), ("info-deep", "info-tint"), ("paper", "brand"),
        ("down", "paper"),
    ],
)  # fmt: skip
def test_every_text_can_be_read(text: str, ground: str) -> None:
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", (STATIC / "tokens.css").read_text()))
    one, other = (_luminance("#" + "".join(c * 2 for c in v[1:]) if len(v := tokens[n]) == 4 else tokens[n]) for n in (text, ground))
    assert (max(one, other) + 0.05) / (min(one, other) + 0.05) >= 4.5


def test_our_own_files_stay_small() -> None:
    assert len((STATIC / "siyu.js").read_text().splitlines()) <= 120
    assert len(gzip.compress((STATIC / "admin.css").read_bytes())) < 20_000


def test_no_two_pages_style_the_same_class() -> None:
    """The style sheet is one file with a section a page: a name that stands in two of them is an accident of the second."""
    css = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", (STATIC / "admin.css").read_text())
    parts = re.split(r"/\* --- (.*?) --- \*/", css)
    homes: dict[str, set[str]] = {}
    for section, body in zip(parts[1::2], parts[2::2], strict=True):
        for rule in re.findall(r"(?:^|\})\s*([^{}@]+)\{", re.sub(r"/\*.*?\*/", "", body, flags=re.DOTALL)):
            for selector in rule.split(","):
                homes.setdefault(selector.strip(), set()).add(section)
    assert not {selector: home for selector, home in homes.items() if len(home) > 1}
