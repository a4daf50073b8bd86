"""What all charts share: the scale, the table behind, the empty state."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from markupsafe import Markup

from siyu.base.text import say

Show = Callable[[float], str]


def nice_top(most: float, lines: int = 4) -> float:
    """The round end of an axis from zero that holds `most` and divides into `lines` round steps."""
    if most < 1e-9:
        return float(lines)
    raw = most / lines
    size = 10.0 ** math.floor(math.log10(raw))
    step = next((s * size for s in (1, 2, 2.5, 5, 10) if s * size >= raw * 0.9999), 10 * size)
    if most <= lines and float(most).is_integer():
        return float(lines)
    return step * lines


def data_table(heads: Sequence[str], rows: Sequence[Sequence[str]], lang: str) -> Markup:
    """The table behind a chart, folded away; the first column is words, the others numbers."""
    head = Markup("").join(Markup('<th scope="col"{}>{}</th>').format(Markup(' class="end"') if i else "", h) for i, h in enumerate(heads))
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(Markup("<td{}>{}</td>").format(Markup(' class="end"') if i else "", cell) for i, cell in enumerate(row))
        )
        for row in rows
    )
    return Markup(
        '<details class="chart-data"><summary>{}</summary><div class="table-wrap"><table class="table compact"><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table></div></details>"
    ).format(say("web.see_data", lang), head, body)


def nothing(title: str, lang: str) -> Markup:
    """A chart without data."""
    return Markup('<div class="chart chart-none" role="img" aria-label="{}">{}</div>').format(title, say("web.no_data", lang))


def percent(share: float) -> str:
    """A share as an SVG length."""
    return f"{max(0.0, min(1.0, share)) * 100:.2f}%"
