"""The corp's tags under governance: who answers for each, what it means, how long it is true, who carries it, what can go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from siyu import growth, vendors
from siyu.base import settings
from siyu.base.db import Connection
from siyu.base.errors import InputError, NotFoundError
from siyu.base.ground import Ground
from siyu.pool import relations
from siyu.pool.relations import CorpTag
from siyu.vendors import Account, VendorError, VendorKind, wecom
from siyu.web.business.counted import counted, waiting
from siyu.web.connect import store
from siyu.web.guard import Guarded, deed, note, page
from siyu.web.page import form_of, go, ground_of, lang_of, render, say_to
from siyu.web.words import Role

HOME = "/corp-tags"
BUDGET_SETTING = "web.tag_budget"
BUDGET = 10_000  # tags of one corp; 3,000 until 2024
ENDED_FOR = timedelta(days=30)
VIEWS = ("all", "unused", "ownerless", "overdue")
_T = TypeVar("_T")


def routes(ground: Ground) -> list[Guarded]:
    """The list, one tag, and changes here and at the corp."""
    one = HOME + "/{corp}/{tag_id}"
    return [
        page(HOME, listing, Role.VIEWER, name="corp_tags"),
        deed(HOME, make, Role.OPERATOR, name="make_tags"),
        deed(f"{HOME}/fetch", fetch, Role.OPERATOR, name="fetch_tags"),
        deed(f"{HOME}/budget", budget, Role.OWNER, name="tag_budget"),
        page(one, show, Role.VIEWER, name="corp_tag"),
        deed(one, govern, Role.OPERATOR, name="govern_tag"),
        deed(f"{one}/rename", rename, Role.OPERATOR, name="rename_tag"),
        deed(f"{one}/delete", delete, Role.OPERATOR, name="delete_tag"),
    ]


@dataclass(frozen=True)
class Governed:
    """A tag with how it is used, and what is wrong with it."""

    tag: CorpTag
    use: store.TagUse
    overdue: int  # relations that carry it longer than its life

    @property
    def is_unused(self) -> bool:
        """Nobody carries it."""
        return not self.use.relations

    @property
    def is_ownerless(self) -> bool:
        """Nobody answers for it."""
        return not self.tag.owner

    @property
    def is_overdue(self) -> bool:
        """Somebody carries it longer than the brand says it is true."""
        return self.overdue > 0

    @property
    def address(self) -> str:
        """Its page."""
        return f"{HOME}/{quote(self.tag.corp, safe='')}/{quote(self.tag.tag_id, safe='')}"


def governed(tags: list[CorpTag], use: dict[tuple[str, str], store.TagUse], past: dict[tuple[str, str], int]) -> list[Governed]:
    """Tags with how they are used and how many carry them too long; both by (corp, tag id)."""
    keys = [(tag.corp, tag.tag_id) for tag in tags]
    return [Governed(tag, use.get(key, store.TagUse(0, 0, None)), past.get(key, 0)) for tag, key in zip(tags, keys, strict=True)]


def listing(request: Request) -> Response:
    """All tags by group, or those that want attention."""
    ground, asked = ground_of(request), request.query_params
    view = asked.get("view", "") if asked.get("view", "") in VIEWS else "all"
    use, look = counted(request, "tag_use", lambda _, conn: store.tag_use(conn), behind="pool.relations")
    if use is None:
        return waiting(request, look, say_to(request, "web.nav_corp_tags"), say_to(request, "web.tags_about"), "web.nav_connect")
    now = ground.clock.now()
    with ground.db.tx() as conn:
        found = governed(relations.tags(conn), use, growth.tags_past(conn, now))
        accounts = _accounts(conn)
        most = int(settings.get(conn, BUDGET_SETTING, BUDGET))
        ended = growth.tags_ended(conn, now - ENDED_FOR)
    chosen = {
        "all": found, "unused": [t for t in found if t.is_unused], "ownerless": [t for t in found if t.is_ownerless],
        "overdue": [t for t in found if t.is_overdue],
    }  # fmt: skip
    groups: dict[tuple[str, str, str], list[Governed]] = {}
    for one in chosen[view]:
        groups.setdefault((one.tag.corp, one.tag.group_id, one.tag.group_name), []).append(one)
    names = {one.app_id: one.name for one in accounts}
    per_corp: dict[str, int] = {}
    for one in found:
        per_corp[one.tag.corp] = per_corp.get(one.tag.corp, 0) + 1
    return render(
        request, "connect/tags.html", part="rows", groups=groups, view=view, counts={name: len(those) for name, those in chosen.items()},
        accounts=accounts, corp_names=names, budget=most, ended=ended, used=max(per_corp.values(), default=0), has_many=len(per_corp) > 1,
        all_groups=sorted({(t.tag.group_id, t.tag.group_name) for t in found}, key=lambda g: g[1]), tabs=VIEWS,
    )  # fmt: skip


def show(request: Request) -> Response:
    """One tag: in the drawer by htmx, as a page else."""
    ground = ground_of(request)
    now = ground.clock.now()
    with ground.db.tx() as conn:
        tag = _tag(request, conn)
        one = governed([tag], store.one_tag_use(conn, tag.corp, tag.tag_id), growth.tags_past(conn, now))[0]
        is_connected = any(account.app_id == tag.corp for account in _accounts(conn))
    return render(
        request, "connect/tag.html", part="inside", one=one, tag=tag, days=tag.lasts_for.days if tag.lasts_for else "",
        is_connected=is_connected,
    )  # fmt: skip


def govern(request: Request) -> Response:
    """Say who answers for a tag, what it means and how long it is true. Our own words; the corp is not told."""
    ground, form = ground_of(request), form_of(request)
    days = str(form.get("days", "")).strip()
    if days and not (days.isdigit() and 1 <= int(days) <= 3650):
        raise InputError(say_to(request, "web.tags_days_wrong"), field="days")
    with ground.db.tx() as conn:
        tag = _tag(request, conn)
        relations.govern_tag(
            conn, tag.corp, tag.tag_id, owner=str(form.get("owner", "")).strip()[:60], meaning=str(form.get("meaning", "")).strip()[:300],
            lasts_for=timedelta(days=int(days)) if days else None,
        )  # fmt: skip
        note(request, conn, "tag.governed", ref=f"tag:{tag.tag_id}")
    return go(request, HOME, said="web.saved")


def make(request: Request) -> Response:
    """Make tags at the corp, in a group that is there or in a new one."""
    ground, form = ground_of(request), form_of(request)
    names = list(
        dict.fromkeys(word.strip() for word in str(form.get("names", "")).replace("，", ",").replace("\n", ",").split(",") if word.strip())
    )
    group_id, group_name = str(form.get("group_id", "")), str(form.get("group_name", "")).strip()
    if not names or not (group_id or group_name):
        raise InputError(say_to(request, "web.tags_names_missing"), field="names")
    if any(len(name) > 30 for name in [*names, group_name]):
        raise InputError(say_to(request, "web.tags_name_long"), field="names")
    with ground.db.tx() as conn:
        account = _account(request, conn, str(form.get("account", "")))
        budget_now = int(settings.get(conn, BUDGET_SETTING, BUDGET))
        has = len(relations.tags(conn, account.app_id))
    if has + len(names) > budget_now:
        raise InputError(say_to(request, "web.tags_budget_full", n=has, most=budget_now), field="names")
    client = wecom.Client(ground, account)
    group = _asked(request, account, lambda: client.add_tags(names, group_id=group_id or None, group_name=None if group_id else group_name))
    now = ground.clock.now()
    with ground.db.tx() as conn:
        relations.keep_tags(conn, _kept(account.app_id, [group], now), now)
        note(request, conn, "tag.made", ref=f"account:{account.account_id}", tags=len(names))
    return go(request, HOME, said="web.tags_made", n=len(names))


def fetch(request: Request) -> Response:
    """Read the corp's tags now."""
    ground = ground_of(request)
    with ground.db.tx() as conn:
        accounts = _accounts(conn)
    if not accounts:
        raise InputError(say_to(request, "web.tags_no_account"), field="account")
    count = 0
    for account in accounts:
        groups = _asked(request, account, wecom.Client(ground, account).tags)
        now = ground.clock.now()
        tags = _kept(account.app_id, groups, now)
        count += len(tags)
        with ground.db.tx() as conn:
            relations.keep_tags(conn, tags, now, whole_of=account.app_id)
    return go(request, HOME, said="web.tags_fetched", n=count)


def rename(request: Request) -> Response:
    """Give a tag another name at the corp."""
    ground, name = ground_of(request), str(form_of(request).get("name", "")).strip()
    if not 1 <= len(name) <= 30:
        raise InputError(say_to(request, "web.tags_name_long"), field="name")
    with ground.db.tx() as conn:
        tag = _tag(request, conn)
        account = _account(request, conn, corp=tag.corp)
    _asked(request, account, lambda: wecom.Client(ground, account).edit_tag(tag.tag_id, name=name))
    with ground.db.tx() as conn:
        relations.keep_tags(conn, [CorpTag(tag.corp, tag.tag_id, name, tag.group_id, tag.group_name, tag.position)], ground.clock.now())
        note(request, conn, "tag.renamed", ref=f"tag:{tag.tag_id}")
    return go(request, HOME, said="web.tags_renamed", name=name)


def delete(request: Request) -> Response:
    """Delete a tag at the corp: it goes from every customer."""
    ground = ground_of(request)
    with ground.db.tx() as conn:
        tag = _tag(request, conn)
        account = _account(request, conn, corp=tag.corp)
    _asked(request, account, lambda: wecom.Client(ground, account).delete_tags([tag.tag_id]))
    now = ground.clock.now()
    with ground.db.tx() as conn:
        relations.keep_tags(
            conn, [CorpTag(tag.corp, tag.tag_id, tag.name, tag.group_id, tag.group_name, tag.position, deleted_at=now)], now
        )
        note(request, conn, "tag.deleted", ref=f"tag:{tag.tag_id}")
    return go(request, HOME, said="web.tags_deleted", name=tag.name)


def budget(request: Request) -> Response:
    """How many tags the corp may have."""
    ground, most = ground_of(request), str(form_of(request).get("most", "")).replace(",", "").strip()
    if not (most.isdigit() and 1 <= int(most) <= 1_000_000):
        raise InputError(say_to(request, "web.tags_budget_wrong"), field="most")
    with ground.db.tx() as conn:
        settings.put(conn, BUDGET_SETTING, int(most), at=ground.clock.now())
        note(request, conn, "tag.budget_set", most=int(most))
    return go(request, HOME, said="web.saved")


def _accounts(conn: Connection) -> list[Account]:
    return [one for one in vendors.accounts(conn, VendorKind.WECOM) if one.state == vendors.AccountState.ON]


def _account(request: Request, conn: Connection, number: str = "", *, corp: str = "") -> Account:
    """The account to ask: the one of that number, or any of that corp. Raises `InputError`."""
    for one in _accounts(conn):
        if (corp and one.app_id == corp) or (not corp and str(one.account_id) == number):
            return one
    raise InputError(say_to(request, "web.tags_no_account"), field="account")


def _tag(request: Request, conn: Connection) -> CorpTag:
    corp, tag_id = request.path_params["corp"], request.path_params["tag_id"]
    found = next((one for one in relations.tags(conn, corp) if one.tag_id == tag_id), None)
    if found is None:
        raise NotFoundError(say_to(request, "web.tags_gone"), "")
    return found


def _asked(request: Request, account: Account, ask: Callable[[], _T]) -> _T:
    """Ask the corp; what it refuses is said in the reader's language with the place where it is mended."""
    try:
        return ask()
    except VendorError as err:
        told = vendors.explain(account.kind, err.code, lang_of(request))
        raise InputError(f"{told.what} ({err.code})", told.remedy) from None


def _kept(corp: str, groups: list[wecom.shapes.TagGroup], now: datetime) -> list[CorpTag]:
    return [
        CorpTag(corp, tag.id, tag.name, group.group_id, group.group_name, tag.order, now if tag.deleted or group.deleted else None)
        for group in groups
        for tag in group.tag
    ]
