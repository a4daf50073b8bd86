"""E-mail as a channel, and its settings."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import replace
from typing import Any

from siyu import gate
from siyu.base import settings
from siyu.base.db import Connection
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.channels.email.letter import wire_address
from siyu.channels.email.smtp import SmtpLine
from siyu.channels.email.words import BOUNCE_KEY, SETTING, EmailSettings, Security
from siyu.channels.sealed import close, reveal

_MOST_CONNECTIONS = 32
_HOST = re.compile(r"[\w.-]{1,253}|\[?[0-9A-Fa-f:]{2,45}\]?")


class EmailChannel:
    """Letters by SMTP. A letter that was perhaps taken is never offered again: mail servers know no key."""

    name = "email"
    needs_address = True
    is_idempotent = False

    def settings(self, ground: Ground) -> EmailSettings | None:
        """The server of the setting, None when there is none."""
        with ground.db.tx() as conn:
            return see_email(ground, conn)

    def open(self, ground: Ground, settings: Any) -> SmtpLine:
        """A line to that server; connections are made when letters go."""
        return SmtpLine(settings, ground.vault)


EMAIL = EmailChannel()


def see_email(ground: Ground, conn: Connection) -> EmailSettings | None:
    """The mail server that is set, with its password in the clear: not for pages."""
    kept = settings.get(conn, SETTING, None)
    if not kept:
        return None
    words = {**kept, "password": reveal(ground.vault, kept.get("password", "")), "security": Security(kept["security"])}
    return EmailSettings(**words)


def set_email(ground: Ground, conn: Connection, server: EmailSettings, *, keep_password: bool = False) -> None:
    """Keep the mail server, its password sealed. `keep_password` leaves the one that is there. Raises `InputError` naming the field."""
    _check(server)
    if keep_password:
        now = see_email(ground, conn)
        server = replace(server, password=now.password if now else "")
    value = {name: getattr(server, name) for name in server.__dataclass_fields__}
    value |= {"password": close(ground.vault, server.password), "security": str(server.security), "pace": dict(server.pace)}
    settings.put(conn, SETTING, value, at=ground.clock.now())
    # our record of attempts keeps a letter from going out twice, so a claim whose worker died may be handed out again
    safe = gate.rules(conn).idempotent
    if EMAIL.name not in safe:
        gate.set_rule(conn, "idempotent", [*safe, EMAIL.name], at=ground.clock.now())


def forget_email(conn: Connection) -> None:
    """Have no mail server: nothing is sent by e-mail until there is one again."""
    settings.drop(conn, SETTING)


def try_email(ground: Ground, server: EmailSettings) -> None:
    """Connect and log in. Raises `ConfigError` with what the server said."""
    SmtpLine(server, ground.vault).greet()


def new_bounce_key(ground: Ground, conn: Connection) -> str:
    """Make the key that notices about undelivered mail must come with; only its digest is kept, so it is shown once."""
    key = f"siyu_b_{secrets.token_urlsafe(24)}"
    settings.put(conn, BOUNCE_KEY, hashlib.sha256(key.encode()).hexdigest(), at=ground.clock.now())
    return key


def is_bounce_key(conn: Connection, key: str) -> bool:
    """Whether this is the key for notices."""
    kept = str(settings.get(conn, BOUNCE_KEY, ""))
    return bool(kept) and hmac.compare_digest(kept, hashlib.sha256(key.encode()).hexdigest())


def _check(server: EmailSettings) -> None:
    if server.security not in set(Security):
        raise InputError("The kind of protection is not known.", f"Use one of {', '.join(Security)}.", field="security")
    if not _HOST.fullmatch(server.host):
        raise InputError("The host of the mail server is not a name or address.", "Example: smtp.example.com", field="host")
    if not 1 <= server.port <= 65535:
        raise InputError("The port is not a number from 1 to 65535.", "Usual: 587 with STARTTLS, 465 with TLS.", field="port")
    for name in ("sender", "reply_to", "return_path"):
        value = getattr(server, name)
        if value or name == "sender":
            try:
                wire_address(value)
            except InputError:
                raise InputError("This is not an e-mail address.", "Example: hello@brand.example", field=name) from None
    if any(ord(c) < 32 for c in server.sender_name):
        raise InputError("The sender's name has characters that cannot be shown.", "Use one line of plain words.", field="sender_name")
    if not 1 <= server.connections <= _MOST_CONNECTIONS:
        raise InputError("That many connections are not possible.", f"Use 1 to {_MOST_CONNECTIONS}.", field="connections")
    if not 1 <= server.letters_per_connection <= 100_000:
        raise InputError("The letters per connection are not possible.", "Use 1 to 100000.", field="letters_per_connection")
    if not 1 <= server.timeout_seconds <= 300:
        raise InputError("The time to wait is not possible.", "Use 1 to 300 seconds.", field="timeout_seconds")
    if any(n < 0 for n in server.pace.values()):
        raise InputError("A pace is below zero.", "Give letters a minute, 0 for no limit.", field="pace")
    SmtpLine(server, _NO_VAULT)  # reads the certificate: raises ConfigError for one that cannot be read


_NO_VAULT: Any = None
