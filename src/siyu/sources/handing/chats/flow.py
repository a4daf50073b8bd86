"""Asking for chats to be handed on, telling the corp, and seeing who owns them then.

A chat is marked as being told before the corp is asked. Whoever dies in between leaves that mark, and so does a call without an answer: the
corp is then asked who owns the chat, and is told again only where it is still the old owner.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from siyu import pool
from siyu.base.ground import Ground
from siyu.pool import relations
from siyu.sources.handing.between import able, between
from siyu.sources.handing.chats import store
from siyu.sources.handing.chats.deciding import ChatVerdict, again, answered, days_of, likely, refusal, seen, unheard
from siyu.sources.handing.chats.words import ChatHanding, ChatHandingState, ChatNotHanded, ChatsAnswer, OwnerlessChat
from siyu.sources.wishes import Wish, wish
from siyu.vendors import Account, Trouble, VendorError, VendorKind, explain
from siyu.vendors.wecom import Client, shapes

A_CALL = 100
_LOOKS_A_STEP = 50
_PATIENCE = 2.0
_NO_SUCH_CHAT = frozenset({"40050", "90501"})


def ask(
    ground: Ground,
    corp: str,
    from_guide: str,
    to_guide: str,
    chats: Sequence[str] | None = None,
    *,
    most: int | None = None,
    by: str = "",
    lang: str = "",
) -> ChatsAnswer:
    """Give chats (chat ids; all that a guide owns when left out, `most` of them at most, the oldest first) a new owner. The river tells the
    corp: 300 a day to one owner, the others on the days that follow. `lang` is the language of errors, the brand's when not given.

    Gives what is on the way now, and what was refused with the reason. Raises as `between` does.
    """
    now = ground.clock.now()
    with ground.db.tx() as conn:
        lang = lang or pool.brand(conn).language
        of, giver = between(conn, corp, from_guide, to_guide, lang)
        wanted = list(dict.fromkeys(chats)) if chats is not None else store.chats_of(conn, corp, from_guide)
        refused: list[ChatNotHanded] = []
        fit: list[str] = []
        for one in store.standing(conn, corp, wanted, now):
            why = refusal(one, from_guide, giver.left_at, now)
            if why is not None:
                refused.append(why)
            elif most is None or len(fit) < most:
                fit.append(one.chat_id)
        dues = days_of(len(fit), store.days_taken(conn, corp, to_guide, now), now)
        given = list(zip(fit, dues, strict=True))
        begun = store.begin(
            conn, of.account_id, corp, from_guide, to_guide, given, is_resigned=giver.left_at is not None, by=by, at=now
        )  # fmt: skip
    return ChatsAnswer(tuple(begun), tuple(sorted(Counter(dues).items())), tuple(refused))


def proposed(ground: Ground, waits: Sequence[OwnerlessChat]) -> dict[tuple[str, str], str]:
    """Who should own the chats of each who left, by (corp, who left); nobody where no guide of the corp is on duty."""
    stores = {(one.corp, one.owner): one.store for one in waits}
    found: dict[tuple[str, str], str] = {}
    with ground.db.tx() as conn:
        for corp in sorted({one.corp for one in waits}):
            for left, heirs in store.heirs(conn, corp, sorted({o for c, o in stores if c == corp})).items():
                guide = likely(stores[corp, left], heirs)
                if guide is not None:
                    found[corp, left] = guide
    return found


def advance(ground: Ground) -> int:
    """One step of the river: tell the corp of the next chats, and see who owns those it was told of. Gives how many changed."""
    return _tell(ground) + _look(ground)


def _tell(ground: Ground) -> int:
    now = ground.clock.now()
    with ground.db.tx() as conn:
        rows = store.take(conn, now, A_CALL)
        of = able(conn, rows[0].account_id) if rows else None
    if not rows:
        return 0 if rows is None else 1  # a day that is full is put off once, and others may go
    if of is None:
        return _settle(ground, None, [(one, again(one, "off", now, timedelta(hours=1))) for one in rows])
    client = Client(ground, of, patience=_PATIENCE)
    decided: list[tuple[ChatHanding, ChatVerdict]] = []
    read: list[shapes.Group] = []
    try:
        if not rows[0].is_resigned:  # the corp takes a chat from whoever has it now, and what we know may be of yesterday
            decided, read = _not_theirs(client, rows, now)
            rows = [one for one in rows if one.chat_id not in {other.chat_id for other, _ in decided}]
        failed = (
            client.transfer_groups([one.chat_id for one in rows], rows[0].to_guide, is_owner_resigned=rows[0].is_resigned) if rows else []
        )
    except VendorError as err:
        return _settle(ground, of, [*decided, *((one, _refused_whole(one, err, now)) for one in rows)], read)
    told = {row.chat_id: str(row.errcode) for row in failed if row.errcode}
    return _settle(ground, of, [*decided, *((one, _answered(one, told.get(one.chat_id, ""), now)) for one in rows)], read)


def _not_theirs(
    client: Client, rows: Sequence[ChatHanding], now: datetime
) -> tuple[list[tuple[ChatHanding, ChatVerdict]], list[shapes.Group]]:
    """Those chats of owners at work that are somebody else's by now, or gone, with what was read of them."""
    decided: list[tuple[ChatHanding, ChatVerdict]] = []
    read: list[shapes.Group] = []
    for one in rows:
        try:
            chat = client.group(one.chat_id, with_names=False)
        except VendorError as err:
            if err.kind is not Trouble.ITEM:
                raise
            code = "dismissed" if err.code in _NO_SUCH_CHAT else err.code
            decided.append((one, ChatVerdict(ChatHandingState.FAILED, now, one.is_resigned, code)))
            continue
        if chat.owner != one.from_guide:
            read.append(chat)
            decided.append((one, seen(one, chat.owner, now)))
    return decided, read


def _answered(one: ChatHanding, code: str, now: datetime) -> ChatVerdict:
    trouble = explain(VendorKind.WECOM, code, "en").kind if code else Trouble.ITEM
    return answered(one, code, trouble, now)


def _refused_whole(one: ChatHanding, err: VendorError, now: datetime) -> ChatVerdict:
    """The corp refused the whole call, or did not hear it, or nobody knows."""
    if err.is_unknown:
        return unheard(one, err.code, now)
    if err.kind in (Trouble.ITEM, Trouble.RELATION):
        return ChatVerdict(ChatHandingState.FAILED, now, one.is_resigned, err.code)
    return again(one, err.code, now, err.retry_after)


def _look(ground: Ground) -> int:
    now = ground.clock.now()
    with ground.db.tx() as conn:
        rows = store.under_way(conn, now, _LOOKS_A_STEP)
    by_account: dict[int, list[ChatHanding]] = {}
    for one in rows:
        by_account.setdefault(one.account_id, []).append(one)
    return sum(_look_at(ground, account_id, its, now) for account_id, its in by_account.items())


def _look_at(ground: Ground, account_id: int, rows: Sequence[ChatHanding], now: datetime) -> int:
    with ground.db.tx() as conn:
        of = able(conn, account_id)
    if of is None:
        _settle(ground, None, [(one, _later(one, now, timedelta(hours=1), "off")) for one in rows])
        return 0
    client = Client(ground, of, patience=_PATIENCE)
    decided: list[tuple[ChatHanding, ChatVerdict]] = []
    read: list[shapes.Group] = []
    for n, one in enumerate(rows):
        try:
            chat = client.group(one.chat_id, with_names=False)
        except VendorError as err:
            if err.code in _NO_SUCH_CHAT:
                decided.append((one, seen(one, None, now)))
                continue
            decided += [(other, _later(other, now, err.retry_after or timedelta(minutes=10), err.code)) for other in rows[n:]]
            break
        read.append(chat)
        decided.append((one, seen(one, chat.owner, now)))
    return _settle(ground, of, decided, read)


def _later(one: ChatHanding, now: datetime, wait: timedelta, code: str) -> ChatVerdict:
    return ChatVerdict(one.state, now + wait, one.is_resigned, code)


def _settle(
    ground: Ground, of: Account | None, decided: Sequence[tuple[ChatHanding, ChatVerdict]], read: Sequence[shapes.Group] = ()
) -> int:
    """Keep what became of hand-overs, with what was read of the chats; gives how many went on or ended."""
    now = ground.clock.now()
    with ground.db.tx() as conn:
        ours = store.settle(conn, decided, now)
        kept = [(one, found) for one, found in decided if one.chat_handing_id in ours]
        if of is not None and read:
            made = {one.chat_id: datetime.fromtimestamp(one.create_time, UTC) if one.create_time else None for one in read}
            chats = [relations.ChatGroup(of.app_id, one.chat_id, one.name, one.owner, made[one.chat_id]) for one in read]
            relations.keep_groups(conn, sorted(chats, key=lambda one: one.chat_id), now)
        if of is not None:  # who is in it may have changed with it; and where it is gone, everybody has left
            gone = [one.chat_id for one, found in kept if found.state is ChatHandingState.DONE or found.code == "dismissed"]
            wish(conn, [(of.account_id, Wish("chat", {"chat_id": chat})) for chat in gone], at=now)
    return sum(1 for one, found in kept if found.state is not one.state)
