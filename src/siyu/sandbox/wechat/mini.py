"""The interfaces of mini-programs, and those of web authorisation: both exchange a code for who somebody is (developers.weixin.qq.com)."""

from __future__ import annotations

import base64
import re
from typing import Any

from siyu.sandbox import qr
from siyu.sandbox.wechat.call import OK, Call, Interface, Raw
from siyu.sandbox.wechat.errors import Refused
from siyu.sandbox.wechat.words import DAY, OFFICIAL, Account, AppLink, Member, Ticket

_SCENE = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}")
_MONTH = 30 * DAY
_USER_TOKEN_FOR, _REFRESH_FOR = 7200, 30 * DAY


def _exchange(call: Call, code: str, kind: str) -> Ticket:
    """Take a code once. Refused with 40029 (unknown, too old) or 40163 (used)."""
    if not code:
        raise Refused(41008)
    found = call.account.tickets.get(code)
    if found is None or found.kind != kind or found.until <= call.office.now():
        raise Refused(40029)
    if found.is_used:
        raise Refused(40163)
    found.is_used = True
    return found


def _union(call: Call, member: Member) -> dict[str, str]:
    unionid = call.office.unionid_of(call.account, member)
    return {"unionid": unionid} if unionid else {}


def _grant_type(call: Call, wanted: str) -> None:
    if call.query.get("grant_type") != wanted:
        raise Refused(40002)


def login(call: Call) -> dict[str, Any]:
    """GET /sns/jscode2session : openid, session_key, unionid. A code works once, for five minutes; 100 a minute per person."""
    _grant_type(call, "authorization_code")
    ticket = _exchange(call, call.query.get("js_code", ""), "login")
    member = call.account.members[ticket.openid]
    if call.office.state.people[member.person_id].is_risky:
        raise Refused(40226)
    minute = f"m{int(call.office.now() // 60)}|login|{member.openid}"
    call.account.calls[minute] = call.account.calls.get(minute, 0) + 1
    if call.account.calls[minute] > call.account.limits.get("login@minute", 100):
        raise Refused(45011)
    member.session_key = base64.b64encode(call.office.word(16).encode()).decode()
    return {"openid": member.openid, "session_key": member.session_key, **_union(call, member)}


def phone(call: Call) -> dict[str, Any]:
    """POST /wxa/business/getuserphonenumber {code, openid?} : a code works once, for five minutes."""
    ticket = _exchange(call, call.text("code"), "phone")
    if call.text("openid") and call.text("openid") != ticket.openid:
        raise Refused(40003)
    number = call.office.state.people[call.account.members[ticket.openid].person_id].phone.removeprefix("+86")
    return {**OK, "phone_info": {
        "phoneNumber": number, "purePhoneNumber": number, "countryCode": "86",
        "watermark": {"timestamp": int(call.office.now()), "appid": call.account.appid},
    }}  # fmt: skip


def _page(call: Call, path: str) -> str:
    name = path.partition("?")[0].lstrip("/")
    if name and name not in call.account.pages:
        raise Refused(40165)
    return name


def _life(call: Call, given: dict[str, Any]) -> float:
    """When a link ends: at `expire_time`, or after `expire_interval` days; 30 days at the longest."""
    now = call.office.now()
    if given.get("expire_type", 0) == 1:
        days = given.get("expire_interval")
        if not isinstance(days, int) or not 1 <= days <= 30:
            raise Refused(85401)
        return now + days * DAY
    until = given.get("expire_time", int(now + _MONTH))
    if not isinstance(until, int) or not now + 60 <= until <= now + _MONTH + 1:
        raise Refused(85401)
    return float(until)


def _link(call: Call, jump: dict[str, Any], url: str) -> AppLink:
    if jump.get("env_version", "release") not in ("release", "trial", "develop"):
        raise Refused(40097)
    query = jump.get("query", "")
    if not isinstance(query, str) or len(query) > 1024 or re.search(r"[\s\u4e00-\u9fff]", query):
        raise Refused(40212)
    made = AppLink(url, _page(call, str(jump.get("path", ""))), query, _life(call, call.body))
    call.account.links[url] = made
    return made


def url_link(call: Call) -> dict[str, Any]:
    """POST /wxa/generate_urllink."""
    made = _link(call, call.body, f"https://wxaurl.cn/{call.office.word(11)}")
    return {**OK, "url_link": made.url}


def scheme(call: Call) -> dict[str, Any]:
    """POST /wxa/generatescheme."""
    jump = call.body.get("jump_wxa", {})
    if not isinstance(jump, dict):
        raise Refused(47001)
    made = _link(call, jump, f"weixin://dl/business/?t={call.office.word(11)}")
    return {**OK, "openlink": made.url}


def code_unlimited(call: Call) -> Raw:
    """POST /wxa/getwxacodeunlimit : a picture; the scene has up to 32 visible letters."""
    scene = call.body.get("scene")
    if not isinstance(scene, str) or not _SCENE.fullmatch(scene):
        raise Refused(40169)
    page = call.text("page")
    if page.startswith("/") or "?" in page:
        raise Refused(41030)
    if page and call.body.get("check_path", True) and page not in call.account.pages:
        raise Refused(41030)
    return _picture(call, f"https://mp.weixin.qq.com/a/~{call.account.appid}/{page or call.account.pages[0]}?scene={scene}")


def code_of_path(call: Call) -> Raw:
    """POST /wxa/getwxacode and /cgi-bin/wxaapp/createwxaqrcode : 100,000 together, for ever."""
    path = call.text("path")
    if not path or len(path) > 1024:
        raise Refused(40165)
    if call.account.calls.get("codes|path", 0) >= call.account.limits.get("codes", 100_000):
        raise Refused(45029)
    call.account.calls["codes|path"] = call.account.calls.get("codes|path", 0) + 1
    return _picture(call, f"https://mp.weixin.qq.com/a/~{call.account.appid}/{path}")


def _picture(call: Call, text: str) -> Raw:
    width = call.body.get("width", 430)
    if isinstance(width, str) and width.isdigit():
        width = int(width)
    if not isinstance(width, int) or not 280 <= width <= 1280:
        raise Refused(40097, "width")
    return Raw(qr.png(text[:210], width), "image/jpeg")


def web_token(call: Call) -> dict[str, Any]:
    """GET /sns/oauth2/access_token : who came back with a code; a user token of its own."""
    _grant_type(call, "authorization_code")
    ticket = _exchange(call, call.query.get("code", ""), "oauth")
    return _user_tokens(call, ticket.openid, ticket.scope)


def web_refresh(call: Call) -> dict[str, Any]:
    """GET /sns/oauth2/refresh_token."""
    found = call.account.tickets.get(call.query.get("refresh_token", ""))
    if found is None or found.kind != "refresh" or found.until <= call.office.now():
        raise Refused(40030)
    return _user_tokens(call, found.openid, found.scope)


def _user_tokens(call: Call, openid: str, scope: str) -> dict[str, Any]:
    now, token, again = call.office.now(), call.office.word(86), call.office.word(86)
    call.account.tickets[token] = Ticket("user", openid, now + _USER_TOKEN_FOR, scope)
    call.account.tickets[again] = Ticket("refresh", openid, now + _REFRESH_FOR, scope)
    union = _union(call, call.account.members[openid]) if scope == "snsapi_userinfo" else {}
    return {"access_token": token, "expires_in": _USER_TOKEN_FOR, "refresh_token": again, "openid": openid, "scope": scope, **union}


def user_ticket(account: Account, token: str, openid: str, now: float) -> Ticket:
    """The user token of OAuth. Refused with 40001, 42001 or 40003."""
    found = account.tickets.get(token)
    if found is None or found.kind != "user":
        raise Refused(40001)
    if found.until <= now:
        raise Refused(42001)
    if found.openid != openid:
        raise Refused(40003)
    return found


def web_user(call: Call) -> dict[str, Any]:
    """GET /sns/userinfo : only with the scope snsapi_userinfo."""
    ticket = user_ticket(call.account, call.query.get("access_token", ""), call.query.get("openid", ""), call.office.now())
    if ticket.scope != "snsapi_userinfo":
        raise Refused(48001)
    member = call.account.members[ticket.openid]
    return {
        "openid": member.openid, "nickname": call.office.state.people[member.person_id].name, "sex": 0, "province": "", "city": "",
        "country": "", "headimgurl": "", "privilege": [], **_union(call, member),
    }  # fmt: skip


def web_check(call: Call) -> dict[str, Any]:
    """GET /sns/auth : whether a user token still works."""
    user_ticket(call.account, call.query.get("access_token", ""), call.query.get("openid", ""), call.office.now())
    return OK


BY_SECRET: dict[str, Interface] = {
    "/sns/jscode2session": Interface("GET", login, ("mini",)),
    "/sns/oauth2/access_token": Interface("GET", web_token, OFFICIAL, True),
}
BY_APPID: dict[str, Interface] = {"/sns/oauth2/refresh_token": Interface("GET", web_refresh, OFFICIAL, True)}
BY_USER: dict[str, Interface] = {
    "/sns/userinfo": Interface("GET", web_user, OFFICIAL, True),
    "/sns/auth": Interface("GET", web_check, OFFICIAL, True),
}
INTERFACES: dict[str, Interface] = {
    "/wxa/business/getuserphonenumber": Interface("POST", phone, ("mini",)),
    "/wxa/generate_urllink": Interface("POST", url_link, ("mini",)),
    "/wxa/generatescheme": Interface("POST", scheme, ("mini",)),
    "/wxa/getwxacodeunlimit": Interface("POST", code_unlimited, ("mini",)),
    "/wxa/getwxacode": Interface("POST", code_of_path, ("mini",)),
    "/cgi-bin/wxaapp/createwxaqrcode": Interface("POST", code_of_path, ("mini",)),
}
