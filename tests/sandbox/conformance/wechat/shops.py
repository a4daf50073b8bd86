"""Fresh accounts of WeChat, their templates, and what they push."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

from tests.sandbox.conformance.small_world import Ear, SmallWorld

KEY = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"
HOUR, DAY = 3600, 86_400


def shop(small: SmallWorld, ear: Ear | None = None, kind: str = "service", **more: Any) -> dict[str, Any]:
    """A fresh account; with an ear its events are heard."""
    account: dict[str, Any] = small.ask("/sandbox/wechat/accounts", {"kind": kind, "name": "茶铺", "open_platform": "op", **more})
    if ear:
        assert small.ask(f"/sandbox/wechat/accounts/{account['appid']}/callback", {"url": ear.url, "token": "AAAAA"}) == {"ok": True}
    return account


def template(small: SmallWorld, account: dict[str, Any], content: str, **more: Any) -> str:
    found = small.ask(f"/sandbox/wechat/accounts/{account['appid']}/templates", {"title": "通知", "content": content, **more})
    return str(found["template_id"])


def events(ear: Ear) -> list[dict[str, str]]:
    return [{child.tag: child.text or "" for child in ET.fromstring(one.body)} for one in ear.heard]
