"""The words of e-mail: the server that takes our letters, and what it says about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

SETTING = "email.server"
BOUNCE_KEY = "email.bounce_key"  # setting: SHA-256 (hex) of the key that notices about undelivered mail come with


class Security(StrEnum):
    """How the line to the server is protected."""

    STARTTLS = "starttls"  # port 587
    TLS = "tls"  # port 465
    PLAIN = "plain"  # only for a server on the same machine


@dataclass(frozen=True)
class EmailSettings:
    """The mail server and how we use it: the setting `email.server`.

    `password` is in the clear here and sealed in the setting. `pace` is letters a minute to one domain ("*" = every other; 0 = no limit),
    counted by each process for itself. `ca_pem` trusts one more authority (a server with a certificate of its own).
    """

    host: str
    port: int = 587
    security: str = Security.STARTTLS
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""
    sender_name: str = ""
    reply_to: str = ""
    return_path: str = ""  # where notices about undelivered mail go; empty = sender
    connections: int = 4
    letters_per_connection: int = 100
    timeout_seconds: float = 30.0
    pace: Mapping[str, int] = field(default_factory=dict, hash=False)
    ca_pem: str = field(default="", repr=False)


class Kind(StrEnum):
    """What a refusal is about."""

    HARD = "hard"  # the address: it does not exist or is closed
    SOFT = "soft"  # the moment: full, busy, greylisted
    POLICY = "policy"  # us or this letter: reputation, content, rules
    SENDER = "sender"  # our login or our sender address: nothing of ours will be taken


@dataclass(frozen=True)
class Notice:
    """What a notice about undelivered mail (RFC 3464) or a complaint (RFC 5965) says about one of our letters."""

    message_id: str
    action: str  # failed, delayed, delivered, relayed, expanded, complained
    status: str  # enhanced status code, 5.1.1
    kind: Kind
    why: str
