"""The words of the check-up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from siyu.base.config import Config
from siyu.base.ground import Ground
from siyu.cli.screen import word


class Degree(StrEnum):
    """How well something is."""

    WELL = "well"
    WATCH = "watch"  # works, and somebody should know
    ILL = "ill"  # does not work, or is not safe


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: a sentence that says what is true, and what to do about it."""

    about: str
    degree: Degree
    what: str
    remedy: str = ""


@dataclass(frozen=True)
class Patient:
    """What is examined. `ground` is there once the database answers; `env_keys` is SIYU_KEYS."""

    config: Config
    env_keys: str = ""
    ground: Ground | None = None

    @property
    def on(self) -> Ground:
        """The ground, in checks that need the database."""
        if self.ground is None:
            raise RuntimeError("this check needs the database")
        return self.ground


Check = Callable[[Patient], Iterator[Finding]]


def well(case: str, **values: Any) -> Finding:
    """All is well: the text `cli.doctor_<case>`."""
    return Finding(case, Degree.WELL, word(f"cli.doctor_{case}", **values))


def watch(case: str, **values: Any) -> Finding:
    """Somebody should know: the texts `cli.doctor_<case>` and `cli.doctor_<case>_remedy`."""
    return Finding(case, Degree.WATCH, word(f"cli.doctor_{case}", **values), word(f"cli.doctor_{case}_remedy", **values))


def ill(case: str, **values: Any) -> Finding:
    """It does not work or is not safe: the texts `cli.doctor_<case>` and `cli.doctor_<case>_remedy`."""
    return Finding(case, Degree.ILL, word(f"cli.doctor_{case}", **values), word(f"cli.doctor_{case}_remedy", **values))
