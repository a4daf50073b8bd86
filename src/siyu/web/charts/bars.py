"""Bars: upright over time, lying for kinds, and the funnel."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from siyu.base.text import say
from siyu.web.charts.frame import Show, data_table, nice_top, nothing, percent


def bars(
    title: str, labels: Sequence[str], values: Sequence[float], *, show: Show, axis: Show | None = None, lang: str = "zh", first: str = "",
    name: str = "",
) -> Markup:  # fmt: skip
    """Upright bars over `labels`, from zero. `name` is what the values are, for tooltips and the table."""
    if not values or not any(values):
        return nothing(title, lang)
    top = nice_top(max(values))
    written = axis or show
    grid = Markup("").join(
        Markup('<line class="gridline{}" x1="0" x2="100%" y1="{}" y2="{}"/>').format(
            " baseline" if n == 4 else "", f"{n * 25}%", f"{n * 25}%"
        )
        for n in range(5)
    )
    ticks = Markup("").join(Markup("<span>{}</span>").format(written(top * (4 - n) / 4)) for n in range(5))
    step = max(1, -(-len(labels) // 12))
    columns = Markup("").join(
        Markup(
            '<div class="chart-col{}">{}<svg aria-hidden="true"><rect class="bar" x="18%" width="64%" y="{}" height="{}" rx="2"/></svg>'
            '<div class="tip"><i>{}</i><p><span>{}</span><b>{}</b></p></div></div>'
        ).format(
            " late" if i >= len(labels) / 2 else "",
            Markup('<span class="x{}">{}</span>').format(" minor" if (i // step) % 2 else "", label) if i % step == 0 else "",
            percent(1 - value / top), percent(value / top), label, name, show(value),
        )
        for i, (label, value) in enumerate(zip(labels, values, strict=True))
    )  # fmt: skip
    return Markup(
        '<figure class="chart" role="group" aria-label="{}"><div class="chart-frame"><div class="chart-y" aria-hidden="true">{}</div>'
        '<div class="chart-plot"><svg aria-hidden="true">{}</svg><div class="chart-cols">{}</div></div><div class="chart-x"></div></div>{}'
        "</figure>"
    ).format(
        title, ticks, grid, columns,
        data_table([first, name], [[label, show(v)] for label, v in zip(labels, values, strict=True)], lang),
    )  # fmt: skip


def hbars(
    title: str, rows: Sequence[tuple[str, float]], *, show: Show, lang: str = "zh", first: str = "", name: str = "",
    links: Sequence[str] = (), has_share: bool = True, tones: Sequence[int] = (), has_table: bool = True,
) -> Markup:  # fmt: skip
    """Lying bars, one a kind, longest = full. `links` makes the labels links; `tones` (1..6) gives bars other colours."""
    if not rows or not any(v for _, v in rows):
        return nothing(title, lang)
    most = max(v for _, v in rows)
    total = sum(v for _, v in rows)
    made = []
    for i, (label, value) in enumerate(rows):
        words = Markup('<a class="label" href="{}" title="{}">{}</a>').format(links[i], label, label) if i < len(links) and links[i] else (
            Markup('<span class="label" title="{}">{}</span>').format(label, label)
        )  # fmt: skip
        tone = f" t{tones[i]}" if i < len(tones) else ""
        share = Markup('<span class="share">{}</span>').format(
            f"{value / total * 100:.0f}%" if value / total >= 0.01 or not value else "<1%"
        )
        made.append(
            Markup(
                '{}<svg aria-hidden="true"><rect class="rail" width="100%" height="8" rx="4"/>'
                '<rect class="fill{}" width="{}" height="8" rx="4"/></svg><span class="value">{}</span>{}'
            ).format(words, tone, percent(value / most), show(value), share if has_share else "")
        )
    table = data_table([first, name], [[label, show(v)] for label, v in rows], lang) if has_table else Markup("")
    return Markup('<figure class="chart" role="group" aria-label="{}"><div class="hbars{}">{}</div>{}</figure>').format(
        title, "" if has_share else " plain", Markup("").join(made), table
    )


def funnel(title: str, steps: Sequence[tuple[str, float]], *, show: Show, lang: str = "zh") -> Markup:
    """Steps that get fewer: each bar against the first, each rate against the step before."""
    if not steps or not steps[0][1]:
        return nothing(title, lang)
    whole = steps[0][1]
    made, rows = [], []
    before = whole
    for i, (label, value) in enumerate(steps):
        rate = f"{value / before * 100:.1f}%" if before else "–"
        of_all = f"{value / whole * 100:.1f}%"
        made.append(
            Markup(
                '<span class="label">{}</span><svg aria-hidden="true"><rect class="rail" width="100%" height="26" rx="5"/>'
                '<rect class="fill" width="{}" height="26" rx="5"/></svg><span class="value">{}</span><span class="rate">{}</span>'
            ).format(label, percent(value / whole), show(value), "" if i == 0 else rate)
        )
        rows.append([label, show(value), "–" if i == 0 else rate, of_all])
        before = value
    heads = ["", say("web.chart_count", lang), say("web.chart_of_step", lang), say("web.chart_of_all", lang)]
    return Markup('<figure class="chart" role="group" aria-label="{}"><div class="funnel">{}</div>{}</figure>').format(
        title, Markup("").join(made), data_table(heads, rows, lang)
    )
