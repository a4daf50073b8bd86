"""The words of welcomes: by whose accounts they go."""

from __future__ import annotations

from dataclasses import dataclass

from siyu.vendors import Account

SETTING = "welcome.timeout_seconds"
SECONDS = 4


@dataclass(frozen=True)
class WelcomeSettings:
    """The corps' apps that greet. `timeout_seconds` is how long WeCom may take to answer: the setting `welcome.timeout_seconds`."""

    accounts: tuple[Account, ...]
    timeout_seconds: float = SECONDS
