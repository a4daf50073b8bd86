"""Bad weather, and a good memory.

MPD is developers.weixin.qq.com; the number in a docstring is a chapter of the facts that the sandbox was built from (docs/sandbox.md).
"""

from __future__ import annotations

import http.client
from pathlib import Path
from typing import Any

import pytest
from tests.sandbox.conformance.small_world import SmallWorld, running
from tests.sandbox.conformance.wechat.shops import shop


def test_an_answer_that_is_lost_was_a_deed_all_the_same(small: SmallWorld) -> None:
    """8: the other side may have done it. A line that broke before the call did nothing."""
    a = shop(small)
    openid = small.do(a, "p13", "follow")["openid"]
    body = {"touser": openid, "msgtype": "text", "text": {"content": "好"}}
    token = small.token(a)
    for fault, done in (("unheard", 0), ("unanswered", 1)):
        small.ask(f"/sandbox/wechat/accounts/{a['appid']}/faults", {"unheard": 0, "unanswered": 0, fault: 1})
        with pytest.raises((OSError, http.client.HTTPException)):
            small.ask(f"/wechat/cgi-bin/message/custom/send?access_token={token}", body)
        assert sum(one["via"] == "custom" for one in small.phone("p13")) == done


def test_storms_pass_and_tokens_die(small: SmallWorld) -> None:
    """1.4, 8: -1, 45009 and 40001 come by a share or for a while."""
    a = shop(small)
    small.ask(f"/sandbox/wechat/accounts/{a['appid']}/storms", {"code": 45009, "for_s": 60, "path": "/user/"})
    assert small.api(a, "/cgi-bin/user/get")["errcode"] == 45009
    assert small.api(a, "/cgi-bin/tags/get")["tags"]
    small.move(61)
    assert "errcode" not in small.api(a, "/cgi-bin/user/get")
    small.ask(f"/sandbox/wechat/accounts/{a['appid']}/faults", {"token_dies": 1})
    token = small.token(a)
    assert small.ask(f"/wechat/cgi-bin/user/get?access_token={token}")["errcode"] == 40001
    small.ask(f"/sandbox/wechat/accounts/{a['appid']}/faults", {"token_dies": 0})
    assert small.ask(f"/wechat/cgi-bin/user/get?access_token={token}")["errcode"] == 40001
    assert small.ask(f"/sandbox/wechat/accounts/{a['appid']}/faults", {"lots": 1})["error"].startswith("there is no fault lots")


def test_everything_is_remembered(tmp_path: Path) -> None:
    """A world that is ended and begun again knows its accounts, people, chats and grants."""
    with running(tmp_path) as small:
        small.ask("/sandbox/wechat/people", {"people": [{"person_id": "a", "name": "安"}]})
        a = shop(small)
        openid = small.do(a, "a", "follow")["openid"]
        small.do(a, "a", "write", text="明天见")
    with running(tmp_path) as small:
        assert small.api(a, "/cgi-bin/user/get")["data"]["openid"] == [openid]
        assert small.phone("a")[-1]["body"] == {"text": "明天见"}


def test_no_call_is_too_odd_for_an_answer(small: SmallWorld) -> None:
    """Every interface answers every form of nonsense with a number, as the platform does."""
    scene = {"action_name": "QR_SCENE", "action_info": {"scene": {"scene_id": "x"}}}
    odd: list[dict[str, Any]] = [
        {"data": "x", "msgtype": {}, "text": 1, "tag": [], "button": [[]], "filter": {}, "scene": 1, **scene},
        {"openid_list": [1, {}], "tagid": "2", "user_list": [1], "button": [{"name": "x", "type": [], "sub_button": 1}], "tag": {"id": {}}},
        {
            "button": [{"name": "x", "type": []}],
            "tag": {"name": 5},
            "jump_wxa": 3,
            "expire_type": "z",
            "path": {},
            "code": {},
            "touser": [{}],
        },
        {"filter": {"tag_id": {}}, "msgtype": "text", "text": {"content": {}}, "clientmsgid": 5, "msg_id": {}, "query": {}, "width": {}},
        {"media_id": {}, "command": 3, "expire_interval": True, "expire_type": 1, "template_id_short": {}, "tagid": {}, "button": 7},
        {
            "msgtype": "news",
            "news": {"articles": [7]},
            "expire_time": "x",
            "miniprogram": 7,
            "template_id": {},
            "page": 7,
            "action_name": [],
        },
        {
            "msgtype": "msgmenu",
            "msgmenu": {"list": [7]},
            "user_list": [{"openid": {}}],
            "tag": {"id": True, "name": {}},
            "scene": "a",
            "width": "x",
        },
    ]
    from siyu.sandbox.wechat.public import INTERFACES

    for kind in ("service", "mini"):
        a = shop(small, kind=kind)
        openid = small.do(a, "p17", "follow" if kind == "service" else "login")["openid"]
        token = small.token(a)
        for path, interface in INTERFACES.items():
            for body in odd if interface.method == "POST" else [{}]:
                value = {"touser": openid, "openid": openid, **body} if interface.method == "POST" else None
                found = small.ask(f"/wechat{path}?access_token={token}&type=%00&openid=%00", value)
                assert isinstance(found, dict) or found.startswith(b"\x89PNG"), (path, body, found)
