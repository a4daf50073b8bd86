"""`siyu score run | status`: what the models think of everybody, as facts."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from siyu.analytics import scores
from siyu.analytics.scores import ScoreRun
from siyu.base.errors import InputError
from siyu.base.money import show
from siyu.cli.opening import opened
from siyu.cli.progress import Progress
from siyu.cli.screen import command, family, language, report, word


def add(subparsers: Any) -> None:
    """The grammar of this family of commands."""
    its = family(command(subparsers, "score", word("cli.score_about"), None))
    command(its, "run", word("cli.score_run"), run_now)
    command(its, "status", word("cli.score_status"), run_status)


def run_now(args: argparse.Namespace) -> int:
    """Score everybody now, or go on with the run that was broken off."""
    with opened(args) as ground, Progress(word("cli.score_progress")) as bar:
        done = scores.run(ground, by="cli", watch=bar.to)
    if done is None:
        raise InputError(word("cli.score_busy"), word("cli.score_busy_remedy"))
    report(args, scores.as_json(done), _lines(done))
    return 0


def run_status(args: argparse.Namespace) -> int:
    """The newest run, and how scoring is set."""
    with opened(args) as ground, ground.db.tx() as conn:
        newest, habit = scores.newest(conn), scores.habit(conn)
    value = {"run": None if newest is None else scores.as_json(newest), "is_on": habit.is_on, "hour": habit.hour}
    report(args, value, [word("cli.score_never")] if newest is None else _lines(newest))
    return 0


def _lines(it: ScoreRun) -> Iterator[str]:
    lang = language()

    def money(minor: int | None) -> str:
        return "-" if minor is None else show(minor, it.currency, short=True, lang=lang)

    yield word("cli.score_head", run=it.run_id, state=word(f"cli.score_state_{it.state}"), as_of=f"{it.as_of:%Y-%m-%d %H:%M}")
    if it.why:
        yield word(f"analytics.score_why_{it.why.replace(' ', '_')}") if it.state == "skipped" else it.why
    if it.model:
        yield word(
            "cli.score_model", model=it.model, why=word(f"analytics.chosen_{str(it.chosen_by).replace(' ', '_')}"), other=it.runner_up
        )
        yield word("cli.score_pool", value=money(it.pool_minor), low=money(it.low_minor), high=money(it.high_minor), day=it.observed_on)
    yield word("cli.score_people", seen=f"{it.seen_n:,}", all=f"{it.customers_n:,}", written=f"{it.written_n:,}")
    if it.elsewhere_n:
        yield word("cli.score_elsewhere", n=f"{it.elsewhere_n:,}", currency=it.currency)
