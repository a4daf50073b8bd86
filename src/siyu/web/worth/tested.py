"""/worth/backtest: what each model predicted and what happened, by origin, by decile, by cohort."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from siyu.analytics import scores
from siyu.analytics.scores import ScoreRun
from siyu.web import charts
from siyu.web.page import ground_of, render, say_to, show_of

MODELS = ("bg/nbd", "mbg/nbd", "pareto/nbd", "nbd")


@dataclass(frozen=True)
class Tested:
    """One model over all origins: how far its totals were off (a share), its error a customer, its fit on everything known today."""

    model: str
    off: float | None
    each: float | None
    log_likelihood: float
    degenerate: str
    role: str  # chosen, runner, or nothing


def backtest(request: Request) -> Response:
    """The page; `?model=` shows another model than the one in use."""
    with ground_of(request).db.tx() as conn:
        it = scores.newest(conn, "done")
    if it is None or not it.backtest:
        return render(request, "worth/untested.html", it=it)
    model = request.query_params.get("model", "")
    model = model if model in MODELS else str(it.model)
    origins = [row for row in it.backtest if row["model"] == model]
    parts = {by: [row for row in it.deciles if row["model"] == model and row["by"] == by] for by in ("decile", "cohort")}
    return render(
        request, "worth/backtest.html", it=it, model=model, tested=[_tested(it, one) for one in _ordered(it)], origins=origins, parts=parts,
        drawn={by: _drawn(request, rows, by) for by, rows in parts.items()},
        tabs=[(name, f"/worth/backtest?model={name}", None) for name in _ordered(it)], here=f"/worth/backtest?model={model}",
    )  # fmt: skip


def _ordered(it: ScoreRun) -> list[str]:
    first = [name for name in (it.model, it.runner_up) if name]
    return [*first, *(name for name in MODELS if name not in first)]


def _tested(it: ScoreRun, model: str) -> Tested:
    rows = [row for row in it.backtest if row["model"] == model]
    logs = [abs(log((row["happened"] + 1) / (row["predicted"] + 1))) for row in rows]
    fit: dict[str, Any] = it.fits[model]
    return Tested(
        model, exp(sum(logs) / len(logs)) - 1 if logs else None, sum(row["mean_error"] for row in rows) / len(rows) if rows else None,
        fit["log_likelihood"], str(fit["degenerate"]).replace(" ", "_"),
        "chosen" if model == it.model else "runner" if model == it.runner_up else "",
    )  # fmt: skip


def _drawn(request: Request, rows: list[dict[str, Any]], by: str) -> Markup:
    show = show_of(request)

    def word(key: str) -> str:
        return say_to(request, f"web.backtest_{key}")

    return charts.line(
        word("deciles" if by == "decile" else "cohorts"),
        [str(row["part"]) for row in rows],
        [
            charts.Series(word("happened"), [float(row["happened"]) for row in rows]),
            charts.Series(word("predicted"), [float(row["predicted"]) for row in rows]),
        ],
        show=show.number,
        lang=show.lang,
        first=word("part" if by == "decile" else "quarter"),
    )
