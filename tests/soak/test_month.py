"""The small form of the simulated month; the long one is `make soak ARGS=month`."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import KEYS
from tests.soak.month import START, Month, Size
from tests.soak.world import opened


def test_three_days_of_a_small_corp_end_with_its_truth(database_url: str, tmp_path: Path) -> None:
    with opened(tmp_path, database_url, KEYS, START, 3) as world:
        seen = Month(world, Size(customers=200, guides=4, days=3, step=6, seed=3, lost=0.08)).live()
    assert seen["welcomes"]["greeted"] > 30 and seen["mass_sent"] > 30 and seen["guides_left"] > 0
    assert seen["fates"]["lost"] > 3 and sum(seen["healed"].values()) > 3
