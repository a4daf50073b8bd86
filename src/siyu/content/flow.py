"""Keeping contents: a text is checked, its links are noted, and every change is a new version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.types.json import Jsonb

from siyu.base import settings
from siyu.base.db import Connection
from siyu.base.errors import InputError, NotFoundError, Told
from siyu.base.ground import Ground
from siyu.content.attachments import check_attachments
from siyu.content.render import check, targets
from siyu.content.store import Q, ensure_links, kept
from siyu.content.words import AD_PREFIXES, DEFAULT_AD_PREFIX, PURPOSES, Look, Problem, Version
from siyu.pool import brand

AD_PREFIX = "content.ad_prefix"
_LONGEST_NAME = 80


class Unsound(InputError):
    """The text has fatal problems; `problems` says all of them, with their places."""

    def __init__(self, problems: list[Problem], lang: str) -> None:
        first = problems[0]
        super().__init__(first.text(lang), field=f"{first.where}:{first.line}:{first.column}")
        self.problems = problems

    def told(self, lang: str) -> Told:
        """The first problem, in a language."""
        return Told(self.problems[0].text(lang), "")


def keep(
    ground: Ground,
    conn: Connection,
    name: str,
    channel: str,
    subject: str,
    body: str,
    *,
    purpose: str = "marketing",
    changed_by: str = "",
    content_id: int | None = None,
    lang: str = "zh",
    attachments: Sequence[Mapping[str, Any]] | None = None,
) -> Version:
    """Keep a new content, or a new version of `content_id` where its text changed; gives the version that holds now.

    Raises `Unsound` when the text could not be sent to anybody, `InputError` for a name that is empty or taken, `NotFoundError`.
    `attachments` None leaves those that are there.
    """
    name, subject, body = name.strip(), subject.strip(), body.replace("\r\n", "\n").strip()
    found = check(subject, body, channel=channel, purpose=purpose)
    problems = [p for p in check_name(name) + found + check_attachments(attachments or ()) if p.is_fatal]
    if problems:
        raise Unsound(problems, lang)
    if purpose not in PURPOSES:
        raise InputError("The purpose is not known.", f"Use one of {', '.join(PURPOSES)}.", field="purpose")
    at = ground.clock.now()
    words = {"name": name, "channel": channel, "purpose": purpose, "subject": subject, "body": body, "by": changed_by, "at": at}
    before = kept(conn, content_id) if content_id is not None else None
    hung = list(attachments) if attachments is not None else list(before.attachments) if before else []
    if content_id is None:
        row = conn.execute(Q.insert_content, words).fetchone()
        if row is None:
            raise Unsound([Problem("name_taken", "name", values={"name": name})], lang)
        content_id, version, is_changed = int(row[0]), 1, True
    else:
        version, is_changed = _change(conn, content_id, words, hung, lang)
    if is_changed:
        links = ensure_links(conn, targets(body))
        conn.execute(
            Q.insert_version,
            words | {"content_id": content_id, "version": version, "link_ids": sorted(links.values()), "attachments": Jsonb(hung)},
        )
    made = kept(conn, content_id, version)
    if made is None:
        raise NotFoundError("The content does not exist.", "Choose one from the list.")
    return made


def _change(conn: Connection, content_id: int, words: dict[str, object], hung: list[Mapping[str, Any]], lang: str) -> tuple[int, bool]:
    row = conn.execute(Q.lock_content, {"content_id": content_id}).fetchone()
    now = kept(conn, content_id)
    if row is None or now is None:
        raise NotFoundError("The content does not exist.", "Choose one from the list.")
    if now.channel != words["channel"]:
        raise InputError("A content keeps its channel.", "Make a new content for the other channel.", field="channel")
    if conn.execute(Q.name_taken, {"content_id": content_id, "name": words["name"]}).fetchone():
        raise Unsound([Problem("name_taken", "name", values={"name": words["name"]})], lang)
    is_changed = (now.subject, now.body, list(now.attachments)) != (words["subject"], words["body"], hung)
    version = now.version + is_changed
    conn.execute(Q.update_content, words | {"content_id": content_id, "version": version})
    return version, is_changed


def check_name(name: str) -> list[Problem]:
    """What is wrong with a content's name."""
    if not name:
        return [Problem("name_missing", "name")]
    return [Problem("too_long", "name", values={"most": _LONGEST_NAME})] if len(name) > _LONGEST_NAME else []


def archive(ground: Ground, conn: Connection, content_id: int) -> bool:
    """Put a content away: it is no longer offered, and what was sent stays readable. False when it was put away before."""
    return conn.execute(Q.archive_content, {"content_id": content_id, "at": ground.clock.now()}).rowcount > 0


def bring_back(conn: Connection, content_id: int) -> None:
    """Offer an archived content again."""
    conn.execute(Q.unarchive_content, {"content_id": content_id})


def look(conn: Connection) -> Look:
    """What messages take from the brand today."""
    the = brand(conn)
    prefix = str(settings.get(conn, AD_PREFIX, DEFAULT_AD_PREFIX))
    return Look(the.name, the.currency, the.time_zone, the.language, prefix if prefix in AD_PREFIXES else DEFAULT_AD_PREFIX)


def set_ad_prefix(ground: Ground, conn: Connection, prefix: str) -> None:
    """What subjects of marketing e-mail begin with: nothing, 广告 or AD. Raises `InputError` for anything else."""
    if prefix not in AD_PREFIXES:
        raise InputError("The subject prefix is not one of those that the law names.", "Use 广告, AD or nothing.", field="ad_prefix")
    settings.put(conn, AD_PREFIX, prefix, at=ground.clock.now())
