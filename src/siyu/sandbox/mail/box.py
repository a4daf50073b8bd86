"""The mailboxes: every letter that was taken, in one SQLite file. It is also the journal by which tests see what was really accepted."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from html import unescape
from pathlib import Path

_SCHEMA = """
create table if not exists mails (
    mail_id integer primary key autoincrement,
    mailbox text not null collate nocase,
    sender text not null,
    message_id text not null,
    shown_from text not null,
    subject text not null,
    received_at text not null,
    is_read integer not null default 0,
    raw blob not null
);
create index if not exists mails_mailbox on mails (mailbox, mail_id);
create index if not exists mails_message_id on mails (message_id);
create table if not exists dead (address text primary key collate nocase) without rowid;
create table if not exists tries (address text primary key collate nocase, n integer not null) without rowid;
"""
_COLUMNS = "mail_id, mailbox, sender, message_id, shown_from, subject, received_at, is_read"
_LINK = re.compile(r'<a\b[^>]*?\shref="([^"]+)"', re.IGNORECASE)
_PICTURE = re.compile(r'<img\b[^>]*?\ssrc="([^"]+)"[^>]*?\swidth="1"', re.IGNORECASE)
_ANGLES = re.compile(r"<([^>]+)>")


@dataclass(frozen=True)
class Mail:
    """A letter in a mailbox, unopened. `received_at` is the world's time."""

    mail_id: int
    mailbox: str
    sender: str
    message_id: str
    shown_from: str
    subject: str
    received_at: datetime
    is_read: bool


@dataclass(frozen=True)
class Mailbox:
    """A mailbox and how many letters lie in it."""

    address: str
    mails_n: int
    unread_n: int
    last_at: datetime


@dataclass(frozen=True)
class Letter:
    """A letter opened: what a reader sees and can press. `picture` is the invisible one; `unsubscribe` comes from the header."""

    mail: Mail
    text: str
    html: str
    links: tuple[str, ...]
    picture: str
    unsubscribe: str
    is_one_click: bool
    headers: tuple[tuple[str, str], ...]


class Box:
    """All mailboxes. Safe to use from many threads."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._conn = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._conn.executescript("pragma journal_mode=wal; pragma synchronous=normal;" + _SCHEMA)

    def put(self, address: str, sender: str, raw: bytes, at: datetime) -> int:
        """Lay a letter into a mailbox; gives its number."""
        head = BytesHeaderParser(policy=policy.default).parsebytes(raw)
        words = [_header(head, name) for name in ("Message-ID", "From", "Subject")]
        with self._lock:
            row = self._conn.execute(
                "insert into mails (mailbox, sender, message_id, shown_from, subject, received_at, raw) values (?, ?, ?, ?, ?, ?, ?)",
                [address, sender, *words, at.isoformat(), raw],
            )
            return int(row.lastrowid or 0)

    def count(self, message_id: str | None = None) -> int:
        """How many letters were ever taken, or how many with one Message-ID."""
        where, values = ("", []) if message_id is None else (" where message_id = ?", [message_id])
        return int(self._one(f"select count(*) from mails{where}", values)[0])  # noqa: S608  our own words

    def after(self, mail_id: int, limit: int = 500) -> list[Mail]:
        """Letters that came after one, in the order they came."""
        return self._mails("where mail_id > ? order by mail_id limit ?", [mail_id, limit])

    def of_mailbox(self, address: str, limit: int = 200) -> list[Mail]:
        """The letters of a mailbox, the newest first."""
        return self._mails("where mailbox = ? order by mail_id desc limit ?", [address, limit])

    def newest(self, limit: int = 50) -> list[Mail]:
        """The newest letters of all mailboxes."""
        return self._mails("order by mail_id desc limit ?", [limit])

    def of_message(self, message_id: str) -> list[Mail]:
        """Every letter with one Message-ID: more than one is a letter sent twice."""
        return self._mails("where message_id = ? order by mail_id", [message_id])

    def mailboxes(self, search: str = "", limit: int = 200) -> list[Mailbox]:
        """Mailboxes whose address contains `search`, those with the newest letters first."""
        rows = self._all(
            "select mailbox, count(*), sum(not is_read), max(received_at) from mails where instr(lower(mailbox), lower(?)) > 0 "
            "group by mailbox order by max(mail_id) desc limit ?",
            [search, limit],
        )
        return [Mailbox(a, n, unread, datetime.fromisoformat(last)) for a, n, unread, last in rows]

    def mailboxes_n(self) -> int:
        """How many mailboxes have letters."""
        return int(self._one("select count(distinct mailbox) from mails", [])[0])

    def see(self, mail_id: int) -> Mail | None:
        """One letter, unopened."""
        found = self._mails("where mail_id = ?", [mail_id])
        return found[0] if found else None

    def raw(self, mail_id: int) -> bytes | None:
        """One letter as it came over the wire."""
        rows = self._all("select raw from mails where mail_id = ?", [mail_id])
        return bytes(rows[0][0]) if rows else None

    def mark_read(self, mail_id: int) -> None:
        """Note that somebody opened it."""
        self._all("update mails set is_read = 1 where mail_id = ?", [mail_id])

    def mark_dead(self, addresses: Iterable[str]) -> None:
        """From now on nobody lives at these addresses."""
        with self._lock:
            self._conn.execute("begin")
            self._conn.executemany("insert or ignore into dead (address) values (?)", [[a] for a in addresses])
            self._conn.execute("commit")

    def is_dead(self, address: str) -> bool:
        """Whether nobody lives there."""
        return bool(self._all("select 1 from dead where address = ?", [address]))

    def tried(self, address: str) -> int:
        """Count one more try for an address; gives how many there were before."""
        row = self._one("insert into tries (address, n) values (?, 1) on conflict (address) do update set n = n + 1 returning n", [address])
        return int(row[0]) - 1

    def clear(self) -> None:
        """Throw all letters away."""
        self._all("delete from mails", [])
        self._all("delete from tries", [])

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._conn.close()

    def _mails(self, clause: str, values: Sequence[object]) -> list[Mail]:
        rows = self._all(f"select {_COLUMNS} from mails {clause}", values)  # noqa: S608  our own words
        return [Mail(i, box, s, m, f, subject, datetime.fromisoformat(at), bool(read)) for i, box, s, m, f, subject, at, read in rows]

    def _all(self, sql: str, values: Sequence[object]) -> list[tuple]:  # type: ignore[type-arg]
        with self._lock:
            return self._conn.execute(sql, values).fetchall()

    def _one(self, sql: str, values: Sequence[object]) -> tuple:  # type: ignore[type-arg]
        with self._lock:
            row = self._conn.execute(sql, values).fetchone()
        return row or (0,)


def _header(head: Message, name: str) -> str:
    try:
        return str(head.get(name, "")).strip()[:998]
    except (ValueError, IndexError, AttributeError):  # what the parser does with headers that nobody should write
        return ""


def open_letter(mail: Mail, raw: bytes) -> Letter:
    """Read a letter as a mail reader does."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101  what this policy makes
    html_text, plain = _part(message, "html"), _part(message, "plain")
    links = tuple(dict.fromkeys(unescape(found) for found in _LINK.findall(html_text)))
    picture = _PICTURE.search(html_text)
    stop = [a for a in _ANGLES.findall(str(message.get("List-Unsubscribe", ""))) if a.startswith(("http://", "https://"))]
    one_click = "one-click" in str(message.get("List-Unsubscribe-Post", "")).lower()
    headers = tuple((str(name), str(value)) for name, value in message.items())
    return Letter(mail, plain, html_text, links, unescape(picture[1]) if picture else "", stop[0] if stop else "", one_click, headers)


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError):
        return ""
