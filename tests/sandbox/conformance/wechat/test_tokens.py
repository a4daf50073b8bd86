"""Tokens and quotas of official accounts: refused by their cause, replaced, cleared.

MPD is developers.weixin.qq.com; the number in a docstring is a chapter of the facts that the sandbox was built from (docs/sandbox.md).
"""

from __future__ import annotations

from typing import Any

from tests.sandbox.conformance.small_world import SmallWorld
from tests.sandbox.conformance.wechat.shops import HOUR, shop


def test_a_token_is_refused_by_its_cause(small: SmallWorld) -> None:
    """MPD Get_access_token, global return codes (4.1, 4.4): each mistake has its own number, and every error its rid."""
    a = shop(small)

    def token(**given: str) -> Any:
        query = {"grant_type": "client_credential", "appid": a["appid"], "secret": a["secret"]} | given
        return small.ask("/wechat/cgi-bin/token?" + "&".join(f"{k}={v}" for k, v in query.items()))

    assert token(grant_type="x")["errcode"] == 40002
    assert token(appid="wx0")["errcode"] == 40013
    assert token(secret="no")["errcode"] == 40125
    assert "rid: " in token(secret="no")["errmsg"]
    assert token()["expires_in"] == 7200
    assert small.ask("/wechat/cgi-bin/user/get")["errcode"] == 41001
    assert small.ask("/wechat/cgi-bin/user/get?access_token=junk")["errcode"] == 40014
    assert small.ask("/wechat/cgi-bin/nothing?access_token=junk")["errcode"] == 40066
    assert small.api(a, "/cgi-bin/menu/create")["errcode"] == 43002
    assert small.api(a, "/cgi-bin/user/get", {})["errcode"] == 43001
    assert small.ask("/wechat/cgi-bin/menu/create?access_token=" + small.token(a), raw=b"{")["errcode"] == 47001
    small.ask(f"/sandbox/wechat/accounts/{a['appid']}", {"ips": ["203.0.113.9"]})
    assert token()["errcode"] == 40164


def test_a_new_token_ends_the_old_one_after_five_minutes(small: SmallWorld) -> None:
    """MPD Get_access_token (4.1): old and new overlap about five minutes; the stable way is apart from this one."""
    a = shop(small)
    url = f"/wechat/cgi-bin/token?grant_type=client_credential&appid={a['appid']}&secret={a['secret']}"
    stable = small.token(a)
    first = small.ask(url)["access_token"]
    second = small.ask(url)["access_token"]
    assert first != second

    def code(token: str) -> int:
        return int(small.ask(f"/wechat/cgi-bin/user/get?access_token={token}").get("errcode", 0))

    assert [code(first), code(second), code(stable)] == [0, 0, 0]
    small.move(301)
    assert [code(first), code(second), code(stable)] == [40001, 0, 0]
    small.move(2 * HOUR)
    assert code(second) == 42001
    assert small.ask(f"/sandbox/wechat/accounts/{a['appid']}/kill_tokens", {})["killed"] == 0
    third = small.ask(url)["access_token"]
    assert small.ask(f"/sandbox/wechat/accounts/{a['appid']}/kill_tokens", {})["killed"] == 1
    assert code(third) == 40001


def test_the_stable_token_stays_and_is_forced_seldom(small: SmallWorld) -> None:
    """MPD api_getstableaccesstoken (4.1): the same again, renewed 5 min before its end; forced 20 times a day, 30 s apart."""
    a = shop(small)
    given = {"grant_type": "client_credential", "appid": a["appid"], "secret": a["secret"]}
    first = small.token(a)
    small.move(HOUR)
    assert small.token(a) == first
    small.move(HOUR - 290)
    assert small.token(a) != first
    forced = [small.ask("/wechat/cgi-bin/stable_token", given | {"force_refresh": True})]
    assert small.ask("/wechat/cgi-bin/stable_token", given | {"force_refresh": True})["errcode"] == 45011
    for _ in range(20):
        small.move(31)
        forced.append(small.ask("/wechat/cgi-bin/stable_token", given | {"force_refresh": True}))
    assert [one.get("errcode", 0) for one in forced] == [0] * 20 + [45009]


def test_a_quota_ends_with_45009_and_is_cleared_ten_times_a_month(small: SmallWorld) -> None:
    """MPD clear_quota (4.1): 45009 beyond the day's calls; 48006 beyond ten clearings."""
    a = shop(small, limits={"/cgi-bin/user/get": 2})
    assert [small.api(a, "/cgi-bin/user/get").get("errcode", 0) for _ in range(3)] == [0, 0, 45009]
    cleared = [small.api(a, "/cgi-bin/clear_quota", {"appid": a["appid"]})["errcode"] for _ in range(11)]
    assert cleared == [0] * 10 + [48006]
    assert "errcode" not in small.api(a, "/cgi-bin/user/get")
