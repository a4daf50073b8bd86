"""The scores of one person, each with what it was made of, for the 360 page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from starlette.requests import Request

from siyu import pool
from siyu.analytics import scores
from siyu.base.db import Connection
from siyu.base.text import catalogue
from siyu.web.page import say_to, show_of
from siyu.web.shown import Show


@dataclass(frozen=True)
class Scored:
    """One score as it is shown: `why` a sentence, `inputs` (label, value) pairs; both empty for scores of others."""

    name: str
    title: str
    value: str
    note: str
    why: str
    inputs: list[tuple[str, str]]
    is_model_blind: bool  # BG/NBD with a single purchase: alive for certain, by the model's making


def scored(request: Request, conn: Connection, person_id: int) -> list[Scored]:
    """The newest scores of a person of today."""
    show = show_of(request)
    runs: dict[int, scores.ScoreRun | None] = {}
    found = []
    for one in pool.scores_of(conn, person_id):
        number = one.data.get("run")
        if one.source == scores.SOURCE and isinstance(number, int) and number not in runs:
            runs[number] = scores.see(conn, number)
        run = runs.get(number) if isinstance(number, int) else None
        found.append(_scored(request, show, one, run if one.source == scores.SOURCE else None))
    order = {name: n for n, name in enumerate(scores.NAMES)}
    return sorted(found, key=lambda one: (order.get(one.name, len(order)), one.name))


def _scored(request: Request, show: Show, one: pool.SeenScore, run: scores.ScoreRun | None) -> Scored:
    def word(key: str, **values: Any) -> str:
        return say_to(request, f"web.scores_{key}", **values)

    title = word(one.name) if f"web.scores_{one.name}" in catalogue() else one.name
    data = one.data
    if run is None or one.name not in scores.NAMES:
        value = show.money(one.amount_minor, one.currency or "") if one.amount_minor is not None else one.word or show.number(one.value, 2)
        return Scored(one.name, title, value, show.date(one.as_of), "", [], False)
    if one.name == "clv":
        band = {
            "low": show.money(data["low_minor"], run.currency, short=True),
            "high": show.money(data["high_minor"], run.currency, short=True),
        }
        value, note = show.money(one.amount_minor, run.currency), word("clv_note", n=data["months"], **band)
        why = word(
            "why_clv", purchases=show.number(data["purchases_year"], 2), n=data["months"],
            spend=show.money(data["spend_minor"], run.currency), margin=show.percent(data["margin"], 0),
        )  # fmt: skip
    else:
        value, note = show.percent(float(one.value or 0)), word("churn_note", n=data["quiet_days"])
        why = word("why_churn", alive=show.percent(data["alive"]), n=data["quiet_days"])
    return Scored(one.name, title, value, note, why, _inputs(request, show, one, run), data["model"] == "bg/nbd" and data["x"] == 0)


def _inputs(request: Request, show: Show, one: pool.SeenScore, run: scores.ScoreRun) -> list[tuple[str, str]]:
    def word(key: str, **values: Any) -> str:
        return say_to(request, f"web.{key}", **values)

    data = one.data
    fit = run.fits.get(str(data["model"]), {})
    rows = [
        (word("scores_x"), show.number(data["x"])),
        (word("scores_tx"), word("scores_weeks", n=show.number(data["t_x"], 1))),
        (word("scores_tobs"), word("scores_weeks", n=show.number(data["t_obs"], 1))),
    ]
    if "mean_minor" in data:
        rows.append((word("scores_m"), show.money(data["mean_minor"], run.currency)))
    if run.observed_on is not None:
        rows.append((word("scores_cohort"), _quarter(run.observed_on - timedelta(weeks=float(data["t_obs"])))))
    rows += [
        (word("worth_in_model"), str(data["model"])),
        (word("worth_in_params"), ", ".join(f"{name} {value:.4g}" for name, value in fit.get("parameters", {}).items())),
        (word("worth_in_runner"), run.runner_up or "–"),
        (word("scores_asof"), show.moment(one.as_of)),
        (word("worth_in_run"), f"#{run.run_id}"),
    ]
    return rows


def _quarter(day: date) -> str:
    return f"{day.year} Q{(day.month - 1) // 3 + 1}"
