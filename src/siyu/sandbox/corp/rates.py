"""How often an interface may be called (facts 1.3): counted in windows, and shut for the stated time once a window is over-full."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class _Window:
    start: float = 0.0
    n: int = 0
    shut_until: float = 0.0


@dataclass
class Rates:
    """Counters by (scope, window). `now` is seconds on the clock of deadlines."""

    windows: dict[tuple[str, int], _Window] = field(default_factory=dict)

    def passes(self, scope: str, now: float, limit: int, length: int, shut_for: float | None = None) -> bool:
        """Count one call against `limit` in `length` seconds; past it the scope is shut for `shut_for` (default: as
        long as the window; 0: only until the window ends)."""
        window = self.windows.setdefault((scope, length), _Window(now))
        if now < window.shut_until:
            return False
        if now - window.start >= length or now < window.start:
            window.start, window.n = now, 0
        window.n += 1
        if window.n > limit and shut_for == 0:
            return False
        if window.n > limit:
            window.shut_until = now + (length if shut_for is None else shut_for)
            window.start, window.n = window.shut_until, 0
            return False
        return True

    def clear(self) -> None:
        """Forget all counts."""
        self.windows.clear()
