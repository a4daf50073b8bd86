"""Pages inside WeCom: who opens them (OAuth), and the signatures that let them call the client (JS-SDK)."""

from __future__ import annotations

import secrets
from urllib.parse import urlencode

from siyu.vendors.checks import bytes_within
from siyu.vendors.crypto import page_signature
from siyu.vendors.wecom.edge import Edge


class JsSdk(Edge):
    """Signatures for `wx.config` (the corp's ticket) and `agentConfig` (the app's): never interchange them."""

    def page_signature(self, url: str) -> dict[str, str]:
        """What `wx.config` wants for a page: appId, timestamp, nonceStr, signature (get_jsapi_ticket)."""
        return {"appId": self.account.app_id, **self._signed(self._line.ticket("corp_ticket"), url)}

    def agent_signature(self, url: str) -> dict[str, str]:
        """What `wx.agentConfig` wants: corpid, agentid, timestamp, nonceStr, signature (ticket/get)."""
        signed = self._signed(self._line.ticket("app_ticket"), url)
        return {"corpid": self.account.app_id, "agentid": self.account.agent_id, **signed}

    def _signed(self, ticket: str, url: str) -> dict[str, str]:
        nonce, timestamp = secrets.token_hex(8), str(int(self._line.ground.clock.now().timestamp()))
        return {"timestamp": timestamp, "nonceStr": nonce, "signature": page_signature(ticket, nonce, timestamp, url)}


def login_url(corp_id: str, agent_id: str, redirect_uri: str, state: str, *, is_private: bool = False) -> str:
    """Where to send a browser inside WeCom to learn who it is. `state`: up to 128 letters and digits. `is_private` asks for details."""
    bytes_within(state, 128, "state")
    query = urlencode(
        {
            "appid": corp_id, "redirect_uri": redirect_uri, "response_type": "code",
            "scope": "snsapi_privateinfo" if is_private else "snsapi_base", "state": state, "agentid": agent_id,
        }
    )  # fmt: skip
    return f"https://open.weixin.qq.com/connect/oauth2/authorize?{query}#wechat_redirect"


def qr_login_url(corp_id: str, agent_id: str, redirect_uri: str, state: str) -> str:
    """Where to send a browser outside WeCom: a code to be scanned by a member."""
    bytes_within(state, 128, "state")
    query = urlencode({"appid": corp_id, "agentid": agent_id, "redirect_uri": redirect_uri, "state": state})
    return f"https://open.work.weixin.qq.com/wwopen/sso/qrConnect?{query}"
