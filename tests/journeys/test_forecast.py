"""`siyu broadcast forecast`: the same numbers as the plan, as one JSON object, and nothing is changed."""

from __future__ import annotations

import json
from contextlib import nullcontext

import pytest
from tests.journeys import world

from siyu import cli, journeys
from siyu.base.ground import Ground


def test_the_forecast_is_the_plan_as_json(ground: Ground, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    world.open_shop(ground, 150, silent=range(40))
    number = world.made(ground, holdout_share=0.2, cost_minor=5)
    monkeypatch.setattr("siyu.cli.broadcast.opened", lambda *_, **__: nullcontext(ground))
    assert cli.main(["broadcast", "forecast", str(number), "--json"]) == 0
    got = json.loads(capsys.readouterr().out)
    with ground.db.tx() as conn:
        plan = journeys.plan(ground, conn, number)
        assert journeys.see(conn, number).state == "draft"
    assert (got["members"], got["control"]) == (150, 30)
    assert got["permitted"] == plan.forecast.counts["permit"] > 0
    assert got["refused"]["no_consent"] == plan.forecast.counts["no_consent"] > 0
    assert got["cost_minor"] == 5 * got["permitted"]
    assert [s["share"] for s in got["sights"] if s["is_chosen"]] == [0.2]
    assert cli.main(["broadcast", "forecast", str(number)]) == 0
    assert f"{got['permitted']:,}" in capsys.readouterr().out
