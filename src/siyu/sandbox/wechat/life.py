"""Followers and users of mini-programs who live by themselves, by stated rates and the seed; each account has a life of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from siyu.sandbox.living import Living, changed
from siyu.sandbox.population import luck
from siyu.sandbox.wechat.deeds import CannotDo, do
from siyu.sandbox.wechat.office import Office
from siyu.sandbox.wechat.words import Account, Member

WORDS = ("在吗", "怎么泡", "门店在哪", "优惠", "发货", "会员", "退货", "人工")
_SHARES = frozenset({"known", "by_code", "accepts"})
_LOOKS = 20  # how often somebody who fits is looked for before the act is given up


@dataclass(frozen=True)
class Habits:
    """How often things happen at one account, per day of the world's time; shares lie between 0 and 1."""

    follows: float = 20.0  # new followers (an official account)
    unfollows: float = 0.5
    returns: float = 3.0  # followers who scan a code again
    writes: float = 30.0  # words of followers; in a mini-program, of those who are in its customer service
    clicks: float = 10.0  # menu buttons
    logins: float = 30.0  # of a mini-program: wx.login, whose code nobody waits for
    enters: float = 5.0  # into the customer service of a mini-program
    answers: float = 5.0  # to the question whether a subscription message may be sent
    known: float = 0.5  # share of newcomers who live here already (`/sandbox/wechat/people`)
    by_code: float = 0.5  # share of newcomers who scan a code of the account, where it has any
    accepts: float = 0.7  # share of the answers that say yes

    def changed(self, given: Mapping[str, Any]) -> Habits:
        """These with some replaced; ValueError names what cannot be."""
        return changed(self, given, _SHARES)


class Life(Living):
    """The life of one account. `words` is what its people write."""

    def __init__(self, office: Office, account: Account, habits: Habits, words: Sequence[str] = WORDS) -> None:
        super().__init__(office.now, luck(office.seed, account.appid, "life", int(office.now())), office.lock, CannotDo)
        self.office, self.account, self.habits, self.words = office, account, habits, tuple(words) or WORDS
        official = {
            "follows": self._follow, "unfollows": self._unfollow, "returns": self._return, "writes": self._write, "clicks": self._click,
            "answers": self._answer,
        }  # fmt: skip
        mini = {"logins": self._login, "enters": self._enter, "writes": self._write, "answers": self._answer}
        acts = mini if account.is_mini else official
        self.begin({name: (getattr(habits, name), act) for name, act in acts.items()})

    def _do(self, person_id: str, does: str, **given: Any) -> dict[str, Any]:
        return do(self.office, self.account, person_id, does, given)

    def _newcomer(self) -> str:
        people = list(self.office.state.people)
        if people and self.dice.random() < self.habits.known:
            for _ in range(_LOOKS):
                one = self.dice.choice(people)
                openid = self.account.openids.get(one)
                if openid is None or not self.account.members[openid].is_following:
                    return one
        number = len(people) + 1
        return self.office.add_person(f"p{number}", f"客{number}", f"139{number:08d}").person_id

    def _member(self) -> Member:
        members = list(self.account.members.values())
        for _ in range(_LOOKS if members else 0):
            one = self.dice.choice(members)
            if one.is_following or self.account.is_mini:
                return one
        raise CannotDo("nobody was found")

    def _codes(self) -> list[str]:
        return [one.ticket for one in self.account.codes.values() if not one.expires_at or one.expires_at > self.office.now()]

    def _follow(self) -> None:
        codes = self._codes()
        if codes and self.dice.random() < self.habits.by_code:
            self._do(self._newcomer(), "scan", ticket=self.dice.choice(codes))
        else:
            self._do(self._newcomer(), "follow", add_scene=self.dice.choice(("ADD_SCENE_SEARCH", "ADD_SCENE_PROFILE_CARD")))

    def _unfollow(self) -> None:
        self._do(self._member().person_id, "unfollow")

    def _return(self) -> None:
        codes = self._codes()
        if not codes:
            raise CannotDo("there is no code")
        self._do(self._member().person_id, "scan", ticket=self.dice.choice(codes))

    def _write(self) -> None:
        self._do(self._member().person_id, "write", text=self.dice.choice(self.words))

    def _click(self) -> None:
        buttons = [one for row in self.account.menu.get("button", []) for one in (row.get("sub_button") or [row]) if one.get("key")]
        if not buttons:
            raise CannotDo("there is no menu")
        self._do(self._member().person_id, "click", button=self.dice.choice(buttons)["key"])

    def _login(self) -> None:
        members = list(self.account.members.values())
        is_new = not members or self.dice.random() < 0.5
        self._do(self._newcomer() if is_new else self.dice.choice(members).person_id, "login")

    def _enter(self) -> None:
        self._do(self._member().person_id, "enter")

    def _answer(self) -> None:
        asked = [one.template_id for one in self.account.templates.values() if one.kind in ("subscribe", "notice") and not one.is_blocked]
        if not asked:
            raise CannotDo("nothing is asked")
        says = "accept" if self.dice.random() < self.habits.accepts else "reject"
        self._do(self._member().person_id, "answer", templates={self.dice.choice(asked): says})
