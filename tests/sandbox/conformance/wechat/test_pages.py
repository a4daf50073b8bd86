"""Pages and mini-programs: who opened them, notices, links and codes.

MPD is developers.weixin.qq.com; the number in a docstring is a chapter of the facts that the sandbox was built from (docs/sandbox.md).
"""

from __future__ import annotations

from typing import Any

from tests.sandbox.conformance.small_world import Ear, SmallWorld
from tests.sandbox.conformance.wechat.shops import DAY, shop, template


def test_a_web_code_is_exchanged_once(small: SmallWorld) -> None:
    """MPD oauth2, api_snsuserinfo (4.1): 40029, 40163; the base scope tells no name (48001)."""
    a = shop(small)
    base = f"appid={a['appid']}&secret={a['secret']}&grant_type=authorization_code"

    def token(code: str) -> Any:
        return small.ask(f"/wechat/sns/oauth2/access_token?{base}&code={code}")

    code = small.do(a, "p8", "authorize", scope="snsapi_base")["code"]
    first = token(code)
    assert token(code)["errcode"] == 40163
    assert token("no")["errcode"] == 40029
    assert small.ask(f"/wechat/sns/userinfo?access_token={first['access_token']}&openid={first['openid']}")["errcode"] == 48001
    full = token(small.do(a, "p8", "authorize", scope="snsapi_userinfo")["code"])
    named = small.ask(f"/wechat/sns/userinfo?access_token={full['access_token']}&openid={full['openid']}")
    assert (named["nickname"], named["unionid"]) == ("客人8", full["unionid"])
    late = small.do(a, "p8", "authorize")["code"]
    small.move(301)
    assert token(late)["errcode"] == 40029
    again = small.ask(f"/wechat/sns/oauth2/refresh_token?appid={a['appid']}&grant_type=refresh_token&refresh_token={full['refresh_token']}")
    assert again["openid"] == full["openid"]


def test_a_mini_program_login_code_works_once_for_five_minutes(small: SmallWorld) -> None:
    """MPD api_code2session, api_getphonenumber (4.5): 40029, 40163, 40226, 45011; the phone by a code of its own."""
    mini = shop(small, kind="mini", limits={"login@minute": 3})
    base = f"/wechat/sns/jscode2session?appid={mini['appid']}&secret={mini['secret']}&grant_type=authorization_code&js_code="
    code = small.do(mini, "p9", "login")["code"]
    assert small.ask(base + code)["session_key"]
    assert small.ask(base + code)["errcode"] == 40163
    late = small.do(mini, "p9", "login")["code"]
    phone, late_phone = small.do(mini, "p9", "give_phone")["code"], small.do(mini, "p9", "give_phone")["code"]
    assert small.api(mini, "/wxa/business/getuserphonenumber", {"code": phone})["phone_info"]["purePhoneNumber"] == "13800000009"
    assert small.api(mini, "/wxa/business/getuserphonenumber", {"code": phone})["errcode"] == 40163
    small.move(300)
    assert small.ask(base + late)["errcode"] == 40029
    assert small.api(mini, "/wxa/business/getuserphonenumber", {"code": late_phone})["errcode"] == 40029
    codes = [small.ask(base + small.do(mini, "p9", "login")["code"]).get("errcode", 0) for _ in range(4)]
    assert codes == [0, 0, 0, 45011]
    small.ask("/sandbox/wechat/people", {"people": [{"person_id": "risky", "is_risky": True}]})
    assert small.ask(base + small.do(mini, "risky", "login")["code"])["errcode"] == 40226


def test_a_subscription_message_needs_an_accept_and_a_page(small: SmallWorld, ear: Ear) -> None:
    """MPD api_sendmessage (4.5): 43101, 41030, 47003, 40037, 40003; JSON pushes carry their List on the top level."""
    mini = shop(small, kind="mini", pages=["pages/order"])
    small.ask(f"/sandbox/wechat/accounts/{mini['appid']}/callback", {"url": ear.url, "token": "t", "shape": "json"})
    template_id = template(small, mini, "{{thing1.DATA}} {{amount2.DATA}}")
    openid = small.do(mini, "p10", "answer", templates={template_id: "accept"})["openid"]
    body = {
        "touser": openid,
        "template_id": template_id,
        "page": "pages/order?id=1",
        "data": {"thing1": {"value": "龙井"}, "amount2": {"value": "¥9"}},
    }

    def send(**change: Any) -> int:
        return int(small.api(mini, "/cgi-bin/message/subscribe/send", body | change)["errcode"])

    assert [send(page="pages/none"), send(template_id="x"), send(touser="x"), send(data={})] == [41030, 40037, 40003, 47003]
    assert [send(), send()] == [0, 43101]
    small.move(2)
    told = [one.json() for one in ear.heard]
    assert [one["Event"] for one in told] == ["subscribe_msg_popup_event", "subscribe_msg_sent_event"]
    assert told[1]["List"][0]["ErrorStatus"] == "success"
    assert [one["body"]["text"] for one in small.phone("p10") if one["kind"] == "subscribe"] == ["龙井 ¥9"]


def test_links_and_codes_into_a_mini_program(small: SmallWorld) -> None:
    """MPD api_generateurllink, urlscheme.generate, api_getunlimitedqrcode (4.5): 30 days at most, one person each; scene of 32 letters."""
    mini = shop(small, kind="mini", pages=["pages/order"])
    link = small.api(mini, "/wxa/generate_urllink", {"path": "pages/order", "query": "a=1", "expire_type": 1, "expire_interval": 2})
    assert small.do(mini, "p11", "open", url=link["url_link"])["query"] == "a=1"
    assert "somebody else" in small.do(mini, "p12", "open", url=link["url_link"])["error"]
    assert small.api(mini, "/wxa/generate_urllink", {"expire_type": 1, "expire_interval": 31})["errcode"] == 85401
    assert small.api(mini, "/wxa/generate_urllink", {"path": "pages/none"})["errcode"] == 40165
    scheme = small.api(mini, "/wxa/generatescheme", {"jump_wxa": {"path": "pages/order", "query": ""}})["openlink"]
    assert scheme.startswith("weixin://dl/business/?t=")
    small.move(2 * DAY)
    assert "expired" in small.do(mini, "p11", "open", url=link["url_link"])["error"]
    assert small.api(mini, "/wxa/getwxacodeunlimit", {"scene": "store=7&guide=3", "page": "pages/order"}).startswith(b"\x89PNG")
    assert small.api(mini, "/wxa/getwxacodeunlimit", {"scene": "x" * 33})["errcode"] == 40169
    assert small.api(mini, "/wxa/getwxacodeunlimit", {"scene": "100%"})["errcode"] == 40169
    assert small.api(mini, "/wxa/getwxacodeunlimit", {"scene": "a", "page": "pages/none"})["errcode"] == 41030
    assert small.api(mini, "/wxa/getwxacodeunlimit", {"scene": "a", "page": "/pages/order"})["errcode"] == 41030
