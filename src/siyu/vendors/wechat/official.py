"""公众号 and 服务号: followers, messages, agents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from siyu.vendors.checks import count_within
from siyu.vendors.wechat import shapes as s
from siyu.vendors.wechat.edge import Edge, check_data


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

    def online_agents(self) -> list[s.Agent]:
        """The customer-service agents who are online; 65400 where the account has no such service (customservice/getonlinekflist)."""
        return self._get("cgi-bin/customservice/getonlinekflist", s.Agents).kf_online_list

    def begin_session(self, agent: str, openid: str) -> None:
        """Give a follower to an agent; again for the same two is the same. From then on, for half an hour at most, what the follower writes
        goes to the agent and not to us (kfsession/create).
        """
        self._post("customservice/kfsession/create", s.Ok, {"kf_account": agent, "openid": openid})

    def tags(self) -> list[s.FanTag]:
        """The account's tags (tags/get)."""
        return self._get("cgi-bin/tags/get", s.FanTags).tags
