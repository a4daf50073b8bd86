"""What people do with a send: write it, say when, take it back."""

from __future__ import annotations

from datetime import datetime

from siyu import content
from siyu.base.db import Connection
from siyu.base.errors import InputError, NotFoundError
from siyu.base.ground import Ground
from siyu.channels.group_sends.store import Q
from siyu.channels.group_sends.words import Draft
from siyu.vendors import account


def make(ground: Ground, conn: Connection, draft: Draft) -> int:
    """A new draft. Raises `InputError` where it cannot be meant, `NotFoundError` without the account."""
    corp = account(conn, draft.account_id).app_id
    words = _words(conn, draft) | {"account_id": draft.account_id, "corp": corp, "made_by": draft.made_by}
    row = conn.execute(Q.make, words | {"now": ground.clock.now()}).fetchone()
    assert row is not None  # noqa: S101  an insert gives its row
    _choose(conn, int(row[0]), corp, draft)
    return int(row[0])


def change(ground: Ground, conn: Connection, group_send_id: int, draft: Draft) -> None:
    """Write a draft anew. Raises `InputError` when it is not a draft any more."""
    if conn.execute(Q.change, _words(conn, draft) | {"send": group_send_id}).fetchone() is None:
        raise InputError("It has begun, or is planned.", "Take it back first, or write a new one.", field="state")
    conn.execute(Q.drop_chats, {"send": group_send_id})
    _choose(conn, group_send_id, account(conn, draft.account_id).app_id, draft)


def _words(conn: Connection, draft: Draft) -> dict[str, object]:
    version = content.kept(conn, draft.content_id)
    if version is None or version.channel not in content.ALIKE:
        raise InputError("The content is not one for WeCom.", "Choose a content written for WeCom.", field="content_id")
    missing = content.render(version, {}, links=content.PlainLinks(), look=content.look(conn)).missing
    if missing:
        raise InputError(f"The content needs values: {', '.join(missing)}.", "A chat reads one text; take them out.", field="content_id")
    return {
        "name": draft.name.strip() or "–", "content_id": draft.content_id, "content_version": version.version,
        "confirm_for": draft.confirm_for,
    }  # fmt: skip


def _choose(conn: Connection, group_send_id: int, corp: str, draft: Draft) -> None:
    words = {"send": group_send_id, "corp": corp, "chats": sorted(set(draft.chats))}
    if not draft.chats or not conn.execute(Q.add_chats, words).fetchall():
        raise InputError("No group is chosen that is still there.", "Choose at least one group.", field="chats")


def start(ground: Ground, conn: Connection, group_send_id: int, at: datetime | None = None) -> None:
    """Begin now, or at a moment to come. The content's version of today is the one that goes out. Raises `InputError`, `NotFoundError`."""
    found = conn.execute(Q.newest, {"send": group_send_id, "limit": 1}).fetchone()
    if found is None:
        raise NotFoundError("There is no such message.", "Look at the list again.")
    version = content.kept(conn, int(found[4]))
    words = {
        "send": group_send_id, "start_at": at or ground.clock.now(), "content_version": version.version if version else found[5],
    }  # fmt: skip
    if conn.execute(Q.schedule, words).fetchone() is None:
        raise InputError("It has begun already, or was cancelled.", "Look at how far it is.", field="state")


def recall(ground: Ground, conn: Connection, group_send_id: int) -> None:
    """Back to a draft, as long as it has not begun. Raises `InputError`."""
    if conn.execute(Q.recall, {"send": group_send_id}).fetchone() is None:
        raise InputError("It has begun already.", "Stop it.", field="state")


def cancel(ground: Ground, conn: Connection, group_send_id: int) -> None:
    """Stop it: no task is made any more, and those that wait for their owners are taken back. What was sent stays. Raises `InputError`."""
    words = {"send": group_send_id, "now": ground.clock.now()}
    conn.execute(Q.lock, words)
    if conn.execute(Q.cancel, words).fetchone() is None:
        raise InputError("It is over already.", "Nothing is left to stop.", field="state")
    conn.execute(Q.cancel_waiting, words)
