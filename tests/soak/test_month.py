"""The small form of the simulated month; the long one is `make soak ARGS=month`."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import KEYS
from tests.soak.month import START, Month, Size
from tests.soak.world import opened


def test_two_days_of_a_small_corp_end_with_its_truth(database_url: str, tmp_path: Path) -> None:
    with opened(tmp_path, database_url, KEYS, START, 3) as world:
        seen = Month(world, Size(customers=200, guides=4, days=2, step=6, seed=3, lost=0.08)).live()
    # that the promises had something to be about
    assert seen["welcomes"]["greeted"] > 20 and seen["mass_sent"] > 0 and seen["guides_left"] > 0 and seen["followers"] > 5
    assert seen["chats_handed_over"].get("done")
    assert seen["fates"]["lost"] > 1 and sum(seen["healed"].values()) > 1
