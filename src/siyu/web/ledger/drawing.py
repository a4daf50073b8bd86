"""Bars that also go below zero: what stays of each line."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from siyu.web.charts.frame import Show, data_table, nothing, percent


def nets(title: str, rows: Sequence[tuple[str, float]], *, show: Show, lang: str = "zh", first: str = "", name: str = "") -> Markup:
    """One bar a line from a common zero: to the right in green, to the left in red."""
    if not any(value for _, value in rows):
        return nothing(title, lang)
    low, high = min(0.0, *(v for _, v in rows)), max(0.0, *(v for _, v in rows))
    zero = -low / (high - low)
    made = []
    for label, value in rows:
        left = zero + min(value, 0.0) / (high - low)
        made.append(
            Markup(
                '<span class="label" title="{}">{}</span><svg aria-hidden="true"><rect class="rail" width="100%" height="8" rx="4"/>'
                '<rect class="{}" x="{}" width="{}" height="8" rx="2"/></svg><span class="value{}">{}</span>'
            ).format(
                label, label, "ledger-loss" if value < 0 else "fill", percent(left), percent(abs(value) / (high - low)),
                " down" if value < 0 else "", show(value),
            )
        )  # fmt: skip
    table = data_table([first, name], [[label, show(v)] for label, v in rows], lang)
    return Markup('<figure class="chart" role="group" aria-label="{}"><div class="hbars plain">{}</div>{}</figure>').format(
        title, Markup("").join(made), table
    )
