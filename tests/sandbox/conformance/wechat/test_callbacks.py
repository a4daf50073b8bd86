"""Pushes of WeChat: tried again, closed, checked, lost and doubled; the public vectors of their cipher.

MPD is developers.weixin.qq.com; the number in a docstring is a chapter of the facts that the sandbox was built from (docs/sandbox.md).
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest
from tests.sandbox.conformance.small_world import Ear, SmallWorld
from tests.sandbox.conformance.wechat.shops import KEY, events, shop

from siyu.sandbox.wechat import crypto


def test_signatures_and_cipher_match_the_public_vectors() -> None:
    """MPD message_push/encryption; wechatpy tests/test_crypto.py (3.3 V1), the official sample (V4)."""
    assert crypto.sha1_of("AAAAA", "1714036504", "1514711492") == "f464b24fc39322e44b38aa78f5edd27bd1441696"
    assert crypto.sha1_of("AAAAA", "1714037059", "486452656") == "899cf89e464efb63f54ddac96b0a0a235f53aa78"
    v1 = "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q=="
    assert crypto.sha1_of("123456", "1411443780", "437374425", v1) == "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96"
    assert crypto.opened(KEY, "wx49f0ab532d5d035a", v1) == "5927782489442352469"
    assert crypto.close(KEY, "wx49f0ab532d5d035a", "5927782489442352469", b"2304fc2fe146f1f8") == v1
    v4 = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
    assert crypto.opened("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7", v4) == "1616140317555161061"
    with pytest.raises(crypto.BadCipher):
        crypto.opened(KEY, "wx0000000000000000", v1)


def test_a_push_is_tried_three_times_with_one_number(small: SmallWorld, ear: Ear) -> None:
    """MPD receiving messages (4.2): three deliveries, the same MsgId, a fresh signature; then the person sees that the service failed."""
    a = shop(small, ear)
    small.do(a, "p1", "follow")
    small.move(1)
    ear.heard.clear()
    ear.answer = lambda _: (500, "")
    number = small.do(a, "p1", "write", text="在吗")["msgid"]
    small.move(1)
    assert [one["MsgId"] for one in events(ear)] == [str(number)] * 3
    assert len({one.query["nonce"] for one in ear.heard}) == 3
    assert small.phone("p1")[-1]["kind"] == "fault"


def test_safe_mode_is_closed_both_ways_and_a_person_takes_over(small: SmallWorld, ear: Ear) -> None:
    """MPD message_push/encryption, passive replies (4.2): cipher only; a reply that is forged or open shows as a fault."""
    a = shop(small)
    given = {"url": ear.url, "token": "tok", "aes_key": KEY, "mode": "safe"}
    assert small.ask(f"/sandbox/wechat/accounts/{a['appid']}/callback", given) == {"ok": True}
    replies = iter(["text", "forged", "plain", "transfer_customer_service"])

    def answer(heard: Any) -> tuple[int, str]:
        assert "<Content>" not in heard.body
        sealed = str(ET.fromstring(heard.body).findtext("Encrypt"))
        q = heard.query
        assert crypto.sha1_of("tok", q["timestamp"], q["nonce"], sealed) == q["msg_signature"]
        came = ET.fromstring(crypto.opened(KEY, a["appid"], sealed))
        if came.findtext("MsgType") == "event":
            return 200, ""
        how = next(replies)
        kind = how if how == "transfer_customer_service" else "text"
        text = (
            f"<xml><ToUserName>{came.findtext('FromUserName')}</ToUserName><FromUserName>{a['gh_id']}</FromUserName>"
            f"<CreateTime>1</CreateTime><MsgType>{kind}</MsgType><Content>好的</Content></xml>"
        )
        if how == "plain":
            return 200, text
        closed = crypto.close(KEY, a["appid"], text, b"0123456789abcdef")
        mark = "0" * 40 if how == "forged" else crypto.sha1_of("tok", "1", "n", closed)
        return 200, f"<xml><Encrypt>{closed}</Encrypt><MsgSignature>{mark}</MsgSignature><TimeStamp>1</TimeStamp><Nonce>n</Nonce></xml>"

    ear.answer = answer
    small.do(a, "p2", "follow")
    for n in range(4):
        small.do(a, "p2", "write", text=f"问题{n}")
        small.move(1)
    mine = [one for one in small.phone("p2") if one["appid"] == a["appid"] and one["via"] == "passive"]
    assert [one["kind"] for one in mine] == ["text", "fault", "fault", "transfer_customer_service"]
    assert mine[0]["body"] == {"text": "好的"}


def test_a_callback_address_must_echo(small: SmallWorld, ear: Ear) -> None:
    """MPD access guide (4.2): the URL is saved only when echostr comes back unchanged."""
    a = shop(small)
    assert (
        "did not answer"
        in small.ask(f"/sandbox/wechat/accounts/{a['appid']}/callback", {"url": "http://127.0.0.1:9/cb", "token": "t"})["error"]
    )
    assert (
        "base64"
        in small.ask(f"/sandbox/wechat/accounts/{a['appid']}/callback", {"url": ear.url, "token": "t", "mode": "safe", "aes_key": "short"})[
            "error"
        ]
    )


def test_the_road_loses_and_doubles_by_the_seed(small: SmallWorld, ear: Ear) -> None:
    """4.2, 8: callbacks may be lost, doubled, late, reordered: at stated rates, and the truth knows which."""
    a = shop(small, ear, appid="wx00000000000000aa")
    small.ask(
        f"/sandbox/wechat/accounts/{a['appid']}/faults", {"lost": 0.2, "doubled": 0.2, "late": 0.2, "reordered": 0.2, "late_for": 600}
    )
    small.do(a, "p3", "follow")
    for n in range(60):
        small.do(a, "p3", "write", text=str(n))
    small.move(5)
    small.move(700)
    small.move(5)
    truth = [one for one in small.ask(f"/sandbox/wechat/callbacks?appid={a['appid']}")["callbacks"] if one["what"] == "text"]
    fates = {fate: sum(one["fate"] == fate for one in truth) for fate in ("sent", "lost", "late", "reordered")}
    assert sum(fates.values()) == 60
    assert all(1 <= fates[one] <= 40 for one in ("lost", "late", "reordered"))
    heard = [one["Content"] for one in events(ear) if one["MsgType"] == "text"]
    assert len(heard) == sum(one["copies"] for one in truth if one["fate"] != "lost")
    assert len(set(heard)) == 60 - fates["lost"]
    first = list(dict.fromkeys(heard))
    assert first != sorted(first, key=int)
