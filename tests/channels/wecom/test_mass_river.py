"""The whole river: a broadcast by segment, gate, tasks for the guides, their confirmation, the report."""

from __future__ import annotations

from datetime import timedelta

from tests.channels.wecom.conftest import Corp

from siyu import analytics, journeys, river
from siyu.channels import wecom


def test_a_broadcast_goes_by_three_guides(corp: Corp) -> None:
    corp.guides("zs", "ls", "ww")
    whom = {guide: corp.customers(guide, n) for guide, n in (("zs", 4), ("ls", 3), ("ww", 2))}
    rule = {"siyu_rule": 1, "where": {"all": []}}
    with corp.ground.db.tx() as conn:
        draft = journeys.Draft("品鉴会", rule, "wecom", corp.version.content_id, holdout_share=0, expire_for=timedelta(days=2))
        number = journeys.make(corp.ground, conn, draft)
        assert journeys.plan(corp.ground, conn, number).forecast.counts == {"permit": 9}
        journeys.start(corp.ground, conn, number)
    river.run_until_idle(corp.ground)
    assert sorted(m["targets"] for t in corp.tasks() for m in t["members"].values()) == [2, 3, 4]  # one task a guide
    corp.wait()
    corp.confirm("zs")
    corp.confirm("ls")
    corp.wait(timedelta(hours=1))
    river.run_until_idle(corp.ground)
    assert [corp.got(one) for one in (*whom["zs"], *whom["ls"], *whom["ww"])] == [1] * 7 + [0] * 2
    funnel = corp.funnel(number)
    assert {guide: (one.planned, one.sent, one.open, one.waiting) for guide, one in funnel.items()} == {
        "zs": (4, 4, 0, 0), "ls": (3, 3, 0, 0), "ww": (2, 0, 2, 1),
    }  # fmt: skip
    with corp.ground.db.tx() as conn:
        journeys.cancel(corp.ground, conn, number)
    corp.wait(timedelta(minutes=5))
    river.run_until_idle(corp.ground)
    assert corp.funnel(number)["ww"].cancelled == 2
    with corp.ground.db.tx() as conn:
        found = analytics.report(corp.ground, conn, number)
        assert (found.funnel.asked, found.funnel.sent, found.funnel.withdrawn) == (9, 7, 2)
        assert wecom.tasks_of(conn, "broadcast", number)[2].code == "stopped_withdrawn"
