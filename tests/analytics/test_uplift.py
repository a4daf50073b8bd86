"""Whom it moved: found where it is there, not found where it is not, refused where nobody can know; and Hillstrom's facts."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import numpy as np
import pytest

from siyu.analytics import experiments as ex
from siyu.analytics.experiments import uplift as up

# Hillstrom's women's mail against none (MineThatData 2008), by whether people had bought womens' and mens' goods: (n, visits) of both arms.
CELLS = {
    (0, 1): ((9_622, 1_067), (9_638, 962)),
    (1, 0): ((9_647, 1_638), (9_519, 912)),
    (1, 1): ((2_118, 533), (2_149, 388)),
}


def world(n: int, seed: int, *, extra: float = 0.15, share: float = 0.3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(features, is_treated, bought): the message moves only those with x0 > 0.5, and x1 makes people buy anyway."""
    dice = np.random.default_rng(seed)
    x = dice.normal(0, 1, (n, 4))
    treated = dice.random(n) > share
    chance = 0.08 + 0.05 * (x[:, 1] > 0) + extra * (x[:, 0] > 0.5) * treated
    return x, treated, (dice.random(n) < chance).astype(float)


@pytest.mark.parametrize("learner", ["t", "x"])
def test_who_is_moved_is_found(learner: str) -> None:
    x, treated, y = world(16_000, 1)
    scores, new = up.unseen(up.LEARNERS[learner], x, treated, y, seed=1)
    assert np.array_equal(scores, up.unseen(up.LEARNERS[learner], x, treated, y, seed=1)[0]), "the same people, the same scores"
    apart = up.at_top(scores, treated[new], y[new], 0.3)
    assert apart.is_clear
    assert apart.top.difference > 0.08
    assert apart.rest.difference < 0.05
    curve = up.qini(scores, treated[new], y[new], seed=1)
    assert curve.low > 0
    ends = y[new & treated].mean() - y[new & ~treated].mean()
    assert curve.gains[-1] == pytest.approx(ends), "the curve ends at the average effect"


def test_where_all_are_moved_alike_no_ranking_is_believed() -> None:
    """A hundred worlds with the same effect on everybody: the area's interval leaves zero out no more often than it may."""
    wrong = 0
    for seed in range(100):
        x, treated, y = world(3000, seed, extra=0.0)
        scores, new = up.unseen(up.t_learner, x, treated, y, seed=seed)
        found = up.qini(scores, treated[new], y[new], seed=seed)
        wrong += found.low > 0 or found.high < 0
    assert wrong <= 9


def test_what_a_policy_is_worth() -> None:
    x, treated, y = world(20_000, 3)
    best, value = x[:, 0] > 0.5, x[:, 1] > 0
    got = {p.name: p for p in up.policies({"uplift": best, "value": value}, treated, y, seed=1)}
    share = best.mean()
    effect = y[best & treated].mean() - y[best & ~treated].mean()
    assert got["uplift"].value == pytest.approx(share * effect)
    assert got["all"].value == pytest.approx(y[treated].mean() - y[~treated].mean())
    assert got["none"].value == 0
    assert got["none"].over_all == pytest.approx(-got["all"].value)
    error = share * np.hypot(
        y[best & treated].std() / np.sqrt((best & treated).sum()), y[best & ~treated].std() / np.sqrt((best & ~treated).sum())
    )
    assert (got["uplift"].high - got["uplift"].low) / 3.92 == pytest.approx(error, rel=0.15)
    dear = {p.name: p for p in up.policies({"uplift": best}, treated, y, seed=1, cost=0.04)}
    assert dear["uplift"].over_all_low > 0, (
        "when a message costs more than it brings to the rest, writing to the moved is better than to all"
    )


def test_a_rule_is_chosen_on_one_half_and_measured_on_the_other() -> None:
    x, treated, y = world(20_000, 4)
    terms = [
        up.Term("moved", x[:, 0] > 0.5, {"if": "a"}, "a"),
        up.Term("buys", x[:, 1] > 0, {"if": "b"}, "b"),
        up.Term("noise", x[:, 2] > 0, {"if": "c"}, "c"),
    ]
    found = up.best_rule(terms, treated, y, seed=1)
    assert found is not None
    assert "moved" in [term.key for term in found.terms]
    assert found.apart.low > 0
    quiet = world(6000, 9, extra=0.0)
    nothing = up.best_rule([up.Term(f"n{k}", quiet[0][:, k] > 0, {}, f"f{k}") for k in range(4)], quiet[1], quiet[2], seed=2)
    assert nothing is None or not nothing.apart.is_clear


def test_nothing_is_learned_without_a_lot() -> None:
    def asked(counts: list[int], share: float, events: tuple[int, int] = (900, 100), is_over: bool = True) -> up.NotLearned | None:
        return up.may_learn(ex.check_split(counts, [1 - share, share]), holdout_share=share, events=events, is_over=is_over)

    assert asked([10_000, 0], 0.0) == up.NotLearned.NO_HOLDOUT
    assert asked([9_000, 700], 0.1) == up.NotLearned.BROKEN
    assert asked([9_000, 1_000], 0.1, is_over=False) == up.NotLearned.TOO_EARLY
    assert asked([9_000, 1_000], 0.1, events=(900, 30)) == up.NotLearned.TOO_FEW
    assert asked([900, 100], 0.1) == up.NotLearned.TOO_FEW
    assert asked([9_000, 1_000], 0.1) is None


def hillstrom() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(womens, mens, is_treated, visited) of 42,693 people, from the counts of each cell."""
    made = []
    for (womens, mens), arms in CELLS.items():
        for is_treated, (n, visits) in zip((True, False), arms, strict=True):
            made.append(np.column_stack([np.full(n, womens), np.full(n, mens), np.full(n, is_treated), np.arange(n) < visits]))
    womens, mens, treated, visited = np.random.default_rng(1).permutation(np.vstack(made)).T
    return womens, mens, treated.astype(bool), visited.astype(float)


def test_hillstroms_moved_people_from_the_counts() -> None:
    womens, mens, treated, y = hillstrom()
    assert (int(treated.sum()), int((~treated).sum()), int(y[treated].sum()), int(y[~treated].sum())) == (21_387, 21_306, 3_238, 2_262)
    for column, value, lift in ((womens, 1, 0.0731), (womens, 0, 0.0111), (mens, 1, 0.0218), (mens, 0, 0.0740)):
        inside = column == value
        assert y[inside & treated].mean() - y[inside & ~treated].mean() == pytest.approx(lift, abs=6e-5)
    for learner in up.LEARNERS.values():
        scores, new = up.unseen(learner, np.column_stack([womens, mens]).astype(float), treated, y, seed=42)
        assert scores[womens[new] == 1].mean() == pytest.approx(0.073, abs=0.02)
        assert scores[womens[new] == 0].mean() == pytest.approx(0.011, abs=0.02)
        assert up.at_top(scores, treated[new], y[new], 0.3).is_clear
    terms = [up.Term(f"womens {v}", womens == v, {}, "womens") for v in (0, 1)]
    rule = up.best_rule(terms, treated, y, seed=1)
    assert rule is not None
    assert [term.key for term in rule.terms] == ["womens 1"]
    assert rule.apart.is_clear


HILLSTROM = os.environ.get("SIYU_HILLSTROM", "")


@pytest.mark.skipif(
    not Path(HILLSTROM).is_file(), reason="its licence is unclear: set SIYU_HILLSTROM to the file of Hillstrom's e-mail test"
)
def test_hillstrom_as_published() -> None:
    rows = duckdb.sql(f"select * from read_csv('{HILLSTROM}') where segment in ('Womens E-Mail', 'No E-Mail')").fetchnumpy()
    treated, y = rows["segment"] == "Womens E-Mail", rows["visit"].astype(float)
    places = [rows["zip_code"] == "Rural", rows["zip_code"] == "Surburban", rows["channel"] == "Phone", rows["channel"] == "Web"]
    x = np.column_stack([rows[name] for name in ("recency", "history", "mens", "womens", "newbie")] + places).astype(float)
    facts = {("womens", 1): 0.0731, ("womens", 0): 0.0111, ("mens", 1): 0.0218, ("mens", 0): 0.0740}
    for (name, value), lift in facts.items():
        inside = rows[name] == value
        assert y[inside & treated].mean() - y[inside & ~treated].mean() == pytest.approx(lift, abs=6e-5)
    order = np.random.default_rng(42).permutation(len(y))
    past, new = order[: len(y) // 2], order[len(y) // 2 :]
    ready = up.standardised(x)
    for learner in up.LEARNERS.values():
        scores = learner(ready[past], treated[past].astype(float), y[past])(ready[new])
        found = up.at_top(scores, treated[new], y[new], 0.3)
        assert found.top.difference == pytest.approx(0.0722, abs=0.003)
        assert scores[rows["womens"][new] == 1].mean() > 0.05 > 0.03 > scores[rows["womens"][new] == 0].mean()
    assert y[new][treated[new]].mean() - y[new][~treated[new]].mean() == pytest.approx(0.0400, abs=5e-5)
    terms = [up.Term(f"{name} {v}", rows[name] == v, {}, name) for name in ("womens", "mens", "newbie") for v in (0, 1)]
    rule = up.best_rule(terms, treated, y, seed=1)
    assert rule is not None
    assert rule.apart.is_clear
    assert {term.key for term in rule.terms} & {"womens 1", "mens 0"}
