"""The laws of the gate hold."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.gate.laws import LAWS, Stage

from siyu.base.clock import StillClock
from siyu.base.ground import Ground


@pytest.mark.parametrize("name", LAWS)
def test_the_law_holds(
    name: str, ground: Ground, another_ground: Callable[[], Ground], clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    LAWS[name](Stage(ground, another_ground, clock, monkeypatch))
