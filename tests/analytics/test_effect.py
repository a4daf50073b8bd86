"""What a broadcast caused, from people's outcomes to a sentence."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest

from siyu.analytics import experiments as ex
from siyu.analytics.effect import effect, revenue_readings
from siyu.analytics.sentences import headline
from siyu.analytics.words import Outcomes


def people(n: int = 20_000, share: float = 0.1, lift: float = 0.0, rate: float = 0.08, seed: int = 4) -> Outcomes:
    """A shop's people of whom the treated buy `lift` more often."""
    rng = np.random.default_rng(seed)
    treated = np.ones(n, dtype=bool)
    treated[: round(n * share)] = False
    rng.shuffle(treated)
    habit = rng.lognormal(0, 0.8, n)
    before = (habit * rng.lognormal(8, 0.3, n)).astype(np.int64)
    bought = rng.random(n) < np.clip(rate * habit / habit.mean() + lift * treated, 0, 1)
    spent = (bought * habit * rng.lognormal(8, 0.3, n)).astype(np.int64)
    strata = np.digitize(before, np.quantile(before, [0.25, 0.5, 0.75])).astype(str)
    return Outcomes(treated, strata, before, spent, bought)


def said(outcomes: Outcomes, lang: str, *, is_over: bool = True, share: float = 0.1) -> str:
    got = effect(outcomes, holdout_share=share, is_over=is_over)
    until = datetime(2026, 12, 4, 4, tzinfo=UTC)
    return headline(got, lang, currency="GBP", holdout_share=share, measured_at=until, time_zone="Asia/Shanghai")


def test_a_real_effect_is_found_with_its_totals() -> None:
    outcomes = people(lift=0.04)
    got = effect(outcomes, holdout_share=0.1, is_over=True)
    t = outcomes.is_treated
    extra = (outcomes.bought[t].mean() - outcomes.bought[~t].mean()) * t.sum()
    assert got.buyers.verdict is ex.Verdict.CAUSED
    assert got.buyers.total.value == pytest.approx(extra)
    assert got.buyers.total.low < 0.04 * 18_000 < got.buyers.total.high
    assert "more buyers (95% interval" in said(outcomes, "en")
    assert "多带来约" in said(outcomes, "zh")


def test_nothing_is_found_where_nothing_is() -> None:
    got = effect(people(n=120_000, rate=0.3), holdout_share=0.3, is_over=True)
    assert got.buyers.verdict is ex.Verdict.BROKEN, "a tenth was held out, not three"
    got = effect(people(n=120_000, rate=0.3, share=0.5), holdout_share=0.5, is_over=True)
    assert got.buyers.verdict is ex.Verdict.NO_EFFECT
    assert got.buyers.power > 0.99
    assert "No effect on the number of buyers was seen" in said(people(n=120_000, rate=0.3, share=0.5), "en", share=0.5)


def test_few_people_are_too_few_to_say() -> None:
    got = effect(people(n=300), holdout_share=0.1, is_over=True)
    assert got.buyers.verdict is got.revenue.verdict is ex.Verdict.TOO_FEW
    assert got.buyers.power < 0.5
    assert "too few to say" in said(people(n=300), "en")
    assert "说不准" in said(people(n=300), "zh")


def test_harm_is_called_by_its_name() -> None:
    outcomes = people(lift=-0.05, rate=0.15)
    assert effect(outcomes, holdout_share=0.1, is_over=True).buyers.verdict is ex.Verdict.CAUSED
    assert "fewer buyers" in said(outcomes, "en")
    assert "少了约" in said(outcomes, "zh")


def test_before_the_window_closes_nothing_is_concluded() -> None:
    assert "2026-12-04 12:00" in said(people(lift=0.2), "en", is_over=False), "in the brand's time zone"
    assert "还太早" in said(people(lift=0.2), "zh", is_over=False)


def test_a_broken_split_silences_everything() -> None:
    outcomes = people(lift=0.2, share=0.05)
    got = effect(outcomes, holdout_share=0.1, is_over=True)
    assert got.buyers.verdict is got.revenue.verdict is ex.Verdict.BROKEN
    assert "Trust no effect" in said(outcomes, "en")


def test_without_a_holdout_nothing_can_be_said() -> None:
    n = 50
    alone = Outcomes(np.ones(n, bool), np.full(n, "a"), np.arange(n), np.arange(n), np.ones(n, bool))
    got = effect(alone, holdout_share=0.0, is_over=True)
    assert got.buyers.verdict is ex.Verdict.TOO_FEW
    assert math.isinf(got.revenue.estimate.error)
    assert "Nobody was held out" in said(alone, "en", share=0.0)
    nobody = Outcomes(np.ones(0, bool), np.array([], str), np.array([]), np.array([]), np.ones(0, bool))
    assert "Nobody has entered" in said(nobody, "en")


def test_cuped_is_the_main_reading_only_where_it_helps() -> None:
    outcomes = people(rate=0.6)
    readings = {r.name: r for r in revenue_readings(outcomes)}
    assert readings["cuped"].is_main
    assert readings["cuped"].estimate.cut > 0.05
    assert readings["cuped"].estimate.error < readings["strata"].estimate.error <= readings["plain"].estimate.error * 1.01
    rng = np.random.default_rng(1)
    shuffled = rng.permutation(outcomes.before_minor)
    blind = Outcomes(
        outcomes.is_treated,
        rng.integers(0, 4, 20_000).astype(str),
        shuffled,
        outcomes.spent_minor,
        outcomes.bought,
    )
    readings = {r.name: r for r in revenue_readings(blind)}
    assert readings["strata"].is_main
    assert readings["cuped"].estimate.cut < 0.01, "the cut that was got, not the one hoped for"
    assert [r.is_main for r in readings.values()].count(True) == 1


def test_readings_show_what_people_spent_not_adjusted_values() -> None:
    outcomes = people()
    t = outcomes.is_treated
    for reading in revenue_readings(outcomes)[:3]:
        assert reading.estimate.treated.mean == pytest.approx(outcomes.spent_minor[t].mean())
        assert reading.estimate.control.mean == pytest.approx(outcomes.spent_minor[~t].mean())
    capped = revenue_readings(outcomes)[3]
    assert capped.cap == pytest.approx(np.quantile(outcomes.spent_minor, 0.99))
    assert capped.estimate.treated.mean < outcomes.spent_minor[t].mean()
