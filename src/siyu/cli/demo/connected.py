"""The connected part of the demo: the sandbox's corp, official account and text messages, a live code with scans arriving, messages
and a post that wait for guides, keywords that are answered, a guide who left.

It comes when the story has been told, and only where pages are shown, so that it changes none of the story's figures. What is there already
(a second `siyu demo`) is taken up again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from siyu import content, growth, journeys, segments
from siyu.base.db import queries
from siyu.base.errors import ConfigError
from siyu.base.ground import Ground
from siyu.cli.demo.answering import answer
from siyu.cli.demo.furnishing import furnish, let_one_leave
from siyu.cli.demo.posting import post, write_to_chats
from siyu.cli.demo.sandbox import Sandbox
from siyu.cli.screen import language, note, word
from siyu.pool import relations
from siyu.sources import sync
from siyu.sources.connecting import connect_sandbox
from siyu.vendors import VendorKind, probes

Q = queries(__name__)

_THERE = 120  # customers whom the guides have already
_FIRST = "first-follower"
_SECOND = 86_400.0  # a habit of so many a day happens every second on the wall's clock
_CORP = {
    "scans": _SECOND / 12, "refers": _SECOND / 90, "returns": _SECOND / 120, "says": _SECOND / 15, "deletes": _SECOND / 300,
    "edits": _SECOND / 90, "member_deletes": 0, "joins": 0, "leaves": 0, "confirm_after": 300,
}  # fmt: skip
_ACCOUNT = {"follows": _SECOND / 20, "writes": _SECOND / 20, "unfollows": _SECOND / 600}


def connect(ground: Ground, sandbox: Sandbox, until: Callable[[Callable[[], bool]], None]) -> None:
    """Connect what the sandbox has and let it live; `until` waits for something, and gives up when the demo ends."""
    made = connect_sandbox(ground, sandbox.url, language())
    trouble = next((one.trouble for one in made if one.trouble), "")
    if trouble:
        raise ConfigError(trouble, word("cli.demo_connected_remedy"))
    wecom, official = (next(one.account for one in made if one.account.kind == kind) for kind in (VendorKind.WECOM, VendorKind.OFFICIAL))
    if sandbox.ask("/sandbox/corp")["counts"]["contacts"] < _THERE:
        sandbox.ask("/sandbox/corp/contacts", {"n": _THERE, "days": 200})
        furnish(sandbox)
    if not sandbox.ask(f"/sandbox/wechat/accounts/{official.app_id}/truth")["members"]:  # a check needs somebody who follows
        sandbox.ask("/sandbox/wechat/people", {"people": [{"person_id": _FIRST, "name": word("cli.demo_fan")}]})
        sandbox.ask("/sandbox/wechat/do", {"person_id": _FIRST, "appid": official.app_id, "does": "follow"})
    with ground.db.tx() as conn:
        for one in made:
            probes.ask(ground, conn, one.account)
    run_id = sync.start(ground, wecom.account_id, "first")
    until(lambda: _is_walked(ground, wecom.account_id, run_id))
    until(let_one_leave(ground, sandbox, wecom.app_id))
    answer(ground, sandbox, official.app_id)
    code = _live_code(ground, wecom.account_id, wecom.app_id)
    until(lambda: bool(_code(ground, code).qr_code))
    broadcast = _mass_send(ground)
    write_to_chats(ground, wecom.account_id, wecom.app_id)
    post(ground, wecom.account_id, wecom.app_id)
    sandbox.ask("/sandbox/corp/life", _CORP)
    sandbox.ask(f"/sandbox/wechat/accounts/{official.app_id}/life", _ACCOUNT | {"words": word("cli.demo_says").split(",")})
    people = sandbox.ask("/sandbox/corp")["counts"]["contacts"]
    note(word("cli.demo_connected", people=f"{people:,}", code=f"/codes/{code}", broadcast=f"/broadcasts/{broadcast}"))
    note(word("cli.demo_phones", url=sandbox.url))


def _is_walked(ground: Ground, account_id: int, run_id: int) -> bool:
    with ground.db.tx() as conn:
        run = next((one for one in sync.runs(conn, account_id, 5) if one.run_id == run_id), None)
    if run is not None and run.state in ("failed", "cancelled"):
        raise ConfigError(f"The corp could not be walked ({run.error or run.state}).", word("cli.demo_connected_remedy"))
    return run is not None and run.state == "done"


def _code(ground: Ground, code_id: int) -> growth.LiveCode:
    with ground.db.tx() as conn:
        return growth.code(conn, code_id)


def _live_code(ground: Ground, account_id: int, corp: str) -> int:
    """A code of all guides in turn, with its welcome."""
    name = word("cli.demo_code")
    with ground.db.tx() as conn:
        known = next((one.code_id for one in growth.codes(conn) if one.draft.name == name), None)
        if known is not None:
            return known
        kept = content.keep(
            ground, conn, word("cli.demo_welcome_name"), growth.CHANNEL, "", word("cli.demo_welcome"), purpose="service", changed_by="demo",
            lang=language(),
        )  # fmt: skip
        team = tuple(growth.CodeGuide(one.guide) for one in relations.guides(conn, corp) if one.may_serve)
        draft = growth.Draft(name=name, account_id=account_id, guides=team, welcomes=(growth.Welcome(kept.content_id),))
        return growth.make(ground, conn, draft, by="demo").code_id


def _mass_send(ground: Ground) -> int:
    """A message to all customers of the guides, who must confirm it; some do so soon, some late, one perhaps never."""
    name = word("cli.demo_mass_name")
    with ground.db.tx() as conn:
        row = conn.execute(Q.broadcast_named, {"name": name}).fetchone()
        if row:
            return int(row[0])
        kept = content.keep(ground, conn, name, "wecom", "", word("cli.demo_mass"), changed_by="demo", lang=language())
        rule: dict[str, Any] = {"siyu_rule": 1, "where": {"if": "contact"}}
        if all(one.name != word("cli.demo_guided") for one in segments.all_kept(conn)):  # to write the next one to, by hand
            segments.keep(conn, word("cli.demo_guided"), segments.parse(rule), at=ground.clock.now(), by="demo")
        draft = journeys.Draft(
            name=name, rule=rule, channel="wecom", content_id=kept.content_id, holdout_share=0.1, created_by="demo",
            expire_for=timedelta(days=3),
        )  # fmt: skip
        number = journeys.make(ground, conn, draft)
        journeys.start(ground, conn, number)
    return number
