"""Which side is right about each field: the table fields.toml, applied to what the vendor tells."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources

from siyu.base.vault import Vault
from siyu.pool import normal
from siyu.sources.sync.words import Told
from siyu.vendors.wecom import shapes

_LONGEST = 500


@dataclass(frozen=True)
class FieldRule:
    """One field: where it is kept here, and who is right about it."""

    theirs: str
    kept: str
    truth: str
    ours: str = ""
    when_new: str = ""


@cache
def rules() -> tuple[FieldRule, ...]:
    """The table."""
    written = tomllib.loads(resources.files(__package__).joinpath("fields.toml").read_text("utf-8"))
    return tuple(FieldRule(**row) for row in written["field"])


def told(contact: shapes.ExternalContact, follow: shapes.FollowUser) -> Told:
    """What the vendor says of one relation, by the table."""
    sides = {"external_contact": contact, "follow_info": follow}
    private: dict[str, str] = {}
    for rule in rules():
        if rule.kept != "personal":
            continue
        side, _, name = rule.theirs.partition(".")
        value = getattr(sides[side], name)
        text = ",".join(value) if isinstance(value, list) else str(value)
        private[rule.ours] = normal.written(text)[:_LONGEST]
    return Told(
        guide=follow.userid,
        external_userid=contact.external_userid,
        unionid=contact.unionid,
        added_at=datetime.fromtimestamp(follow.createtime, UTC),
        add_way=follow.add_way,
        state=follow.state,
        oper=follow.oper_userid,
        tags=tuple(sorted({*follow.tag_id, *(tag.tag_id for tag in follow.tags if tag.tag_id)})),
        phones=tuple(follow.remark_mobiles),
        private=private,
    )


def named(private: Mapping[str, str], *, is_new: bool) -> dict[str, str]:
    """Personal data under the names it is kept by, which may be others the first time. What is empty says nothing the first time only."""
    as_new = {rule.ours: rule.when_new for rule in rules() if rule.when_new}
    if not is_new:
        return dict(private)
    return {as_new.get(name, name): value for name, value in private.items() if value}


def digest_of(vault: Vault, one: Told) -> bytes:
    """A keyed hash of what is kept of a relation besides its tags and its moment: equal while nothing of it changed."""
    text = json.dumps([one.unionid, one.state, sorted(one.private.items())], ensure_ascii=False)
    return vault.lookup("sync", one.external_userid, text)
