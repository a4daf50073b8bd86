"""The gallery: every macro and every chart on one page with made-up values, so that the look can be judged and kept."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from siyu.base.ground import Ground
from siyu.web import charts
from siyu.web.guard import Guarded, page
from siyu.web.page import environment, render, say_to, show_of
from siyu.web.words import Role

PEOPLE = (("宋静怡", "violet"), ("冯欣妍", "green"), ("Amélie Fournier", "amber"), ("O'Neill & <b>Sons</b>", "red"))


def routes(ground: Ground) -> list[Guarded]:
    """One page, for owners, and what its table opens in the drawer."""
    return [page("/dev/ui", gallery, Role.OWNER), page("/dev/ui/drawer", drawer, Role.OWNER)]


def gallery(request: Request) -> Response:
    """Everything at once."""
    return render(request, "gallery/gallery.html", **_values(request))


def drawer(request: Request) -> Response:
    """The inside of a drawer."""
    return render(request, "gallery/gallery.html", part="drawer", **_values(request))


def _values(request: Request) -> dict[str, Any]:
    show = show_of(request)
    return {
        "drawn": _charts(request),
        "people": PEOPLE,
        "icons": re.findall(r'^  "(\w+)":', _icons(), re.MULTILINE),
        "hour_ago": show.now - timedelta(hours=1),
        "week_ago": show.now - timedelta(days=7),
    }


def _icons() -> str:
    env = environment()
    assert env.loader is not None  # noqa: S101  our own environment has one
    return env.loader.get_source(env, "ui/icon.html")[0]


def _charts(request: Request) -> dict[str, Markup]:
    show = show_of(request)
    lang = show.lang
    wave = [800 + 220 * math.sin(n / 2.1) + 25 * (n % 5) for n in range(24)]
    lost = [90 + 30 * math.cos(n / 1.7) for n in range(24)]
    days = [(show.now - timedelta(days=23 - n)).strftime("%m-%d") for n in range(24)]

    def word(name: str) -> str:
        return say_to(request, f"web.sample_{name}")

    def money(value: float) -> str:
        return show.money(round(value))

    def short_money(value: float) -> str:
        return show.money(round(value), short=True)

    channels = list(zip(word("channels").split("|"), (4820, 3610, 2980, 1730, 1210, 8), strict=True))
    steps = list(zip(word("steps").split("|"), (12480, 12102, 5310, 1220, 263), strict=True))
    cohorts = [(f"2026-{m:02d}", [None if n > 10 - m else 1 / (1 + n * 0.6) - 0.01 * (10 - m) for n in range(8)]) for m in range(3, 11)]
    return {
        "spark": charts.sparkline([3, 5, 4, 8, 7, 9, 12, 10, 14]),
        "fall": charts.sparkline([9, 8, 8.5, 6, 7, 5, 4, 4.5, 3], tone="s2"),
        "two": charts.line(
            word("growth"), days, [charts.Series(word("new"), wave), charts.Series(word("lost"), lost)], show=show.number, lang=lang
        ),
        "one": charts.line(
            word("sales"), days[:12], [charts.Series(word("sales"), [w * 31_000 for w in wave[:12]])],
            show=money, axis=short_money, lang=lang,
        ),
        "bars": charts.bars(word("orders"), days[:12], wave[:12], show=show.number, lang=lang, name=word("orders")),
        "hbars": charts.hbars(word("from"), channels, show=show.number, lang=lang, name=word("people")),
        "funnel": charts.funnel(word("funnel"), steps, show=show.number, lang=lang),
        "sure": charts.interval(word("effect"), 128_600, 31_200, 226_000, show=money, lang=lang),
        "unsure": charts.interval(word("effect"), 28_600, -61_200, 118_000, show=money, lang=lang),
        "bad": charts.interval(word("effect"), -0.008, -0.013, -0.003, show=show.points, lang=lang),
        "heat": charts.heat(word("cohort"), [f"M{n}" for n in range(8)], cohorts, show=show.percent, lang=lang),
        "none": charts.line(word("sales"), [], [], show=show.number, lang=lang),
    }  # fmt: skip
