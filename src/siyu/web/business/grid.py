"""The RFM grid: each cell opens the segment builder with its rule."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from siyu import analytics
from siyu.web.business.counted import counted, waiting
from siyu.web.page import render, say_to

MEASURES = ("people", "money", "each")


def see(request: Request) -> Response:
    """The grid, shaded by people, by money, or by money a head."""
    measure = request.query_params.get("by", "")
    measure = measure if measure in MEASURES else MEASURES[0]
    grid, look = counted(request, "rfm", analytics.rfm)
    if grid is None:
        return waiting(request, look, say_to(request, "web.nav_rfm"), say_to(request, "web.rfm_about"))
    cells = {(cell.days, cell.orders): cell for cell in grid.cells}
    worth = {key: _worth(cell, measure) for key, cell in cells.items()}
    most = max(worth.values(), default=0) or 1
    rows = [
        (
            days,
            [
                (cells[days, orders], round(9 * worth[days, orders] / most), _link(request, cells[days, orders]))
                for orders in grid.frequency
            ],
        )
        for days in grid.recency
    ]
    return render(
        request, "business/rfm.html", grid=grid, rows=rows, measure=measure, measures=MEASURES,
        people=sum(cell.people for cell in grid.cells), minor=sum(cell.minor for cell in grid.cells),
    )  # fmt: skip


def _worth(cell: analytics.RfmCell, measure: str) -> float:
    return {"people": cell.people, "money": cell.minor, "each": cell.minor / cell.people if cell.people else 0}[measure]


def _link(request: Request, cell: analytics.RfmCell) -> str:
    name = say_to(request, "web.rfm_cell_name", r=cell.r, f=cell.f)
    return "/segments/new?" + urlencode({"rule": json.dumps(analytics.rfm_rule(cell), separators=(",", ":")), "name": name})
