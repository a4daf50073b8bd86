"""Asking for hand-overs, telling the corp, and learning what became of them.

A hand-over is marked as being told before the corp is asked. Whoever dies in between leaves that mark, and the corp is asked what it knows
of it before it is told again: it is never told twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from siyu import pool
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.pool import Fact, Kind, normal
from siyu.sources.connected import source_name
from siyu.sources.handing import store
from siyu.sources.handing.between import able, between
from siyu.sources.handing.deciding import Verdict, refusal, verdict
from siyu.sources.handing.words import Handing, HandingAnswer, HandingState, NotHanded
from siyu.sources.wishes import Wish, wish
from siyu.vendors import Account, Trouble, VendorError
from siyu.vendors.wecom import Client, Page, pages, shapes

_A_CALL = 100
_PAIRS_A_STEP = 20
_PATIENCE = 2.0
_TRIES = 12
_LONGEST_WAIT = timedelta(hours=1)
_TAKEN_OVER = 202  # the vendor's number of this way to come to a guide


def ask(
    ground: Ground,
    corp: str,
    from_guide: str,
    to_guide: str,
    whom: Sequence[str] | None = None,
    *,
    most: int | None = None,
    by: str = "",
    lang: str = "",
) -> HandingAnswer:
    """Hand customers (external_userids; all of the guide's when left out, `most` of them at most) on to another guide. The river tells
    the corp. `lang` is the language of errors, the brand's when not given.

    Gives who is on the way now and who was refused, with the reason. Raises as `between` does.
    """
    now = ground.clock.now()
    with ground.db.tx() as conn:
        lang = lang or pool.brand(conn).language
        of, giver = between(conn, corp, from_guide, to_guide, lang)
        is_resigned = giver.left_at is not None
        wanted = list(dict.fromkeys(whom)) if whom is not None else store.customers(conn, corp, from_guide, is_resigned=is_resigned)
        stand = store.standing(conn, ground.vault, corp, from_guide, wanted, now)
        refused: list[NotHanded] = []
        fit: list[str] = []
        for one in stand:
            why = refusal(one, now)
            if why is not None:
                refused.append(why)
            elif most is None or len(fit) < most:
                fit.append(one.external_userid)
        begun = store.begin(conn, of.account_id, corp, from_guide, to_guide, fit, is_resigned=is_resigned, by=by, at=now)
    return HandingAnswer(tuple(begun), tuple(refused))


def advance(ground: Ground) -> int:
    """One step of the river: tell the corp the next hand-overs, and look at those that are under way. Gives how many changed."""
    return _tell(ground) + _look(ground)


def _tell(ground: Ground) -> int:
    now = ground.clock.now()
    with ground.db.tx() as conn:
        rows = store.take(conn, now, _A_CALL)
        of = able(conn, rows[0].account_id) if rows else None
    if not rows:
        return 0
    if of is None:
        return _settle(ground, None, [(one, _again(one, "off", now, timedelta(hours=1))) for one in rows])
    client, whom = Client(ground, of, patience=_PATIENCE), [one.external_userid for one in rows]
    call: Callable[..., list[shapes.Handover]] = client.inherit if rows[0].is_resigned else client.transfer
    try:
        told = {row.external_userid: row.errcode for row in call(rows[0].from_guide, rows[0].to_guide, whom)}
    except VendorError as err:
        return _settle(ground, of, [(one, _refused_whole(one, err, now)) for one in rows])
    decided = []
    for one in rows:
        code = told.get(one.external_userid)
        if code == 0:
            found = Verdict(HandingState.WAITING, now + timedelta(hours=1))
        elif code is None:
            found = Verdict(HandingState.FAILED, now, "no_record", now)
        else:
            found = Verdict(HandingState.FAILED, now, str(code), now)
        decided.append((one, found))
    return _settle(ground, of, decided)


def _refused_whole(one: Handing, err: VendorError, now: datetime) -> Verdict:
    """The corp refused the whole call, or did not hear it, or nobody knows."""
    if err.is_unknown:
        return Verdict(HandingState.CALLING, now + timedelta(minutes=1), err.code)
    if err.kind in (Trouble.ITEM, Trouble.RELATION):
        return Verdict(HandingState.FAILED, now, err.code, now)
    return _again(one, err.code, now, err.retry_after)


def _again(one: Handing, code: str, now: datetime, wait: timedelta | None) -> Verdict:
    if one.tries + 1 >= _TRIES:
        return Verdict(HandingState.FAILED, now, code or "gave_up", now)
    pause = wait if wait is not None else min(_LONGEST_WAIT, timedelta(seconds=2 ** (one.tries + 1)))
    return Verdict(HandingState.ASKED, now + pause, code, is_try=True)


def _look(ground: Ground) -> int:
    now = ground.clock.now()
    with ground.db.tx() as conn:
        pairs = store.due_pairs(conn, now, _PAIRS_A_STEP)
    return sum(_look_at(ground, pair, now) for pair in pairs)


def _look_at(ground: Ground, pair: dict[str, object], now: datetime) -> int:
    with ground.db.tx() as conn:
        rows = store.open_of(conn, pair, now)
        of = able(conn, rows[0].account_id) if rows else None
    if not rows:
        return 0
    if of is None:
        _settle(ground, None, [(one, Verdict(one.state, now + timedelta(hours=1), "off")) for one in rows])
        return 0
    client = Client(ground, of, patience=_PATIENCE)
    fetch: Callable[[str, str, str], Page[shapes.HandoverResult]] = (
        client.inherit_results if rows[0].is_resigned else client.transfer_results
    )
    told: dict[str, shapes.HandoverResult] = {}
    try:
        for page in pages(lambda cursor: fetch(rows[0].from_guide, rows[0].to_guide, cursor)):
            told |= {row.external_userid: row for row in page.items}
    except VendorError as err:
        pause = err.retry_after or timedelta(minutes=10)
        _settle(ground, of, [(one, Verdict(one.state, now + pause, err.code)) for one in rows])
        return 0
    return _settle(ground, of, [(one, verdict(one, told.get(one.external_userid), now)) for one in rows])


def _settle(ground: Ground, of: Account | None, decided: Sequence[tuple[Handing, Verdict]]) -> int:
    """Keep what became of hand-overs, with the facts of those that ended; gives how many went on or ended."""
    now = ground.clock.now()
    with ground.db.tx() as conn:
        ours = store.settle(conn, decided, now)
        kept = [(one, found) for one, found in decided if one.handing_id in ours]
        if of is not None:
            _record(ground, conn, of, kept)
    return sum(found.state is not one.state for one, found in kept)


def _record(ground: Ground, conn: Connection, of: Account, kept: Sequence[tuple[Handing, Verdict]]) -> None:
    ended = [(one, found) for one, found in kept if found.state in (HandingState.DONE, HandingState.REFUSED, HandingState.FAILED)]
    if not ended:
        return
    corp, whom = of.app_id, [one.external_userid for one, _ in ended]
    first = ended[0][0]  # one guide to one guide
    came_by = store.came_by(conn, ground.vault, corp, first.from_guide, whom)
    theirs = {who for who, (_, is_theirs) in store.came_by(conn, ground.vault, corp, first.to_guide, whom).items() if is_theirs}
    since = min(one.begun_at or one.asked_at for one, _ in ended)
    told = store.told_failures(conn, ground.vault, corp, first.to_guide, whom, since)
    facts = []
    for one, found in ended:
        who = normal.identifier(Kind.EXTERNAL_USERID, one.external_userid, corp)
        at = found.at or ground.clock.now()
        if who is None:
            continue
        data: dict[str, Any] = {"guide": one.to_guide, "from": one.from_guide, "corp": corp}
        stamp = f"{one.external_userid}:{int(at.timestamp())}"
        if found.state is HandingState.DONE:
            if one.external_userid in theirs:  # their own relation stands, by the code they came to it by
                data |= {"was_theirs": True}
            else:
                data |= {"state": came_by.get(one.external_userid, ("", False))[0], "add_way": _TAKEN_OVER}
            number = f"contact.moved:{one.from_guide}:{one.to_guide}:{stamp}"
            facts.append(Fact("contact.moved", number, at, (who,), object=one.to_guide, data=data))
        elif one.external_userid not in told:
            number = f"contact.move_failed:{one.to_guide}:{stamp}"
            facts.append(Fact("contact.move_failed", number, at, (who,), object=one.to_guide, data=data | {"reason": found.code}))
    name, kind = source_name(of.kind, corp)
    pool.record(ground, conn, pool.ensure_source(conn, name, kind, now=ground.clock.now(), class_="first-party relation"), facts)
    # Remark and tags go over too, and no callback says so.
    gone = [one for one, found in ended if found.state is HandingState.DONE]
    looks = [(of.account_id, Wish("contact", {"guide": one.to_guide, "external_userid": one.external_userid})) for one in gone]
    wish(conn, looks, at=ground.clock.now())
