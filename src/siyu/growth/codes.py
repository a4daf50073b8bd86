"""Making, changing and closing codes: what people wrote is checked and kept here; WeCom is told by `telling`, a moment later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from siyu import content, pool, segments
from siyu.base import settings
from siyu.base.db import Connection
from siyu.base.errors import InputError, NotFoundError
from siyu.base.ground import Ground
from siyu.growth import store
from siyu.growth.store import Q
from siyu.growth.turn import MOST_USERS, chats_on, minutes, turn, width_of
from siyu.growth.words import CodeKind, Count, Draft, For, LiveCode, Turn, Welcome
from siyu.vendors import VendorKind, account, accounts

CHANNEL = "welcome"
DEFAULT_WELCOMES = "growth.welcomes"  # who greets those who came by no code of ours
PACE = 1.0  # seconds between two tellings of one code
MOST_WELCOMES = 8  # of a code
_MOST_NAME = 30  # characters of a WeCom remark


@dataclass(frozen=True)
class Standing:
    """Whose turn it is at a code now, with what that was decided by. For a group code `chats` are where it leads to, `sizes` how full."""

    turn: Turn
    counts: dict[str, Count]
    chats: tuple[str, ...] = ()
    sizes: dict[str, int] | None = None

    @property
    def users(self) -> tuple[str, ...]:
        """What the vendor is to be told: userids, or chat ids."""
        return self.chats or self.turn.users


def make(ground: Ground, conn: Connection, draft: Draft, *, by: str = "") -> LiveCode:
    """Keep a new code. Raises `InputError` naming the field; WeCom is told by the next `tell`."""
    draft = _checked(conn, draft, 0)
    corp = account(conn, draft.account_id).app_id
    row = conn.execute(Q.insert_code, store.as_row(draft, corp=corp, now=ground.clock.now(), by=by)).fetchone()
    if row is None:
        raise _taken()
    code_id = int(row[0])
    conn.execute(Q.name_state, {"code_id": code_id, "state": f"lc{code_id}"})
    store.keep_guides(conn, code_id, draft.guides)
    return store.code(conn, code_id)


def change(ground: Ground, conn: Connection, code_id: int, draft: Draft, *, by: str = "") -> LiveCode:
    """Keep a code as it is written now; its kind and account stay. Raises `InputError`, `NotFoundError`."""
    before = store.code(conn, code_id)
    if {one.account_id: one.app_id for one in accounts(conn)}.get(before.draft.account_id) != before.corp:
        raise InputError("The code belongs to a corp that is not connected.", "Make it anew for the connected corp.")
    draft = _checked(conn, replace(draft, kind=before.draft.kind, account_id=before.draft.account_id), code_id)
    if conn.execute(Q.update_code, store.as_row(draft, code_id=code_id, now=ground.clock.now(), by=by)).fetchone() is None:
        raise NotFoundError("The code is closed.", "Make a new one.")
    store.keep_guides(conn, code_id, draft.guides)
    return store.code(conn, code_id)


def close(ground: Ground, conn: Connection, code_id: int, *, by: str = "") -> None:
    """Let a code lead nowhere: WeCom is told by the next `tell`, and what came by it stays known."""
    conn.execute(Q.close_code, {"code_id": code_id, "now": ground.clock.now(), "by": by})


def standing(ground: Ground, conn: Connection, codes: Sequence[LiveCode]) -> dict[int, Standing]:
    """Whose turn it is at each of these codes, now."""
    now, zone = ground.clock.now(), pool.brand(conn).time_zone
    turning = [one.code_id for one in codes if one.draft.kind != CodeKind.GROUP]
    counts = store.counts(conn, turning, now, zone) if turning else {}
    rush = store.rush(conn, turning, now) if turning else {}
    found: dict[int, Standing] = {}
    for one in codes:
        known = counts.get(one.code_id, {})
        if one.draft.kind == CodeKind.GROUP:
            sizes = store.chat_sizes(conn, one.corp, one.draft.chats)
            chats = chats_on(one.draft.chats, sizes, one.draft.chat_limit)
            found[one.code_id] = Standing(Turn((), {}, False, None), known, tuple(chats), sizes)
        else:
            found[one.code_id] = Standing(preview(one.draft, known, now, zone, adds=rush.get(one.code_id, 0)), known)
    return found


def preview(draft: Draft, counts: dict[str, Count], now: datetime, zone: str, *, adds: int = 0) -> Turn:
    """Whose turn it would be with a code as it is written, kept or not. `adds` is how many came in the last minute."""
    width = width_of(adds, PACE)
    if draft.kind == CodeKind.LINK:
        width = MOST_USERS  # a link's range is not told for every customer: all who may take somebody stand in it
    return turn(draft.rotation, draft.guides, counts, now, zone, reserve=draft.reserve, width=width)


def visit(ground: Ground, conn: Connection, code_id: int) -> None:
    """Count somebody who looked at the code's own page."""
    day = ground.clock.now().astimezone(ZoneInfo(pool.brand(conn).time_zone)).date()
    conn.execute(Q.count_visit, {"code_id": code_id, "day": day})


def default_welcomes(conn: Connection) -> tuple[Welcome, ...]:
    """Who greets customers that no rule of a code is for, and those who came by none: the setting `growth.welcomes`, empty by default."""
    return store.welcomes_of(settings.get(conn, DEFAULT_WELCOMES, []))


def set_default_welcomes(ground: Ground, conn: Connection, welcomes: Sequence[Welcome]) -> None:
    """Greet customers that no rule of a code is for. Raises `InputError` for a content, an hour or people that cannot be meant."""
    _check_welcomes(conn, welcomes)
    settings.put(conn, DEFAULT_WELCOMES, [asdict(one) for one in welcomes], at=ground.clock.now())


def _checked(conn: Connection, draft: Draft, code_id: int) -> Draft:
    name = draft.name.strip()
    if not 1 <= len(name) <= _MOST_NAME:
        raise InputError("The name is empty or longer than 30 characters.", "Name the place where the code hangs.", field="name")
    if conn.execute(Q.name_taken, {"name": name, "code_id": code_id}).fetchone():
        raise _taken()
    the_account = account(conn, draft.account_id)
    if the_account.kind != VendorKind.WECOM:
        raise InputError("Codes are made by an app of a corp.", "Choose a WeCom account.", field="account_id")
    if draft.kind == CodeKind.GROUP:
        _check_chats(draft)
    else:
        _check_guides(draft)
    if not 0 <= draft.reserve <= 1000:
        raise InputError("The reserve is not possible.", "Use 0 to 1000 places.", field="reserve")
    if not 0 <= draft.cost_minor <= 100_000_00:
        raise InputError("The cost is not possible.", "Give what one customer costs, 0 or more.", field="cost")
    if len(draft.remark_pattern) > 40:
        raise InputError("The remark is longer than 40 characters.", "WeCom shows 20 of them.", field="remark_pattern")
    _check_welcomes(conn, draft.welcomes)
    known = {tag.tag_id for tag in pool.relations.tags(conn, the_account.app_id)}
    if gone := [tag for tag in draft.corp_tags if tag not in known]:
        raise InputError(f"The corp has no tag {gone[0]}.", "Sync the corp's tags, or choose another.", field="corp_tags")
    return replace(draft, name=name)


def _check_guides(draft: Draft) -> None:
    serving = [one for one in draft.guides if not one.is_stand_in]
    if not serving:
        raise InputError("Nobody is behind the code.", "Name at least one guide who is not a stand-in.", field="guides")
    if len(draft.guides) > MOST_USERS:
        raise InputError("WeCom takes up to 100 people behind a code.", "Make two codes.", field="guides")
    if len({one.guide for one in draft.guides}) < len(draft.guides):
        raise InputError("A guide stands twice.", "Name everybody once.", field="guides")
    for one in draft.guides:
        if not 1 <= one.weight <= 100:
            raise InputError(f"The weight of {one.guide} is not between 1 and 100.", "Use 1 for the usual.", field="guides")
        if one.daily_cap is not None and not 0 <= one.daily_cap <= 100_000:
            raise InputError(f"The daily cap of {one.guide} is not possible.", "Leave it empty for no cap.", field="guides")
        for shift in one.shifts:
            _check_hours(shift.start, shift.end, "guides")
            if not shift.days or not set(shift.days) <= set(range(1, 8)):
                raise InputError(f"A shift of {one.guide} has no day.", "Use 1 (Monday) to 7 (Sunday).", field="guides")


def _check_chats(draft: Draft) -> None:
    if not draft.chats:
        raise InputError("The code leads into no chat.", "Name at least one.", field="chats")
    if not 2 <= draft.chat_limit <= 500:
        raise InputError("The limit of a chat is not possible.", "Use 2 to 500 members; a scan works up to 200.", field="chat_limit")


def _check_welcomes(conn: Connection, welcomes: Sequence[Welcome]) -> None:
    there = {str(one.segment_id) for one in segments.all_kept(conn)} if any(one.whom == For.SEGMENT for one in welcomes) else set()
    if len(welcomes) > MOST_WELCOMES:
        raise InputError(f"There are more than {MOST_WELCOMES} welcomes.", "Use fewer.", field="welcomes")
    for one in welcomes:
        _check_hours(one.start, one.end, "welcomes")
        if not one.days or not set(one.days) <= set(range(1, 8)):
            raise InputError("A welcome has no day.", "Use 1 (Monday) to 7 (Sunday).", field="welcomes")
        if one.whom == For.TAG and not 1 <= len(one.of) <= 128:
            raise InputError("A welcome is for people with a tag, and names none.", "Choose a tag.", field="welcomes")
        if one.whom == For.SEGMENT and one.of not in there:
            raise InputError("A welcome is for a segment that is not there.", "Choose one from the list.", field="welcomes")
        kept = content.see(conn, one.content_id)
        if kept is None or kept.archived_at is not None or kept.channel != CHANNEL:
            raise InputError("The welcome is not a content of the channel “welcome”.", "Choose one from the list.", field="welcomes")


def _check_hours(start: str, end: str, field: str) -> None:
    try:
        if minutes(start) == minutes(end):
            raise ValueError
    except ValueError:
        raise InputError(f"{start} to {end} are no hours.", "Write them as 09:00 to 18:00.", field=field) from None


def _taken() -> InputError:
    return InputError("Another code has this name.", "Choose another name.", field="name")
