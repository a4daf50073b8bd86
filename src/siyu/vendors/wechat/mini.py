"""小程序: who opens it, phone numbers, subscription messages, links and codes that lead into it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from siyu.base.errors import InputError
from siyu.vendors.checks import bytes_within, characters_within, number_within
from siyu.vendors.wechat import shapes as s
from siyu.vendors.wechat.edge import Edge, check_data

_SCENE = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!#$&'()*+,/:;=?@-._~")


class Mini(Edge):
    """A client for one mini-program. Threads may share it."""

    def login(self, js_code: str) -> s.MiniUser:
        """Who opened it, by the code of wx.login: once, within 5 minutes (jscode2session)."""
        return self._get(
            "sns/jscode2session", s.MiniUser, has_token=False, is_safe=False,
            appid=self.account.app_id, secret=self._secret(), js_code=js_code, grant_type="authorization_code",
        )  # fmt: skip

    def phone(self, code: str, openid: str = "") -> s.PhoneInfo:
        """The phone number that a user gave by the button: once, within 5 minutes; paid by number (getuserphonenumber)."""
        body = {"code": code, **({"openid": openid} if openid else {})}
        return self._post("wxa/business/getuserphonenumber", s.Phone, body, is_safe=False).phone_info

    def send_subscribed(
        self,
        openid: str,
        template_id: str,
        data: Mapping[str, str | Mapping[str, str]],
        *,
        page: str = "",
        edition: str = "formal",
        lang: str = "zh_CN",
    ) -> int:
        """A subscription message: each consent lets one through; 43101 without. `edition` developer, trial, formal. Gives its number, which
        comes back in the receipt; 0 where WeChat says none (message/subscribe/send).
        """
        body: dict[str, Any] = {
            "touser": openid, "template_id": template_id, "data": check_data(data), "miniprogram_state": edition, "lang": lang,
        }  # fmt: skip
        if page:
            body["page"] = page
        return self._post("cgi-bin/message/subscribe/send", s.MessageId, body, is_safe=False).msgid

    def url_link(self, path: str = "", query: str = "", *, days: int = 30, edition: str = "release") -> str:
        """An https link that opens it, for 1 to 30 days (generate_urllink)."""
        number_within(days, 1, 30, "expire_interval")
        bytes_within(query, 1024, "query")
        body = {"path": path, "query": query, "expire_type": 1, "expire_interval": days, "env_version": edition}
        return self._post("wxa/generate_urllink", s.UrlLink, body).url_link

    def scheme(self, path: str = "", query: str = "", *, days: int = 30, edition: str = "release") -> str:
        """A weixin:// link that opens it, for one user, for 1 to 30 days (generatescheme)."""
        number_within(days, 1, 30, "expire_interval")
        bytes_within(query, 1024, "query")
        jump = {"path": path, "query": query, "env_version": edition}
        body = {"jump_wxa": jump, "is_expire": True, "expire_type": 1, "expire_interval": days}
        return self._post("wxa/generatescheme", s.Scheme, body).openlink

    def code(self, scene: str, page: str = "", *, width: int = 430, check_path: bool = True, edition: str = "release") -> bytes:
        """A mini-program code with a scene of 32 visible characters, as a picture, as many as wanted (getwxacodeunlimit)."""
        characters_within(scene, 32, "scene", least=1)
        if not set(scene) <= _SCENE:
            raise InputError(
                "The scene holds a character that is not taken.", "Use letters, digits and !#$&'()*+,/:;=?@-._~", field="scene"
            )
        if page.startswith("/") or "?" in page:
            raise InputError("The page is not one.", "No / in front, no ? behind.", field="page")
        number_within(width, 280, 1280, "width")
        body: dict[str, Any] = {"scene": scene, "check_path": check_path, "env_version": edition, "width": width}
        if page:
            body["page"] = page
        data = json.dumps(body, separators=(",", ":")).encode()
        return self._line.fetch("wxa/getwxacodeunlimit", "POST", "/wxa/getwxacodeunlimit", body=data)
