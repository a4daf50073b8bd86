"""An effect with its interval: what was caused, and how sure we are."""

from __future__ import annotations

from markupsafe import Markup

from siyu.base.text import say
from siyu.web.charts.frame import Show, data_table, nothing


def interval(title: str, effect: float | None, low: float, high: float, *, show: Show, lang: str = "zh") -> Markup:
    """A point and its interval on an axis that always holds zero. Grey when the interval holds zero, green above it, red below."""
    if effect is None or not low <= effect <= high:
        return nothing(title, lang)
    left, right = min(0.0, low), max(0.0, high)
    pad = (right - left or 1.0) * 0.12
    left, right = left - pad, right + pad
    tone = "unsure" if low <= 0 <= high else "" if low > 0 else "bad"

    def x(value: float) -> str:
        return f"{(value - left) / (right - left) * 100:.2f}%"

    def anchor(value: float) -> str:
        share = (value - left) / (right - left)
        return "start" if share < 0.12 else "end" if share > 0.88 else "middle"

    marks = Markup("").join(
        Markup('<text x="{}" y="70" text-anchor="{}">{}</text>').format(x(v), anchor(v), show(v)) for v in (low, high) if x(v) != x(0)
    )
    near = min(abs(low), abs(high)) < (right - left) * 0.07
    zero = "" if near else Markup('<text x="{}" y="70" text-anchor="{}">0</text>').format(x(0), anchor(0))
    return Markup(
        '<figure class="chart interval" role="img" aria-label="{title}"><svg>'
        '<line class="axis" x1="0" x2="100%" y1="52" y2="52"/><line class="zero" x1="{zero_x}" x2="{zero_x}" y1="14" y2="52"/>'
        '<line class="range {tone}" x1="{low}" x2="{high}" y1="34" y2="34"/><circle class="at {tone}" cx="{at}" cy="34" r="7"/>'
        '<text class="main" x="{at}" y="16" text-anchor="{anchor}">{effect}</text>{marks}{zero}</svg>{table}</figure>'
    ).format(
        title=title, zero_x=x(0), tone=tone, low=x(low), high=x(high), at=x(effect), anchor=anchor(effect), effect=show(effect),
        marks=marks, zero=zero,
        table=data_table(
            ["", ""],
            [
                [say("web.chart_effect", lang), show(effect)],
                [say("web.chart_low", lang), show(low)],
                [say("web.chart_high", lang), show(high)],
            ],
            lang,
        ),
    )  # fmt: skip
