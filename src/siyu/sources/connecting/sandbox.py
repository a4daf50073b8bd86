"""Everything that a running sandbox has, connected at once: its corp, an official account, a mini-program, both kinds of text messages."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.base.text import say
from siyu.sources.callbacks import address, fresh_keys
from siyu.sources.connecting.state import is_near, is_sandboxed
from siyu.sources.connecting.words import Connected
from siyu.vendors import Account, CallbackKeys, VendorKind, account_of, callback_keys, keep_account

Ask = Callable[..., dict[str, Any]]
Told = Callable[[Sequence[Connected]], None]
_WITHIN = 15.0  # seconds for one answer of the sandbox: it calls our address before it answers
_SHOP = "Siyu"
_TEMPLATES = (
    ("notice", "您的订单${code}已发货，请留意查收。", "您的订单{1}已发货，请留意查收。"),
    ("promo", "本周会员日，老客户专享礼遇，欢迎光临，拒收请回复R", "本周会员日，老客户专享礼遇，欢迎光临，拒收请回复R"),
)  # kind, as Aliyun writes it, as Tencent does


def sandbox_address(base: str) -> str:
    """An address as people type it, as it is kept. Raises `InputError` for one that is none, or lies outside of one's own network."""
    base = base.strip().rstrip("/")
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
        raise InputError("The address is not one.", "Example: http://127.0.0.1:8025", field="base")
    if not is_near(parts.hostname):
        raise InputError("A sandbox runs on one's own network.", "Example: http://127.0.0.1:8025", field="base")
    return base


def connect_sandbox(ground: Ground, base: str, lang: str = "zh", *, told: Told = lambda made: None) -> list[Connected]:
    """Make the accounts of the sandbox at `base` ours, and enter our callback addresses there. May be done again: nothing doubles.

    `lang` is that of the accounts' names; `told` hears all that are connected so far, after each one.
    Our own server must be running under its base address for the callbacks; where it is not,
    `Connected.trouble` says so. Raises `InputError` when no sandbox answers.
    """
    base = sandbox_address(base)
    ask = _asker(base)
    corp = ask("GET", "/sandbox/corp")
    if "corpid" not in corp:
        raise InputError("No sandbox answers there.", "Start one with: python -m siyu.sandbox", field="base")
    app = corp["apps"][0]
    made = [
        _connected(
            ground, VendorKind.WECOM, lang, base=f"{base}/wecom", app_id=corp["corpid"], agent_id=str(app["agentid"]),
            secret=app["secret"], enter=lambda account, url, keys: _enter_corp(ask, account, url, keys),
        )
    ]  # fmt: skip
    told(made)
    for kind, wanted in ((VendorKind.OFFICIAL, "service"), (VendorKind.MINI, "mini")):
        one = _wechat(ask, wanted)
        made.append(
            _connected(
                ground, kind, lang, base=f"{base}/wechat", app_id=one["appid"], secret=one["secret"],
                enter=lambda account, url, keys: _enter_wechat(ask, account, url, keys),
            )
        )  # fmt: skip
        told(made)
    for kind, vendor in ((VendorKind.ALIYUN_SMS, "aliyun"), (VendorKind.TENCENT_SMS, "tencent")):
        number, one = _sms(ask, vendor)
        made.append(
            _connected(
                ground, kind, lang, base=f"{base}/sms/{vendor}", app_id=one["key_id"], agent_id=one.get("sdk_app_id") or "",
                secret=one["secret"], enter=_entering_sms(ask, number),
            )
        )  # fmt: skip
        told(made)
    return made


def _connected(
    ground: Ground,
    kind: VendorKind,
    lang: str,
    *,
    base: str,
    app_id: str,
    secret: str,
    enter: Callable[[Account, str, CallbackKeys], None],
    agent_id: str = "",
) -> Connected:
    with ground.db.tx() as conn:
        agent_id = agent_id if kind in (VendorKind.WECOM, VendorKind.TENCENT_SMS) else ""
        before = account_of(conn, kind, app_id, agent_id)
        if before is not None and not is_sandboxed(before):
            raise InputError(f"{before.name} is connected to the vendor itself.", "Give the sandbox other ids.", field="base")
        had = callback_keys(ground.vault, before) if before else ()
        keys = had[0] if had else fresh_keys(kind)
        kept = keep_account(
            ground, conn, kind=kind, name=before.name if before else say(f"sources.connecting_{kind.value}", lang), app_id=app_id,
            agent_id=agent_id, secret=secret, base_url=base, callback=None if had else keys,
            account_id=before.account_id if before else None,
        )  # fmt: skip
    trouble = ""
    try:  # after the commit: the sandbox knocks at our address before it answers
        enter(kept, address(ground, kept), keys)
    except InputError as err:
        trouble = err.what
    return Connected(kept, before is None, trouble)


def _enter_corp(ask: Ask, account: Account, url: str, keys: CallbackKeys) -> None:
    ask("POST", "/sandbox/corp/callback", {"corp": account.app_id, "agentid": int(account.agent_id), "url": url, **_both(keys)})


def _enter_wechat(ask: Ask, account: Account, url: str, keys: CallbackKeys) -> None:
    ask("POST", f"/sandbox/wechat/accounts/{account.app_id}/callback", {"url": url, **_both(keys), "mode": "safe"})


def _entering_sms(ask: Ask, number: str) -> Callable[[Account, str, CallbackKeys], None]:
    def enter(account: Account, url: str, keys: CallbackKeys) -> None:
        ask("POST", f"/sandbox/sms/accounts/{number}", {"report_url": url, "reply_url": url})

    return enter


def _both(keys: CallbackKeys) -> dict[str, str]:
    return {"token": keys.token, "aes_key": keys.aes_key}


def _wechat(ask: Ask, kind: str) -> dict[str, Any]:
    """The sandbox's account of that name, opened where there is none."""
    for one in ask("GET", "/sandbox/wechat/accounts")["accounts"]:
        if one["kind"] == kind and one["name"] == _SHOP:
            return dict(one)
    return ask("POST", "/sandbox/wechat/accounts", {"kind": kind, "name": _SHOP, "open_platform": "siyu"})


def _sms(ask: Ask, vendor: str) -> tuple[str, dict[str, Any]]:
    """The sandbox's account of that name with a signature and two templates, opened where there is none; its number there."""
    for one in ask("GET", "/sandbox/sms/accounts")["accounts"]:
        if one["vendor"] == vendor and one["name"] == _SHOP:
            return str(one["account_id"]), dict(one)
    one = ask("POST", "/sandbox/sms/accounts", {"vendor": vendor, "name": _SHOP})
    number = str(one["account_id"])
    ask("POST", f"/sandbox/sms/accounts/{number}/signatures", {"name": _SHOP})
    for place, (kind, aliyun, tencent) in enumerate(_TEMPLATES, 1):
        code, content = (f"SMS_{place:09d}", aliyun) if vendor == "aliyun" else (str(1_000_000 + place), tencent)
        ask("POST", f"/sandbox/sms/accounts/{number}/templates", {"code": code, "kind": kind, "content": content, "state": "approved"})
    return number, one


def _asker(base: str) -> Ask:
    def ask(method: str, path: str, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
        body = None if given is None else json.dumps(given).encode()
        request = urllib.request.Request(f"{base}{path}", body, {"Content-Type": "application/json"}, method=method)  # noqa: S310  checked above
        try:
            with urllib.request.urlopen(request, timeout=_WITHIN) as answer:  # noqa: S310  http(s), checked above
                found: Any = json.loads(answer.read(4 << 20))
        except urllib.error.HTTPError as err:
            raise InputError(_why(err), "Look at the sandbox's own words.", field="base") from None
        except (OSError, ValueError):
            raise InputError("No sandbox answers there.", "Start one with: python -m siyu.sandbox", field="base") from None
        if not isinstance(found, dict):
            raise InputError("No sandbox answers there.", "Start one with: python -m siyu.sandbox", field="base")
        return found

    return ask


def _why(err: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(err.read(4096))["error"])[:300]
    except (ValueError, KeyError, TypeError, OSError):
        return f"The sandbox answered {err.code}."
