"""A table whose cells are shaded by their value, in one hue: cohorts, hours of the week."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from siyu.web.charts.frame import Show, nothing


def heat(
    title: str, columns: Sequence[str], rows: Sequence[tuple[str, Sequence[float | None]]], *, show: Show, lang: str = "zh",
    first: str = "", beside: Sequence[str] = (),
) -> Markup:  # fmt: skip
    """Rows of cells; None stays blank. `beside` stands unshaded before each row's cells. The figure is its own table."""
    values = [v for _, cells in rows for v in cells if v is not None]
    if not values or max(values) <= 0:
        return nothing(title, lang)
    most = max(values)
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(c) for c in columns)
    body = Markup("").join(
        Markup('<tr><th scope="row">{}</th>{}{}</tr>').format(
            label, Markup("<th>{}</th>").format(beside[n]) if n < len(beside) else "", Markup("").join(_cell(v, most, show) for v in cells)
        )
        for n, (label, cells) in enumerate(rows)
    )
    return Markup(
        '<figure class="chart" aria-label="{}"><div class="table-wrap"><table class="heat"><thead><tr>'
        '<th scope="row">{}</th>{}</tr></thead><tbody>{}</tbody></table></div></figure>'
    ).format(title, first, head, body)


def _cell(value: float | None, most: float, show: Show) -> Markup:
    if value is None:
        return Markup("<td></td>")
    shade = round(value / most * 9)
    return Markup('<td class="h{}">{}</td>').format(shade, show(value)) if shade else Markup("<td>{}</td>").format(show(value))
