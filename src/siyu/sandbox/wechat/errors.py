"""The error codes of WeChat's interfaces that the sandbox gives, and its envelope (developers.weixin.qq.com, global return codes)."""

from __future__ import annotations

from typing import Any

WORDS = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40006: "invalid meida size",
    40007: "invalid media_id",
    40008: "invalid message type",
    40013: "invalid appid",
    40014: "invalid access_token",
    40016: "invalid button size",
    40017: "invalid button type",
    40018: "invalid button name size",
    40019: "invalid button key size",
    40020: "invalid button url size",
    40023: "invalid sub button size",
    40029: "invalid code",
    40030: "invalid refresh_token",
    40032: "invalid openid list size",
    40037: "invalid template_id",
    40052: "invalid action name",
    40053: "invalid action info",
    40059: "invalid msg id",
    40066: "invalid url",
    40097: "invalid args",
    40125: "invalid appsecret",
    40163: "code been used",
    40164: "invalid ip, not in whitelist",
    40165: "invalid weapp pagepath",
    40169: "invalid length for scene, or the data is not json string",
    40212: "invalid query",
    40226: "code blocked",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41005: "media data missing",
    41006: "media_id missing",
    41008: "missing code",
    41009: "missing openid",
    41030: "invalid page",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    43004: "require subscribe",
    43101: "user refuse to accept the msg",
    44002: "empty post data",
    44004: "empty message content",
    45002: "content size out of limit",
    45008: "article size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45026: "template num exceeds limit",
    45028: "has no masssend quota",
    45029: "qrcode count out of limit",
    45047: "out of response count limit",
    45056: "too many tag now, no need to add new",
    45057: "can't modify sys tag",
    45058: "can't modify sys tag",
    45059: "user has too many tags",
    45065: "clientmsgid exist",
    45066: "same clientmsgid retry too fast",
    45157: "invalid tag name",
    45158: "tag name too long",
    45159: "invalid tag id",
    46003: "menu no exist",
    47001: "data format error",
    47003: "argument invalid!",
    48001: "api unauthorized",
    48002: "user block receive message",
    48006: "forbid to clear quota because of reaching the limit",
    49003: "not match openid with appid",
    65400: "please enable new custom service, or wait for a while if you have enabled",
    65401: "invalid custom service account",
    65402: "the custom service account need to bind a wechat user",
    65413: "no effective session for the customer",
    65414: "another worker is serving the customer",
    65415: "the worker is not online",
    85079: "miniprogram has no online release",
    85401: "invalid expire time",
}


class Refused(Exception):
    """A call is answered with an error code. `detail` is appended to the code's words, `more` are further fields."""

    def __init__(self, code: int, detail: str = "", more: dict[str, Any] | None = None) -> None:
        super().__init__(f"{code} {detail}")
        self.code, self.detail, self.more = code, detail, more or {}


def envelope(code: int, detail: str, rid: str) -> dict[str, Any]:
    """An error as it goes over the wire. Every error carries its `rid`."""
    words = WORDS.get(code, "unknown error")
    return {"errcode": code, "errmsg": f"{words}{' ' + detail if detail else ''} rid: {rid}"}


DAY_LIMITS = {
    "/cgi-bin/stable_token": 500_000,
    "/cgi-bin/message/template/send": 100_000,
    "/cgi-bin/message/subscribe/send": 10_000_000,
    "/wxa/generate": 500_000,  # scheme and link together
    # not in the newest pages at hand; older ones name them, an account may set others
    "/cgi-bin/token": 2000,
    "/cgi-bin/menu/create": 1000,
    "/cgi-bin/user/get": 500,
    "/cgi-bin/message/custom/send": 500_000,
    "/cgi-bin/qrcode/create": 100_000,
}
MINUTE_LIMITS = {"/cgi-bin/stable_token": 10_000, "/wxa/getwxacodeunlimit": 5000, "/sns/userinfo": 50_000}
