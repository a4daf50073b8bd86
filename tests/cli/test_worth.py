"""`siyu score` and `siyu worth`: one JSON object each, before there is anything and after."""

from __future__ import annotations

from tests.analytics.test_scores import settle, shop
from tests.cli.test_contract import Run, env, run  # noqa: F401  fixtures

from siyu.analytics import scores
from siyu.base.ground import Ground


def test_from_nothing_to_a_value(run: Run, ground: Ground) -> None:  # noqa: F811
    assert run("score", "status")[1] == {"run": None, "is_on": True, "hour": 4}
    code, refused, _ = run("worth")
    assert code == 1 and "siyu score run" in refused["error"]["remedy"]
    code, skipped, _ = run("score", "run")
    assert (code, skipped["state"], skipped["why"]) == (0, "skipped", "no orders")
    people = shop(ground)
    scores.run(ground)
    settle(ground)
    code, status, _ = run("score", "status")
    assert (code, status["run"]["state"], status["run"]["customers_n"]) == (0, "done", people)
    code, plain, _ = run("worth")
    assert code == 0 and plain["value"]["low"] < plain["value"]["minor"] < plain["value"]["high"]
    assert [one["key"] for one in plain["scenarios"]] == ["none", "as_today", "growth"]
    assert run("worth", "--margin", "0.7")[1]["value"]["minor"] > plain["value"]["minor"] * 1.9
    assert run("worth", "--margin", "7")[0] == 1
