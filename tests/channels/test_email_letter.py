"""A letter on the wire decodes to what was meant, says how to unsubscribe, and cannot be made to carry a second header."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.utils import parseaddr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siyu.base.errors import InputError
from siyu.base.vault import Vault
from siyu.channels.email.bounces import read
from siyu.channels.email.letter import Wire, compose, intent_of, message_id, wire_address
from siyu.channels.email.words import EmailSettings, Kind
from siyu.channels.words import Parcel
from siyu.sandbox.mail.notices import undelivered

VAULT = Vault(b"\1" * 32, b"\2" * 32, b"\3" * 32)
OTHER = Vault(b"\1" * 32, b"\2" * 32, b"\4" * 32)
SERVER = EmailSettings(host="smtp.example", sender="hello@brand.example", sender_name="林间茶铺", return_path="bounce@brand.example")
NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)


def parcel(**more: object) -> Parcel:
    words: dict[str, object] = {
        "intent_id": 12345,
        "person_id": 7,
        "purpose": "marketing",
        "topic": "",
        "origin": "broadcast",
        "origin_id": 1,
        "to": "lin@mail.example",
        "subject": "李雷，秋茶上新了",
        "html": "<html><body><h1>你好</h1></body></html>",
        "text": "你好\n.\n..点开头\n",
        "unsubscribe_url": "https://siyu.example/u/9ix.0.abc",
        "at": NOW,
    }
    return Parcel(**(words | more))  # type: ignore[arg-type]


def opened(wire: Wire):
    """What the server gets after undoing the doubled dots, read as a mail program does."""
    data = wire.data.replace(b"\r\n..", b"\r\n.")
    assert all(len(line) <= 998 for line in data.split(b"\r\n")) and b"\n" not in data.replace(b"\r\n", b"")
    return message_from_bytes(data, policy=policy.default)


def test_a_letter_says_what_was_meant() -> None:
    wire = compose(parcel(), SERVER, VAULT)
    letter = opened(wire)
    assert (wire.sender, wire.to, wire.needs_utf8) == ("bounce@brand.example", "lin@mail.example", False)
    assert letter["Subject"] == "李雷，秋茶上新了" and parseaddr(str(letter["From"])) == ("林间茶铺", "hello@brand.example")
    assert letter["To"] == "lin@mail.example" and letter["Date"].datetime == NOW
    assert letter.get_body(("plain",)).get_content().splitlines() == ["你好", ".", "..点开头"]
    assert "<h1>你好</h1>" in letter.get_body(("html",)).get_content()
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    assert letter["List-Unsubscribe"] == "<https://siyu.example/u/9ix.0.abc>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter.defects == [] and all(part.defects == [] for part in letter.walk())


def test_a_notice_has_nothing_to_unsubscribe_from() -> None:
    letter = opened(compose(parcel(purpose="transactional"), SERVER, VAULT))
    assert letter["List-Unsubscribe"] is None and letter["Precedence"] is None


def test_one_intent_is_one_letter_for_ever() -> None:
    assert compose(parcel(), SERVER, VAULT).data == compose(parcel(), SERVER, VAULT).data
    number = compose(parcel(), SERVER, VAULT).message_id
    assert number == opened(compose(parcel(), SERVER, VAULT))["Message-ID"] and intent_of(VAULT, number) == 12345
    assert intent_of(OTHER, number) is None and intent_of(VAULT, number.replace("9ix", "9iy")) is None
    assert intent_of(VAULT, "<CAF=abc@mail.gmail.com>") is None


NASTY = st.text(alphabet=st.sampled_from([*'aZ 李,;:<>"@=?_\\()\t.', "\r", "\n", "\x00", "\u2028", "\u202e", "😀", "é"]), max_size=80)


@settings(max_examples=200)
@given(subject=NASTY, name=NASTY, text=NASTY)
def test_nothing_breaks_out_of_its_header(subject: str, name: str, text: str) -> None:
    server = EmailSettings(host="x", sender="hello@brand.example", sender_name=name)
    letter = opened(compose(parcel(subject=subject, text=text), server, VAULT))
    assert {key.lower() for key in letter} == {"from", "to", "subject", "date", "message-id", "list-unsubscribe", "list-unsubscribe-post",
                                       "precedence", "mime-version", "content-type"}  # fmt: skip
    assert parseaddr(str(letter["From"]))[1] == "hello@brand.example"
    flat = "".join(str(letter["Subject"]).split())
    assert flat == "".join("".join(c if c.isprintable() else " " for c in subject).split())


@pytest.mark.parametrize("address", ["", "lin", "@mail.example", "lin@", "a b@c.example", "a@b.example\r\nRCPT TO:<x@y.example>", "a@b@c\n",
                                     "<a@b.example>", "a@" + "x" * 64 + ".example", "a,b@c.example"])  # fmt: skip
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(InputError):
        wire_address(address)


def test_addresses_of_the_world() -> None:
    assert wire_address("lin@茶铺.example") == ("lin@" + "茶铺.example".encode("idna").decode(), False)
    assert wire_address("林@mail.example") == ("林@mail.example", True)
    assert wire_address("o'brien+tag@mail.example") == ("o'brien+tag@mail.example", False)


def notice(status: str, diagnostic: str, action: str = "failed") -> bytes:
    wire = compose(parcel(), SERVER, VAULT)
    return undelivered(
        wire.data, sender="bounce@brand.example", address="lin@mail.example", office="mx.example", status=status, diagnostic=diagnostic,
        at=NOW, number="n1", action=action,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "diagnostic", "kind"),
    [("5.1.1", "550 5.1.1 user unknown", Kind.HARD), ("5.0.0", "550 no such user", Kind.HARD), ("5.2.2", "552 mailbox full", Kind.SOFT),
     ("4.4.1", "connection timed out", Kind.SOFT), ("5.7.1", "554 5.7.1 spam", Kind.POLICY)],
)  # fmt: skip
def test_a_notice_is_read(status: str, diagnostic: str, kind: Kind) -> None:
    (one,) = read(notice(status, diagnostic))
    assert (one.action, one.status, one.kind) == ("failed", status, kind)
    assert intent_of(VAULT, one.message_id) == 12345 and "lin@" not in one.why


def test_a_notice_with_the_whole_letter_in_it() -> None:
    """As Exchange and others do: message/rfc822 instead of the headers alone."""
    inner = compose(parcel(), SERVER, VAULT).data.decode()
    raw = (
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
        "Final-Recipient: rfc822; lin@mail.example\r\nAction: Failed\r\nStatus: 5.1.1 (bad)\r\n"
        f"\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n{inner}\r\n--b--\r\n"
    )
    (one,) = read(raw.encode())
    assert intent_of(VAULT, one.message_id) == 12345 and one.kind is Kind.HARD and one.action == "failed"


def test_a_complaint_is_read() -> None:
    number = message_id(VAULT, 12345, "brand.example")
    raw = (
        'Message-ID: <fbl@isp.example>\r\nContent-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nabuse report\r\n"
        "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: x/1\r\nVersion: 1\r\n"
        f"\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {number}\r\nSubject: x\r\n\r\n--b--\r\n"
    )
    (one,) = read(raw.encode())
    assert one.action == "complained" and intent_of(VAULT, one.message_id) == 12345


def test_other_mail_is_no_notice() -> None:
    assert read(b"Subject: Out of office\r\n\r\nI am away") == []
    assert read(compose(parcel(), SERVER, VAULT).data) == []
    assert read(b"x" * 3_000_000) == []


@settings(max_examples=150)
@given(st.data())
def test_a_damaged_notice_never_fails(data: st.DataObject) -> None:
    raw = bytearray(notice("5.1.1", "550 5.1.1 user unknown"))
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=6))
    for one in read(bytes(raw)):
        assert intent_of(VAULT, one.message_id) in (None, 12345)
