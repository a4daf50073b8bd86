"""WeCom: tokens, envelope, permissions, rates (facts 1)."""

from __future__ import annotations

from siyu.sandbox.conformance.bench import Trial, fact


@fact("OFF 91039")
def a_token(t: Trial) -> None:
    """gettoken answers a token of its own for every app, good for 7200 seconds."""
    first = t.ok(t.gettoken(t.secret))
    t.same(first["expires_in"], 7200)
    t.true(isinstance(first["access_token"], str) and len(first["access_token"]) <= 512, "a token has at most 512 letters")
    other = t.hand("/apps", agentid=1000009, name="另一个")
    t.true(t.ok(t.gettoken(other["secret"]))["access_token"] != first["access_token"], "two apps share a token")


@fact("OFF 91039")
def wrong_secrets(t: Trial) -> None:
    """A wrong secret is 40001, a wrong corp 40013."""
    t.code(t.gettoken("wrong"), 40001)
    t.code(t.gettoken(t.secret, "wwnobody"), 40013)


@fact("OFF 90313")
def tokens_that_do_not_serve(t: Trial) -> None:
    """A missing token is 41001, an unknown one 40014, one that ran out 42001; all in HTTP 200 with an errmsg."""
    t.code(t.get("getcallbackip", token=""), 41001)
    t.code(t.get("getcallbackip", token="nonsense"), 40014)  # noqa: S106
    t.ok(t.get("getcallbackip"))
    old = t.token
    t.wait(7201)
    answer = t.get("getcallbackip", token=old)
    t.code(answer, 42001)
    t.true("hint" in answer["errmsg"] and "more info" in answer["errmsg"], "errmsg carries a hint")
    t.ok(t.get("getcallbackip"))


@fact("OFF 91039")
def early_end(t: Trial) -> None:
    """The platform may end a token early; the next gettoken gives another one."""
    old = t.token
    t.hand("/tokens/expire")
    t.code(t.get("getcallbackip", token=old), 42001)
    t.true(t.ok(t.gettoken(t.secret))["access_token"] != old, "the dead token came again")
    again = t.gettoken(t.secret)["access_token"]
    t.hand("/tokens/expire", **{"as": "invalid"})
    t.code(t.get("getcallbackip", token=again), 40014)


@fact("UNCERTAIN 1")
def a_second_token(t: Trial) -> None:
    """What a second gettoken answers is a setting: the same, another beside it, or another that ends the first."""
    first = t.gettoken(t.secret)["access_token"]
    t.same(t.gettoken(t.secret)["access_token"], first, "same")
    t.hand("/settings", repeat_token="new_keeps_old")  # noqa: S106
    second = t.gettoken(t.secret)["access_token"]
    t.true(second != first, "a new one")
    t.ok(t.get("getcallbackip", token=first))
    t.hand("/settings", repeat_token="new_kills_old")  # noqa: S106
    third = t.gettoken(t.secret)["access_token"]
    t.code(t.get("getcallbackip", token=second), 42001)
    t.ok(t.get("getcallbackip", token=third))


@fact("OFF 90313")
def wrong_method(t: Trial) -> None:
    """GET where POST is wanted is 43002, POST where GET is wanted 43001; a body that is no JSON is 40058 with a warning."""
    t.code(t.post("externalcontact/get_follow_user_list"), 43001)
    t.code(t.get("externalcontact/batch/get_by_user"), 43002)
    status, _, body = t.bench.send("POST", f"/wecom/cgi-bin/externalcontact/remark?access_token={t.token}", b"{not json")
    t.same(status, 200)
    t.true(b"40058" in body and b"wrong json format" in body, "says Warning: wrong json format.")


@fact("OFF 96316")
def listed_apps_only(t: Trial) -> None:
    """An app that does not stand in the list of apps that may call is 48002; the directory stays open to it."""
    t.staff("zs")
    t.hand("/apps", agentid=t.agentid, may_customers=False)
    t.code(t.get("externalcontact/get_follow_user_list"), 48002)
    t.ok(t.get("user/get", userid="zs"))


@fact("OFF 90313")
def trusted_ips(t: Trial) -> None:
    """A call from an address that is not trusted is 60020."""
    t.hand("/apps", agentid=t.agentid, trusted_ips=["10.9.8.7"])
    t.code(t.get("externalcontact/get_follow_user_list"), 60020)
    t.hand("/apps", agentid=t.agentid, trusted_ips=["127.0.0.1"])
    t.ok(t.get("externalcontact/get_follow_user_list"))


@fact("OFF 90313")
def visible_range(t: Trial) -> None:
    """Outside the visible range of the app a member is 60021 for customers and 60011 for the directory; an unknown one 60111."""
    t.staff("in", "out")
    t.customer("in")
    t.customer("out")
    t.hand("/apps", agentid=t.agentid, users=["in"])
    t.same(t.ok(t.get("externalcontact/get_follow_user_list"))["follow_user"], ["in"])
    t.code(t.get("externalcontact/list", userid="out"), 60021)
    t.code(t.get("user/get", userid="out"), 60011)
    t.code(t.get("externalcontact/list", userid="nobody"), 60111)
    t.code(t.get("user/get", userid="nobody"), 60111)


@fact("OFF 90313")
def no_permission_for_customers(t: Trial) -> None:
    """A member without 客户联系 is 84074 and not in the list of those who follow."""
    t.staff("zs")
    t.staff("office", has_customers=False)
    t.code(t.get("externalcontact/list", userid="office"), 84074)
    t.same(t.ok(t.get("externalcontact/get_follow_user_list"))["follow_user"], ["zs"])


@fact("OFF 90454")
def rates(t: Trial) -> None:
    """Past the calls of a minute an interface is 45009 for 60 seconds; others are open meanwhile."""
    t.hand("/settings", minute_limit=5)
    for _ in range(5):
        t.ok(t.get("externalcontact/get_follow_user_list"))
    t.code(t.get("externalcontact/get_follow_user_list"), 45009)
    t.ok(t.get("getcallbackip"))
    t.wait(59)
    t.code(t.get("externalcontact/get_follow_user_list"), 45009)
    t.wait(2)
    t.ok(t.get("externalcontact/get_follow_user_list"))


@fact("OFF 90454")
def hourly_rates(t: Trial) -> None:
    """Past the calls of an hour an interface is 45009 for 60 minutes."""
    t.hand("/settings", hour_limit=3)
    for _ in range(3):
        t.ok(t.get("getcallbackip"))
    t.code(t.get("getcallbackip"), 45009)
    t.wait(3000)
    t.code(t.get("getcallbackip"), 45009)
    t.wait(700)
    t.ok(t.get("getcallbackip"))


@fact("OFF 90313")
def storms(t: Trial) -> None:
    """A platform that is busy answers -1, one that is crowded 45033; both pass."""
    for name, code in (("busy", -1), ("limited", 45009), ("crowded", 45033)):
        t.hand("/faults", **{name: 1.0})
        t.code(t.get("getcallbackip"), code)
        t.hand("/faults", none=True)
        t.ok(t.get("getcallbackip"))


@fact("OFF 91039")
def addresses(t: Trial) -> None:
    """The platform names the addresses that it answers on and calls back from."""
    for path in ("get_api_domain_ip", "getcallbackip"):
        t.true(t.ok(t.get(path))["ip_list"], "an ip_list")


@fact("OFF 90196")
def the_directory(t: Trial) -> None:
    """Members and departments come by department, with and without those below, and page by page."""
    t.hand("/departments", id=2, name="一店", parent=1)
    t.hand("/members", members=[{"userid": "a", "departments": [1]}, {"userid": "b", "departments": [2]}])
    t.same([u["userid"] for u in t.ok(t.get("user/simplelist", department_id=1))["userlist"]], ["a"])
    t.same([u["userid"] for u in t.ok(t.get("user/list", department_id=1, fetch_child=1))["userlist"]], ["a", "b"])
    t.code(t.get("user/simplelist", department_id=99), 60003)
    t.same([d["id"] for d in t.ok(t.get("department/list", id=1))["department"]], [1, 2])
    page = t.ok(t.post("user/list_id", {"limit": 1}))
    rest = t.ok(t.post("user/list_id", {"limit": 1, "cursor": page["next_cursor"]}))
    t.same([u["userid"] for u in page["dept_user"] + rest["dept_user"]], ["a", "b"])
    t.same(rest["next_cursor"], "")
