"""The interfaces of official accounts: followers, tags, menus, scene codes, quotas (developers.weixin.qq.com, 公众号 and 服务号)."""

from __future__ import annotations

from typing import Any

from siyu.sandbox.wechat.call import OK, Call, Handler, Interface
from siyu.sandbox.wechat.errors import Refused
from siyu.sandbox.wechat.words import OFFICIAL, Member, SceneCode, Token

_PAGE = 10_000
_LONGEST = 2_592_000


def user_get(call: Call) -> dict[str, Any]:
    """GET /cgi-bin/user/get?next_openid= : 10,000 a page, those who followed first first."""
    following = [one.openid for one in call.account.members.values() if one.is_following]
    after = call.query.get("next_openid", "")
    if after:
        if after not in call.account.members:
            raise Refused(40003)
        known = list(call.account.members)
        beyond = set(known[known.index(after) + 1 :])
        page = [one for one in following if one in beyond][:_PAGE]
    else:
        page = following[:_PAGE]
    found: dict[str, Any] = {"total": len(following), "count": len(page)}
    if page:
        found["data"] = {"openid": page}
    return {**found, "next_openid": page[-1] if page else ""}


def _told(call: Call, member: Member) -> dict[str, Any]:
    unionid = call.office.unionid_of(call.account, member)
    union = {"unionid": unionid} if unionid else {}
    if not member.is_following:
        return {"subscribe": 0, "openid": member.openid, **union}
    return {
        "subscribe": 1, "openid": member.openid, "nickname": "", "sex": 0, "language": "zh_CN", "city": "", "province": "", "country": "",
        "headimgurl": "", "subscribe_time": member.followed_at, **union, "remark": member.remark, "groupid": (member.tags or [0])[0],
        "tagid_list": member.tags, "subscribe_scene": member.add_scene, "qr_scene": member.qr_scene, "qr_scene_str": member.qr_scene_str,
    }  # fmt: skip


def user_info(call: Call) -> dict[str, Any]:
    """GET /cgi-bin/user/info?openid= : names and pictures are empty since 2021-12-27."""
    if not call.query.get("openid"):
        raise Refused(41009)
    return _told(call, call.office.known(call.account, call.query["openid"]))


def user_batch(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/user/info/batchget {user_list: [{openid}]} : up to 100."""
    listed = call.listed("user_list")
    if not 1 <= len(listed) <= 100:
        raise Refused(40032)
    return {"user_info_list": [_told(call, call.office.known(call.account, isinstance(one, dict) and one.get("openid"))) for one in listed]}


def user_remark(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/user/info/updateremark {openid, remark of less than 30 characters}."""
    member = call.member("openid")
    if len(call.text("remark")) >= 30:
        raise Refused(40097, "remark too long")
    member.remark = call.text("remark")
    return OK


def _tag_name(call: Call, but: int = -1) -> str:
    tag = call.body.get("tag")
    name = tag.get("name") if isinstance(tag, dict) else None
    if not isinstance(name, str) or not name:
        raise Refused(45157)
    if len(name) > 30:
        raise Refused(45158)
    if any(known == name and number != but for number, known in call.account.tags.items()):
        raise Refused(45157, "name exists")
    return name


def _tag_id(call: Call, value: Any) -> int:
    if not isinstance(value, int) or value not in call.account.tags:
        raise Refused(45159)
    if value < 100:
        raise Refused(45057)
    return value


def tag_create(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/tags/create {tag: {name}} : up to 100 tags."""
    name = _tag_name(call)
    if len(call.account.tags) > 100:
        raise Refused(45056)
    number = max(99, *call.account.tags) + 1
    call.account.tags[number] = name
    return {"tag": {"id": number, "name": name}}


def tag_list(call: Call) -> dict[str, Any]:
    """GET /cgi-bin/tags/get."""
    members = [one for one in call.account.members.values() if one.is_following]
    return {"tags": [{"id": n, "name": name, "count": sum(n in m.tags for m in members)} for n, name in call.account.tags.items()]}


def tag_update(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/tags/update {tag: {id, name}}."""
    tag = call.body.get("tag")
    number = _tag_id(call, tag.get("id") if isinstance(tag, dict) else None)
    call.account.tags[number] = _tag_name(call, number)
    return OK


def tag_delete(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/tags/delete {tag: {id}}."""
    tag = call.body.get("tag")
    number = _tag_id(call, tag.get("id") if isinstance(tag, dict) else None)
    del call.account.tags[number]
    for member in call.account.members.values():
        if number in member.tags:
            member.tags.remove(number)
    return OK


def _tagging(*, is_on: bool) -> Handler:
    def answer(call: Call) -> dict[str, Any]:
        listed, number = call.listed("openid_list"), call.body.get("tagid")
        if not 1 <= len(listed) <= 50:
            raise Refused(40032)
        if not isinstance(number, int) or number not in call.account.tags:
            raise Refused(45159)
        members = [call.account.members.get(one) for one in listed if isinstance(one, str)]
        if len(members) < len(listed) or any(one is None or not one.is_following for one in members):
            raise Refused(49003)
        if is_on and any(number not in one.tags and len(one.tags) >= 20 for one in members if one):
            raise Refused(45059)
        for one in members:
            if one and is_on and number not in one.tags:
                one.tags.append(number)
            elif one and not is_on and number in one.tags:
                one.tags.remove(number)
        return OK

    return answer


def tag_of(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/tags/getidlist {openid}."""
    return {"tagid_list": call.member("openid").tags}


def tag_members(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/user/tag/get {tagid, next_openid}."""
    number, after = call.body.get("tagid"), call.text("next_openid")
    if not isinstance(number, int) or number not in call.account.tags:
        raise Refused(45159)
    found = [one.openid for one in call.account.members.values() if one.is_following and number in one.tags]
    if after in found:
        found = found[found.index(after) + 1 :]
    page = found[:_PAGE]
    return {"count": len(page), **({"data": {"openid": page}} if page else {}), "next_openid": page[-1] if page else ""}


_NEEDS = {"click": "key", "view": "url", "scancode_push": "key", "scancode_waitmsg": "key", "pic_sysphoto": "key",
          "location_select": "key", "media_id": "media_id", "miniprogram": "appid", "article_id": "article_id"}  # fmt: skip


def _check_button(one: Any, *, is_sub: bool, linked: list[str]) -> None:
    if not isinstance(one, dict):
        raise Refused(47001)
    name = one.get("name", "")
    if not isinstance(name, str) or not 0 < len(name.encode()) <= (60 if is_sub else 16):
        raise Refused(40018)
    below, kind = one.get("sub_button") or [], one.get("type")
    if not isinstance(below, list):
        raise Refused(47001)
    if below and is_sub:
        raise Refused(40023)
    if below:
        if len(below) > 5:
            raise Refused(40023)
        for two in below:
            _check_button(two, is_sub=True, linked=linked)
        return
    need = _NEEDS.get(kind) if isinstance(kind, str) else None
    if need is None:
        raise Refused(40017)
    given = one.get(need)
    if not isinstance(given, str) or not given or (need == "key" and len(given.encode()) > 128):
        raise Refused({"key": 40019, "url": 40020, "media_id": 40007}.get(need, 40013))
    if need == "url" and len(given.encode()) > 1024:
        raise Refused(40020)
    if need == "appid" and linked and given not in linked:
        raise Refused(40013)


def menu_create(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/menu/create {button: [...]} : three in the first row, five below each."""
    buttons = call.listed("button")
    if not 1 <= len(buttons) <= 3:
        raise Refused(40016)
    for one in buttons:
        _check_button(one, is_sub=False, linked=call.account.linked_minis)
    call.account.menu = {"button": buttons, "menuid": 420_000_000 + call.office.number()}
    return OK


def menu_get(call: Call) -> dict[str, Any]:
    """GET /cgi-bin/menu/get."""
    if not call.account.menu:
        raise Refused(46003)
    return {"menu": call.account.menu}


def menu_delete(call: Call) -> dict[str, Any]:
    """GET /cgi-bin/menu/delete."""
    call.account.menu = {}
    return OK


def qr_create(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/qrcode/create {expire_seconds, action_name, action_info: {scene: {scene_id | scene_str}}}."""
    name, info = call.body.get("action_name"), call.body.get("action_info")
    if name not in ("QR_SCENE", "QR_STR_SCENE", "QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE"):
        raise Refused(40052)
    scene = info.get("scene") if isinstance(info, dict) else None
    if not isinstance(scene, dict):
        raise Refused(40053)
    is_permanent, is_text = name.startswith("QR_LIMIT"), name.endswith("STR_SCENE")
    number, text = scene.get("scene_id"), scene.get("scene_str")
    most = 100_000 if is_permanent else 2**32 - 1
    if is_text and not (isinstance(text, str) and 1 <= len(text) <= 64):
        raise Refused(40053)
    if not is_text and not (isinstance(number, int) and 1 <= number <= most):
        raise Refused(40053)
    life = call.body.get("expire_seconds", call.account.settings.default_code_life)
    if not is_permanent and not (isinstance(life, int) and 1 <= life <= _LONGEST):
        raise Refused(40053, "expire_seconds out of range")
    if is_permanent:
        standing = [one for one in call.account.codes.values() if not one.expires_at]
        same = [one for one in standing if (one.scene_str == text if is_text else one.scene_id == number and not one.scene_str)]
        if same:
            return {"ticket": same[0].ticket, "url": same[0].url}
        if len(standing) >= call.account.settings.permanent_codes:
            raise Refused(45029)
    ticket = "gQ" + call.office.word(92) + "=="
    url = "http://weixin.qq.com/q/02" + call.office.word(22)
    expires_at = 0.0 if is_permanent else call.office.now() + float(life)
    call.account.codes[ticket] = SceneCode(ticket, 0 if is_text else int(number or 0), str(text) if is_text else "", expires_at, url)
    return {"ticket": ticket, **({} if is_permanent else {"expire_seconds": life}), "url": url}


def clear_quota(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/clear_quota {appid} : ten times a month."""
    if call.text("appid") != call.account.appid:
        raise Refused(40013)
    month = call.office.day()[:6]
    used = call.account.calls.get(f"cleared|{month}", 0)
    if used >= call.account.settings.clear_quota_per_month:
        raise Refused(48006)
    kept = {key: n for key, n in call.account.calls.items() if key.startswith("codes|")}
    call.account.calls = {**kept, f"cleared|{month}": used + 1}
    return OK


def jsapi_ticket(call: Call) -> dict[str, Any]:
    """GET /cgi-bin/ticket/getticket?type=jsapi : two hours."""
    if call.query.get("type") not in ("jsapi", "wx_card"):
        raise Refused(40097)
    now, known = call.office.now(), call.account.jsapi
    if known is None or known.until <= now:
        known = call.account.jsapi = Token("sM4AOVdWfPE4DxkXGEs8V" + call.office.word(65), now + 7200, now)
    return {**OK, "ticket": known.value, "expires_in": int(known.until - now)}


def callback_ips(_: Call) -> dict[str, Any]:
    """GET /cgi-bin/getcallbackip."""
    return {"ip_list": ["127.0.0.1"]}


INTERFACES: dict[str, Interface] = {
    "/cgi-bin/user/get": Interface("GET", user_get, OFFICIAL, True),
    "/cgi-bin/user/info": Interface("GET", user_info, OFFICIAL, True),
    "/cgi-bin/user/info/batchget": Interface("POST", user_batch, OFFICIAL, True),
    "/cgi-bin/user/info/updateremark": Interface("POST", user_remark, OFFICIAL, True),
    "/cgi-bin/user/tag/get": Interface("POST", tag_members, OFFICIAL, True),
    "/cgi-bin/tags/create": Interface("POST", tag_create, OFFICIAL, True),
    "/cgi-bin/tags/get": Interface("GET", tag_list, OFFICIAL, True),
    "/cgi-bin/tags/update": Interface("POST", tag_update, OFFICIAL, True),
    "/cgi-bin/tags/delete": Interface("POST", tag_delete, OFFICIAL, True),
    "/cgi-bin/tags/getidlist": Interface("POST", tag_of, OFFICIAL, True),
    "/cgi-bin/tags/members/batchtagging": Interface("POST", _tagging(is_on=True), OFFICIAL, True),
    "/cgi-bin/tags/members/batchuntagging": Interface("POST", _tagging(is_on=False), OFFICIAL, True),
    "/cgi-bin/menu/create": Interface("POST", menu_create, OFFICIAL),
    "/cgi-bin/menu/get": Interface("GET", menu_get, OFFICIAL),
    "/cgi-bin/menu/delete": Interface("GET", menu_delete, OFFICIAL),
    "/cgi-bin/qrcode/create": Interface("POST", qr_create, ("service",), True),
    "/cgi-bin/clear_quota": Interface("POST", clear_quota),
    "/cgi-bin/ticket/getticket": Interface("GET", jsapi_ticket, OFFICIAL),
    "/cgi-bin/getcallbackip": Interface("GET", callback_ips),
    "/cgi-bin/get_api_domain_ip": Interface("GET", callback_ips),
}
