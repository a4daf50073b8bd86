"""What every room stands on, in one value: the database, the clock, the keys, the configuration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from siyu.base import embedded, migrate, vault
from siyu.base.clock import Clock, SharedClock, SystemClock
from siyu.base.config import Config
from siyu.base.db import Database
from siyu.base.vault import Vault


@dataclass
class Ground:
    """Handed to every flow. Close it (or use it in a `with`) to give the connections and the embedded server back."""

    db: Database
    clock: Clock
    vault: Vault
    config: Config
    _closers: list[Callable[[], None]] = field(default_factory=list)
    wall: Clock = field(default_factory=SystemClock)  # never moved: for what guards real people (sessions), not for the story

    def close(self) -> None:
        """Close the connections; the last process to leave stops the embedded server."""
        for closer in reversed(self._closers):
            closer()
        self._closers.clear()

    def __enter__(self) -> Ground:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_ground(config: Config, *, size: int = 12, env_keys: str = "") -> Ground:
    """Start or reach the database, bring its schema up to date, load the keys. Raises `ConfigError` with a remedy."""
    closers: list[Callable[[], None]] = []
    url = config.database_url
    if not url:
        server = embedded.start(config.data)
        closers.append(server.close)
        url = server.url
    try:
        db = Database(url, size=size)
    except BaseException:
        for closer in closers:
            closer()
        raise
    closers.append(db.close)
    ground = Ground(db, SharedClock(db), vault.load(config.data, env_keys), config, closers)
    try:
        migrate.migrate(db)
    except BaseException:
        ground.close()
        raise
    return ground
