"""The metric dictionary: one definition a figure, where each "?" leads."""

from __future__ import annotations

from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response

from siyu import analytics
from siyu.web.page import render


def see(request: Request) -> Response:
    """All figures, by the page that shows them."""
    groups = [(name, list(ones)) for name, ones in groupby(analytics.METRICS, key=lambda one: one.group)]
    return render(request, "business/metrics.html", groups=groups, count=len(analytics.METRICS))
