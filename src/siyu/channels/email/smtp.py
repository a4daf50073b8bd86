"""The conversation with a mail server, step by step, so that we always know how far it came.

lost before the final dot    the server has no letter: it may be tried again
the final dot itself lost,
or no answer after it        nobody knows: never tried again
an answer, whichever         the answer holds
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
import time
from collections import deque
from datetime import timedelta

from siyu.base.errors import ConfigError
from siyu.base.vault import Vault
from siyu.channels.email.codes import refusal, words
from siyu.channels.email.letter import Wire, compose
from siyu.channels.email.words import EmailSettings, Security
from siyu.channels.words import Answer, Parcel, Result

_STALE_AFTER = 20.0  # seconds of idling after which a kept connection is asked whether it lives


class _Failed(Exception):
    """The server could not be brought to the point where a letter is offered."""

    def __init__(self, result: Result, *, is_worth_another: bool = False) -> None:
        super().__init__(result.code)
        self.result = result
        self.is_worth_another = is_worth_another  # a kept connection had died meanwhile: a fresh one may do


class SmtpLine:
    """Connections to one mail server, kept and reused by up to `width` threads."""

    def __init__(self, server: EmailSettings, vault: Vault) -> None:
        self.server = server
        self.width = max(1, server.connections)
        self.patience = timedelta(seconds=server.timeout_seconds * 2 + 5)
        self._vault = vault
        self._context = _context(server)
        self._free: deque[tuple[smtplib.SMTP, int, float]] = deque()
        self._lock = threading.Lock()
        self._pace = _Pace(server.pace)
        self._is_closed = False

    def prepare(self, parcel: Parcel) -> Wire:
        """The letter's bytes and envelope."""
        return compose(parcel, self.server, self._vault)

    def pause(self, parcel: Parcel) -> timedelta:
        """How long the receiving domain's pace makes this letter wait."""
        return timedelta(seconds=self._pace.take(parcel.to.rpartition("@")[2].lower()))

    def send(self, prepared: Wire) -> Result:
        """Offer the letter on a kept connection, or a new one."""
        for _ in range(2):
            try:
                connection, letters, is_kept = self._take()
            except _Failed as failed:
                return failed.result
            try:
                result, is_usable = _offer(connection, prepared, is_kept=is_kept)
            except _Failed as failed:
                _hang_up(connection)
                if failed.is_worth_another:
                    continue
                return failed.result
            letters += 1
            if is_usable and letters < self.server.letters_per_connection:
                self._give_back(connection, letters)
            else:
                _hang_up(connection, politely=is_usable)
            return result
        return Result(Answer.DOWN, "connection", "The server keeps hanging up.")

    def greet(self) -> None:
        """Connect and log in, then leave: the test button of the settings page. Raises `ConfigError` with the server's words."""
        try:
            _hang_up(self._dial(), politely=True)
        except _Failed as failed:
            raise ConfigError(f"{failed.result.code}: {failed.result.why}", "") from None

    def close(self) -> None:
        """Say goodbye on every kept connection."""
        with self._lock:
            self._is_closed = True
            kept, self._free = list(self._free), deque()
        for connection, _, _ in kept:
            _hang_up(connection, politely=True)

    def _take(self) -> tuple[smtplib.SMTP, int, bool]:
        while True:
            with self._lock:
                if not self._free:
                    break
                connection, letters, used_at = self._free.pop()
            if time.monotonic() - used_at < _STALE_AFTER:
                return connection, letters, True
            with contextlib.suppress(smtplib.SMTPException, OSError):
                if connection.noop()[0] == 250:
                    return connection, letters, True
            _hang_up(connection)
        return self._dial(), 0, False

    def _give_back(self, connection: smtplib.SMTP, letters: int) -> None:
        with self._lock:
            if not self._is_closed:
                self._free.append((connection, letters, time.monotonic()))
                return
        _hang_up(connection, politely=True)

    def _dial(self) -> smtplib.SMTP:
        """Connect, protect the line, log in. Raises `_Failed`."""
        server = self.server
        step = "connect"
        connection: smtplib.SMTP | None = None
        hello = server.sender.rpartition("@")[2] or "localhost"
        try:
            if server.security == Security.TLS:
                connection = smtplib.SMTP_SSL(
                    server.host, server.port, local_hostname=hello, timeout=server.timeout_seconds, context=self._context
                )
            else:
                connection = smtplib.SMTP(server.host, server.port, local_hostname=hello, timeout=server.timeout_seconds)
            step = "greeting"
            if connection.sock is not None:
                # the letter and its closing dot are two writes: without this the second waits 40 ms for the first one's receipt
                connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.ehlo_or_helo_if_needed()
            if server.security == Security.STARTTLS:
                step = "tls"
                connection.starttls(context=self._context)
                connection.ehlo()
            if server.user:
                step = "login"
                connection.login(server.user, server.password)
        except smtplib.SMTPResponseException as err:
            _hang_up(connection)
            text = err.smtp_error.decode("utf-8", "replace") if isinstance(err.smtp_error, bytes) else str(err.smtp_error)
            raise _Failed(Result(Answer.DOWN, step, f"{err.smtp_code} {words(text)}")) from None
        except ssl.SSLCertVerificationError as err:
            _hang_up(connection)
            raise _Failed(Result(Answer.DOWN, "certificate", words(err.verify_message))) from None
        except (smtplib.SMTPException, OSError, ValueError) as err:
            _hang_up(connection)
            raise _Failed(Result(Answer.DOWN, step, words(f"{type(err).__name__} {_reason(err)}"))) from None
        return connection


def _offer(connection: smtplib.SMTP, wire: Wire, *, is_kept: bool) -> tuple[Result, bool]:
    """MAIL, RCPT, DATA, letter, dot. Gives the result and whether the connection may be used again."""
    if wire.needs_utf8 and not connection.has_extn("smtputf8"):
        return Result(Answer.REFUSED, "smtputf8", "The server does not take addresses in other scripts than Latin."), True
    try:
        extra = " SMTPUTF8 BODY=8BITMIME" if wire.needs_utf8 else ""
        code, said = _ask(connection, f"MAIL FROM:<{wire.sender}>{extra}")
        if code != 250:
            # nothing was said about the receiver yet: it is our sender or our rate that the server does not like
            raise _Failed(Result(Answer.DOWN, f"sender_{code}", f"{code} {words(said)}"), is_worth_another=is_kept and code == 421)
        code, said = _ask(connection, f"RCPT TO:<{wire.to}>")
        if code not in (250, 251):
            return _no(connection, code, said, is_about_address=True)
        code, said = _ask(connection, "DATA")
        if code != 354:
            return _no(connection, code, said, is_about_address=False)
    except (smtplib.SMTPException, OSError) as err:
        raise _Failed(Result(Answer.DOWN, "connection", words(_reason(err))), is_worth_another=is_kept) from None
    try:
        connection.send(wire.data)
    except (smtplib.SMTPException, OSError) as err:
        # the dot was not sent, so by the protocol the server has nothing; a try is counted because the letter may be the cause
        _hang_up(connection)
        return Result(Answer.LATER, "cut_in_data", words(_reason(err))), False
    try:
        connection.send(b".\r\n")
        code, raw = connection.getreply()
    except (smtplib.SMTPException, OSError) as err:
        _hang_up(connection)
        return Result(Answer.LOST, "no_answer", words(_reason(err)), wire.message_id), False
    said = raw.decode("utf-8", "replace")
    if code == 250:
        return Result(Answer.TAKEN, "250", words(said), wire.message_id), True
    if not 400 <= code < 600:
        _hang_up(connection)
        return Result(Answer.LOST, "strange_answer", f"{code} {words(said)}", wire.message_id), False
    return refusal(code, said, is_about_address=False), code != 421


def _ask(connection: smtplib.SMTP, command: str) -> tuple[int, str]:
    connection.send(f"{command}\r\n".encode())
    code, said = connection.getreply()
    return code, said.decode("utf-8", "replace")


def _no(connection: smtplib.SMTP, code: int, said: str, *, is_about_address: bool) -> tuple[Result, bool]:
    """A refusal in mid-letter: take the envelope back, so that the connection serves the next one."""
    if code == 421 or not 400 <= code < 600:
        _hang_up(connection)
        return Result(Answer.LATER if code == 421 else Answer.DOWN, f"closing_{code}", f"{code} {words(said)}"), False
    result = refusal(code, said, is_about_address=is_about_address)
    try:
        return result, connection.rset()[0] == 250
    except (smtplib.SMTPException, OSError):
        return result, False


def _hang_up(connection: smtplib.SMTP | None, *, politely: bool = False) -> None:
    if connection is None:
        return
    with contextlib.suppress(smtplib.SMTPException, OSError):
        if politely:
            connection.quit()
    with contextlib.suppress(OSError):
        connection.close()


def _reason(err: Exception) -> str:
    if isinstance(err, TimeoutError):
        return "timed out"
    if isinstance(err, socket.gaierror):
        return "the host's name is not known"
    return str(getattr(err, "strerror", None) or err)


def _context(server: EmailSettings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if server.ca_pem:
        try:
            context.load_verify_locations(cadata=server.ca_pem)
        except ssl.SSLError:
            raise ConfigError("The certificate of the mail server's authority cannot be read.", "Paste it in PEM form.") from None
    return context


class _Pace:
    """Letters a minute to each domain: a bucket that fills steadily and holds ten seconds' worth."""

    def __init__(self, pace: object) -> None:
        self._pace: dict[str, int] = dict(pace) if isinstance(pace, dict) else {}
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, domain: str) -> float:
        """Zero when a letter may go now (and is counted), else the seconds until one may."""
        a_minute = self._pace.get(domain, self._pace.get("*", 0))
        if a_minute <= 0:
            return 0.0
        rate, now = a_minute / 60, time.monotonic()
        most = max(1.0, rate * 10)
        with self._lock:
            level, seen_at = self._buckets.get(domain, (most, now))
            level = min(most, level + (now - seen_at) * rate)
            if level >= 1:
                self._buckets[domain] = (level - 1, now)
                return 0.0
            self._buckets[domain] = (level, now)
            return (1 - level) / rate
