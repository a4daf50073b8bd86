"""No URL reaches a private address, however it is written; public ones are called at the very address that was judged."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
import tomllib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siyu.channels.webhook.call import NoAnswer, NotConnected, post
from siyu.channels.webhook.guard import Forbidden, Target, is_public, judge

CORPUS = tomllib.loads((Path(__file__).parent / "addresses.toml").read_text("utf-8"))
PRIVATE, PUBLIC, WRITTEN = (CORPUS[name].split() for name in ("private", "public", "written"))
SHAPES = CORPUS["shapes"]


def public(_: str, __: int) -> list[str]:
    return ["93.184.216.34"]


@pytest.mark.parametrize("text", PRIVATE)
def test_a_private_address_is_none_to_call(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))
    with pytest.raises(Forbidden):
        judge("https://receiver.example/", lookup=lambda *_: [text])


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_may_be_called(text: str) -> None:
    assert judge("https://receiver.example/x?y=1", lookup=lambda *_: [text]) == Target("https", "receiver.example", text, 443, "/x?y=1")


@pytest.mark.parametrize("url", WRITTEN)
def test_a_private_address_in_any_writing_is_refused(url: str) -> None:
    """With the system's own resolver: the forms it maps to a private address, and those it does not know."""
    with pytest.raises(Forbidden) as refused:
        judge(url)
    assert refused.value.code in ("private", "lookup", "url")


@pytest.mark.parametrize("url", SHAPES)
def test_only_whole_https_addresses_on_443_are_called(url: str) -> None:
    with pytest.raises(Forbidden):
        judge(url, lookup=public)


def test_one_private_answer_spoils_all() -> None:
    with pytest.raises(Forbidden, match="private"):
        judge("https://receiver.example/", lookup=lambda *_: ["93.184.216.34", "127.0.0.1"])


def test_a_second_look_up_is_never_made() -> None:
    """Rebinding: a resolver that answers public first and private then."""
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    assert judge("https://receiver.example/", lookup=lambda *_: next(answers)).ip == "93.184.216.34"
    assert next(answers) == ["127.0.0.1"]  # nobody asked again


@settings(max_examples=300)
@given(st.integers(0, 2**32 - 1))
def test_whatever_ipv6_wraps_a_private_ipv4_is_private(number: int) -> None:
    inner = ipaddress.IPv4Address(number)
    wraps = [0xFFFF << 32 | number, number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80]
    for wrap in wraps:
        assert not is_public(ipaddress.IPv6Address(wrap)), (inner, hex(wrap))


@settings(max_examples=300)
@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_nothing_that_python_itself_holds_for_private_is_public_to_us(ip: ipaddress.IPv4Address) -> None:
    if not ip.is_global or ip.is_multicast or ip.is_reserved or ip.is_link_local:
        assert not is_public(ip)


@pytest.mark.parametrize(
    ("named", "url", "is_allowed"),
    [
        (("crm.local",), "http://crm.local:8080/x", True),
        (("crm.local:8080",), "http://crm.local:8080/x", True),
        (("crm.local:8080",), "http://crm.local:8081/x", False),
        (("CRM.local",), "https://crm.LOCAL/x", True),
        (("crm.local",), "http://evil.crm.local/x", False),
        (("crm.local",), "http://crm.local.evil.example/x", False),
        (("10.0.0.5",), "http://10.0.0.6/", False),
        (("crm.local",), "ftp://crm.local/", False),
        (("crm.local",), "http://crm.local@evil.example/", False),
    ],
)
def test_private_hosts_are_named_exactly(named: tuple[str, ...], url: str, is_allowed: bool) -> None:
    if is_allowed:
        assert judge(url, named, lookup=lambda *_: ["10.0.0.5"]).ip == "10.0.0.5"
    else:
        with pytest.raises(Forbidden):
            judge(url, named, lookup=lambda *_: ["10.0.0.5"])


class Tcp:
    """A server that answers with given bytes, slowly if asked."""

    def __init__(self, *pieces: bytes, pause: float = 0.0) -> None:
        self._sock = socket.create_server(("127.0.0.1", 0))
        self.port = self._sock.getsockname()[1]
        self.heard = b""
        threading.Thread(target=self._run, args=(pieces, pause), daemon=True).start()

    def _run(self, pieces: tuple[bytes, ...], pause: float) -> None:
        conn, _ = self._sock.accept()
        with conn:
            while not self.heard.endswith(b"{}"):
                self.heard += conn.recv(65536)
            try:
                for piece in pieces:
                    conn.sendall(piece)
                    time.sleep(pause)
            except OSError:
                pass
        self._sock.close()

    def target(self) -> Target:
        return Target("http", "receiver.example", "127.0.0.1", self.port, "/hook?x=1")


def test_the_call_goes_to_the_judged_address_under_the_hosts_name() -> None:
    server = Tcp(b"HTTP/1.1 204 No Content\r\n\r\n")
    assert post(server.target(), b"{}", {"a": "b"}, timeout=5).status == 204
    assert server.heard.startswith(b"POST /hook?x=1 HTTP/1.1\r\nHost: receiver.example") and b"a: b" in server.heard


def test_a_redirect_is_an_answer_not_an_order() -> None:
    server = Tcp(b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n")
    assert post(server.target(), b"{}", {}, timeout=5).status == 302


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"HTTP/1.1 200 OK\r\nx: "])
def test_time_is_limited_in_all(start: bytes) -> None:
    """An answer that comes byte by byte never lets a single read time out."""
    server = Tcp(start, *[b"x"] * 100, pause=0.05)
    began = time.monotonic()
    with suppress(NoAnswer):
        assert post(server.target(), b"{}", {}, timeout=0.5).status == 200  # where it came, the status is the answer
    assert time.monotonic() - began < 2


def test_size_is_limited() -> None:
    server = Tcp(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n" + b"x" * 1_000_000)
    assert len(post(server.target(), b"{}", {}, timeout=5).body) == 64 * 1024


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 OK\r\n\r\n"])
def test_half_an_answer_is_none(answer: bytes) -> None:
    with pytest.raises(NoAnswer):
        post(Tcp(answer).target(), b"{}", {}, timeout=2)


def test_a_status_that_came_whole_holds_even_if_the_body_did_not() -> None:
    for start in (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", b"HTTP/1.1 200 OK\r\nContent-Le"):
        assert post(Tcp(start).target(), b"{}", {}, timeout=2).status == 200


def test_a_closed_port_means_that_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    with pytest.raises(NotConnected):
        post(Target("http", "x.example", "127.0.0.1", port, "/"), b"{}", {}, timeout=2)
