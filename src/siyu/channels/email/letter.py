"""A parcel as a letter: MIME with text and HTML, the headers that mail readers and the law ask for."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from email.header import Header
from email.utils import format_datetime

from siyu.base.errors import InputError
from siyu.base.vault import Vault
from siyu.channels.email.words import EmailSettings
from siyu.channels.words import Parcel

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_OURS = re.compile(r"<?([0-9a-z]{1,13})\.([\w-]{22})@")
_NOT_IN_ADDRESS = frozenset('<>@\r\n\t ,;:"()[]\\')
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True)
class Wire:
    """A letter as it goes over the wire: envelope and bytes (dots doubled, without the closing one)."""

    message_id: str
    sender: str
    to: str
    data: bytes
    needs_utf8: bool

    def __repr__(self) -> str:
        return f"Wire({self.message_id})"


def message_id(vault: Vault, intent_id: int, domain: str) -> str:
    """The letter's Message-ID: the same for one intent for ever, and not to be guessed (so a notice cannot be forged from a number)."""
    number = _base36(intent_id)
    return f"<{number}.{vault.token('message-id', number)}@{domain}>"


def intent_of(vault: Vault, text: str) -> int | None:
    """The intent of a Message-ID of ours; None for anybody else's."""
    match = _OURS.match(text.strip())
    if not match or not vault.is_token(match[2], "message-id", match[1]):
        return None
    return int(match[1], 36)


def compose(parcel: Parcel, server: EmailSettings, vault: Vault) -> Wire:
    """The letter of a parcel. Raises `InputError` for an address that mail cannot carry."""
    to, needs_utf8 = wire_address(parcel.to)
    sender, _ = wire_address(server.sender)
    number = message_id(vault, parcel.intent_id, sender.rpartition("@")[2])
    boundary = f"=_{vault.token('boundary', number)}"
    head = [
        ("From", f"{_phrase(server.sender_name)} <{sender}>" if server.sender_name else sender),
        ("To", to),
        ("Subject", _encoded(parcel.subject, "Subject")),
        ("Date", format_datetime(parcel.at)),
        ("Message-ID", number),
    ]
    if server.reply_to:
        head.append(("Reply-To", wire_address(server.reply_to)[0]))
    if parcel.purpose != "transactional" and parcel.unsubscribe_url:
        # RFC 8058: the reader's program posts to the address, nobody needs to open it
        head.append(("List-Unsubscribe", f"<{parcel.unsubscribe_url}>"))
        head.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    if parcel.purpose == "marketing":
        head.append(("Precedence", "bulk"))
    head += [("MIME-Version", "1.0"), ("Content-Type", f'multipart/alternative; boundary="{boundary}"')]
    parts = [_part("plain", parcel.text)] + ([_part("html", parcel.html)] if parcel.html else [])
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"
    text = "".join(f"{name}: {_one_line(value)}\r\n" for name, value in head) + "\r\n" + body
    return Wire(
        number, wire_address(server.return_path)[0] if server.return_path else sender, to, _DOT.sub(b"..", text.encode()), needs_utf8
    )


def wire_address(address: str) -> tuple[str, bool]:
    """An address as servers take it (the domain in ASCII), and whether it needs SMTPUTF8. Raises `InputError`."""
    name, at, domain = address.strip().rpartition("@")
    try:
        host = domain.encode("idna").decode() if domain else ""
    except UnicodeError:
        host = ""
    if not at or not name or not host or any(c in _NOT_IN_ADDRESS or ord(c) < 32 for c in name + host):
        raise InputError("The address is not one that mail can be sent to.", "Correct the customer's e-mail address.", field="address")
    return f"{name}@{host}", not name.isascii()


def _part(kind: str, text: str) -> str:
    flat = text.replace("\r\n", "\n").replace("\n", "\r\n")
    encoded = b64encode(flat.encode()).decode()
    lines = "\r\n".join(encoded[at : at + 76] for at in range(0, len(encoded), 76))
    return f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{lines}\r\n"


def _phrase(name: str) -> str:
    """A display name: as it is, or encoded (RFC 2047) where it is not plain ASCII."""
    name = _flat(name)
    return name if _ATOM.fullmatch(name) else _encoded(name, "From")


def _encoded(text: str, header: str) -> str:
    flat = _flat(text)
    if flat.isascii() and len(flat) < 900 and header == "Subject":
        return flat
    return Header(flat, "utf-8", header_name=header, maxlinelen=76).encode(linesep="\r\n")


def _flat(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _one_line(value: str) -> str:
    """A header's value; folds of an encoded one stay, nothing else may break the line."""
    return re.sub(r"\r?\n(?![ \t])|\r(?!\n)|(?<!\r)\n", " ", value)


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
        if not number:
            return digits
