"""Customers and members who live by themselves, by stated rates and the seed: they scan, talk, join, leave, delete, tell their friends,
buy, confirm, put away and resign.

Each kind of act is a Poisson process in the world's time, so a fast clock makes a busy corp. What they did is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from siyu.sandbox.corp import friends, grouping, handing, scanning, sending
from siyu.sandbox.corp.company import Company
from siyu.sandbox.corp.friends import Impossible
from siyu.sandbox.corp.state import BOTH, HALF, Contact, Follow, Task
from siyu.sandbox.living import Living, changed
from siyu.sandbox.till import Buyer, Till

_LOOKS = 20  # how often somebody who fits is looked for before the act is given up
_QUICK_AFTER = 600.0  # seconds until a quick member confirms, on average
_BUYS_WITHIN = 2 * 86_400.0  # seconds until a mass message makes somebody buy, on average
_SHARES = frozenset({"half", "confirms", "quick", "never", "buys_after", "deletes_after"})
_CARD = 3  # add_way: a card that somebody passed on


@dataclass(frozen=True)
class Habits:
    """How often things happen in the whole corp, per day of the world's time; shares lie between 0 and 1."""

    scans: float = 40.0  # new customers by live codes
    returns: float = 4.0  # customers who scan a code again
    links: float = 0.0  # by acquisition links
    refers: float = 2.0  # customers who pass their code, or their guide's card, on to a friend who uses it
    says: float = 100.0  # words of customers; members answer half of them
    deletes: float = 1.0  # customers who remove a member
    member_deletes: float = 0.2
    edits: float = 10.0  # remarks changed in the client
    joins: float = 10.0  # by the codes of groups
    leaves: float = 2.0  # out of groups
    buys: float = 0.0  # orders of their own accord, in the shop that was given
    resigns: float = 0.0  # members who leave the corp; the last two never do
    half: float = 0.05  # share of scans that the member must confirm back
    quick: float = 0.25  # share of members who send every task within minutes
    never: float = 0.05  # share of members who never look at one; the rest are as the next two say
    confirms: float = 0.8  # share of tasks that a member sends; the others are put away
    confirm_after: float = 10_800.0  # seconds until then, on average
    buys_after: float = 0.03  # share of mass messages that make their reader buy, about two days later
    deletes_after: float = 0.002  # share of mass messages that make their reader remove the member

    def changed(self, given: Mapping[str, Any]) -> Habits:
        """These with some replaced; ValueError names what cannot be."""
        return changed(self, given, _SHARES)


class Life(Living):
    """The life of one corp. `step` does all that is due; `start` lets a thread do so as the clock goes on. Orders go into the `till`."""

    def __init__(self, company: Company, habits: Habits, till: Till | None = None) -> None:
        super().__init__(company.now, company.luck("life", company.now()), company.lock, Impossible)
        self.company, self.habits, self.till = company, habits, till
        self._known: set[tuple[str, str]] = set()  # (task, member) that somebody means to deal with
        self._people: list[Contact] = []
        self._busy: dict[str, int] = {}  # who did something last when: nobody does two things within one second
        acts = {
            "scans": self._scan, "returns": self._return, "links": self._link, "refers": self._refer, "says": self._say,
            "deletes": self._delete, "member_deletes": self._member_delete, "edits": self._edit, "joins": self._join,
            "leaves": self._leave, "buys": self._buy, "resigns": self._resign,
        }  # fmt: skip
        self.begin({name: (getattr(habits, name), act) for name, act in acts.items()})

    def look(self) -> None:
        """Hand-overs that are due, and tasks that nobody has thought of yet."""
        handing.catch_up(self.company)
        self._look_at_tasks()

    def clock_turned(self) -> None:
        """Think anew about the tasks."""
        self._known.clear()

    def stop(self) -> None:
        """Do nothing more; the till is shut."""
        super().stop()
        if self.till:
            self.till.close()

    # --- who ---

    def _anybody(self) -> Contact:
        if len(self._people) < len(self.company.contacts):
            fresh = list(self.company.contacts.values())
            self._people += fresh[len(self._people) :]
        now = self.company.now()
        for _ in range(_LOOKS if self._people else 0):
            one = self.dice.choice(self._people)
            if self._busy.get(one.id, 0) != now:
                self._busy[one.id] = now
                return one
        raise Impossible("nobody was found")

    def _friends(self) -> Follow:
        for _ in range(_LOOKS):
            follows = [f for f in self._anybody().follows.values() if f.stage == BOTH and self.company.members[f.userid].status == 1]
            if follows:
                return self.dice.choice(follows)
        raise Impossible("nobody was found")

    def _new(self) -> Contact:
        made = friends.make_contact(self.company)
        self._busy[made.id] = self.company.now()
        return made

    # --- what ---

    def _scan(self) -> None:
        ways = [w for w in self.company.ways.values() if not w.given["is_temp"]]
        if not ways:
            raise Impossible("there is no code")
        done = scanning.scan(self.company, self.dice.choice(ways).id, self._new(), is_half=self.dice.random() < self.habits.half)
        contact, userid = self.company.contacts[str(done["external_userid"])], str(done["userid"])
        after = self.dice.expovariate(1 / 3600)
        if done["stage"] == HALF:
            self.later(after, "confirmed back", lambda: friends.confirm(self.company, userid, contact))
        elif done["stage"] == "applied":
            self.later(after, "accepted", lambda: scanning.accept(self.company, userid, contact))

    def _refer(self) -> None:
        """Somebody tells a friend, who scans the code that they came by; if it is gone, the guide's card is passed on."""
        follow = self._friends()
        way = next((w for w in self.company.ways.values() if follow.state and w.given["state"] == follow.state), None)
        friend = self._new()
        if way is not None:
            scanning.scan(self.company, way.id, friend)
        else:
            friends.add(self.company, follow.userid, friend, add_way=_CARD, oper=follow.contact.id)

    def _buy(self) -> None:
        self._order(self._anybody())

    def _order(self, contact: Contact) -> None:
        if self.till is None:
            raise Impossible("no shop was given")
        buyer = Buyer(f"shop-{contact.mobile}", contact.mobile, contact.unionid)
        self.till.buy(buyer, self.company.new_id("C", 20), float(self.company.now()), self.dice)

    def _resign(self) -> None:
        able = [m.userid for m in self.company.members.values() if m.status == 1 and m.has_customers]
        if len(able) <= 2:
            raise Impossible("too few members are left")
        handing.resign(self.company, self.dice.choice(able))

    def _return(self) -> None:
        ways = list(self.company.ways)
        if not ways:
            raise Impossible("there is no code")
        scanning.scan(self.company, self.dice.choice(ways), self._anybody())

    def _link(self) -> None:
        links = list(self.company.links.values())
        if not links:
            raise Impossible("there is no link")
        scanning.follow_link(self.company, self.dice.choice(links).url, self._new())

    def _say(self) -> None:
        follow = self._friends()
        friends.says(self.company, follow.userid, follow.contact, self.dice.choice(_WORDS), is_customer=True)
        if self.dice.random() < 0.5:
            words, after = self.dice.choice(_ANSWERS), self.dice.expovariate(1 / 600)
            self.later(after, "answered", lambda: friends.says(self.company, follow.userid, follow.contact, words, is_customer=False))

    def _delete(self) -> None:
        follow = self._friends()
        friends.dropped_by_customer(self.company, follow.userid, follow.contact)

    def _member_delete(self) -> None:
        follow = self._friends()
        friends.dropped_by_member(self.company, follow.userid, follow.contact)

    def _edit(self) -> None:
        follow = self._friends()
        friends.edits(
            self.company, follow.userid, follow.contact, remark=follow.contact.name[:10] + self.dice.choice(("·老客", "·茶友", "·会员"))
        )

    def _join(self) -> None:
        codes = list(self.company.join_ways)
        if not codes:
            raise Impossible("there is no code")
        grouping.scan_join(self.company, self.dice.choice(codes), self._anybody())

    def _leave(self) -> None:
        groups = [g for g in self.company.groups.values() if any(m.kind == 2 for m in g.members.values())]
        if not groups:
            raise Impossible("there is no group")
        group, now = self.dice.choice(groups), self.company.now()
        able = [m.id for m in group.members.values() if m.kind == 2 and self._busy.get(m.id, 0) != now]
        if not able:
            raise Impossible("nobody can leave now")
        who = self.dice.choice(able)
        self._busy[who] = now
        grouping.leave(self.company, group, who)

    def _look_at_tasks(self) -> None:
        tick = self.company.tick()
        for task in self.company.tasks.values():
            if task.is_cancelled or tick < task.ready or not task.is_by_api or len(task.done) + len(task.ignored) == len(task.targets):
                continue
            for userid in task.targets:
                if (task.id, userid) not in self._known:
                    self._known.add((task.id, userid))
                    self._think_of(task, userid)

    def _think_of(self, task: Task, userid: str) -> None:
        """What a member will make of a task. Who is quick and who never looks is fixed for ever by the seed."""
        kind = self.company.luck("habit", userid).random()
        if kind < self.habits.never:
            return
        is_quick = kind < self.habits.never + self.habits.quick
        after = self.dice.expovariate(1 / (_QUICK_AFTER if is_quick else max(self.habits.confirm_after, 1e-6)))
        if is_quick or self.dice.random() < self.habits.confirms:
            self.later(after, "sent", lambda: self._send(task, userid))
        else:
            self.later(after, "put away", lambda: sending.ignore(self.company, task, userid))

    def _send(self, task: Task, userid: str) -> None:
        sending.confirm(self.company, task, userid)
        if task.kind != "single":
            return
        for target in task.targets[userid]:
            if task.results.get((userid, target), (0, 0))[0] == sending.SENT:
                self._react(userid, self.company.contacts[target])

    def _react(self, userid: str, contact: Contact) -> None:
        """What a mass message makes its reader do."""
        if self.till is not None and self.dice.random() < self.habits.buys_after:
            self.later(self.dice.expovariate(1 / _BUYS_WITHIN), "bought because of it", lambda: self._order(contact))
        if self.dice.random() < self.habits.deletes_after:
            self.later(
                self.dice.expovariate(1 / 3600), "removed because of it", lambda: friends.dropped_by_customer(self.company, userid, contact)
            )


_WORDS = ("在吗？", "这款还有货吗", "什么时候发货", "优惠券怎么用", "谢谢", "好的", "周末营业吗", "能退换吗")
_ANSWERS = ("在的，您说", "有货的", "今天发出", "下单时自动抵扣", "不客气", "营业的，欢迎来", "七天内都可以")
