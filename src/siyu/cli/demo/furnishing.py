"""What a corp has besides people, so that its pages have something to show: tags that some customers carry, chats of some guides, a guide
who left.
"""

from __future__ import annotations

from collections.abc import Callable

from siyu.base.ground import Ground
from siyu.cli.demo.sandbox import Sandbox
from siyu.cli.screen import word
from siyu.pool import relations

_TAGGED = 48  # customers who carry tags
_CHATS = 3
_MEMBERS = 18  # of one chat; neighbours share a third of them


def furnish(sandbox: Sandbox) -> None:
    """Make tags and chats in the sandbox's corp, as an administrator and guides would. Once: it does not look whether they are there."""
    made = [
        sandbox.ask("/sandbox/corp/tags", {"group": group, "tags": names.split(",")})["tag_id"]
        for group, _, names in (line.partition(":") for line in word("cli.demo_tags").splitlines())
    ]
    follows = [one for one in sandbox.ask("/sandbox/corp/truth/contacts?limit=500")["follows"] if one["stage"] == "both"]
    for n, one in enumerate(follows[:_TAGGED]):
        chosen = [tags[n % len(tags)] for place, tags in enumerate(made) if (n + place) % 3 != 2]
        sandbox.ask("/sandbox/corp/deeds/edit", {"userid": one["userid"], "customer": one["external_userid"], "add_tags": chosen})
    owners = list(dict.fromkeys(str(one["userid"]) for one in follows))[:_CHATS]
    for n, owner in enumerate(owners):
        start = n * _MEMBERS * 2 // 3
        people = [one["external_userid"] for one in follows[start : start + _MEMBERS]]
        sandbox.ask("/sandbox/corp/groups", {"owner": owner, "name": word("cli.demo_chat", n=n + 1), "customers": people})


def let_one_leave(ground: Ground, sandbox: Sandbox, corp: str) -> Callable[[], bool]:
    """Let a guide without a chat leave, where nobody has left yet; gives what says whether the platform has heard of it."""

    def has_left() -> bool:
        with ground.db.tx() as conn:
            return any(one.left_at for one in relations.guides(conn, corp, only_active=False))

    if not has_left():
        with ground.db.tx() as conn:
            owners = {one.owner for one in relations.groups(conn, corp)}
            able = [one.guide for one in relations.guides(conn, corp) if one.may_serve and one.guide not in owners]
        sandbox.ask("/sandbox/corp/deeds/resign", {"userid": able[-1]})
    return has_left
