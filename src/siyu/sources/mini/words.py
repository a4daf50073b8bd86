"""The words of log-ins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from siyu.pool import Identifier

SESSION_FOR = timedelta(days=7)
PREFIX = "ms_"


class Refusal(Exception):
    """Why somebody cannot come in; its sentence stands under `sources.mini_<code>`. `status` is the HTTP status."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(code)
        self.code, self.status = code, status


@dataclass(frozen=True)
class Session:
    """An open session: whose it is, and under which source their events go."""

    account_id: int
    source_id: int
    source: str
    who: Identifier


@dataclass(frozen=True)
class Opened:
    """What a log-in gave: the session's key, told this once; whether a phone number came, and why not (the vendor's code)."""

    key: str
    has_phone: bool = False
    phone_code: str = ""
