"""WeChat: tokens, windows, templates, grants, scenes and codes of official accounts and mini-programs (facts 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from siyu.sandbox.conformance.bench import Trial, fact

HOUR, DAY = 3600, 86_400
WRONG = "no"


@dataclass
class Account:
    """An account of a check's own, and one person beside it."""

    t: Trial
    about: dict[str, Any]
    person: str

    @classmethod
    def made(cls, t: Trial, kind: str = "service", **more: Any) -> Account:
        """Open one."""
        person = f"{t.corpid}-p"
        t.bench.json("POST", "/sandbox/wechat/people", {"people": [{"person_id": person, "name": "客", "phone": "13800000001"}]})
        return cls(t, t.bench.json("POST", "/sandbox/wechat/accounts", {"kind": kind, "name": "验", **more}), person)

    def ask(self, path: str, body: Any = None, **query: Any) -> Any:
        """Call an interface with the stable token."""
        token = self.stable()["access_token"]
        return self.t.bench.json("GET" if body is None else "POST", f"/wechat{path}?" + urlencode({"access_token": token, **query}), body)

    def stable(self, **more: Any) -> Any:
        """`stable_token` as it is answered."""
        given = {"grant_type": "client_credential", "appid": self.about["appid"], "secret": self.about["secret"]}
        return self.t.bench.json("POST", "/wechat/cgi-bin/stable_token", given | more)

    def plain(self, **more: Any) -> Any:
        """`token` as it is answered."""
        given = {"grant_type": "client_credential", "appid": self.about["appid"], "secret": self.about["secret"]}
        return self.t.bench.json("GET", "/wechat/cgi-bin/token?" + urlencode(given | more))

    def login(self, code: str) -> Any:
        """`jscode2session` as it is answered."""
        given = {"appid": self.about["appid"], "secret": self.about["secret"], "js_code": code, "grant_type": "authorization_code"}
        return self.t.bench.json("GET", "/wechat/sns/jscode2session?" + urlencode(given))

    def do(self, does: str, **more: Any) -> Any:
        """Let the person do something."""
        return self.t.bench.json(
            "POST", "/sandbox/wechat/do", {"appid": self.about["appid"], "person_id": self.person, "does": does, **more}
        )

    def template(self, content: str, **more: Any) -> str:
        """A template of the account."""
        path = f"/sandbox/wechat/accounts/{self.about['appid']}/templates"
        return str(self.t.bench.json("POST", path, {"title": "验", "content": content, **more})["template_id"])

    def say(self, openid: str) -> int:
        """The code of a customer-service message."""
        body = {"touser": openid, "msgtype": "text", "text": {"content": "您好"}}
        return int(self.ask("/cgi-bin/message/custom/send", body)["errcode"])


@fact("MPD Get_access_token")
def tokens_by_their_cause(t: Trial) -> None:
    """Each mistake with a token has its own code, and the old one outlives the new one by about five minutes."""
    a = Account.made(t)
    t.code(a.plain(grant_type="x"), 40002)
    t.code(a.plain(appid="wx0"), 40013)
    t.code(a.plain(secret=WRONG), 40125)
    t.code(t.bench.json("GET", "/wechat/cgi-bin/user/get"), 41001)
    first, second = a.plain()["access_token"], a.plain()["access_token"]
    t.true(first != second, "a second fetch gives another token")
    t.true("errcode" not in t.bench.json("GET", f"/wechat/cgi-bin/user/get?access_token={first}"), "the old token works on")
    t.wait(301)
    t.code(t.bench.json("GET", f"/wechat/cgi-bin/user/get?access_token={first}"), 40001)
    t.wait(7200)
    t.code(t.bench.json("GET", f"/wechat/cgi-bin/user/get?access_token={second}"), 42001)


@fact("MPD api_getstableaccesstoken")
def the_stable_token(t: Trial) -> None:
    """The stable token stays the same until five minutes before its end."""
    a = Account.made(t)
    first = a.stable()["access_token"]
    t.wait(HOUR)
    t.same(a.stable()["access_token"], first)
    t.wait(HOUR - 290)
    t.true(a.stable()["access_token"] != first, "it was renewed")


@fact("MPD Customer_Service_Messages")
def the_windows(t: Trial) -> None:
    """Five messages in 48 hours after the user wrote; a menu click opens a minute, not the 48 hours."""
    a = Account.made(t)
    openid = a.do("follow")["openid"]
    t.wait(61)
    t.same(a.say(openid), 45015)
    a.do("write", text="在吗")
    t.same([a.say(openid) for _ in range(6)], [0] * 5 + [45047])
    t.wait(48 * HOUR)
    t.same(a.say(openid), 45015)
    t.ok(a.ask("/cgi-bin/menu/create", {"button": [{"type": "click", "name": "今日", "key": "K"}]}))
    a.do("click", button="K")
    t.same(a.say(openid), 0)
    t.wait(61)
    t.same(a.say(openid), 45015)


@fact("MPD Template_Message_Interface")
def template_messages(t: Trial) -> None:
    """40037, 43004, 47003; the same client_msg_id is one message; subscription accounts may not (48001)."""
    a = Account.made(t)
    openid = a.do("follow")["openid"]
    body = {"touser": openid, "template_id": a.template("{{thing1.DATA}}"), "data": {"thing1": {"value": "茶"}}, "client_msg_id": "x"}
    t.code(a.ask("/cgi-bin/message/template/send", body | {"template_id": "no"}), 40037)
    t.code(a.ask("/cgi-bin/message/template/send", body | {"data": {"thing1": {"value": "茶" * 21}}}), 47003)
    first = t.ok(a.ask("/cgi-bin/message/template/send", body))
    t.same(t.ok(a.ask("/cgi-bin/message/template/send", body))["msgid"], first["msgid"])
    a.do("unfollow")
    t.code(a.ask("/cgi-bin/message/template/send", body | {"client_msg_id": "y"}), 43004)
    t.code(Account.made(t, "subscription").ask("/cgi-bin/message/template/send", body), 48001)


@fact("MPD api_sendmessage")
def subscription_messages(t: Trial) -> None:
    """One accept is one send (43101); an unknown page is 41030."""
    a = Account.made(t, "mini", pages=["pages/a"])
    template_id = a.template("{{thing1.DATA}}")
    openid = a.do("answer", templates={template_id: "accept"})["openid"]
    body = {"touser": openid, "template_id": template_id, "page": "pages/a?x=1", "data": {"thing1": {"value": "茶"}}}
    t.code(a.ask("/cgi-bin/message/subscribe/send", body | {"page": "pages/b"}), 41030)
    t.ok(a.ask("/cgi-bin/message/subscribe/send", body))
    t.code(a.ask("/cgi-bin/message/subscribe/send", body), 43101)


@fact("MPD api_createqrcode")
def scene_codes(t: Trial) -> None:
    """A scene comes back in the user's data; temporary codes live 30 days at most, permanent numbers end at 100,000."""
    a = Account.made(t)
    scene = {"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "s" * 64}}, "expire_seconds": 2_592_000}
    code = a.ask("/cgi-bin/qrcode/create", scene)
    t.code(a.ask("/cgi-bin/qrcode/create", scene | {"expire_seconds": 2_592_001}), 40053)
    t.code(a.ask("/cgi-bin/qrcode/create", scene | {"action_info": {"scene": {"scene_str": "s" * 65}}}), 40053)
    t.code(a.ask("/cgi-bin/qrcode/create", {"action_name": "QR_LIMIT_SCENE", "action_info": {"scene": {"scene_id": 100_001}}}), 40053)
    openid = a.do("scan", ticket=code["ticket"])["openid"]
    t.same(a.ask("/cgi-bin/user/info", openid=openid)["qr_scene_str"], "s" * 64)
    t.wait(30 * DAY)
    t.true("error" in a.do("scan", ticket=code["ticket"]), "the code has expired")


@fact("MPD api_code2session")
def login_codes(t: Trial) -> None:
    """A login code works once (40163) and for five minutes (40029); one person has one unionid in an open platform."""
    mini, shop = Account.made(t, "mini", open_platform="o"), Account.made(t, open_platform="o")
    code = mini.do("login")["code"]
    session = mini.login(code)
    t.code(mini.login(code), 40163)
    late = mini.do("login")["code"]
    t.wait(301)
    t.code(mini.login(late), 40029)
    openid = shop.do("follow")["openid"]
    t.same(shop.ask("/cgi-bin/user/info", openid=openid)["unionid"], session["unionid"])
    t.true(openid != session["openid"], "an openid is of one account")


@fact("MPD api_createkfsession, kf/forwarding")
def agents_and_sessions(t: Trial) -> None:
    """A session begins with an agent who is bound and online (65400, 65401, 65402, 65415), one at a time; while it lasts, at most half an
    hour, the account's server hears nothing of what the customer writes.
    """
    a = Account.made(t)
    path = f"/sandbox/wechat/accounts/{a.about['appid']}/agents"
    openid = a.do("follow")["openid"]

    def begin(agent: str, who: str = openid) -> Any:
        return a.ask("/customservice/kfsession/create", {"kf_account": agent, "openid": who})

    t.code(begin("a@shop"), 65400)
    given = [
        {"kf_account": "a@shop"}, {"kf_account": "b@shop"}, {"kf_account": "off@shop", "is_online": False},
        {"kf_account": "new@shop", "is_bound": False},
    ]  # fmt: skip
    t.bench.json("POST", path, {"agents": given})
    for agent, code in (("x@shop", 65401), ("new@shop", 65402), ("off@shop", 65415)):
        t.code(begin(agent), code)
    t.code(begin("a@shop", "o-of-nobody"), 40003)
    t.code(begin("a@shop"), 0)
    t.code(begin("a@shop"), 0)
    t.code(begin("b@shop"), 65414)
    there = a.ask("/cgi-bin/customservice/getonlinekflist")["kf_online_list"]
    t.same({one["kf_account"]: one["accepted_case"] for one in there}, {"a@shop": 1, "b@shop": 0})
    t.same(a.ask("/customservice/kfsession/getsession", openid=openid)["kf_account"], "a@shop")
    t.code(a.ask("/customservice/kfsession/close", {"kf_account": "b@shop", "openid": openid}), 65414)
    t.code(a.ask("/customservice/kfsession/close", {"kf_account": "a@shop", "openid": openid}), 0)
    t.code(a.ask("/customservice/kfsession/close", {"kf_account": "a@shop", "openid": openid}), 65413)
    t.code(begin("b@shop"), 0)
    t.wait(1801)
    t.same(a.ask("/customservice/kfsession/getsession", openid=openid)["kf_account"], "")


@fact("MPD clear_quota")
def quotas(t: Trial) -> None:
    """Beyond the day's calls is 45009; the quota is cleared ten times a month, then 48006."""
    a = Account.made(t, limits={"/cgi-bin/user/get": 1})
    a.ask("/cgi-bin/user/get")
    t.code(a.ask("/cgi-bin/user/get"), 45009)
    codes = [a.ask("/cgi-bin/clear_quota", {"appid": a.about["appid"]})["errcode"] for _ in range(11)]
    t.same(codes, [0] * 10 + [48006])
