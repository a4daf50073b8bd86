"""Everything the small world is made of, in one value."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from siyu.sandbox.clock import WorldClock
from siyu.sandbox.corp import Corps
from siyu.sandbox.mail import Faults, PostOffice
from siyu.sandbox.sms import Exchange
from siyu.sandbox.wechat import Office


@dataclass
class World:
    """Handed to everything in the sandbox. `data` is the folder it keeps its files in; every draw of luck comes from `seed`."""

    data: Path
    seed: int
    post: PostOffice
    corps: Corps
    wechat: Office
    sms: Exchange
    clock: WorldClock = field(default_factory=WorldClock)

    def close(self) -> None:
        """Close the files."""
        self.corps.close()
        self.wechat.close()
        self.sms.close()
        self.post.close()


def make_world(data: Path, seed: int = 1, faults: Faults | None = None) -> World:
    """A world over the files in `data`, made on first use."""
    data.mkdir(parents=True, exist_ok=True)
    clock = WorldClock()
    return World(
        data,
        seed,
        PostOffice(data / "mail.db", clock.now, seed, faults or Faults()),
        Corps(seed, clock.now, data / "corp.pickle"),
        Office(data / "wechat.json", clock.now, seed),
        Exchange(data / "sms.json", clock.now, seed),
        clock,
    )
