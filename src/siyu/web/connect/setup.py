"""Setting up: the list of connections, a new one, and every change of one. The page of one account is in `steps`."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from siyu import vendors
from siyu.base.db import Connection
from siyu.base.errors import InputError, NotFoundError
from siyu.base.ground import Ground
from siyu.sources import callbacks, connecting, sync
from siyu.vendors import BASE_URLS, Account, VendorKind, probes
from siyu.web.connect import known, steps
from siyu.web.guard import Guarded, deed, note, page
from siyu.web.page import form_of, go, ground_of, lang_of, render, say_to
from siyu.web.words import Role

HOME = "/connections"


def routes(ground: Ground) -> list[Guarded]:
    """The list, the guided page of an account, and what their buttons do."""
    one = HOME + "/{account_id:int}"
    return [
        page(HOME, listing, Role.VIEWER, name="connections"),
        deed(HOME, make, Role.OWNER, name="make_connection"),
        deed(f"{HOME}/sandbox", sandbox, Role.OWNER, name="connect_sandbox"),
        page(HOME + "/new/{kind}", new, Role.OWNER, name="new_connection"),
        *steps.routes(ground),
        deed(one, change, Role.OWNER, name="change_connection"),
        deed(f"{one}/base", change_base, Role.OWNER, name="change_base"),
        deed(f"{one}/keys", rotate, Role.OWNER, name="rotate_keys"),
        deed(f"{one}/keys/retire", retire, Role.OWNER, name="retire_keys"),
        deed(f"{one}/switch", switch, Role.OWNER, name="switch_connection"),
        deed(f"{one}/forget", forget, Role.OWNER, name="forget_connection"),
    ]


def listing(request: Request) -> Response:
    """All connections, the kinds that can be added, and the sandbox."""
    return _listed(request)


def _listed(request: Request, status: int = 200, **more: Any) -> Response:
    ground = ground_of(request)
    with ground.db.tx() as conn:
        run = connecting.sandbox_run(conn)
        found = known.known(ground, conn)
    values: dict[str, Any] = {"wrong": "", "base": _sandbox_of(found, run)} | more
    return render(
        request, "connect/list.html", status=status, found=found, kinds=list(VendorKind), tones=known.TONES,
        callback_tones=known.CALLBACK_TONES, run=run, has_sandbox=any(one.is_sandbox for one in found),
        is_moving=any(one.is_checking for one in found) or (run is not None and run.is_open),
        part="sandbox" if request.query_params.get("see") == "sandbox" else "rows", **values,
    )  # fmt: skip


def _sandbox_of(found: list[known.Shown], run: connecting.SandboxRun | None) -> str:
    """The address to offer: that of the sandbox that was asked for, or is connected, or where one stands that was just started."""
    corps = [one.account.base_url.removesuffix("/wecom") for one in found if one.is_sandbox and one.account.kind == VendorKind.WECOM]
    return run.base if run is not None else corps[0] if corps else "http://127.0.0.1:8025"


def sandbox(request: Request) -> Response:
    """Have everything connected that a running sandbox has; the page shows how far it is."""
    base = str(form_of(request).get("base", "")).strip()[:200]
    try:
        with ground_of(request).db.tx() as conn:
            connecting.ask_sandbox(conn, base, lang_of(request))
            note(request, conn, "connection.sandbox")
    except InputError as err:
        return _listed(request, 422, wrong=" ".join(err.told(lang_of(request))), base=base)
    return go(request, f"{HOME}#sandbox")


def new(request: Request) -> Response:
    """The form for a new account of a kind."""
    return _form(request, _kind(request.path_params["kind"], request))


def _form(request: Request, kind: VendorKind, status: int = 200, wrong: dict[str, str] | None = None) -> Response:
    given = {name: str(form_of(request).get(name, "")) for name in ("name", "app_id", "agent_id", "base_url", "region")} if wrong else {}
    return render(
        request, "connect/new.html", status=status, kind=kind, given=given, wrong=wrong or {}, has_agent=kind in steps.HAS_AGENT,
        base_url=BASE_URLS[kind],
    )  # fmt: skip


def make(request: Request) -> Response:
    """Keep a new account with fresh callback keys, and check it at once."""
    ground, form = ground_of(request), form_of(request)
    kind = _kind(str(form.get("kind", "")), request)
    try:
        with ground.db.tx() as conn:
            account = vendors.keep_account(ground, conn, kind=kind, callback=callbacks.fresh_keys(kind), **_given(request, kind))
            note(request, conn, "connection.made", ref=f"account:{account.account_id}", kind=kind.value)
            probes.ask(ground, conn, account)
    except InputError as err:
        return _form(request, kind, 422, {err.field or "name": _told(request, err)})
    return go(request, f"{HOME}/{account.account_id}", said="web.connect_made")


def change(request: Request) -> Response:
    """Change name, ids, secret; an empty secret stays."""
    ground = ground_of(request)
    try:
        with ground.db.tx() as conn:
            before = steps.one_of(request, conn).account
            given = _given(request, before.kind) | {"base_url": before.base_url}
            _untaken(request, conn, before, given)
            vendors.keep_account(ground, conn, kind=before.kind, account_id=before.account_id, state=before.state, **given)
            if before.state == vendors.AccountState.ON:
                probes.ask(ground, conn, before)
            note(request, conn, "connection.changed", ref=f"account:{before.account_id}")
    except InputError as err:
        return steps.shown_again(request, 422, {err.field or "name": _told(request, err)})
    return go(request, f"{HOME}/{before.account_id}", said="web.saved")


def change_base(request: Request) -> Response:
    """Send calls elsewhere: to the vendor itself, or to a sandbox. Secrets that belong to the other side are asked for again."""
    ground, form = ground_of(request), form_of(request)
    try:
        with ground.db.tx() as conn:
            before = steps.one_of(request, conn).account
            secret = str(form.get("secret", "")).strip()
            if not secret:
                raise InputError(say_to(request, "web.connect_base_secret"), field="base_secret")
            ids = {name: str(form.get(name, "")).strip() or getattr(before, name) for name in ("app_id", "agent_id")}
            _untaken(request, conn, before, ids)
            vendors.keep_account(
                ground, conn, kind=before.kind, account_id=before.account_id, name=before.name, secret=secret, state=before.state,
                base_url=str(form.get("base_url", "")).strip(), options=before.options, callback=callbacks.fresh_keys(before.kind), **ids,
            )  # fmt: skip
            probes.forget(conn, before.account_id)
            walks = sync.runs(conn, before.account_id, 3)
            if before.state == vendors.AccountState.ON:
                probes.ask(ground, conn, before)
            note(request, conn, "connection.base_changed", ref=f"account:{before.account_id}", base_url=str(form.get("base_url", ""))[:200])
    except InputError as err:
        return steps.shown_again(request, 422, {err.field or "base_url": _told(request, err)})
    for run in walks:  # of the other side: what it has found stays
        if run.state == "running":
            sync.cancel(ground, run.run_id)
    return go(request, f"{HOME}/{before.account_id}", said="web.connect_base_changed")


def rotate(request: Request) -> Response:
    """New callback keys in front; those before stay right beside them until they are retired."""
    ground = ground_of(request)
    with ground.db.tx() as conn:
        account = steps.one_of(request, conn).account
        vendors.rotate_keys(ground, conn, account.account_id, callbacks.fresh_keys(account.kind))
        note(request, conn, "connection.keys_rotated", ref=f"account:{account.account_id}")
    return go(request, f"{HOME}/{account.account_id}#callback", said="web.connect_keys_made")


def retire(request: Request) -> Response:
    """End a rotation: only the newest keys are right from now on."""
    ground = ground_of(request)
    with ground.db.tx() as conn:
        account = steps.one_of(request, conn).account
        vendors.retire_keys(ground, conn, account.account_id)
        note(request, conn, "connection.keys_retired", ref=f"account:{account.account_id}")
    return go(request, f"{HOME}/{account.account_id}#callback", said="web.connect_keys_retired")


def switch(request: Request) -> Response:
    """Off: nothing is asked, callbacks are refused. On again."""
    ground = ground_of(request)
    with ground.db.tx() as conn:
        account = steps.one_of(request, conn).account
        to = vendors.AccountState.OFF if account.state == vendors.AccountState.ON else vendors.AccountState.ON
        vendors.keep_account(
            ground, conn, kind=account.kind, account_id=account.account_id, name=account.name, app_id=account.app_id,
            agent_id=account.agent_id, base_url=account.base_url, state=to,
        )  # fmt: skip
        note(request, conn, "connection.switched", ref=f"account:{account.account_id}", state=to.value)
    return go(request, f"{HOME}/{account.account_id}", said=f"web.connect_is_{to.value}")


def forget(request: Request) -> Response:
    """Delete the account with its secrets; what it told us stays."""
    ground = ground_of(request)
    with ground.db.tx() as conn:
        account = steps.one_of(request, conn).account
        vendors.forget_account(conn, account.account_id)
        note(request, conn, "connection.forgotten", ref=f"account:{account.account_id}", kind=account.kind.value)
    return go(request, HOME, said="web.connect_forgotten")


def _untaken(request: Request, conn: Connection, mine: Account, ids: dict[str, Any]) -> None:
    """Raise `InputError` when another account has these ids."""
    other = vendors.account_of(conn, mine.kind, ids["app_id"], ids["agent_id"])
    if other is not None and other.account_id != mine.account_id:
        raise InputError(say_to(request, "web.connect_taken"), field="app_id")


def _kind(word: str, request: Request) -> VendorKind:
    if word not in set(VendorKind):
        raise NotFoundError(say_to(request, "web.connect_no_kind"), "")
    return VendorKind(word)


def _given(request: Request, kind: VendorKind) -> dict[str, Any]:
    form = form_of(request)
    given: dict[str, Any] = {name: str(form.get(name, "")).strip()[:300] for name in ("name", "app_id", "secret", "agent_id", "base_url")}
    given["name"] = given["name"][:60] or say_to(request, f"web.connect_kind_{kind.value}")
    if kind not in steps.HAS_AGENT:
        given["agent_id"] = ""
    elif not given["agent_id"]:
        raise InputError(say_to(request, "web.connect_missing"), field="agent_id")
    region = str(form.get("region", "")).strip()[:40]
    if kind == VendorKind.TENCENT_SMS:
        given["options"] = {"region": region} if region else {}
    return given


def _told(request: Request, err: InputError) -> str:
    """The fault in the reader's language where we have words for it."""
    known = {"app_id", "secret", "base_url", "agent_id"}
    if "there already" in err.what or err.what == say_to(request, "web.connect_taken"):
        return say_to(request, "web.connect_taken")
    if err.field == "base_url":
        return say_to(request, "web.connect_base_wrong")
    return say_to(request, "web.connect_missing") if err.field in known else str(err.told(lang_of(request)))
