"""The first sync of a corp, over HTTP."""

from __future__ import annotations

from tests.sources.sync.conftest import account_of, chats_here, chats_there, here, there, walked

from siyu import pool
from siyu.base import jobs
from siyu.base.ground import Ground
from siyu.pool import Identifier, Kind, relations
from siyu.sandbox.conformance import Bench, Trial
from siyu.sources import sync
from siyu.vendors import Account
from siyu.vendors.wecom import Client


def test_a_corp_is_here_as_it_is_there(ground: Ground, trial: Trial, account: Account) -> None:
    trial.staff("zs", "ls", "ww")
    trial.hand("/contacts", n=260, userids=["zs", "ls"], days=200)
    client = Client(ground, account)
    group = client.add_tags(["金", "银"], group_name="等级")
    gold = next(tag.id for tag in group.tag if tag.name == "金")
    known = sorted(there(trial))
    guide, who = known[0]
    client.mark_tag(guide, who, [gold])
    client.remark(guide, who, remark="李总", mobiles=["13800000000"])
    chat = trial.hand("/groups", owner="zs", name="福利群", customers=[w for _, w in known[:5]])["chat_id"]
    way = client.add_contact_way(["zs"], kind=1, state="ch_1", remark="门店A")

    run = walked(ground, account)

    assert (run.state, run.error, run.skipped_n) == ("done", "", 0)
    assert here(ground, trial.corpid) == there(trial)
    assert here(ground, trial.corpid)[guide, who] == ("", gold)
    assert chats_here(ground, trial.corpid) == chats_there(trial) and len(chats_here(ground, trial.corpid)[chat]) == 5
    assert (run.done_n, run.total_n) == (len(known), len(known))
    with ground.db.tx() as conn:
        assert {g.guide for g in relations.guides(conn, trial.corpid)} == {"zs", "ls", "ww"}
        assert [g.name for g in relations.groups(conn, trial.corpid)] == ["福利群"]
        assert {t.name for t in relations.tags(conn, trial.corpid)} == {"金", "银"}
        assert [(w.config_id, w.state, w.guides) for w in sync.ways(conn)] == [(way.config_id, "ch_1", ("zs",))]
        job = jobs.see(conn, run.job_id)
        assert job is not None and (job.state, job.done, job.total) == ("done", len(known), len(known))
        assert job.detail["calls_per_minute"] > 0 and job.detail["allowed_per_minute"] == 9000
        person = pool.person_of(ground, conn, Identifier(Kind.EXTERNAL_USERID, who, trial.corpid))
        assert person is not None
        seen = pool.see(ground, conn, person)
        assert seen is not None and seen.row.tags == ("金",)
        assert seen.personal["remark"] == "李*" and "name" in seen.personal
        assert "unionid" in {i.kind for i in seen.identifiers}
        assert "phone" not in {i.kind for i in seen.identifiers}, "what a guide noted joins nobody"
        assert not sync.differences(conn), "a first sync fills; it compares nothing"

    again = walked(ground, account, "nightly")
    with ground.db.tx() as conn:
        assert (again.state, again.facts_n, sync.differences(conn)) == ("done", 0, []), "nothing changed, nothing is written"


def test_two_accounts_with_one_unionid_are_one_person(ground: Ground, bench: Bench, trial: Trial, account: Account) -> None:
    trial.staff("zs")
    other = bench.trial()
    other.staff("ls")
    for number in range(3):
        trial.customer("zs", unionid=f"o6_shared{number}", external_userid=f"wmHere{number}")
        other.customer("ls", unionid=f"o6_shared{number}", external_userid=f"wmThere{number}")
    second = account_of(ground, bench, other)
    walked(ground, account)
    walked(ground, second)
    with ground.db.tx() as conn:
        for number in range(3):
            one = pool.person_of(ground, conn, Identifier(Kind.EXTERNAL_USERID, f"wmHere{number}", trial.corpid))
            same = pool.person_of(ground, conn, Identifier(Kind.EXTERNAL_USERID, f"wmThere{number}", other.corpid))
            assert one is not None and one == same
            assert {c.corp for c in relations.contacts_of(conn, [one])[one]} == {trial.corpid, other.corpid}
