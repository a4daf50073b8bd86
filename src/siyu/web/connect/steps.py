"""The page of one account: it leads through its steps, and shows each live check as its answer comes."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from siyu import vendors
from siyu.base.db import Connection
from siyu.base.errors import ConfigError, InputError, NotFoundError
from siyu.base.ground import Ground
from siyu.pool import relations
from siyu.sources import callbacks, sync
from siyu.vendors import BASE_URLS, VendorKind, probes
from siyu.web.connect import known
from siyu.web.connect.known import Shown
from siyu.web.guard import Guarded, deed, note, page
from siyu.web.page import go, ground_of, lang_of, render, say_to, staff_of
from siyu.web.words import Role

HOME = "/connections"
HAS_AGENT = (VendorKind.WECOM, VendorKind.TENCENT_SMS)
_PUSHED = (VendorKind.WECOM, VendorKind.OFFICIAL, VendorKind.MINI)  # their address holds no secret
_WALKED = (VendorKind.WECOM, VendorKind.OFFICIAL)
_PARTS = ("basics", "rights", "walk")


def routes(ground: Ground) -> list[Guarded]:
    """The page, and the two deeds that take their time."""
    one = HOME + "/{account_id:int}"
    return [
        page(one, show, Role.VIEWER, name="connection"),
        deed(f"{one}/check", check, Role.OPERATOR, name="check_connection"),
        deed(f"{one}/walk", walk, Role.OPERATOR, name="walk_connection"),
    ]


def show(request: Request) -> Response:
    """The steps of one account with what is true of each; a part of it for who looks again while something runs."""
    return shown_again(request)


def shown_again(request: Request, status: int = 200, wrong: dict[str, str] | None = None) -> Response:
    """The page, with what was wrong in a form of it."""
    ground, lang = ground_of(request), lang_of(request)
    with ground.db.tx() as conn:
        one = one_of(request, conn)
        run = next(iter(sync.runs(conn, one.account.account_id, 1)), None)
    account, is_owner = one.account, staff_of(request).may(Role.OWNER)
    checks = {c.name: c for c in one.checks}
    names = [c.name for c in one.checks]
    if one.run is not None and one.run.is_open:
        names += [name for name in one.run.names if name not in checks]
    asked = request.query_params.get("see", "")
    return render(
        request, "connect/one.html", part=asked if asked in _PARTS else "", status=status, one=one, account=account, checks=checks,
        keys=vendors.callback_keys(ground.vault, account) if is_owner else (), names=[n for n in names if n not in probes.BASICS],
        told={c.name: vendors.explain(account.kind, c.code, lang) for c in one.checks if c.code}, tones=known.TONES,
        callback_tones=known.CALLBACK_TONES, wrong=wrong or {}, has_agent=account.kind in HAS_AGENT, basics=probes.BASICS,
        callback_url=callbacks.address(ground, account) if is_owner or account.kind in _PUSHED else "", real_url=BASE_URLS[account.kind],
        is_local=_is_local(ground), needed=probes.NEEDED, run=run, is_walked=account.kind in _WALKED,
        why=vendors.explain(account.kind, run.error, lang) if run is not None and run.error else None,
        checked_at=min((c.checked_at for c in one.checks), default=None),
    )  # fmt: skip


def check(request: Request) -> Response:
    """Have the vendor asked, thing by thing; the page shows the answers as they come."""
    ground = ground_of(request)
    with ground.db.tx() as conn:
        account = one_of(request, conn).account
        try:
            probes.ask(ground, conn, account)
        except ConfigError:
            raise InputError(say_to(request, "web.connect_off_about"), say_to(request, "web.connect_off_remedy")) from None
    return go(request, f"{HOME}/{account.account_id}")


def walk(request: Request) -> Response:
    """Begin the first sync of an account, or the comparison that else comes at night."""
    ground = ground_of(request)
    with ground.db.tx() as conn:
        account = one_of(request, conn).account
        before = sync.runs(conn, account.account_id, 5)
        is_known = account.kind != VendorKind.WECOM or any(one.corp == account.app_id for one in relations.guides(conn, only_active=False))
    if account.state != vendors.AccountState.ON or account.kind not in _WALKED:
        raise InputError(say_to(request, "web.connect_off_about"), say_to(request, "web.connect_off_remedy"))
    is_walked = is_known and any(run.state == "done" for run in before)  # one that was switched to another corp has that to walk yet
    kind = sync.RunKind.NIGHTLY if is_walked else sync.RunKind.FIRST
    sync.start(ground, account.account_id, kind)
    with ground.db.tx() as conn:
        note(request, conn, "connection.walked", ref=f"account:{account.account_id}", kind=kind.value)
    return go(request, f"{HOME}/{account.account_id}#walk")


def one_of(request: Request, conn: Connection) -> Shown:
    """The account that the address names. Raises `NotFoundError`."""
    number = int(request.path_params["account_id"])
    found = next((one for one in known.known(ground_of(request), conn) if one.account.account_id == number), None)
    if found is None:
        raise NotFoundError(say_to(request, "web.connect_gone"), "")
    return found


def _is_local(ground: Ground) -> bool:
    return any(f"//{host}" in ground.config.base_url for host in ("localhost", "127.0.0.1", "[::1]"))
