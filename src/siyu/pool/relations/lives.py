"""Since when relations carry the tags that have a life: kept behind the fold, so that what is due is found by an index.

A reader of its own, never ahead of the fold: each relation that the log speaks of is looked at again as it stands now. Tags without a
life cost nothing.
"""

from __future__ import annotations

from datetime import timedelta

from siyu.base.cursor import Place, hold_place, keep_place, see_place, take_place
from siyu.base.db import Connection, queries
from siyu.base.errors import NotFoundError
from siyu.pool.relations.gathering import TYPES

Q = queries(__name__, "lives.sql")
READER = "pool.relations.lives"
_TYPES = ("tag.added", *(one for one in TYPES if one.startswith("contact.")))


def follow_lives(conn: Connection, behind: str, limit: int = 20_000) -> int:
    """Read up to `limit` facts, no further than the reader `behind` has; the number read, 0 = up to date."""
    row = conn.execute(Q.places, {"lives": READER, "relations": behind}).fetchone()
    place = take_place(conn, READER) if row and row[0] else None
    if place is None:
        return 0
    upto = see_place(conn, behind)
    if conn.execute(Q.has_lives).fetchone() is None:
        keep_place(conn, READER, max(place, upto))
        return 0
    asked = {
        "xid": str(place.xid),
        "seq": place.seq,
        "upto_xid": str(upto.xid),
        "upto_seq": upto.seq,
        "limit": limit,
        "types": list(_TYPES),
    }
    found = conn.execute(Q.touched, asked).fetchall()
    if not found:
        keep_place(conn, READER, max(place, upto))
        return 0
    keys = sorted({(row[2], row[3], guide) for row in found if row[2] is not None for guide in row[4:6] if guide})
    if keys:
        subjects, corps, guides = zip(*keys, strict=True)
        conn.execute(Q.keep, {"subjects": list(subjects), "corps": list(corps), "guides": list(guides)})
    keep_place(conn, READER, Place(int(found[-1][0]), found[-1][1]))
    return len(found)


def govern_tag(conn: Connection, corp: str, tag_id: str, *, owner: str, meaning: str, lasts_for: timedelta | None) -> None:
    """Say who answers for a tag, what it means and how long it is true. Raises `NotFoundError`.

    A life that begins is counted from when the tag was put on; the reader waits meanwhile, so that it misses no relation.
    """
    hold_place(conn, READER)
    asked = {"corp": corp, "tag_id": tag_id, "owner": owner, "meaning": meaning, "lasts_for": lasts_for}
    row = conn.execute(Q.govern_tag, asked).fetchone()
    if row is None:
        raise NotFoundError("There is no such tag in this corp.", "Sync the corp's tags first.")
    if row[0] != (lasts_for is not None):
        conn.execute(Q.end if lasts_for is None else Q.begin, {"corp": corp, "tag_id": tag_id})
