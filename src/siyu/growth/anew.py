"""Codes of a corp that is connected no more, and the same code made anew for one that is."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from siyu import pool
from siyu.base.db import Connection
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.growth import store
from siyu.growth.codes import close, make
from siyu.growth.store import Q
from siyu.growth.words import Anew, CodeKind, Draft, LiveCode
from siyu.pool.relations import ChatGroup, CorpTag
from siyu.vendors import Account, AccountState, VendorKind, account, accounts


def stranded(conn: Connection, codes: Iterable[LiveCode]) -> set[int]:
    """The numbers of those that lead to a corp that is connected no more: nobody can be told of them.

    Their account was removed, or is another corp's today; or it is switched off while another corp is on.
    """
    every = {one.account_id: one for one in accounts(conn, VendorKind.WECOM)}
    on = {one.app_id for one in every.values() if one.state is AccountState.ON}
    return {one.code_id for one in codes if _is_stranded(one, every.get(one.draft.account_id), on)}


def _is_stranded(code: LiveCode, its: Account | None, on: Collection[str]) -> bool:
    if its is None or its.app_id != code.corp:
        return True
    return its.state is not AccountState.ON and bool(on) and code.corp not in on


def anew(conn: Connection, code: LiveCode, account_id: int) -> Anew:
    """How a code would be at the corp of another account, and what of it is not there."""
    corp = account(conn, account_id).app_id
    guides = {one.guide for one in pool.relations.guides(conn, corp) if one.may_serve}
    chats = [one for one in pool.relations.groups(conn, corp) if one.dismissed_at is None]
    old_tags = {one.tag_id: one for one in pool.relations.tags(conn, code.corp, only_live=False)}
    old_chats = {one.chat_id: one.name for one in pool.relations.groups(conn, code.corp)}
    return fitted(replace(code.draft, account_id=account_id), guides, old_tags, pool.relations.tags(conn, corp), old_chats, chats)


def fitted(
    draft: Draft,
    guides: Collection[str],
    old_tags: dict[str, CorpTag],
    tags: Collection[CorpTag],
    old_chats: dict[str, str],
    chats: Collection[ChatGroup],
) -> Anew:
    """A draft with what another corp has of it: guides by userid, tags by name (in a group of the same name where there is one), chats by a
    name that only one has.
    """
    kept_tags, no_tags = [], []
    for tag_id in draft.corp_tags:
        old = old_tags.get(tag_id)
        name, group = (old.name, old.group_name) if old else ("", "")
        same = sorted((one.group_name != group, one.tag_id) for one in tags if name and one.name == name)
        if same:
            kept_tags.append(same[0][1])
        else:
            no_tags.append(name or tag_id)
    kept_chats, no_chats = [], []
    for chat_id in draft.chats:
        name = old_chats.get(chat_id, "")
        named = [one.chat_id for one in chats if name and one.name == name]
        if len(named) == 1:
            kept_chats.append(named[0])
        else:
            no_chats.append(name or chat_id)
    return Anew(
        replace(
            draft, guides=tuple(one for one in draft.guides if one.guide in guides), corp_tags=tuple(dict.fromkeys(kept_tags)),
            chats=tuple(dict.fromkeys(kept_chats)),
        ),
        tuple(one.guide for one in draft.guides if one.guide not in guides), tuple(no_tags), tuple(no_chats),
    )  # fmt: skip


def renew(ground: Ground, conn: Connection, code_id: int, account_id: int, *, by: str = "") -> tuple[LiveCode, Anew]:
    """Make a stranded code anew for the corp of another account, and close it: its results stay its own.

    The new one keeps its state, so that the sheets that hang lead on to it. Raises `InputError`, `NotFoundError`.
    """
    before = store.code(conn, code_id)
    if before.closed_at is not None:
        raise InputError("The code is closed.", "Make a new one.")
    target = account(conn, account_id)
    if target.kind is not VendorKind.WECOM or target.state is not AccountState.ON:
        raise InputError("This account is not connected.", "Choose a WeCom account that is switched on.", field="account")
    if code_id not in stranded(conn, [before]):
        raise InputError("The code's corp is connected.", "Change the code instead.")
    made = anew(conn, before, account_id)
    if before.corp == target.app_id:  # the same corp by another account: it is the same code
        conn.execute(Q.move_code, {"code_id": code_id, "account_id": account_id, "now": ground.clock.now(), "by": by})
        return store.code(conn, code_id), made
    if not made.is_possible and before.draft.kind == CodeKind.GROUP:
        raise InputError("None of the code's chats is there in the connected corp.", "Sync the corp, or make a new code with its chats.")
    if not made.is_possible:
        raise InputError("None of the code's guides is there in the connected corp.", "Sync the corp, or make a new code with its guides.")
    close(ground, conn, code_id, by=by)
    code = make(ground, conn, made.draft, by=by)
    conn.execute(Q.take_state, {"code_id": code.code_id, "state": before.state})
    return store.code(conn, code.code_id), made
