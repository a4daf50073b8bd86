"""The public examples of WXBizMsgCrypt, all of them, and what must never be opened."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sealing import seal

from siyu.base.errors import InputError
from siyu.vendors import (
    BadXml,
    CallbackKeys,
    Refused,
    is_signed,
    open_callback,
    open_echo,
    read_xml,
    signature_of,
)  # fmt: skip
from siyu.vendors.crypto import aes_key_of

KEYS = CallbackKeys("123456", "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR")  # wechatpy's own tests
ID = "wx49f0ab532d5d035a"
OFFICIAL = CallbackKeys("QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C")  # the vendor's sample
OFFICIAL_ID = "wx5823bf96d3bd56c7"
OTHER = CallbackKeys("another", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")
V2 = (
    "RgqEoJj5A4EMYlLvWO1F86ioRjZfaex/gePD0gOXTxpsq5Yj4GNglrBb8I2BAJVODGajiFnXBu7mCPatfjsu6IHCrsTyeDXzF6Bv283dGymzxh6ydJRvZsry"
    "DyZbLTE7rhnus50qGPMfp2wASFlzEgMW9z1ef/RD8XzaFYgm7iTdaXpXaG4+BiYyolBug/gYNx410cvkKR2/nPwBiT+P4hIiOAQqGp/TywZBtDh1yCF2KOd0"
    "gpiMZ5jSw3e29mTvmUHzkVQiMS6td7vXUaWOMZnYZlF3So2SjHnwh4jYFxdgpkHHqIrH/54SNdshoQgWYEvccTKe7FS709/5t6NMxuGhcUGAPOQipvWTT4dS"
    "hyqio7mlsl5noTrb++x6En749zCpQVhDpbV6GDnTbcX2e8K9QaNWHp91eBdCRxthuL0="
)
V3 = (
    "9s4gMv99m88kKTh/H8IdkOiMg6bisoy3ypwy9H4hvSPe9nsGaqyw5hhSjdYbcrKk+j3nba4HMOTzHrluLBYqxgNcBqGsL8GqxlhZgURnAtObvesEl5nZ+uBE"
    "8bviY0LWke8Zy9V/QYKxNV2FqllNXcfmstttyIkMKCCmVbCFM2JTF5wY0nFhHZSjPUL2Q1qvSUCUld+/WIXrx0oyKQmpB6o8NRrrNrsDf03oxI1p9FxUgMnw"
    "KKZeOA/uu+2IEvEBtb7muXsVbwbgX05UPPJvFurDXafG0RQyPR+mf1nDnAtQmmNOuiR5MIkdQ39xn1vWwi1O5oazPoQJz0nTYjxxEE8kv3kFxtAGVRe3ypD3"
    "WeK2XeFYFMNMpatF9XiKzHo3"
)
V4 = (
    "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXx"
    "accAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP"
    "7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XX"
    "ZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q=="
)
V5 = (
    "IV7jph9Oxv4Nv6wmo9zvt0Rtn21NcUNdE5eXeFWZcPuptFbAKZAzJHxWzxV3iObAYsoxyRL6SDvQ/R7Lcd4Mxk1tp7neJ5ULydiTkjLhfDcUet9LLnkpP26z"
    "dUndifXERxoIHZMZVxlIQvvCRgq/yjJdX4Azf54u9pqAK/86QdyvmAVXhtVHPmHUHL4GH7zqh+esVezjZ0h3Pp4iaWAxeazAws9i16HOhW7kGPOrSd7eAsLn"
    "ZBz3YVL3ELnVB0jG3ZfRijijzh1XxEHhCL8C/aBBDApzo0+/z2KpL28tuqbYb/FKZ0e7s8LuzE6COHNvR5ku7SnFD4X5FUF/QeMDgK9hpd2w1ObLcZIPp3oN"
    "fJPQiJt5Dv00lMx3c5xA1PRx3TqYYfwK0V33CwDXTL/WZ7vwXutDyRSAK4Ab+5TnIlXZsjeOdRKkRYVDb6RJmJs0+HyR8Oifl5t/B5dtEMT1pCKsuWlLmzq9"
    "Le3JJoH2TsQ7us7FxS9LmS67pDv827FfParclI3s6nHDqRsydfYu6AkHfi4hpK6dDw/mAiAoOMQDnHU4Yv8KayjWNEc6AEmpmeDl7lRJa7j+cf7Jjx0q+qxB"
    "LKt+oTIeQHN6uJL9NyAFucGaJEtOLZ6DHKRUWcEAEVAGxD0fL+kWZ+fsKlnFnnB5TY92iH4MRidX+hV+nMs="
)


def _post(encrypt: str) -> bytes:
    return f"<xml><ToUserName><![CDATA[x]]></ToUserName><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>".encode()


def test_v1_an_address_is_tried() -> None:
    echo = "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q=="
    told = {"signature": "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96", "timestamp": "1411443780", "echostr": echo}
    assert open_echo([KEYS], ID, nonce="437374425", **told).text == "5927782489442352469"
    with pytest.raises(Refused):
        open_echo([KEYS], ID, nonce="437374424", **told)


def test_v2_a_message_is_opened() -> None:
    told = {"signature": "74d92dfeb87ba7c714f89d98870ae5eb62dff26d", "timestamp": "1411525903", "nonce": "461056294"}
    found = read_xml(open_callback([KEYS], ID, body=_post(V2), **told).text.encode())
    assert (found["FromUserName"], found["Content"], found["MsgId"], found["AgentID"]) == ("messense", "test", "4363689963896700987", "1")


def test_v3_a_message_that_was_sealed() -> None:
    told = {"signature": "407518b7649e86ef23978113f92d27afa9296533", "timestamp": "1411525903", "nonce": "461056294"}
    found = read_xml(open_callback([KEYS], ID, body=_post(V3), **told).text.encode())
    assert (found["FromUserName"], found["ToUserName"], found["Content"], found["AgentID"]) == (ID, "messense", "test", "1")
    assert found["CreateTime"] == "1411525903"


def test_v4_the_vendors_own_sample() -> None:
    echo = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
    signature = "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3"
    opened = open_echo([OFFICIAL], OFFICIAL_ID, signature=signature, timestamp="1409659589", nonce="263014780", echostr=echo)
    assert opened.text == "1616140317555161061"
    told = {"signature": "477715d11cdb4164915debcba66cb864d751f3e6", "timestamp": "1409659813", "nonce": "1372623149"}
    found = read_xml(open_callback([OFFICIAL], OFFICIAL_ID, body=_post(V4), **told).text.encode())
    assert (found["FromUserName"], found["MsgType"], found["Content"]) == ("mycreate", "text", "hello")
    assert (found["MsgId"], found["AgentID"]) == ("4561255354251345929", "218")


def test_v5_a_customer_was_added() -> None:
    told = {"signature": "07baa888810d73b4acd20fc97452349101670852", "timestamp": "1700000001", "nonce": "nonce42"}
    opened = open_callback([OTHER, KEYS], ID, body=_post(V5), **told)
    assert opened.keys == 1, "the older set of a rotation"
    assert len(opened.text.encode()) == 457
    found = read_xml(opened.text.encode())
    assert found["ChangeType"] == "add_external_contact"
    assert [found[n] for n in ("CreateTime", "UserID", "ExternalUserID", "State", "WelcomeCode")] == [
        "1700000000", "zhangsan", "wmTEST0001", "ch_42", "WCODE1",
    ]  # fmt: skip
    assert open_callback([KEYS], ID, body=json.dumps({"Encrypt": V5}).encode(), **told).text == opened.text, "mini-programs may push JSON"
    for others in ((), (OTHER,)):
        with pytest.raises(Refused):
            open_callback(others, ID, body=_post(V5), **told)
    with pytest.raises(Refused):
        open_callback([KEYS], "wwAnotherCorp", body=_post(V5), **told)


def test_plain_callbacks_of_official_accounts() -> None:
    keys = [OTHER, CallbackKeys("AAAAA")]
    assert signature_of("AAAAA", "1714036504", "1514711492") == "f464b24fc39322e44b38aa78f5edd27bd1441696"
    assert is_signed(keys, signature="f464b24fc39322e44b38aa78f5edd27bd1441696", timestamp="1714036504", nonce="1514711492")
    assert is_signed(keys, signature="899cf89e464efb63f54ddac96b0a0a235f53aa78", timestamp="1714037059", nonce="486452656")
    assert not is_signed(keys, signature="899cf89e464efb63f54ddac96b0a0a235f53aa78", timestamp="1714037059", nonce="486452657")
    assert not is_signed([], signature="", timestamp="", nonce="")


@given(st.text(max_size=300), st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=30))
@settings(max_examples=40)
def test_what_is_sealed_opens(text: str, receive_id: str) -> None:
    sealed = seal(KEYS, receive_id, text, timestamp="1", nonce="n")
    told = {"signature": sealed.signature, "timestamp": "1", "nonce": "n"}
    assert open_callback([KEYS], receive_id, body=_post(sealed.encrypt), **told).text == text


@given(st.data())
@settings(max_examples=60)
def test_nothing_changed_opens(data: st.DataObject) -> None:
    """Even with a right signature over the changed bytes, as somebody who knows the token only could make it: never anything but a no."""
    raw = bytearray(base64.b64decode(V5))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    changed = base64.b64encode(raw[: data.draw(st.sampled_from([len(raw), len(raw) - 1, 16, 32]))]).decode()
    body = _post(changed)
    with pytest.raises(Refused):
        open_callback([KEYS], ID, signature="07baa888810d73b4acd20fc97452349101670852", timestamp="1700000001", nonce="nonce42", body=body)
    right = signature_of(KEYS.token, "1", "n", changed)
    try:
        text = open_callback([KEYS], ID, signature=right, timestamp="1", nonce="n", body=body).text
    except Refused:
        return
    assert len(raw) > 32 and text  # a flipped bit of CBC may leave the frame whole; the signature is what proves the sender


@pytest.mark.parametrize(
    "body", [b"", b"<xml/>", b"<xml><Encrypt></Encrypt></xml>", b"{", b'{"Encrypt": 3}', b"[]", b"\xff\xfe", b"{" * 9000]
)
def test_bodies_that_hold_nothing(body: bytes) -> None:
    with pytest.raises(InputError):
        open_callback([KEYS], ID, signature="", timestamp="", nonce="", body=body)


@pytest.mark.parametrize("signature", ["", "ü", "\udcff", "0" * 40])
def test_signatures_that_are_none(signature: str) -> None:
    with pytest.raises(Refused):
        open_callback([KEYS], ID, signature=signature, timestamp="1700000001", nonce="nonce42", body=_post(V5))


def test_keys_that_are_none() -> None:
    for text in ("", "short", "x" * 42 + "=", "é" * 43):
        with pytest.raises(InputError):
            aes_key_of(CallbackKeys("t", text))


BOMBS = {
    "entities": b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><xml><F>&b;</F></xml>',
    "file": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><F>&a;</F></xml>',
    "network": b'<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd"><xml><F>1</F></xml>',
    "instruction": b"<?php x ?><xml><F>1</F></xml>",
    "deep": b"<x>" * 200 + b"1" + b"</x>" * 200,
    "many": b"<xml>" + b"<a>1</a>" * 6000 + b"</xml>",
    "large": b"<xml><F>" + b"x" * 300_000 + b"</F></xml>",
    "broken": b"<xml><F>1</xml>",
    "two": b"<xml><F>1</F></xml><xml/>",
    "bytes": b"<xml><F>\xff</F></xml>",
    "unknown entity": b"<xml><F>&other;</F></xml>",
    "leaf": b"<xml>1</xml>",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs(name: str) -> None:
    with pytest.raises(BadXml):
        read_xml(BOMBS[name])


def test_shapes_of_xml() -> None:
    data = b"<xml><A><![CDATA[1]]></A><B/><L><Item>x</Item><Item>y</Item></L><T>a&amp;b&#x4e2d;</T></xml>"
    assert read_xml(data) == {"A": "1", "B": "", "L": {"Item": ["x", "y"]}, "T": "a&b中"}


def test_keys_are_not_shown() -> None:
    opened = open_callback(
        [KEYS], ID, signature="07baa888810d73b4acd20fc97452349101670852", timestamp="1700000001", nonce="nonce42", body=_post(V5)
    )
    shown = repr(KEYS) + repr(opened)
    assert "123456" not in shown and "kWx" not in shown and "WCODE1" not in shown
