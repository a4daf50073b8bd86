"""Followers of an official account: walked, compared, and one person with the corp's contact of the same unionid."""

from __future__ import annotations

from typing import Any

import pytest
from tests.sources.sync.conftest import walked

from siyu import pool
from siyu.base.clock import StillClock
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.pool import Identifier, Kind
from siyu.sandbox.conformance import Bench, Trial
from siyu.sources import sync
from siyu.vendors import Account, keep_account


def test_followers_are_walked_compared_and_joined(ground: Ground, clock: StillClock, bench: Bench, trial: Trial, account: Account) -> None:
    people = [{"person_id": f"f{n}", "name": "客", "unionid": f"o6_fan{n}"} for n in range(5)]
    bench.json("POST", "/sandbox/wechat/people", {"people": people})
    shop = bench.json("POST", "/sandbox/wechat/accounts", {"kind": "service", "name": "茶铺", "open_platform": "v"})
    small = bench.json("POST", "/sandbox/wechat/accounts", {"kind": "mini", "name": "小茶铺", "open_platform": "v"})
    base = f"http://{bench._host}/wechat"
    with ground.db.tx() as conn:
        official = keep_account(ground, conn, kind="official", name="公众号", app_id=shop["appid"], secret=shop["secret"], base_url=base)
        mini = keep_account(ground, conn, kind="mini", name="小程序", app_id=small["appid"], secret=small["secret"], base_url=base)

    def do(number: int, does: str) -> Any:
        return bench.json("POST", "/sandbox/wechat/do", {"appid": shop["appid"], "person_id": f"f{number}", "does": does})

    for number in range(4):
        do(number, "follow")
    trial.staff("zs")
    trial.customer("zs", unionid="o6_fan0", external_userid="wmFan0")
    walked(ground, account)
    run = walked(ground, official)
    assert (run.state, run.done_n, run.total_n) == ("done", 4, 4)
    with ground.db.tx() as conn:
        rows = conn.execute("select type, count(*) from facts where type like 'account.%' group by 1").fetchall()
        assert rows == [("account.followed", 4)]
        one = pool.person_of(ground, conn, Identifier(Kind.EXTERNAL_USERID, "wmFan0", trial.corpid))
        assert one is not None
        seen = pool.see(ground, conn, one)
        assert seen is not None and {"openid", "unionid", "external_userid"} <= {i.kind for i in seen.identifiers}

    do(1, "unfollow")
    do(4, "follow")
    run = walked(ground, official, "nightly")
    with ground.db.tx() as conn:
        assert sorted(d.kind for d in sync.differences(conn, run_id=run.run_id)) == ["followed", "unfollowed"]
        gone = conn.execute("select count(*) from consents where channel = 'official' and not is_given").fetchone()
        assert gone == (1,), "who does not follow any more is not written to"
    assert walked(ground, official, "nightly").differences_n == 0

    with pytest.raises(InputError):
        sync.start(ground, mini.account_id)
