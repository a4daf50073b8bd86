"""The pages of worth: what they say before there is anything, while a run is under way, and after; assumptions that are tried and kept."""

from __future__ import annotations

import re

from tests.analytics.test_scores import settle, shop
from tests.web.conftest import Browse

from siyu.analytics import assumptions, scores
from siyu.base.ground import Ground


def test_before_the_first_run_the_page_says_what_to_do(staffed: Ground, browse: Browse) -> None:
    owner = browse("operator")
    page = owner.get("/worth")
    assert page.status_code == 200 and "/worth/run" in page.text
    assert owner.get("/worth/backtest").status_code == 200
    assert "/worth/run" not in browse("viewer").get("/worth").text
    assert owner.fill("/worth/run", {}).status_code == 303
    under_way = owner.get("/worth").text
    assert 'hx-trigger="every 2s"' in under_way and "/worth/run" not in under_way
    assert scores.advance(staffed) == 1  # the river does what was asked
    assert "/imports" in owner.get("/worth").text  # and says that orders are needed


def test_everything_has_its_number_and_its_why(staffed: Ground, browse: Browse) -> None:
    shop(staffed)
    scores.run(staffed)
    settle(staffed)
    viewer = browse("viewer")
    page = viewer.get("/worth")
    assert page.status_code == 200
    assert page.text.count("why-number") >= 6 and page.text.count("<table") >= 5
    with staffed.db.tx() as conn:
        it = scores.newest(conn, "done")
        assert it is not None and it.model
        person = conn.execute("select subject from scores where name = 'clv' order by value desc limit 1").fetchone()[0]  # type: ignore[index]
    richer = viewer.get("/worth?margin=70&payback_months=18&win_minor=&keep_change=-5").text
    assert _first_figure(richer) > _first_figure(page.text)
    assert "is-wrong" in viewer.get("/worth?margin=400").text
    tested = viewer.get("/worth/backtest")
    assert tested.status_code == 200 and all(name in tested.text for name in ("bg/nbd", "mbg/nbd", "pareto/nbd", it.model))
    assert viewer.get("/worth/backtest?model=nbd").status_code == 200
    one = viewer.get(f"/customers/{person}").text
    assert "t_x" in one and f"#{it.run_id}" in one
    for lang in ("zh", "en"):
        assert browse("owner").get(f"/worth?lang={lang}").status_code == 200


def _first_figure(page: str) -> float:
    found = re.search(r'kpi-value">[^0-9]*([0-9.,]+)', page)
    assert found
    return float(found[1].replace(",", ""))


def test_assumptions_are_kept_by_those_who_may(staffed: Ground, browse: Browse) -> None:
    assert browse("viewer").fill("/worth/assumptions", {"margin": "50"}).status_code == 403
    operator = browse("operator")
    assert operator.fill("/worth/assumptions", {"margin": "50", "serve_year_minor": "12.5", "win_minor": ""}).status_code == 303
    with staffed.db.tx() as conn:
        a = assumptions.assumptions(conn, "CNY")
    assert (a.margin, a.serve_year_minor, a.win_minor) == (0.5, 1250, None)
    operator.fill("/worth/assumptions", {"margin": "twelve"})
    with staffed.db.tx() as conn:
        assert assumptions.assumptions(conn, "CNY") == a
