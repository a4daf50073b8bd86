"""What a process must know before it has a database: where the data is, which database, which port.

Everything else is a setting in the database (`base.settings`). Each field is read from the environment variable in its comment.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from siyu.base.errors import ConfigError


@dataclass(frozen=True)
class Config:
    """The configuration of one process."""

    data: Path  # SIYU_DATA: the one directory that Siyu writes to
    database_url: str  # SIYU_DATABASE_URL: a PostgreSQL of one's own; empty = the embedded server
    host: str  # SIYU_HOST: the address that pages are served on
    port: int  # SIYU_PORT
    base_url: str  # SIYU_BASE_URL: how customers reach this server; links in messages begin with it
    log_level: str  # SIYU_LOG: debug, info, warning or error


def load(env: Mapping[str, str] | None = None, *, data: str | None = None, host: str | None = None, port: int | None = None) -> Config:
    """Read the configuration; arguments (from the command line) win over the environment. Raises `ConfigError`."""
    env = os.environ if env is None else env
    text = str(port) if port is not None else env.get("SIYU_PORT", "8000")
    if not text.isdigit() or not 0 <= int(text) <= 65535:
        raise ConfigError(f"The port {text!r} is not a number from 0 to 65535.", "Give --port or SIYU_PORT such a number.")
    where = Path(data or env.get("SIYU_DATA") or ".siyu").expanduser().resolve()
    the_host = host or env.get("SIYU_HOST") or "127.0.0.1"
    base_url = (env.get("SIYU_BASE_URL") or f"http://{the_host}:{text}").rstrip("/")
    if not base_url.startswith(("http://", "https://")):
        raise ConfigError("SIYU_BASE_URL must begin with http:// or https://.", "Example: https://crm.example.com")
    level = (env.get("SIYU_LOG") or "info").lower()
    if level not in ("debug", "info", "warning", "error"):
        raise ConfigError(f"SIYU_LOG is {level!r}.", "Use debug, info, warning or error.")
    return Config(where, env.get("SIYU_DATABASE_URL", ""), the_host, int(text), base_url, level)
