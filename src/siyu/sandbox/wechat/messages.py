"""The interfaces that send: customer service, templates, subscription notices; and media (developers.weixin.qq.com)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from siyu.sandbox.wechat import rules
from siyu.sandbox.wechat.call import OK, Call, Interface, Raw
from siyu.sandbox.wechat.callbacks import push
from siyu.sandbox.wechat.errors import Refused
from siyu.sandbox.wechat.words import OFFICIAL, Bubble, Medium, Member, Template

_TEXT_BYTES = 2048


def _field(call: Call, kind: str) -> dict[str, Any]:
    found = call.body.get(kind)
    if not isinstance(found, dict) or not found:
        raise Refused(44004)
    return found


def _medium(call: Call, given: dict[str, Any], name: str = "media_id") -> str:
    media_id = given.get(name)
    if not media_id:
        raise Refused(41006)
    found = call.account.media.get(str(media_id))
    if found is None or (found.expires_at and found.expires_at <= call.office.now()):
        raise Refused(40007)
    return found.media_id


def _text(call: Call) -> dict[str, Any]:
    content = _field(call, "text").get("content")
    if not isinstance(content, str) or not content:
        raise Refused(44004)
    if len(content.encode()) > _TEXT_BYTES:
        raise Refused(45002)
    return {"text": content}


def _articles(call: Call) -> dict[str, Any]:
    found = _field(call, "news").get("articles")
    if not isinstance(found, list) or not found:
        raise Refused(44004)
    if len(found) > 1:
        raise Refused(45008)
    names = ("title", "description", "url", "picurl")
    return {"articles": [{name: str(one.get(name, "")) for name in names} for one in found if isinstance(one, dict)]}


def _app_page(call: Call) -> dict[str, Any]:
    found = _field(call, "miniprogrampage")
    _medium(call, found, "thumb_media_id")
    appid = str(found.get("appid", call.account.appid))
    if appid not in (call.account.appid, *call.account.linked_minis):
        raise Refused(40013)
    if not found.get("pagepath"):
        raise Refused(40165)
    return {"title": str(found.get("title", "")), "appid": appid, "page": str(found["pagepath"])}


def _choices(call: Call) -> dict[str, Any]:
    found = _field(call, "msgmenu")
    listed = found.get("list")
    if not isinstance(listed, list) or not listed:
        raise Refused(44004)
    words = [str(one.get("content", "")) for one in listed if isinstance(one, dict)]
    return {"text": "\n".join([str(found.get("head_content", "")), *words, str(found.get("tail_content", ""))]).strip()}


def _link(call: Call) -> dict[str, Any]:
    found = _field(call, "link")
    return {"articles": [{"title": str(found.get("title", "")), "description": str(found.get("description", "")),
                          "url": str(found.get("url", "")), "picurl": str(found.get("thumb_url", ""))}]}  # fmt: skip


SHOWN: dict[str, Callable[[Call], dict[str, Any]]] = {
    "text": _text,
    "image": lambda call: {"media_id": _medium(call, _field(call, "image"))},
    "voice": lambda call: {"media_id": _medium(call, _field(call, "voice"))},
    "video": lambda call: {"media_id": _medium(call, _field(call, "video")), "title": str(_field(call, "video").get("title", ""))},
    "music": lambda call: {"title": str(_field(call, "music").get("title", "")), "url": str(_field(call, "music").get("musicurl", ""))},
    "news": _articles,
    "msgmenu": _choices,
    "miniprogrampage": _app_page,
    "link": _link,
}
_MINI_KINDS = ("text", "image", "link", "miniprogrampage")
_OFFICIAL_KINDS = ("text", "image", "voice", "video", "music", "news", "msgmenu", "miniprogrampage")


def custom_send(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/message/custom/send : while what the person did allows it."""
    member = call.member()
    kind = call.text("msgtype")
    if kind not in (_MINI_KINDS if call.account.is_mini else _OFFICIAL_KINDS):
        raise Refused(40008)
    shown = SHOWN[kind](call)
    if not call.account.is_mini and not member.is_following:
        raise Refused(45015)
    if member.is_refusing:
        raise Refused(48002)
    call.office.use_allowance(member)
    call.office.bubble(call.account, member, "out", kind, "custom", shown)
    return OK


def typing(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/message/custom/typing {touser, command}."""
    member = call.member()
    if call.text("command") not in ("Typing", "CancelTyping"):
        raise Refused(40097)
    if not any(one.until > call.office.now() for one in member.allowances.values()):
        raise Refused(45015)
    return OK


def _template(call: Call, *kinds: str) -> Template:
    found = call.account.templates.get(call.text("template_id"))
    if found is None or found.kind not in kinds or found.is_blocked:
        raise Refused(40037)
    return found


def _jump(call: Call) -> dict[str, Any]:
    """Where a tap leads: the mini-program wins over the URL."""
    mini = call.body.get("miniprogram")
    if isinstance(mini, dict) and mini.get("appid"):
        if mini["appid"] not in call.account.linked_minis:
            raise Refused(40013)
        return {"appid": mini["appid"], "page": str(mini.get("pagepath", ""))}
    return {"url": call.text("url") or call.text("page")}


def _checked(call: Call, template: Template) -> str:
    wrong = rules.wrong_field(template.content, call.body.get("data"))
    if wrong:
        raise Refused(47003, wrong)
    return rules.filled(template.content, call.body.get("data"))


def template_send(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/message/template/send : verified service accounts, to followers; its end is told by TEMPLATESENDJOBFINISH."""
    member, template = call.member(), _template(call, "template")
    if not member.is_following:
        raise Refused(43004)
    shown = {"title": template.title, "text": _checked(call, template), **_jump(call)}
    same, now = f"{member.openid}|{call.text('client_msg_id')}", call.office.now()
    if call.text("client_msg_id"):
        known = call.account.sent.get(same)
        if known and known[0] + call.account.settings.same_message_for > now:
            return {**OK, "msgid": known[1]}
    number = call.office.message_id()
    if call.text("client_msg_id"):
        call.account.sent[same] = (now, number)
    bubble: Bubble | None = None
    state = "success"
    if member.is_refusing:
        state = "failed:user block"
    else:
        bubble = call.office.bubble(call.account, member, "out", "template", "template", shown, message_id=number)
        bubble.template_id = template.template_id
    _finish(call, member, {"MsgType": "event", "Event": "TEMPLATESENDJOBFINISH", "MsgID": number, "Status": state})
    return {**OK, "msgid": number}


def _finish(call: Call, member: Member, fields: dict[str, Any]) -> None:
    office, account = call.office, call.account

    def tell() -> None:
        with office.lock:
            push(office, account, member, fields)

    office.courier.later(office.now() + account.settings.job_takes, f"{account.appid}:{member.openid}", tell)


def _spend(member: Member, grant: str) -> None:
    if member.grants.get(grant, 0) < 1:
        raise Refused(43101)
    member.grants[grant] -= 1


def _notice(call: Call, kind: str, via: str) -> dict[str, Any]:
    member, template = call.member(), _template(call, kind)
    shown = {"title": template.title, "text": _checked(call, template), **_jump(call)}
    _spend(member, template.template_id)
    number = call.office.message_id()
    if not member.is_refusing:
        call.office.bubble(call.account, member, "out", kind, via, shown, message_id=number, template_id=template.template_id)
    code, words = (43101, "user refuse") if member.is_refusing else (0, "success")
    listed = [{"TemplateId": template.template_id, "MsgID": str(number), "ErrorCode": code, "ErrorStatus": words}]
    _finish(call, member, {"MsgType": "event", "Event": "subscribe_msg_sent_event", "SubscribeMsgSentEvent": {"List": listed}})
    return {**OK, "msgid": number}


def notice_send(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/message/subscribe/bizsend : a subscription notice (订阅通知), one per accept."""
    return _notice(call, "notice", "notice")


def subscribe_send(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/message/subscribe/send : a mini-program's subscription message, one per accept."""
    page = call.text("page").partition("?")[0].lstrip("/")
    if call.text("miniprogram_state") not in ("", "developer", "trial", "formal") or call.text("lang") not in (
        "", "zh_CN", "en_US", "zh_HK", "zh_TW",
    ):  # fmt: skip
        raise Refused(40097)
    call.member()
    _template(call, "subscribe")
    if page and page not in call.account.pages:
        raise Refused(41030)
    return _notice(call, "subscribe", "subscribe")


def once_send(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/message/template/subscribe : a one-time message (一次性订阅消息) for a scene that the person agreed to."""
    member, template = call.member(), _template(call, "once")
    content = call.body.get("data", {})
    value = content.get("content", {}).get("value") if isinstance(content, dict) and isinstance(content.get("content"), dict) else None
    if not isinstance(value, str) or not 0 < len(value) <= 200:
        raise Refused(47003, "data.content.value invalid")
    _spend(member, f"once:{call.body.get('scene', 0)}")
    shown = {"title": call.text("title") or template.title, "text": value, **_jump(call)}
    call.office.bubble(call.account, member, "out", "once", "once", shown, template_id=template.template_id)
    return OK


def template_list(call: Call) -> dict[str, Any]:
    """GET /cgi-bin/template/get_all_private_template."""
    found = [one for one in call.account.templates.values() if one.kind == "template"]
    empty = {"primary_industry": "", "deputy_industry": "", "example": ""}
    return {"template_list": [{"template_id": one.template_id, "title": one.title, "content": one.content, **empty} for one in found]}


def template_add(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/template/api_add_template {template_id_short} : from the library, up to 25."""
    found = call.account.library.get(call.text("template_id_short"))
    if found is None:
        raise Refused(40037)
    if sum(one.kind == "template" for one in call.account.templates.values()) >= call.account.settings.template_most:
        raise Refused(45026)
    template_id = call.office.word(43)
    call.account.templates[template_id] = Template(template_id, found.title, found.content, "template", found.short_id)
    return {**OK, "template_id": template_id}


def template_delete(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/template/del_private_template {template_id}."""
    del call.account.templates[_template(call, "template").template_id]
    return OK


def subscribe_templates(call: Call) -> dict[str, Any]:
    """GET /wxaapi/newtmpl/gettemplate : the subscription templates of the account."""
    found = [one for one in call.account.templates.values() if one.kind in ("subscribe", "notice")]
    return {
        **OK,
        "data": [{"priTmplId": one.template_id, "title": one.title, "content": one.content, "example": "", "type": 2} for one in found],
    }


_SIZES = {"voice": 2_097_152, "video": 10_485_760, "thumb": 65_536}
_SHAPES = {"image": ("image/jpeg", "image/png", "image/gif", "image/bmp"), "thumb": ("image/jpeg", "image/png")}


def _taken(call: Call, kind: str, *, is_permanent: bool) -> Medium:
    if kind not in ("image", "voice", "video", "thumb"):
        raise Refused(40004)
    if call.upload is None or not call.upload.body:
        raise Refused(41005)
    if len(call.upload.body) > (call.account.settings.image_bytes if kind == "image" else _SIZES[kind]):
        raise Refused(40006)
    if kind in _SHAPES and call.upload.content_type.startswith("text/"):
        raise Refused(40004)
    until = 0.0 if is_permanent else call.office.now() + call.account.settings.media_life
    made = Medium(call.office.word(64), kind, call.upload.name, call.upload.content_type, call.upload.body, until)
    call.account.media[made.media_id] = made
    return made


def media_upload(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/media/upload?type= with a form field `media`: three days."""
    made = _taken(call, call.query.get("type", ""), is_permanent=False)
    name = "thumb_media_id" if made.kind == "thumb" else "media_id"
    return {"type": made.kind, name: made.media_id, "created_at": int(call.office.now())}


def media_get(call: Call) -> dict[str, Any] | Raw:
    """GET /cgi-bin/media/get?media_id=."""
    found = call.account.media[_medium(call, dict(call.query))]
    return Raw(found.body, found.content_type)


def image_upload(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/media/uploadimg : a picture's permanent URL, for articles."""
    made = _taken(call, "image", is_permanent=True)
    return {"url": f"{call.base}/media/{call.account.appid}/{made.media_id}"}


def material_add(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/material/add_material?type= : permanent."""
    made = _taken(call, call.query.get("type", ""), is_permanent=True)
    return {"media_id": made.media_id, "url": f"{call.base}/media/{call.account.appid}/{made.media_id}"}


def material_get(call: Call) -> dict[str, Any] | Raw:
    """POST /cgi-bin/material/get_material {media_id}."""
    found = call.account.media[_medium(call, call.body)]
    return Raw(found.body, found.content_type)


def material_delete(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/material/del_material {media_id}."""
    del call.account.media[_medium(call, call.body)]
    return OK


INTERFACES: dict[str, Interface] = {
    "/cgi-bin/message/custom/send": Interface("POST", custom_send, is_for_verified=True),
    "/cgi-bin/message/custom/typing": Interface("POST", typing, is_for_verified=True),
    "/cgi-bin/message/template/send": Interface("POST", template_send, ("service",), True),
    "/cgi-bin/message/subscribe/bizsend": Interface("POST", notice_send, OFFICIAL, True),
    "/cgi-bin/message/subscribe/send": Interface("POST", subscribe_send, ("mini",)),
    "/cgi-bin/message/template/subscribe": Interface("POST", once_send, OFFICIAL, True),
    "/cgi-bin/template/get_all_private_template": Interface("GET", template_list, ("service",), True),
    "/cgi-bin/template/api_add_template": Interface("POST", template_add, ("service",), True),
    "/cgi-bin/template/del_private_template": Interface("POST", template_delete, ("service",), True),
    "/wxaapi/newtmpl/gettemplate": Interface("GET", subscribe_templates),
    "/cgi-bin/media/upload": Interface("POST", media_upload),
    "/cgi-bin/media/get": Interface("GET", media_get),
    "/cgi-bin/media/uploadimg": Interface("POST", image_upload, OFFICIAL),
    "/cgi-bin/material/add_material": Interface("POST", material_add, OFFICIAL),
    "/cgi-bin/material/get_material": Interface("POST", material_get, OFFICIAL),
    "/cgi-bin/material/del_material": Interface("POST", material_delete, OFFICIAL),
}
