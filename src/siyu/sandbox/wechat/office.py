"""The simulated WeChat itself: accounts, people, chats; who may call with which token, and what a person's acts allow."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec

from siyu.sandbox.courier import Courier
from siyu.sandbox.living import Living
from siyu.sandbox.luck import draw, letters
from siyu.sandbox.wechat.errors import DAY_LIMITS, MINUTE_LIMITS, Refused
from siyu.sandbox.wechat.words import (
    DAY,
    MINI,
    OFFICIAL,
    Account,
    Allowance,
    Bubble,
    Member,
    Person,
    State,
    Token,
)

_ID = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
_HEX = "0123456789abcdef"
_BEIJING = timezone(timedelta(hours=8))
_MOST_BUBBLES = 500_000


class Office:
    """All accounts of the small world. Every method wants `lock` held by its caller, who may be a request or the courier."""

    def __init__(self, path: Path, now: Callable[[], datetime], seed: int) -> None:
        self.lock = threading.RLock()
        self.seed = seed
        self.clock = now
        self._path = path
        self.state = msgspec.json.decode(path.read_bytes(), type=State) if path.exists() else State()
        self.courier = Courier(self.now, seed)
        self.lives: dict[str, Living] = {}  # by appid
        self._of_person: dict[str, list[Bubble]] = {}
        for one in self.state.bubbles:
            self._of_person.setdefault(one.person_id, []).append(one)

    def now(self) -> float:
        """The world's unix seconds."""
        return self.clock().timestamp()

    def day(self) -> str:
        """The natural day in China, by which quotas are counted."""
        return self.clock().astimezone(_BEIJING).strftime("%Y%m%d")

    def close(self) -> None:
        """Stop living and carrying, and write everything to the file; once."""
        for appid in list(self.lives):
            self.let_live(appid, None)
        if not self.courier.stop():
            return
        with self.lock:
            fresh = self._path.with_suffix(".new")
            fresh.write_bytes(msgspec.json.encode(self.state))
            fresh.replace(self._path)

    def let_live(self, appid: str, life: Living | None) -> None:
        """Let an account's people live by themselves from now on, or no more. Without `lock`: a life that ends is waited for."""
        old = self.lives.pop(appid, None)
        if old:
            old.stop()
        if life:
            self.lives[appid] = life
            life.start()

    def number(self) -> int:
        """The next number of this world; never given twice."""
        self.state.number += 1
        return self.state.number

    def word(self, length: int, *about: object) -> str:
        """A random-looking word, never the same twice (unless it is told by what)."""
        return letters(_ID, length, self.seed, *(about or ("word", self.number())))

    def message_id(self) -> int:
        """A MsgId: 64 bits, growing."""
        return 24_000_000_000_000_000 + self.number() * 64 + int(draw(self.seed, "msgid", self.state.number) * 64)

    def rid(self) -> str:
        """The number that every error carries."""
        n = self.number()
        return f"{int(self.now()):08x}-{letters(_HEX, 8, self.seed, 'rid', n)}-{letters(_HEX, 8, self.seed, 'dir', n)}"

    # accounts and people

    def add_account(self, kind: str, name: str, appid: str = "", secret: str = "", gh_id: str = "") -> Account:
        """Open an account. `ValueError` when the kind is unknown or the appid is taken."""
        if kind not in (*OFFICIAL, MINI):
            raise ValueError(f"kind is one of {', '.join((*OFFICIAL, MINI))}")
        appid = appid or "wx" + letters(_HEX, 16, self.seed, "appid", self.number())
        if appid in self.state.accounts:
            raise ValueError(f"there is an account {appid} already")
        account = Account(
            appid, kind, name or appid, gh_id or "gh_" + letters(_HEX, 12, self.seed, "gh", appid),
            secret or letters(_HEX, 32, self.seed, "secret", appid),
        )  # fmt: skip
        self.state.accounts[appid] = account
        return account

    def account(self, appid: str) -> Account:
        """An account. `KeyError` when there is none."""
        return self.state.accounts[appid]

    def add_person(self, person_id: str, name: str = "", phone: str = "", unionid: str = "") -> Person:
        """Let somebody live here, or change who is known. A unionid that is given holds for every open platform."""
        known = self.state.people.get(person_id)
        person = Person(
            person_id, name or (known.name if known else person_id), phone or (known.phone if known else ""),
            unionid or (known.unionid if known else ""),
            known.is_risky if known else False,
        )  # fmt: skip
        self.state.people[person_id] = person
        return person

    def member_of(self, account: Account, person_id: str) -> Member:
        """A person as the account knows them: one openid per person and account, for ever. `KeyError` when nobody is called so."""
        openid = account.openids.get(person_id)
        if openid is None:
            if person_id not in self.state.people:
                raise KeyError(person_id)
            openid = "o" + letters(_ID, 27, self.seed, "openid", account.appid, person_id)
            account.openids[person_id] = openid
            account.members[openid] = Member(openid, person_id)
        return account.members[openid]

    def unionid_of(self, account: Account, member: Member) -> str:
        """The unionid, when the account is bound to an open platform. One open platform sees one unionid per person."""
        person = self.state.people[member.person_id]
        if not account.open_platform:
            return ""
        return person.unionid or "o6" + letters(_ID, 26, self.seed, "unionid", account.open_platform, member.person_id)

    def known(self, account: Account, openid: Any) -> Member:
        """The member behind an openid. Refused with 40003."""
        found = account.members.get(openid) if isinstance(openid, str) else None
        if found is None:
            raise Refused(40003)
        return found

    # tokens and quotas

    def caller(self, token: str) -> Account:
        """Whose token it is. Refused with 41001, 40014, 42001 or 40001."""
        if not token:
            raise Refused(41001)
        for account in self.state.accounts.values():
            found = account.tokens.get(token)
            if found is None:
                continue
            if found.until <= self.now():
                raise Refused(42001 if found.made_at + account.settings.token_life <= self.now() else 40001)
            return account
        raise Refused(40014)

    def new_token(self, account: Account, *, is_stable: bool) -> Token:
        """A fresh token. The one before of the same way stops to work after the overlap; the two ways do not touch each other."""
        now, keep = self.now(), account.settings
        for value, old in list(account.tokens.items()):
            if old.until < now - 2 * keep.token_life:
                del account.tokens[value]
            elif old.is_stable == is_stable:
                old.until = min(old.until, now + keep.token_overlap)
        value = f"{len(account.tokens) + 60}_" + letters(_ID, 62, self.seed, "t1", account.appid, self.number())
        value += letters(_ID, 70, self.seed, "t2", self.state.number)
        account.tokens[value] = Token(value, now + keep.token_life, now, is_stable)
        return account.tokens[value]

    def kill_tokens(self, account: Account) -> int:
        """Make every token invalid at once, as the platform sometimes does; gives how many."""
        alive = [one for one in account.tokens.values() if one.until > self.now()]
        for one in alive:
            one.until = self.now()
        return len(alive)

    def count(self, account: Account, path: str) -> None:
        """Count a call and refuse it beyond the day's or the minute's quota."""
        group = "/wxa/generate" if path in ("/wxa/generatescheme", "/wxa/generate_urllink") else path
        day, minute = f"{self.day()}|{group}", f"m{int(self.now() // 60)}|{group}"
        most = account.limits.get(group, DAY_LIMITS.get(group))
        if most is not None and account.calls.get(day, 0) >= most:
            raise Refused(45009)
        per_minute = account.limits.get(f"{group}@minute", MINUTE_LIMITS.get(group))
        if per_minute is not None and account.calls.get(minute, 0) >= per_minute:
            raise Refused(45009 if path == "/wxa/getwxacodeunlimit" else 45011)
        if len(account.calls) > 5000:
            kept = (self.day(), f"m{int(self.now() // 60)}|", "cleared|", "codes|")
            account.calls = {key: n for key, n in account.calls.items() if key.startswith(kept)}
            account.tickets = {key: one for key, one in account.tickets.items() if one.until > self.now() - DAY}
            account.sent = {key: one for key, one in account.sent.items() if one[0] > self.now() - DAY}
        account.calls[day] = account.calls.get(day, 0) + 1
        if per_minute is not None:
            account.calls[minute] = account.calls.get(minute, 0) + 1

    # chats

    def bubble(self, account: Account, member: Member, way: str, kind: str, via: str, body: dict[str, Any], **more: Any) -> Bubble:
        """Put something into the chat between an account and a person."""
        made = Bubble(self.number(), account.appid, member.openid, member.person_id, self.now(), way, kind, via, body, **more)
        self.state.bubbles.append(made)
        self._of_person.setdefault(member.person_id, []).append(made)
        if len(self.state.bubbles) > _MOST_BUBBLES:
            gone = self.state.bubbles[: _MOST_BUBBLES // 10]
            del self.state.bubbles[: _MOST_BUBBLES // 10]
            for one in gone:
                self._of_person[one.person_id].remove(one)
        return made

    def chat(self, person_id: str, appid: str = "") -> list[Bubble]:
        """What stands on a person's phone, oldest first."""
        return [one for one in self._of_person.get(person_id, []) if not appid or one.appid == appid]

    def allow(self, account: Account, member: Member, act: str) -> None:
        """A person did something that allows customer-service messages: message, action or enter."""
        keep = account.settings
        window, left = {
            "message": (keep.message_window, keep.message_quota),
            "action": (keep.action_window, keep.action_quota),
            "enter": (keep.action_window, keep.enter_quota),
        }[act]
        member.allowances[act] = Allowance(self.now() + window, left)

    def use_allowance(self, member: Member) -> None:
        """Take one customer-service message from what the person's acts allow. Refused with 45015 or 45047."""
        open_ones = [one for one in member.allowances.values() if one.until > self.now()]
        if not open_ones:
            raise Refused(45015)
        usable = [one for one in open_ones if one.left > 0]
        if not usable:
            raise Refused(45047)
        min(usable, key=lambda one: one.until).left -= 1
