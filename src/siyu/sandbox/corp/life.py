"""Customers and members who live by themselves, by stated rates and the seed: they scan, talk, join, leave, delete, confirm and put away.

Each kind of act is a Poisson process in the world's time, so a fast clock makes a busy corp. What they did is counted.
"""

from __future__ import annotations

import heapq
import logging
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any

from siyu.sandbox.corp import friends, grouping, handing, scanning, sending
from siyu.sandbox.corp.company import DAY, Company
from siyu.sandbox.corp.friends import Impossible
from siyu.sandbox.corp.state import BOTH, HALF, Contact, Follow

log = logging.getLogger(__name__)

_TICK = 0.02
_AT_ONCE = 1000  # acts under one hold of the lock
_LOOKS = 20  # how often somebody who fits is looked for before the act is given up


@dataclass(frozen=True)
class Habits:
    """How often things happen in the whole corp, per day of the world's time; shares lie between 0 and 1."""

    scans: float = 40.0  # new customers by live codes
    returns: float = 4.0  # customers who scan a code again
    links: float = 0.0  # by acquisition links
    says: float = 100.0  # words of customers; members answer half of them
    deletes: float = 1.0  # customers who remove a member
    member_deletes: float = 0.2
    edits: float = 10.0  # remarks changed in the client
    joins: float = 10.0  # by the codes of groups
    leaves: float = 2.0  # out of groups
    half: float = 0.05  # share of scans that the member must confirm back
    confirms: float = 0.8  # share of tasks that a member sends; the others are put away
    confirm_after: float = 10_800.0  # seconds until then, on average

    def changed(self, given: dict[str, Any]) -> Habits:
        """These with some replaced; ValueError names what cannot be."""
        names = {f.name for f in fields(self)}
        for name, value in given.items():
            if name not in names:
                raise ValueError(f"there is no habit {name}; there are {', '.join(sorted(names))}")
            most = 1.0 if name in ("half", "confirms") else 1e7
            if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= most:
                raise ValueError(f"{name} is a number between 0 and {most:g}")
        return Habits(**(asdict(self) | {k: float(v) for k, v in given.items()}))


class Life:
    """The life of one corp. `step` does all that is due; `start` lets a thread do so as the clock goes on."""

    def __init__(self, company: Company, habits: Habits) -> None:
        self.company, self.habits = company, habits
        self.did: Counter[str] = Counter()
        self._dice = company.luck("life", company.now())
        self._due: list[tuple[float, int, Callable[[], None], str]] = []
        self._number = 0
        self._known: set[tuple[str, str]] = set()  # (task, member) that somebody means to deal with
        self._people: list[Contact] = []
        self._end = threading.Event()
        self._thread: threading.Thread | None = None
        self._seen_at = company.now()
        self._begin()

    def _begin(self) -> None:
        acts = {
            "scans": self._scan, "returns": self._return, "links": self._link, "says": self._say, "deletes": self._delete,
            "member_deletes": self._member_delete, "edits": self._edit, "joins": self._join, "leaves": self._leave,
        }  # fmt: skip
        self._due.clear()
        self._known.clear()
        for name, act in acts.items():
            self._again(name, act, float(self.company.now()))

    def start(self) -> None:
        """Live on with the clock until `stop`."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Do nothing more."""
        self._end.set()
        if self._thread:
            self._thread.join(10)

    def step(self) -> None:
        """Do what is due by now, in its order; after a great leap of the clock some of it is left for the next step."""
        with self.company.lock:
            handing.catch_up(self.company)
            now = self.company.now()
            if now < self._seen_at:  # somebody turned the clock back
                self._begin()
            self._seen_at = now
            self._look_at_tasks()
            for _ in range(_AT_ONCE):
                if not self._due or self._due[0][0] > now:
                    break
                _, _, act, name = heapq.heappop(self._due)
                try:
                    act()
                    self.did[name] += 1
                except Impossible:
                    self.did[f"{name}, in vain"] += 1

    def _run(self) -> None:
        while not self._end.wait(_TICK):
            self.step()

    def _plan(self, at: float, name: str, act: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._due, (at, self._number, act, name))

    def _again(self, name: str, act: Callable[[], None], after: float) -> None:
        rate = getattr(self.habits, name)
        if rate <= 0:
            return
        at = after + self._dice.expovariate(rate / DAY)

        def once() -> None:
            self._again(name, act, at)
            act()

        self._plan(at, name, once)

    # --- who ---

    def _anybody(self) -> Contact:
        if len(self._people) < len(self.company.contacts):
            fresh = list(self.company.contacts.values())
            self._people += fresh[len(self._people) :]
        if not self._people:
            raise Impossible("there are no customers")
        return self._dice.choice(self._people)

    def _friends(self) -> Follow:
        for _ in range(_LOOKS):
            follows = [f for f in self._anybody().follows.values() if f.stage == BOTH and self.company.members[f.userid].status == 1]
            if follows:
                return self._dice.choice(follows)
        raise Impossible("nobody was found")

    # --- what ---

    def _scan(self) -> None:
        ways = [w for w in self.company.ways.values() if not w.given["is_temp"]]
        if not ways:
            raise Impossible("there is no code")
        done = scanning.scan(
            self.company, self._dice.choice(ways).id, friends.make_contact(self.company), is_half=self._dice.random() < self.habits.half
        )
        contact, userid = self.company.contacts[str(done["external_userid"])], str(done["userid"])
        later = self.company.now() + self._dice.expovariate(1 / 3600)
        if done["stage"] == HALF:
            self._plan(later, "confirmed back", lambda: _ignore(friends.confirm(self.company, userid, contact)))
        elif done["stage"] == "applied":
            self._plan(later, "accepted", lambda: _ignore(scanning.accept(self.company, userid, contact)))

    def _return(self) -> None:
        ways = list(self.company.ways)
        if not ways:
            raise Impossible("there is no code")
        scanning.scan(self.company, self._dice.choice(ways), self._anybody())

    def _link(self) -> None:
        links = list(self.company.links.values())
        if not links:
            raise Impossible("there is no link")
        scanning.follow_link(self.company, self._dice.choice(links).url, friends.make_contact(self.company))

    def _say(self) -> None:
        follow = self._friends()
        friends.says(self.company, follow.userid, follow.contact, self._dice.choice(_WORDS), is_customer=True)
        if self._dice.random() < 0.5:
            later = self.company.now() + self._dice.expovariate(1 / 600)
            self._plan(
                later,
                "answered",
                lambda: friends.says(self.company, follow.userid, follow.contact, self._dice.choice(_ANSWERS), is_customer=False),
            )

    def _delete(self) -> None:
        follow = self._friends()
        friends.dropped_by_customer(self.company, follow.userid, follow.contact)

    def _member_delete(self) -> None:
        follow = self._friends()
        friends.dropped_by_member(self.company, follow.userid, follow.contact)

    def _edit(self) -> None:
        follow = self._friends()
        friends.edits(
            self.company, follow.userid, follow.contact, remark=follow.contact.name[:10] + self._dice.choice(("·老客", "·茶友", "·会员"))
        )

    def _join(self) -> None:
        codes = list(self.company.join_ways)
        if not codes:
            raise Impossible("there is no code")
        grouping.scan_join(self.company, self._dice.choice(codes), self._anybody())

    def _leave(self) -> None:
        groups = [g for g in self.company.groups.values() if any(m.kind == 2 for m in g.members.values())]
        if not groups:
            raise Impossible("there is no group")
        group = self._dice.choice(groups)
        grouping.leave(self.company, group, self._dice.choice([m.id for m in group.members.values() if m.kind == 2]))

    def _look_at_tasks(self) -> None:
        tick = self.company.tick()
        for task in self.company.tasks.values():
            if task.is_cancelled or tick < task.ready or not task.is_by_api or len(task.done) + len(task.ignored) == len(task.targets):
                continue
            for userid in task.targets:
                if (task.id, userid) in self._known:
                    continue
                self._known.add((task.id, userid))
                at = self.company.now() + self._dice.expovariate(1 / max(self.habits.confirm_after, 1e-6))
                is_sent = self._dice.random() < self.habits.confirms
                deed = sending.confirm if is_sent else sending.ignore
                name = "sent" if is_sent else "put away"
                self._plan(at, name, lambda deed=deed, task=task, userid=userid: _ignore(deed(self.company, task, userid)))  # type: ignore[misc]


def _ignore(_: object) -> None:
    """Let an act give nothing back."""


_WORDS = ("在吗？", "这款还有货吗", "什么时候发货", "优惠券怎么用", "谢谢", "好的", "周末营业吗", "能退换吗")
_ANSWERS = ("在的，您说", "有货的", "今天发出", "下单时自动抵扣", "不客气", "营业的，欢迎来", "七天内都可以")
