"""What guides of the demo's corp are asked to send beside the mass send: a message to their chats, a post in Moments."""

from __future__ import annotations

from siyu import content
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.channels import group_sends, moments
from siyu.cli.screen import language, word
from siyu.pool import relations


def write_to_chats(ground: Ground, account_id: int, corp: str) -> None:
    """A message to all chats of the corp, once."""
    name = word("cli.demo_chats_name")
    with ground.db.tx() as conn:
        chats = [one.chat_id for one in relations.groups(conn, corp) if one.dismissed_at is None]
        if not chats or any(one.name == name for one in group_sends.newest(conn)):
            return
        draft = group_sends.Draft(name, account_id, _text(ground, conn, name, word("cli.demo_chats")), chats, made_by="demo")
        group_sends.start(ground, conn, group_sends.make(ground, conn, draft))


def post(ground: Ground, account_id: int, corp: str) -> None:
    """A post for all guides to publish, once."""
    name = word("cli.demo_post_name")
    with ground.db.tx() as conn:
        guides = [one.guide for one in relations.guides(conn, corp) if one.may_serve]
        if not guides or any(one.content_name == name for one in moments.newest(conn)):
            return
        number = _text(ground, conn, name, word("cli.demo_post"))
        moments.make(ground, conn, account_id=account_id, content_id=number, guides=guides, by="demo")


def _text(ground: Ground, conn: Connection, name: str, body: str) -> int:
    return content.keep(ground, conn, name, "wecom", "", body, changed_by="demo", lang=language()).content_id
