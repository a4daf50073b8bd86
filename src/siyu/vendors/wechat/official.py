"""公众号 and 服务号: followers, messages, menus, scene codes."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from siyu.vendors.checks import bytes_within, characters_within, count_within, number_within
from siyu.vendors.crypto import page_signature
from siyu.vendors.wechat import shapes as s
from siyu.vendors.wechat.edge import Edge, check_data

_MONTH = 2_592_000  # seconds that a scene code may live


class Official(Edge):
    """A client for one official account. Threads may share it."""

    def fan(self, openid: str) -> s.Fan:
        """A follower (user/info)."""
        return self._get("cgi-bin/user/info", s.Fan, openid=openid, lang="zh_CN")

    def fans(self, openids: Sequence[str]) -> list[s.Fan]:
        """Up to 100 followers at once (user/info/batchget)."""
        count_within(openids, 100, "user_list", least=1)
        body = {"user_list": [{"openid": openid, "lang": "zh_CN"} for openid in openids]}
        return self._post("cgi-bin/user/info/batchget", s.Fans, body).user_info_list

    def fan_ids(self, next_openid: str = "") -> s.FanIds:
        """One page of up to 10,000 followers after an openid (user/get)."""
        return self._get("cgi-bin/user/get", s.FanIds, next_openid=next_openid)

    def all_fan_ids(self, next_openid: str = "") -> Iterator[list[str]]:
        """Every page of followers."""
        while True:
            page = self.fan_ids(next_openid)
            if page.data.openid:
                yield page.data.openid
            if not page.next_openid or not page.data.openid or page.next_openid == next_openid:
                return
            next_openid = page.next_openid

    def remark(self, openid: str, remark: str) -> None:
        """Note something on a follower, to 30 bytes (user/info/updateremark)."""
        bytes_within(remark, 30, "remark")
        self._post("cgi-bin/user/info/updateremark", s.Ok, {"openid": openid, "remark": remark})

    def send_template(
        self,
        openid: str,
        template_id: str,
        data: Mapping[str, str | Mapping[str, str]],
        *,
        url: str = "",
        mini_appid: str = "",
        mini_page: str = "",
        message_id: str = "",
    ) -> int:
        """A template message; its number comes back in the receipt. With our own `message_id` WeChat takes it once, so an unknown
        outcome may be asked again (message/template/send).
        """
        body: dict[str, Any] = {"touser": openid, "template_id": template_id, "data": check_data(data)}
        if url:
            body["url"] = url
        if mini_appid:
            body["miniprogram"] = {"appid": mini_appid, "pagepath": mini_page}
        if message_id:
            body["client_msg_id"] = message_id
        return self._post("cgi-bin/message/template/send", s.MessageId, body, is_safe=bool(message_id)).msgid

    def templates(self) -> list[s.Template]:
        """The templates that the account has (template/get_all_private_template)."""
        return self._get("cgi-bin/template/get_all_private_template", s.Templates).template_list

    def send_notice(
        self,
        openid: str,
        template_id: str,
        data: Mapping[str, str | Mapping[str, str]],
        *,
        page: str = "",
        mini: Mapping[str, str] | None = None,
    ) -> int:
        """A 订阅通知: each grant of the user lets one through; 43101 without. Gives its number, which comes back in the receipt; 0 where
        WeChat says none (message/subscribe/bizsend).
        """
        body: dict[str, Any] = {"touser": openid, "template_id": template_id, "data": check_data(data)}
        if page:
            body["page"] = page
        if mini:
            body["miniprogram"] = dict(mini)
        return self._post("cgi-bin/message/subscribe/bizsend", s.MessageId, body, is_safe=False).msgid

    def send_mass(self, msgtype: str, content: Mapping[str, Any], *, message_id: str, tag_id: int | None = None) -> s.MassSent:
        """A mass message to a tag, or to all. `message_id` of ours makes it one message (45065 repeats) (message/mass/sendall)."""
        bytes_within(message_id, 64, "clientmsgid", least=1)
        whom: dict[str, Any] = {"is_to_all": True} if tag_id is None else {"is_to_all": False, "tag_id": tag_id}
        body = {"filter": whom, "msgtype": msgtype, msgtype: dict(content), "clientmsgid": message_id}
        return self._post("cgi-bin/message/mass/sendall", s.MassSent, body, is_safe=False)

    def online_agents(self) -> list[s.Agent]:
        """The customer-service agents who are online; 65400 where the account has no such service (customservice/getonlinekflist)."""
        return self._get("cgi-bin/customservice/getonlinekflist", s.Agents).kf_online_list

    def begin_session(self, agent: str, openid: str) -> None:
        """Give a follower to an agent; again for the same two is the same. From then on, for half an hour at most, what the follower writes
        goes to the agent and not to us (kfsession/create).
        """
        self._post("customservice/kfsession/create", s.Ok, {"kf_account": agent, "openid": openid})

    def set_menu(self, buttons: Sequence[Mapping[str, Any]]) -> None:
        """Replace the menu: up to 3 buttons with up to 5 below each (menu/create)."""
        count_within(buttons, 3, "button", least=1)
        for button in buttons:
            count_within(button.get("sub_button", ()), 5, "sub_button")
            bytes_within(str(button.get("name", "")), 16 if not button.get("sub_button") else 60, "button.name", least=1)
        self._post("cgi-bin/menu/create", s.Ok, {"button": [dict(button) for button in buttons]})

    def menu(self) -> dict[str, Any]:
        """The menu as it stands; 46003 where there is none (menu/get)."""
        return self._get("cgi-bin/menu/get", s.Menu).menu

    def delete_menu(self) -> None:
        """Have no menu (menu/delete)."""
        self._get("cgi-bin/menu/delete", s.Ok)

    def add_qrcode(self, scene: str, *, expires_in: int | None = 604_800) -> s.QrCode:
        """A code with a scene (1 to 64 characters) that comes back when it is scanned. `expires_in` seconds, to 30 days; None is for
        ever (100,000 in all) (qrcode/create).
        """
        characters_within(scene, 64, "scene_str", least=1)
        body: dict[str, Any] = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": scene}}}
        if expires_in is not None:
            number_within(expires_in, 60, _MONTH, "expire_seconds")
            body |= {"action_name": "QR_STR_SCENE", "expire_seconds": expires_in}
        return self._post("cgi-bin/qrcode/create", s.QrCode, body, is_safe=expires_in is not None)

    def qrcode_url(self, ticket: str) -> str:
        """Where the code's picture is (showqrcode)."""
        base = self.account.base_url.replace("https://api.weixin.qq.com", "https://mp.weixin.qq.com")
        return f"{base}/cgi-bin/showqrcode?ticket={quote(ticket, safe='')}"

    def tags(self) -> list[s.FanTag]:
        """The account's tags (tags/get)."""
        return self._get("cgi-bin/tags/get", s.FanTags).tags

    def add_tag(self, name: str) -> s.FanTag:
        """Make a tag, to 30 bytes (tags/create)."""
        bytes_within(name, 30, "tag.name", least=1)
        return self._post("cgi-bin/tags/create", s.OneFanTag, {"tag": {"name": name}}, is_safe=False).tag

    def rename_tag(self, tag_id: int, name: str) -> None:
        """Rename a tag (tags/update)."""
        bytes_within(name, 30, "tag.name", least=1)
        self._post("cgi-bin/tags/update", s.Ok, {"tag": {"id": tag_id, "name": name}})

    def delete_tag(self, tag_id: int) -> None:
        """Delete a tag (tags/delete)."""
        self._post("cgi-bin/tags/delete", s.Ok, {"tag": {"id": tag_id}})

    def mark_tag(self, tag_id: int, openids: Sequence[str]) -> None:
        """Put a tag on up to 50 followers (tags/members/batchtagging)."""
        count_within(openids, 50, "openid_list", least=1)
        self._post("cgi-bin/tags/members/batchtagging", s.Ok, {"openid_list": list(openids), "tagid": tag_id})

    def unmark_tag(self, tag_id: int, openids: Sequence[str]) -> None:
        """Take it off again (tags/members/batchuntagging)."""
        count_within(openids, 50, "openid_list", least=1)
        self._post("cgi-bin/tags/members/batchuntagging", s.Ok, {"openid_list": list(openids), "tagid": tag_id})

    def tags_of(self, openid: str) -> list[int]:
        """A follower's tags (tags/getidlist)."""
        return self._post("cgi-bin/tags/getidlist", s.FanTagIds, {"openid": openid}).tagid_list

    def page_user(self, code: str) -> s.PageUser:
        """Who opened our page, by the code of the redirect (sns/oauth2/access_token)."""
        return self._get(
            "sns/oauth2/access_token", s.PageUser, has_token=False, is_safe=False,
            appid=self.account.app_id, secret=self._secret(), code=code, grant_type="authorization_code",
        )  # fmt: skip

    def page_user_info(self, user: s.PageUser) -> s.PageUserInfo:
        """Name and picture, where the user agreed to it (sns/userinfo)."""
        return self._get("sns/userinfo", s.PageUserInfo, has_token=False, access_token=user.access_token, openid=user.openid, lang="zh_CN")

    def page_signature(self, url: str) -> dict[str, str]:
        """What `wx.config` wants for a page: appId, timestamp, nonceStr, signature (ticket/getticket)."""
        nonce, timestamp = secrets.token_hex(8), str(int(self._ground.clock.now().timestamp()))
        signature = page_signature(self._line.ticket("page_ticket"), nonce, timestamp, url)
        return {"appId": self.account.app_id, "timestamp": timestamp, "nonceStr": nonce, "signature": signature}

    def login_url(self, redirect_uri: str, state: str, *, with_info: bool = False) -> str:
        """Where to send a browser inside WeChat to learn who it is."""
        bytes_within(state, 128, "state")
        query = urlencode(
            {
                "appid": self.account.app_id, "redirect_uri": redirect_uri, "response_type": "code",
                "scope": "snsapi_userinfo" if with_info else "snsapi_base", "state": state,
            }
        )  # fmt: skip
        return f"https://open.weixin.qq.com/connect/oauth2/authorize?{query}#wechat_redirect"
