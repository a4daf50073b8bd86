"""小程序: who opens it, phone numbers, subscription messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from siyu.vendors.wechat import shapes as s
from siyu.vendors.wechat.edge import Edge, check_data


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
        lang: str = "zh_CN",
    ) -> int:
        """A subscription message: each consent lets one through; 43101 without. Gives its number, which
        comes back in the receipt; 0 where WeChat says none (message/subscribe/send).
        """
        body: dict[str, Any] = {
            "touser": openid, "template_id": template_id, "data": check_data(data), "miniprogram_state": "formal", "lang": lang,
        }  # fmt: skip
        if page:
            body["page"] = page
        return self._post("cgi-bin/message/subscribe/send", s.MessageId, body, is_safe=False).msgid
