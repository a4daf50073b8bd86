"""Rows of content <-> words."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from siyu.base.db import Connection, queries
from siyu.content.words import Content, Version

Q = queries(__name__)


@dataclass(frozen=True)
class Edition:
    """One line of a content's history."""

    version: int
    changed_by: str
    changed_at: datetime
    subject: str


def ensure_links(conn: Connection, targets: Sequence[str]) -> dict[str, int]:
    """The numbers of tracked links, made where they are new."""
    if not targets:
        return {}
    digests = [hashlib.sha256(t.encode()).digest() for t in targets]
    conn.execute(Q.ensure_links, {"targets": list(targets), "digests": digests})
    return {target: int(link_id) for link_id, target in conn.execute(Q.links_of_digests, {"digests": digests})}


def target_of(conn: Connection, link_id: int) -> str | None:
    """Where a tracked link leads."""
    row = conn.execute(Q.link_target, {"link_id": link_id}).fetchone()
    return None if row is None else str(row[0])


def kept(conn: Connection, content_id: int, version: int | None = None) -> Version | None:
    """One version of a content, today's when `version` is None."""
    cursor = conn.cursor(row_factory=class_row(Version))
    return cursor.execute(Q.kept_version, {"content_id": content_id, "version": version}).fetchone()


def all_kept(conn: Connection, channel: str | None = None, *, with_archived: bool = False, limit: int = 500) -> list[Content]:
    """Contents, the latest changed first."""
    cursor = conn.cursor(row_factory=class_row(Content))
    return cursor.execute(Q.all_contents, {"channel": channel, "with_archived": with_archived, "limit": limit}).fetchall()


def see(conn: Connection, content_id: int) -> Content | None:
    """One content as lists show it."""
    return conn.cursor(row_factory=class_row(Content)).execute(Q.one_content, {"content_id": content_id}).fetchone()


def history(conn: Connection, content_id: int, limit: int = 50) -> list[Edition]:
    """The versions of a content, the newest first."""
    return conn.cursor(row_factory=class_row(Edition)).execute(Q.versions_of, {"content_id": content_id, "limit": limit}).fetchall()


def trait_names(conn: Connection) -> list[str]:
    """Names of traits that people seen lately have: what an editor may offer."""
    return [str(row[0]) for row in conn.execute(Q.trait_names)]
