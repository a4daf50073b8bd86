"""What an official account keeps: menus and media.

MPD is developers.weixin.qq.com; the number in a docstring is a chapter of the facts that the sandbox was built from (docs/sandbox.md).
"""

from __future__ import annotations

from typing import Any

from tests.sandbox.conformance.small_world import SmallWorld
from tests.sandbox.conformance.wechat.shops import DAY, shop


def test_menus_keep_their_form(small: SmallWorld) -> None:
    """MPD custom menus (4.3): three in the first row, five below, a key or a URL each."""
    a = shop(small)
    view = {"type": "view", "name": "商城", "url": "https://shop.example"}
    for wrong, code in (
        ({"button": [view] * 4}, 40016),
        ({"button": [{"type": "dance", "name": "x", "key": "k"}]}, 40017),
        ({"button": [view | {"name": "很长很长的名字"}]}, 40018),
        ({"button": [{"type": "click", "name": "x"}]}, 40019),
        ({"button": [{"type": "view", "name": "x"}]}, 40020),
        ({"button": [{"name": "x", "sub_button": [view] * 6}]}, 40023),
    ):
        assert small.api(a, "/cgi-bin/menu/create", wrong)["errcode"] == code
    assert small.api(a, "/cgi-bin/menu/get")["errcode"] == 46003
    assert small.api(a, "/cgi-bin/menu/create", {"button": [{"name": "更多", "sub_button": [view]}]})["errcode"] == 0
    assert small.api(a, "/cgi-bin/menu/get")["menu"]["button"][0]["sub_button"] == [view]


def test_media_lives_three_days(small: SmallWorld) -> None:
    """MPD uploadtempmedia (4.4): a form field `media`; 40004 kind, 41005 nothing, 40006 size, 40007 after three days."""
    a = shop(small, settings={"image_bytes": 100})

    def upload(kind: str, body: bytes) -> Any:
        form = (
            b'--x\r\nContent-Disposition: form-data; name="media"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
            + body
            + b"\r\n--x--\r\n"
        )
        path = f"/wechat/cgi-bin/media/upload?type={kind}&access_token={small.token(a)}"
        return small.ask(path, raw=form, headers={"Content-Type": "multipart/form-data; boundary=x"})

    assert upload("novel", b"1")["errcode"] == 40004
    assert upload("image", b"")["errcode"] == 41005
    assert upload("image", b"1" * 101)["errcode"] == 40006
    medium = upload("image", b"picture")
    openid = small.do(a, "p7", "follow")["openid"]
    send = {"touser": openid, "msgtype": "image", "image": {"media_id": medium["media_id"]}}
    assert small.api(a, "/cgi-bin/message/custom/send", send)["errcode"] == 0
    assert small.api(a, "/cgi-bin/media/get", media_id=medium["media_id"]) == b"picture"
    small.move(3 * DAY)
    assert small.api(a, "/cgi-bin/media/get", media_id=medium["media_id"])["errcode"] == 40007
