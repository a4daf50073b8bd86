"""A line over time inside its band: a value and where it is expected to lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from siyu.web.charts.frame import Show, data_table, nice_top, nothing, percent


@dataclass(frozen=True)
class Banded:
    """One point: its label, the value, and the two ends of its band."""

    label: str
    value: float
    low: float
    high: float


def band(
    title: str, points: Sequence[Banded], heads: tuple[str, str, str, str], *, show: Show, axis: Show | None = None, lang: str = "zh"
) -> Markup:
    """The value as a line, the band as a tint around it. `heads` name the label, the value, the low and the high end in the table."""
    if not points:
        return nothing(title, lang)
    top = nice_top(max(p.high for p in points))
    ticks = Markup("").join(Markup("<span>{}</span>").format((axis or show)(top * (4 - n) / 4)) for n in range(5))
    grid = Markup("").join(
        Markup('<line class="gridline{0}" x1="0" x2="100%" y1="{1}%" y2="{1}%"/>').format(" baseline" if n == 4 else "", n * 25)
        for n in range(5)
    )
    count = len(points)
    step = max(1, -(-count // 8))
    columns = Markup("").join(_column(n, p, count, step, heads, top, show) for n, p in enumerate(points))
    rows = [[p.label, show(p.value), show(p.low), show(p.high)] for p in reversed(points)]
    return Markup(
        '<figure class="chart" role="group" aria-label="{title}"><div class="chart-frame"><div class="chart-y" aria-hidden="true">{ticks}'
        '</div><div class="chart-plot"><svg aria-hidden="true">{grid}</svg>'
        '<svg viewBox="0 0 1000 1000" preserveAspectRatio="none" aria-hidden="true">{shapes}</svg>'
        '<div class="chart-cols">{columns}</div></div><div class="chart-x"></div></div>{table}</figure>'
    ).format(title=title, ticks=ticks, grid=grid, shapes=_shapes(points, top), columns=columns, table=data_table(heads, rows, lang))


def _shapes(points: Sequence[Banded], top: float) -> Markup:
    """One point alone gets a stretch as wide as its column, so that its band can be seen."""
    half = 500 / len(points) * (0.5 if len(points) == 1 else 0)

    def along(values: Sequence[float]) -> list[str]:
        places = []
        for n, value in enumerate(values):
            x, y = (n + 0.5) * 1000 / len(points), 1000 - max(0.0, value) * 1000 / top
            places += [f"{x - half:.1f},{y:.1f}", f"{x + half:.1f},{y:.1f}"] if half else [f"{x:.1f},{y:.1f}"]
        return places

    upper, lower = along([p.high for p in points]), along([p.low for p in points])[::-1]
    return Markup('<path class="area band s1" d="M{} L{}Z"/><path class="stroke s1" d="M{}"/>').format(
        " ".join(upper), " ".join(lower), " ".join(along([p.value for p in points]))
    )


def _column(n: int, p: Banded, count: int, step: int, heads: tuple[str, str, str, str], top: float, show: Show) -> Markup:
    name = Markup("")
    if n % step == 0:
        name = Markup('<span class="x{}">{}</span>').format(" minor" if (n // step) % 2 else "", p.label)
    lines = Markup("").join(
        Markup("<p><span>{}</span><b>{}</b></p>").format(head, show(value))
        for head, value in zip(heads[1:], (p.value, p.low, p.high), strict=True)
    )
    return Markup(
        '<div class="chart-col{}">{}<svg aria-hidden="true"><line class="hair" x1="50%" x2="50%" y1="0" y2="100%"/>'
        '<circle class="dot s1" cx="50%" cy="{}" r="4.5"/></svg><div class="tip"><i>{}</i>{}</div></div>'
    ).format(" late" if n >= count / 2 else "", name, percent(1 - p.value / top), p.label, lines)
