"""A simulated corp: all it knows, and the few rules that everything else leans on."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import random
import threading
import time
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from siyu.sandbox.corp.refusals import Refusal
from siyu.sandbox.corp.settings import Faults, Settings
from siyu.sandbox.corp.state import (
    BOTH,
    HALF,
    LOST,
    App,
    Contact,
    Department,
    Follow,
    Group,
    KfAccount,
    Media,
    Member,
    Note,
    Quota,
    Tag,
    TagGroup,
    Task,
    Transfer,
    Way,
    Welcome,
)

T = TypeVar("T")

CHINA = timedelta(hours=8)  # days and months of limits are China's
DAY = 86_400


@dataclass(frozen=True)
class Event:
    """Something the corp tells its apps. `fields` in the order they stand in the XML, after Event."""

    number: int
    at: int
    event: str
    fields: tuple[tuple[str, Any], ...]

    @property
    def change(self) -> str:
        """Its ChangeType, or nothing."""
        return next((str(v) for k, v in self.fields if k == "ChangeType"), "")


@dataclass(slots=True)
class Token:
    """An access token of one app. `ends` in world seconds."""

    text: str
    agentid: int
    ends: int


class Company:
    """One corp. Everything is done under `lock`; time comes from the world's clock."""

    def __init__(self, corpid: str, name: str, seed: int, now: Callable[[], datetime]) -> None:
        self.corpid, self.name, self.seed = corpid, name, seed
        self.lock = threading.RLock()
        self._now = now
        self.settings, self.faults = Settings(), Faults()
        self.apps: dict[int, App] = {}
        self.tokens: dict[str, Token] = {}
        self.departments: dict[int, Department] = {1: Department(1, name, 0)}
        self.members: dict[str, Member] = {}
        self.contacts: dict[str, Contact] = {}
        self.follows: dict[str, dict[str, Follow]] = {}
        self.tag_groups: dict[str, TagGroup] = {}
        self.tags: dict[str, Tag] = {}
        self.ways: dict[str, Way] = {}
        self.join_ways: dict[str, Way] = {}
        self.links: dict[str, Way] = {}
        self.welcomes: dict[str, Welcome] = {}
        self.tasks: dict[str, Task] = {}
        self.groups: dict[str, Group] = {}
        self.transfers: list[Transfer] = []
        self.quotas: list[Quota] = []
        self.kf: dict[str, KfAccount] = {}
        self.media: dict[str, Media] = {}
        self.shelf: dict[str, dict[str, dict[str, Any]]] = {}  # small things kept as they were given: templates, albums, rules
        self.keys: dict[str, tuple[Any, ...]] = {}  # codes, tickets, temporary ids -> (kind, ends, ...)
        self.received: dict[str, list[int]] = {}  # customer or group -> when a mass message arrived
        self.behaviour: dict[tuple[str, int], list[int]] = {}  # (userid, day) -> see `count`
        self.staff_notes: dict[str, list[Note]] = {}
        self.on_event: Callable[[Event], None] = lambda event: None
        self.transfers_of: dict[str, list[Transfer]] = {}
        self.due: deque[Transfer] = deque()
        self._ids = 0
        self._unionids: dict[str, Contact] = {}
        self._follow_seq = 0
        self._event_seq = 0

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k not in ("lock", "_now", "on_event")}

    def awake(self, now: Callable[[], datetime]) -> None:
        """Give a corp that was written down its clock and its lock back."""
        self.lock, self._now, self.on_event = threading.RLock(), now, lambda event: None

    # --- time, luck, ids ---

    def now(self) -> int:
        """Unix seconds of the world's clock."""
        return int(self._now().timestamp())

    def tick(self) -> float:
        """The clock on which the short deadlines run; world or wall as set."""
        return time.monotonic() if self.settings.deadlines_on == "wall" else self._now().timestamp()

    def day(self, at: int) -> int:
        """The start of China's calendar day around a moment, in unix seconds."""
        return at - (at + int(CHINA.total_seconds())) % DAY

    def luck(self, *about: object) -> random.Random:
        """A generator for one purpose, always the same for one seed."""
        return random.Random(":".join(map(str, (self.seed, self.corpid, *about))))  # noqa: S311  a simulation

    def new_id(self, prefix: str, length: int = 32) -> str:
        """A new id that looks like the vendor's: a prefix and letters that mean nothing."""
        self._ids += 1
        text = base64.urlsafe_b64encode(
            hashlib.blake2b(f"{self.seed}:{self.corpid}:{self._ids}".encode(), digest_size=48).digest()
        ).decode()
        return (prefix + text.replace("=", ""))[:length]

    # --- tokens ---

    def app_of_secret(self, secret: str) -> App | None:
        """The app with this secret."""
        return next((app for app in self.apps.values() if hmac.compare_digest(app.secret, secret)), None)

    def give_token(self, app: App) -> tuple[str, int]:
        """A token of the app and for how many seconds it is good."""
        now, way = self.now(), self.settings.repeat_token
        life = self.settings.token_life  # a token from before the clock was turned back is none
        mine = [token for token in self.tokens.values() if token.agentid == app.agentid and now < token.ends <= now + life]
        if mine and way == "same":
            best = max(mine, key=lambda token: token.ends)
            return best.text, best.ends - now
        if way == "new_kills_old":
            for token in mine:
                token.ends = now
        made = Token(self.new_id("", 64) + self.new_id("", 64) + self.new_id("", 64), app.agentid, now + self.settings.token_life)
        self.tokens = {text: token for text, token in self.tokens.items() if token.ends > now - DAY} | {made.text: made}
        return made.text, self.settings.token_life

    # --- who sees whom ---

    def is_visible(self, app: App, userid: str) -> bool:
        """Whether a member stands in the visible range of an app."""
        if not app.users and not app.departments:
            return True
        member = self.members.get(userid)
        return member is not None and (userid in app.users or any(self._within(d, app.departments) for d in member.departments))

    def _within(self, department: int, wanted: set[int]) -> bool:
        while department:
            if department in wanted:
                return True
            department = self.departments[department].parent if department in self.departments else 0
        return False

    def below(self, department: int) -> set[int]:
        """A department and all below it."""
        return {d for d in self.departments if self._within(d, {department})}

    def member(self, userid: str) -> Member:
        """A member that still works here; 60111 otherwise."""
        found = self.members.get(userid)
        if found is None or found.status == 5:
            raise Refusal(60111, "userid not found")
        return found

    def staff(self, app: App, userid: str) -> Member:
        """A member who may have customers and whom the app sees; 60111, 60021 or 84074 otherwise."""
        found = self.member(userid)
        if not self.is_visible(app, userid):
            raise Refusal(60021, "user is outside the visible range of the app")
        if not found.has_customers:
            raise Refusal(84074, "member has no permission for external contacts")
        return found

    def able(self, app: App, userid: str) -> Member:
        """`staff` who is also activated and real-name; 41054 otherwise."""
        found = self.staff(app, userid)
        if found.status != 1 or not found.is_real_name:
            raise Refusal(41054, "member is not activated or not real-name")
        return found

    def is_listed(self, follow: Follow) -> bool:
        """Whether the interface still tells this relation."""
        stage = follow.stage
        return stage == BOTH or (stage == LOST and self.settings.lost_stays_listed) or (stage == HALF and self.settings.half_is_listed)

    def follow(self, userid: str, contact_id: str) -> Follow:
        """The relation of a member and a customer; 40096 when there is no such customer, 84061 when they are not connected."""
        if contact_id not in self.contacts:
            raise Refusal(40096, "invalid external_userid")
        found = self.follows.get(userid, {}).get(contact_id)
        if found is None or not self.is_listed(found):
            raise Refusal(84061, "not external contact")
        return found

    def listed(self, userid: str) -> list[Follow]:
        """The relations of a member, oldest first."""
        return [f for f in self.follows.get(userid, {}).values() if self.is_listed(f)]

    def by_unionid(self, unionid: str) -> Contact | None:
        """The contact behind a unionid."""
        return self._unionids.get(unionid)

    def put_contact(self, contact: Contact) -> None:
        """Enter a person who was not known."""
        self.contacts[contact.id] = contact
        if contact.unionid:
            self._unionids[contact.unionid] = contact

    # --- the relation itself ---

    def put_follow(self, userid: str, contact: Contact, at: int, **more: Any) -> Follow:
        """Connect a member and a customer; an old relation of the two is replaced by a new one."""
        self._follow_seq += 1
        made = Follow(self._follow_seq, userid, contact, at, **more)
        mine = self.follows.setdefault(userid, {})
        mine.pop(contact.id, None)
        mine[contact.id] = made
        contact.follows[userid] = made
        return made

    def drop_follow(self, follow: Follow) -> None:
        """Take a relation away on the member's side."""
        self.follows.get(follow.userid, {}).pop(follow.contact.id, None)
        follow.contact.follows.pop(follow.userid, None)

    def forget_tags(self, ids: set[str]) -> None:
        """Take tags away everywhere; a group goes with its last tag."""
        for key in ids:
            tag = self.tags.pop(key)
            del tag.group.tags[key]
            if not tag.group.tags:
                self.tag_groups.pop(tag.group.id, None)
        for mine in self.follows.values():
            for follow in mine.values():
                if follow.tags and follow.tags & ids:
                    follow.tags -= ids

    def close_temporary(self, follow: Follow, conclusions: dict[str, Any]) -> None:
        """End a temporary chat: the closing words appear on the customer's phone."""
        text = str((conclusions.get("text") or {}).get("content") or "")
        more = [{"msgtype": kind, kind: conclusions[kind]} for kind in ("image", "link", "miniprogram") if conclusions.get(kind)][:1]
        self.note(follow.contact, Note(self.now(), "chat", follow.userid, text, tuple(more)))
        self.drop_follow(follow)

    def note(self, contact: Contact, note: Note) -> None:
        """Let something appear on the customer's phone."""
        if contact.notes is None:
            contact.notes = []
        contact.notes.append(note)

    def count(self, userid: str, at: int, what: int, n: int = 1) -> None:
        """Count a behaviour of the day (0 chats, 1 messages, 2 answers, 3 lost, 4 applied, 5 added, 6 seconds until the answers)."""
        self.behaviour.setdefault((userid, self.day(at)), [0] * 7)[what] += n

    # --- events ---

    def emit(self, event: str, *fields: tuple[str, Any]) -> Event:
        """Tell all apps that may hear it. Fields with None are left out."""
        self._event_seq += 1
        made = Event(self._event_seq, self.now(), event, tuple((k, v) for k, v in fields if v is not None))
        self.on_event(made)
        return made

    def emit_contact(self, change: str, userid: str, contact_id: str, *more: tuple[str, Any]) -> Event:
        """A `change_external_contact` event."""
        return self.emit("change_external_contact", ("ChangeType", change), ("UserID", userid), ("ExternalUserID", contact_id), *more)

    # --- cursors ---

    def cursor(self, what: str, *place: int) -> str:
        """A cursor: opaque, sealed, good for a while and for one kind of list only."""
        body = json.dumps([what, self.now(), *place], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._seal(body) + body).decode().rstrip("=")

    def place(self, what: str, cursor: str, parts: int = 1) -> tuple[int, ...]:
        """The place behind a cursor ("" = the start: zeros); 40058 when it is none of ours, or too old."""
        if not cursor:
            return (0,) * parts
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            seal, body = raw[:8], raw[8:]
            if not hmac.compare_digest(seal, self._seal(body)):
                raise Refusal(40058, "invalid cursor")
            kind, born, *place = json.loads(body)
        except (binascii.Error, ValueError) as err:
            raise Refusal(40058, "invalid cursor") from err
        if kind != what or len(place) != parts or (born < self.now() - self.settings.cursor_life and not what.startswith("kf:")):
            raise Refusal(40058, "invalid cursor")
        return tuple(place)

    def _seal(self, body: bytes) -> bytes:
        return hmac.digest(f"{self.seed}:{self.corpid}:cursor".encode(), body, "sha256")[:8]

    def page(self, what: str, items: Sequence[T], cursor: str, limit: int) -> tuple[list[T], str]:
        """One page of a list that only grows at its end, and the cursor of the next one ("" = no more)."""
        (start,) = self.place(what, cursor)
        part = list(items[start : start + limit])
        return part, self.cursor(what, start + limit) if start + limit < len(items) else ""

    def follow_page(self, what: str, userids: Sequence[str], cursor: str, limit: int) -> tuple[list[Follow], str]:
        """One page of the relations of several members, safe against changes between pages."""
        who, after = self.place(what, cursor, 2)
        found: list[Follow] = []
        for n in range(who, len(userids)):
            mine = list(self.follows.get(userids[n], {}).values())
            start = bisect_right(mine, after, key=lambda f: f.seq) if n == who and after else 0
            for follow in mine[start:]:
                if len(found) == limit:
                    return found, self.cursor(what, n, found[-1].seq if found[-1].userid == userids[n] else 0)
                if self.is_listed(follow):
                    found.append(follow)
        return found, ""

    # --- what a customer may still receive ---

    def may_receive(self, target: str, at: int) -> bool:
        """Whether one more mass message fits under the rule in force for a customer or group."""
        when, rule = self.received.get(target, ()), self.settings.mass_send_rule
        if rule == "daily1":
            return not any(self.day(t) == self.day(at) for t in when)
        local = datetime.fromtimestamp(at, UTC) + CHINA
        if rule == "weekly7":
            start = self.day(at) - local.weekday() * DAY
            return sum(t >= start for t in when) < 7
        start = self.day(at) - (local.day - 1) * DAY
        days = ((local.replace(day=1) + timedelta(days=32)).replace(day=1) - local.replace(day=1)).days
        return sum(t >= start for t in when) < days

    def unexpired(self, key: str, kind: str) -> tuple[Any, ...] | None:
        """What a code or temporary id stands for, while it is good."""
        held = self.keys.get(key)
        return held[2:] if held and held[0] == kind and held[1] > self.now() else None

    def visible_staff(self, app: App) -> Iterator[Member]:
        """The members with customers that an app sees, by id."""
        return (m for m in self.members.values() if m.has_customers and m.status != 5 and self.is_visible(app, m.userid))

    def of_departments(self, departments: Iterable[int]) -> set[str]:
        """The members of departments and of all below them."""
        wanted: set[int] = set()
        for one in departments:
            wanted |= self.below(one)
        return {m.userid for m in self.members.values() if m.status != 5 and wanted & set(m.departments)}
