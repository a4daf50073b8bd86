"""The phones as people see and use them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlencode

from tests.sandbox.conformance.small_world import running


def test_a_phone_shows_its_conversations_and_can_be_used(tmp_path: Path) -> None:
    with running(tmp_path) as small:
        empty = small.ask("/mobile?lang=zh").decode()
        assert "还没有客户" in empty
        small.ask("/sandbox/wechat/people", {"people": [{"person_id": "c/1", "name": "陈静<b>", "phone": "13800138000"}]})
        a = small.ask("/sandbox/wechat/accounts", {"kind": "service", "name": "山间茶铺"})
        small.api(a, "/cgi-bin/menu/create", {"button": [{"type": "click", "name": "积分", "key": "P"}]})
        sms = small.ask("/sandbox/sms/accounts", {"vendor": "aliyun", "name": "a"})

        def press(**form: str) -> str:
            return str(small.ask(f"/mobile/{quote('c1', safe='')}/do", raw=urlencode({"chat": a["appid"], **form}).encode(),
                                 headers={"Content-Type": "application/x-www-form-urlencoded"}).decode())  # fmt: skip

        small.ask("/sandbox/wechat/people", {"people": [{"person_id": "c1", "name": "王<i>明", "phone": "13800138001"}]})
        press(does="follow")
        assert "在吗&lt;" in press(does="write", text="在吗<")
        page = press(does="click", button="积分")
        assert "点了菜单 积分" in page
        assert "王&lt;i&gt;明" in page
        assert "没有做成" in press(does="follow")
        assert "没有做成" in press(chat=f"sms:{sms['account_id']}", text="R")
        listed = small.ask("/mobile?lang=en&q=c1").decode()
        assert "Messages: 3" in listed
        assert "陈静" not in listed
        english = small.ask(f"/mobile/c1?lang=en&chat={a['appid']}").decode()
        assert "Pressed the menu 积分" in english
        assert small.ask("/mobile/nobody")[:9] == b"Not Found"
