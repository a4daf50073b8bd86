"""Who follows an official account: scenes, lists, tags.

MPD is developers.weixin.qq.com; the number in a docstring is a chapter of the facts that the sandbox was built from (docs/sandbox.md).
"""

from __future__ import annotations

from tests.sandbox.conformance.small_world import Ear, SmallWorld
from tests.sandbox.conformance.wechat.shops import events, shop

from siyu.sandbox.wechat import crypto


def test_a_scene_code_says_where_somebody_came_from(small: SmallWorld, ear: Ear) -> None:
    """MPD api_createqrcode, receiving events (4.2, 4.4): subscribe with qrscene_, later SCAN with the bare scene; 60 s without a life."""
    a = shop(small, ear)
    code = small.api(a, "/cgi-bin/qrcode/create", {"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "门店7"}}})
    assert code["expire_seconds"] == 60
    small.do(a, "p1", "scan", ticket=code["ticket"])
    small.do(a, "p1", "scan", ticket=code["ticket"])
    small.move(61)
    assert "expired" in small.do(a, "p1", "scan", ticket=code["ticket"])["error"]
    told = events(ear)
    assert [(one["Event"], one["EventKey"], one["Ticket"]) for one in told] == [
        ("subscribe", "qrscene_门店7", code["ticket"]),
        ("SCAN", "门店7", code["ticket"]),
    ]
    assert told[0]["ToUserName"] == a["gh_id"]
    signed = ear.heard[0].query
    assert crypto.sha1_of("AAAAA", signed["timestamp"], signed["nonce"]) == signed["signature"]
    openid = told[0]["FromUserName"]
    info = small.api(a, "/cgi-bin/user/info", openid=openid)
    assert (info["subscribe_scene"], info["qr_scene_str"], info["nickname"]) == ("ADD_SCENE_QR_CODE", "门店7", "")
    forever = {"action_name": "QR_LIMIT_SCENE", "action_info": {"scene": {"scene_id": 100_000}}}
    assert "expire_seconds" not in small.api(a, "/cgi-bin/qrcode/create", forever)
    forever["action_info"] = {"scene": {"scene_id": 100_001}}
    assert small.api(a, "/cgi-bin/qrcode/create", forever)["errcode"] == 40053
    shown = small.ask(f"/wechat/cgi-bin/showqrcode?ticket={code['ticket']}")
    assert shown.startswith(b"\x89PNG")


def test_followers_are_listed_and_a_stranger_tells_nothing(small: SmallWorld, ear: Ear) -> None:
    """MPD user/get, user/info, batchget (4.4): who left has subscribe 0 and no more; one unionid per person and open platform."""
    a, mini = shop(small, ear), shop(small, kind="mini")
    for n in range(3):
        small.do(a, f"p{n}", "follow")
    listed = small.api(a, "/cgi-bin/user/get")
    assert (listed["total"], listed["count"], listed["next_openid"]) == (3, 3, listed["data"]["openid"][-1])
    rest = small.api(a, "/cgi-bin/user/get", next_openid=listed["data"]["openid"][0])
    assert rest["data"]["openid"] == listed["data"]["openid"][1:]
    assert small.api(a, "/cgi-bin/user/get", next_openid=listed["next_openid"]) == {"total": 3, "count": 0, "next_openid": ""}
    gone = small.do(a, "p0", "unfollow")["openid"]
    info = small.api(a, "/cgi-bin/user/info", openid=gone)
    assert set(info) == {"subscribe", "openid", "unionid"}
    assert info["subscribe"] == 0
    login = small.do(mini, "p0", "login")
    session = small.ask(
        f"/wechat/sns/jscode2session?appid={mini['appid']}&secret={mini['secret']}&js_code={login['code']}&grant_type=authorization_code"
    )
    assert session["unionid"] == info["unionid"]
    assert session["openid"] != gone
    assert small.api(a, "/cgi-bin/user/info", openid="nobody")["errcode"] == 40003
    assert small.api(a, "/cgi-bin/user/info/batchget", {"user_list": [{"openid": gone}] * 101})["errcode"] == 40032


def test_tags_are_named_given_and_taken(small: SmallWorld) -> None:
    """MPD tags (4.3): 45157, 45158, 45159, 50 people a call, system tags stay."""
    a = shop(small)
    openid = small.do(a, "p1", "follow")["openid"]
    tag = small.api(a, "/cgi-bin/tags/create", {"tag": {"name": "会员"}})["tag"]
    assert small.api(a, "/cgi-bin/tags/create", {"tag": {"name": "会员"}})["errcode"] == 45157
    assert small.api(a, "/cgi-bin/tags/create", {"tag": {"name": "长" * 31}})["errcode"] == 45158
    give = {"openid_list": [openid], "tagid": tag["id"]}
    assert small.api(a, "/cgi-bin/tags/members/batchtagging", give)["errcode"] == 0
    assert small.api(a, "/cgi-bin/tags/members/batchtagging", give | {"tagid": 99_999})["errcode"] == 45159
    assert small.api(a, "/cgi-bin/tags/members/batchtagging", give | {"openid_list": [openid] * 51})["errcode"] == 40032
    assert small.api(a, "/cgi-bin/tags/getidlist", {"openid": openid})["tagid_list"] == [tag["id"]]
    assert small.api(a, "/cgi-bin/tags/delete", {"tag": {"id": 2}})["errcode"] == 45057
    assert small.api(a, "/cgi-bin/tags/delete", {"tag": {"id": tag["id"]}})["errcode"] == 0
    assert small.api(a, "/cgi-bin/user/info", openid=openid)["tagid_list"] == []
