"""Lines over time: at most two, from zero, with a tooltip on each column; and the small line of a card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from siyu.web.charts.frame import Show, data_table, nice_top, nothing, percent


@dataclass(frozen=True)
class Series:
    """One line: its name and its values, None where there is none yet."""

    name: str
    values: Sequence[float | None]


def line(
    title: str, labels: Sequence[str], series: Sequence[Series], *, show: Show, axis: Show | None = None, lang: str = "zh", first: str = ""
) -> Markup:
    """Lines over `labels`. `show` writes a value in tooltips and table, `axis` (or `show`) on the axis; `first` heads the first column."""
    if not labels or all(v is None for s in series for v in s.values):
        return nothing(title, lang)
    if len(series) > 2:
        raise ValueError("a line chart has at most two lines")
    top = nice_top(max(v for s in series for v in s.values if v is not None))
    count = len(labels)
    shapes = Markup("").join(_shape(s.values, top, f"s{n}", has_area=len(series) == 1 or n == 1) for n, s in enumerate(series, 1))
    grid = Markup("").join(
        Markup('<line class="gridline{}" x1="0" x2="100%" y1="{}" y2="{}"/>').format(
            " baseline" if n == 4 else "", f"{n * 25}%", f"{n * 25}%"
        )
        for n in range(5)
    )
    written = axis or show
    ticks = Markup("").join(Markup("<span>{}</span>").format(written(top * (4 - n) / 4)) for n in range(5))
    step = max(1, -(-count // 8))
    columns = Markup("").join(_column(i, label, count, step, series, top, show) for i, label in enumerate(labels))
    legend = (
        Markup('<div class="chart-legend" aria-hidden="true">{}</div>').format(
            Markup("").join(Markup('<span class="s{}">{}</span>').format(n, s.name) for n, s in enumerate(series, 1))
        )
        if len(series) > 1
        else Markup("")
    )
    rows = [[label, *("–" if s.values[i] is None else show(_value(s, i)) for s in series)] for i, label in enumerate(labels)]
    return Markup(
        '<figure class="chart" role="group" aria-label="{title}">{legend}<div class="chart-frame"><div class="chart-y" aria-hidden="true">'
        '{ticks}</div><div class="chart-plot"><svg aria-hidden="true">{grid}</svg>'
        '<svg viewBox="0 0 1000 1000" preserveAspectRatio="none" aria-hidden="true">{shapes}</svg>'
        '<div class="chart-cols">{columns}</div></div><div class="chart-x"></div></div>{table}</figure>'
    ).format(
        title=title, legend=legend, ticks=ticks, grid=grid, shapes=shapes, columns=columns,
        table=data_table([first, *(s.name for s in series)], rows, lang),
    )  # fmt: skip


def _value(series: Series, i: int) -> float:
    value = series.values[i]
    return 0.0 if value is None else value


def _shape(values: Sequence[float | None], top: float, tone: str, *, has_area: bool) -> Markup:
    """The stroke (broken where a value is missing) and the tint under it, in a box of 1000 by 1000."""
    count = len(values)
    strokes, areas, run = [], [], list[tuple[float, float]]()
    for i, value in enumerate([*values, None]):
        if value is not None:
            run.append(((i + 0.5) * 1000 / count, 1000 - max(0.0, value) * 1000 / top))
            continue
        if run:
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in run)
            strokes.append(f"M{path}" if len(run) > 1 else f"M{path} h0.1")
            areas.append(f"M{run[0][0]:.1f},1000 L{path} L{run[-1][0]:.1f},1000Z")
            run = []
    area = Markup('<path class="area {}" d="{}"/>').format(tone, " ".join(areas)) if has_area else Markup("")
    return area + Markup('<path class="stroke {}" d="{}"/>').format(tone, " ".join(strokes))


def _column(i: int, label: str, count: int, step: int, series: Sequence[Series], top: float, show: Show) -> Markup:
    dots = Markup("").join(
        Markup('<circle class="dot s{}" cx="50%" cy="{}" r="4.5"/>').format(n, percent(1 - _value(s, i) / top))
        for n, s in enumerate(series, 1)
        if s.values[i] is not None
    )
    lines = Markup("").join(
        Markup("<p><span>{}</span><b>{}</b></p>").format(s.name, "–" if s.values[i] is None else show(_value(s, i))) for s in series
    )
    name = Markup("")
    if i % step == 0:
        name = Markup('<span class="x{}">{}</span>').format(" minor" if (i // step) % 2 else "", label)
    return Markup(
        '<div class="chart-col{}">{}<svg aria-hidden="true"><line class="hair" x1="50%" x2="50%" y1="0" y2="100%"/>{}</svg>'
        '<div class="tip"><i>{}</i>{}</div></div>'
    ).format(" late" if i >= count / 2 else "", name, dots, label, lines)


def sparkline(values: Sequence[float], *, tone: str = "s1") -> Markup:
    """The small line of a card: shape only, no axis; nothing for fewer than two values. tone: s1, or s2 for a fall."""
    if len(values) < 2:
        return Markup('<div class="spark" aria-hidden="true"></div>')
    low, high = min(values), max(values)
    spread = (high - low) or 1.0
    points = [(i * 1000 / (len(values) - 1), 900 - (v - low) / spread * 800 if high > low else 500.0) for i, v in enumerate(values)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return Markup(
        '<div class="spark {0}" aria-hidden="true"><svg viewBox="0 0 1000 1000" preserveAspectRatio="none">'
        '<path class="area s1" d="M0,1000 L{1} L1000,1000Z"/><path class="stroke s1" d="M{1}"/></svg></div>'
    ).format(tone, path)
