"""Ask every question of an account's plan, and keep what was found."""

from __future__ import annotations

from collections.abc import Callable

from siyu.base.ground import Ground
from siyu.vendors.codes import rule_of
from siyu.vendors.probes import store
from siyu.vendors.probes.plan import BASICS, NEEDED, Empty, Question, questions
from siyu.vendors.probes.words import Probed, ProbeState
from siyu.vendors.words import Account, Trouble, VendorError

_SECRET = frozenset(
    {
        "wecom_secret", "wecom_corpid", "wecom_agent", "wechat_secret", "wechat_appid", "aliyun_key", "aliyun_ram", "tencent_key",
        "tencent_app", "clock",
    }
)  # fmt: skip


def probe(ground: Ground, account: Account, *, told: Callable[[tuple[str, ...], int], None] = lambda names, done: None) -> list[Probed]:
    """Ask the vendor, thing by thing, and keep each answer as it comes. Takes some seconds; holds no transaction while it asks.

    `told` hears the names of all that is asked and how many of them have their answer. Raises `ConfigError` for an account that is off.
    """
    plan = questions(ground, account)
    names = (*BASICS, *(one.name for one in plan if one.name))
    found: list[Probed] = []
    is_open = True
    told(names, 0)
    for one in plan:
        code = _ask(one) if is_open else None
        if not one.name:
            new = _basics(ground, account, one, code or "")
            is_open = all(basic.state == ProbeState.GOOD for basic in new)
        else:
            new = [Probed(account.account_id, one.name, _state(account, one, code), code or "", one.interface, ground.clock.now())]
        found += new
        with ground.db.tx() as conn:
            store.keep(conn, account.account_id, new, ground.clock.now())
        told(names, len(found))
    with ground.db.tx() as conn:
        store.drop_others(conn, account.account_id, names)
    return found


def _ask(one: Question) -> str:
    """The code of the answer, '' where it is well."""
    try:
        one.ask()
    except VendorError as err:
        return "" if err.code in one.well else err.code
    except Empty as err:
        return err.code
    return ""


def _basics(ground: Ground, account: Account, one: Question, code: str) -> list[Probed]:
    """What the first answer says of the address, the secret and the IP: what it broke at, what it had passed, what nobody knows."""
    fault = at_fault(account, code)
    states = []
    for name in BASICS:
        state = ProbeState.GOOD
        if fault == name:
            state = ProbeState.BAD
        elif fault and BASICS.index(name) > BASICS.index(fault):
            state = ProbeState.SKIPPED
        states.append((name, state, code if fault == name else ""))
    return [Probed(account.account_id, name, state, said, one.interface, ground.clock.now()) for name, state, said in states]


def at_fault(account: Account, code: str) -> str:
    """Which of address, secret, ip a code of the first question accuses; '' for none of them: the vendor let us in."""
    if not code:
        return ""
    rule = rule_of(account.kind, code)
    if rule.trouble in (Trouble.DOWN, Trouble.UNKNOWN) or rule.mend in ("address", "reach"):
        return "address"
    if rule.mend.endswith("_ip"):
        return "ip"
    if rule.mend in _SECRET or rule.trouble == Trouble.TOKEN:
        return "secret"
    return "address" if rule.trouble == Trouble.LATER else ""


def _state(account: Account, one: Question, code: str | None) -> ProbeState:
    if code is None:
        return ProbeState.SKIPPED
    if not code:
        return ProbeState.GOOD
    if rule_of(account.kind, code).trouble in (Trouble.LATER, Trouble.DOWN) and code not in ("no_guides", "no_fans", "no_unionid"):
        return ProbeState.SKIPPED
    return ProbeState.BAD if one.name in NEEDED else ProbeState.WATCH
