"""What people do on their phones, and what the accounts' servers hear of it (developers.weixin.qq.com, receiving messages and events)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from siyu.sandbox.wechat import agents
from siyu.sandbox.wechat.callbacks import push
from siyu.sandbox.wechat.office import Office
from siyu.sandbox.wechat.words import Account, Member, Ticket

ADD_SCENES = (
    "ADD_SCENE_SEARCH", "ADD_SCENE_ACCOUNT_MIGRATION", "ADD_SCENE_PROFILE_CARD", "ADD_SCENE_QR_CODE", "ADD_SCENE_PROFILE_LINK",
    "ADD_SCENE_PROFILE_ITEM", "ADD_SCENE_PAID", "ADD_SCENE_WECHAT_ADVERTISEMENT", "ADD_SCENE_REPRINT", "ADD_SCENE_LIVESTREAM",
    "ADD_SCENE_CHANNELS", "ADD_SCENE_OTHERS",
)  # fmt: skip


class CannotDo(ValueError):
    """The person cannot do this: there is no such button, code or link, or they do not follow."""


def do(office: Office, account: Account, person_id: str, does: str, given: dict[str, Any]) -> dict[str, Any]:
    """Let a person do something; gives what they got (a code, a number). Raises `CannotDo`."""
    deed = _DEEDS.get(does)
    if deed is None:
        raise CannotDo(f"does is one of {', '.join(sorted(_DEEDS))}")
    if person_id not in office.state.people:
        raise CannotDo(f"nobody is called {person_id}")
    member = office.member_of(account, person_id)
    return {"openid": member.openid, **deed(office, account, member, given)}


def _event(event: str, **more: Any) -> dict[str, Any]:
    return {"MsgType": "event", "Event": event, **more}


def _follow(office: Office, account: Account, member: Member, given: dict[str, Any]) -> dict[str, Any]:
    if account.is_mini:
        raise CannotDo("a mini-program cannot be followed")
    if given.get("ticket"):
        return _scan(office, account, member, given)
    _become_follower(office, account, member, str(given.get("add_scene", "ADD_SCENE_SEARCH")))
    push(office, account, member, _event("subscribe", EventKey=""))
    return {}


def _become_follower(office: Office, account: Account, member: Member, add_scene: str) -> None:
    if add_scene not in ADD_SCENES:
        raise CannotDo(f"add_scene is one of {', '.join(ADD_SCENES)}")
    if member.is_following:
        raise CannotDo("they follow already")
    member.is_following, member.followed_at, member.add_scene = True, int(office.now()), add_scene
    member.qr_scene, member.qr_scene_str = 0, ""
    account.members[member.openid] = account.members.pop(member.openid)  # the list of followers is by time of following
    office.allow(account, member, "action")
    office.bubble(account, member, "note", "follow", "person", {"add_scene": add_scene})


def _scan(office: Office, account: Account, member: Member, given: dict[str, Any]) -> dict[str, Any]:
    code = account.codes.get(str(given.get("ticket", "")))
    if code is None:
        raise CannotDo("there is no such code")
    if code.expires_at and code.expires_at <= office.now():
        raise CannotDo("the code has expired")
    code.scans_n += 1
    scene = code.scene_str or str(code.scene_id)
    if member.is_following:
        office.allow(account, member, "action")
        office.bubble(account, member, "note", "scan", "person", {"scene": scene})
        push(office, account, member, _event("SCAN", EventKey=scene, Ticket=code.ticket))
        return {}
    _become_follower(office, account, member, "ADD_SCENE_QR_CODE")
    member.qr_scene, member.qr_scene_str = code.scene_id, code.scene_str
    push(office, account, member, _event("subscribe", EventKey=f"qrscene_{scene}", Ticket=code.ticket))
    return {}


def _unfollow(office: Office, account: Account, member: Member, _: dict[str, Any]) -> dict[str, Any]:
    _must_follow(member)
    member.is_following, member.unfollowed_at, member.is_handed_over = False, int(office.now()), False
    member.agent = ""
    member.tags, member.remark = [], ""
    member.allowances.clear()
    office.bubble(account, member, "note", "unfollow", "person", {})
    push(office, account, member, _event("unsubscribe", EventKey=""))
    return {}


def _write(office: Office, account: Account, member: Member, given: dict[str, Any]) -> dict[str, Any]:
    """A message: text, image, voice, video, location, link; in a mini-program text, image, miniprogrampage."""
    if not account.is_mini:
        _must_follow(member)
    kind = str(given.get("kind", "text"))
    number = office.message_id()
    shapes: dict[str, Callable[[], dict[str, Any]]] = {
        "text": lambda: {"Content": str(given["text"])},
        "image": lambda: {"PicUrl": str(given.get("url", "http://mmbiz.qpic.cn/0")), "MediaId": office.word(64)},
        "voice": lambda: {"MediaId": office.word(64), "Format": "amr"},
        "video": lambda: {"MediaId": office.word(64), "ThumbMediaId": office.word(64)},
        "location": lambda: {
            "Location_X": float(given["latitude"]),
            "Location_Y": float(given["longitude"]),
            "Scale": 20,
            "Label": str(given.get("label", "")),
        },
        "link": lambda: {"Title": str(given.get("title", "")), "Description": "", "Url": str(given["url"])},
        "miniprogrampage": lambda: {"Title": str(given.get("title", "")), "AppId": account.appid, "PagePath": str(given["page"])},
    }  # fmt: skip
    if kind not in shapes or (kind == "miniprogrampage") != (account.is_mini and kind == "miniprogrampage"):
        raise CannotDo(f"kind is one of {', '.join(shapes)}")
    try:
        told = shapes[kind]()
    except (KeyError, TypeError, ValueError) as err:
        raise CannotDo(f"a message of kind {kind} needs {err}") from None
    office.allow(account, member, "message")
    shown = {"text": told["Content"]} if kind == "text" else {str(name).lower(): value for name, value in told.items()}
    office.bubble(account, member, "in", kind, "person", shown, message_id=number)
    if agents.serving(office, account, member) is None:
        push(office, account, member, {"MsgType": kind, **told, "MsgId": number})
    return {"msgid": number}


def _buttons(menu: dict[str, Any]) -> list[dict[str, Any]]:
    """The buttons of a menu that can be pressed, those of the second row among them."""
    found: list[dict[str, Any]] = []
    for one in menu.get("button", []):
        found += one.get("sub_button") or [one]
    return found


def _click(office: Office, account: Account, member: Member, given: dict[str, Any]) -> dict[str, Any]:
    """Press a menu button, by its key, URL or name. It does not open the 48 hours, only the minute."""
    _must_follow(member)
    wanted = str(given.get("button", ""))
    found = next((b for b in _buttons(account.menu) if wanted and wanted in (b.get("key"), b.get("url"), b.get("name"))), None)
    if found is None:
        raise CannotDo("the menu has no such button")
    office.bubble(account, member, "note", "menu", "person", {"name": found.get("name", "")})
    if found.get("type") == "click":
        office.allow(account, member, "action")
        push(office, account, member, _event("CLICK", EventKey=found["key"]))
    elif found.get("type") == "view":
        push(office, account, member, _event("VIEW", EventKey=found["url"], MenuId=str(account.menu.get("menuid", 0))))
    return {"type": found.get("type", "")}


def _locate(office: Office, account: Account, member: Member, given: dict[str, Any]) -> dict[str, Any]:
    _must_follow(member)
    at = {"Latitude": float(given.get("latitude", 31.23)), "Longitude": float(given.get("longitude", 121.47)), "Precision": 65.0}
    push(office, account, member, _event("LOCATION", **at))
    return {}


def _answer(office: Office, account: Account, member: Member, given: dict[str, Any]) -> dict[str, Any]:
    """Answer the question whether these templates may be sent: accept or reject each. One accept is one send."""
    answers = given.get("templates")
    if not isinstance(answers, dict) or not answers:
        raise CannotDo("templates is {template_id: accept or reject}")
    listed = []
    for template_id, answer in answers.items():
        template = account.templates.get(str(template_id))
        if template is None or template.kind not in ("subscribe", "notice") or answer not in ("accept", "reject"):
            raise CannotDo("templates is {template_id: accept or reject}, of this account's subscription templates")
        if answer == "accept":
            member.grants[template.template_id] = member.grants.get(template.template_id, 0) + 1
        listed.append({"TemplateId": template.template_id, "SubscribeStatusString": answer, "PopupScene": "2" if account.is_mini else "1"})
        office.bubble(account, member, "note", "grant", "person", {"title": template.title, "answer": answer})
    push(office, account, member, _event("subscribe_msg_popup_event", SubscribeMsgPopupEvent={"List": listed}))
    return {"left": {one: member.grants.get(str(one), 0) for one in answers}}


def _accept_once(office: Office, account: Account, member: Member, given: dict[str, Any]) -> dict[str, Any]:
    """Allow one one-time message (一次性订阅消息) for a scene number."""
    member.grants[f"once:{int(given.get('scene', 0))}"] = 1
    return {}


def _switch_off(office: Office, account: Account, member: Member, given: dict[str, Any]) -> dict[str, Any]:
    """Switch off a template in the settings: what was granted is gone."""
    template_id = str(given.get("template_id", ""))
    if template_id not in account.templates:
        raise CannotDo("there is no such template")
    member.grants[template_id] = 0
    listed = [{"TemplateId": template_id, "SubscribeStatusString": "reject"}]
    push(office, account, member, _event("subscribe_msg_change_event", SubscribeMsgChangeEvent={"List": listed}))
    return {}


def _block(office: Office, account: Account, member: Member, given: dict[str, Any]) -> dict[str, Any]:
    member.is_refusing = bool(given.get("on", True))
    office.bubble(account, member, "note", "refuse" if member.is_refusing else "allow", "person", {})
    return {}


def code_for(office: Office, account: Account, member: Member, kind: str, scope: str = "") -> str:
    """A code that the platform's client got for this person and that a server exchanges once."""
    code = "0" + office.word(31)
    account.tickets[code] = Ticket(kind, member.openid, office.now() + account.settings.code_life, scope)
    return code


def _login(office: Office, account: Account, member: Member, _: dict[str, Any]) -> dict[str, Any]:
    _must_be_mini(account)
    return {"code": code_for(office, account, member, "login")}


def _give_phone(office: Office, account: Account, member: Member, _: dict[str, Any]) -> dict[str, Any]:
    _must_be_mini(account)
    if not office.state.people[member.person_id].phone:
        raise CannotDo("the person has no phone number")
    return {"code": code_for(office, account, member, "phone")}


def _authorize(office: Office, account: Account, member: Member, given: dict[str, Any]) -> dict[str, Any]:
    if account.is_mini:
        raise CannotDo("a mini-program has no web authorisation")
    return {"code": code_for(office, account, member, "oauth", str(given.get("scope", "snsapi_base")))}


def _enter(office: Office, account: Account, member: Member, given: dict[str, Any]) -> dict[str, Any]:
    """Enter the customer service of a mini-program."""
    _must_be_mini(account)
    office.allow(account, member, "enter")
    push(office, account, member, _event("user_enter_tempsession", SessionFrom=str(given.get("session_from", ""))))
    return {}


def _open(office: Office, account: Account, member: Member, given: dict[str, Any]) -> dict[str, Any]:
    """Open a URL Link or scheme: each opens for one person only."""
    link = account.links.get(str(given.get("url", "")))
    if link is None:
        raise CannotDo("there is no such link")
    if link.until <= office.now():
        raise CannotDo("the link has expired")
    if link.opened_by not in ("", member.openid):
        raise CannotDo("the link was opened by somebody else")
    link.opened_by = member.openid
    return {"path": link.path, "query": link.query}


def _must_follow(member: Member) -> None:
    if not member.is_following:
        raise CannotDo("they do not follow")


def _must_be_mini(account: Account) -> None:
    if not account.is_mini:
        raise CannotDo("this is not a mini-program")


_DEEDS: dict[str, Callable[[Office, Account, Member, dict[str, Any]], dict[str, Any]]] = {
    "follow": _follow, "scan": _scan, "unfollow": _unfollow, "write": _write, "click": _click, "locate": _locate, "answer": _answer,
    "accept_once": _accept_once, "switch_off": _switch_off, "block": _block, "login": _login, "give_phone": _give_phone,
    "authorize": _authorize, "enter": _enter, "open": _open,
}  # fmt: skip
