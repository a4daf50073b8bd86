"""`siyu connect add | list | check | rotate | sandbox`: accounts with vendors, and whether they work."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from siyu import vendors, web
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.cli.opening import opened
from siyu.cli.progress import Progress
from siyu.cli.screen import command, family, language, note, report, table, word
from siyu.sources import callbacks, connecting
from siyu.vendors import Account, VendorKind, probes
from siyu.vendors.probes import Probed, ProbeState

_MARK = {ProbeState.GOOD: "ok  ", ProbeState.WATCH: "look", ProbeState.BAD: "FAIL", ProbeState.SKIPPED: "-   "}
_ILL = (ProbeState.WATCH, ProbeState.BAD)


def add(subparsers: Any) -> None:
    """The grammar of this family of commands."""
    its = family(command(subparsers, "connect", word("cli.connect_about"), None))
    made = command(its, "add", word("cli.connect_add"), run_add)
    made.add_argument("kind", choices=[kind.value for kind in VendorKind], metavar="KIND", help=", ".join(VendorKind))
    made.add_argument("--name", default="", help=word("cli.connect_name"))
    made.add_argument("--app-id", required=True, metavar="ID", help=word("cli.connect_app_id"))
    made.add_argument("--agent-id", default="", metavar="ID", help=word("cli.connect_agent_id"))
    made.add_argument("--base-url", default="", metavar="URL", help=word("cli.connect_base_url"))
    command(its, "list", word("cli.connect_list"), run_list)
    checked = command(its, "check", word("cli.connect_check"), run_check)
    checked.add_argument("account", metavar="NUMBER", nargs="?", type=int)
    turned = command(its, "rotate", word("cli.connect_rotate"), run_rotate)
    turned.add_argument("account", metavar="NUMBER", type=int)
    turned.add_argument("--retire", action="store_true", help=word("cli.connect_retire"))
    tried = command(its, "sandbox", word("cli.connect_sandbox"), run_sandbox)
    tried.add_argument("--base", default="http://127.0.0.1:8025", metavar="URL", help=word("cli.connect_base"))


def run_add(args: argparse.Namespace) -> int:
    """Keep an account; its secret is read from standard input, so that it stands in no history and no list of processes."""
    if sys.stdin.isatty():
        note(word("cli.connect_ask_secret"))
    secret = sys.stdin.readline().strip()
    if not secret:
        raise InputError(word("cli.connect_no_secret"), word("cli.connect_no_secret_remedy"), field="secret")
    kind = VendorKind(args.kind)
    with opened(args) as ground:
        with ground.db.tx() as conn:
            account = vendors.keep_account(
                ground, conn, kind=kind, name=args.name or args.app_id, app_id=args.app_id, agent_id=args.agent_id, secret=secret,
                base_url=args.base_url, callback=callbacks.fresh_keys(kind),
            )  # fmt: skip
            web.note(conn, "cli", "connection.made", ground.clock.now(), ref=f"account:{account.account_id}", kind=kind.value)
        found = _probe(ground, account)
        value = _account(ground, account) | {"callback": _callback(ground, account), "checks": _checks(account, found)}
    lines = [
        word("cli.connect_added", name=account.name, number=account.account_id),
        *_callback_lines(value["callback"]),
        *_lines(account, found),
    ]
    report(args, value, lines)
    return 0


def run_list(args: argparse.Namespace) -> int:
    """All accounts; no secrets."""
    with opened(args) as ground, ground.db.tx() as conn:
        found = [_account(ground, one) for one in vendors.accounts(conn)]
    head = [word(f"cli.connect_col_{name}") for name in ("id", "kind", "name", "app", "base", "state")]
    rows = [[one["account_id"], one["kind"], one["name"], one["app_id"], one["base_url"], one["state"]] for one in found]
    report(args, {"accounts": found}, table(head, rows, right=[0]) if found else [word("cli.connect_none")])
    return 0


def run_check(args: argparse.Namespace) -> int:
    """Ask the vendors, thing by thing; exit code 1 when something that is needed does not work."""
    with opened(args) as ground:
        with ground.db.tx() as conn:
            accounts = [vendors.account(conn, args.account)] if args.account else _in_use(vendors.accounts(conn))
        found = [(one, _probe(ground, one)) for one in accounts]
    value = [{"account_id": one.account_id, "name": one.name, "kind": one.kind, "checks": _checks(one, its)} for one, its in found]
    lines = [line for one, its in found for line in (f"{one.name} ({one.kind}, {one.app_id})", *_lines(one, its), "")]
    is_ill = any(its.state == ProbeState.BAD for _, all_its in found for its in all_its)
    report(args, {"is_well": not is_ill, "accounts": value}, lines or [word("cli.connect_none")])
    return 1 if is_ill else 0


def run_rotate(args: argparse.Namespace) -> int:
    """New callback keys in front of those that are there; `--retire` ends the rotation."""
    with opened(args) as ground, ground.db.tx() as conn:
        account = vendors.account(conn, args.account)
        if args.retire:
            account = vendors.retire_keys(ground, conn, account.account_id)
        else:
            account = vendors.rotate_keys(ground, conn, account.account_id, callbacks.fresh_keys(account.kind))
        what = "connection.keys_retired" if args.retire else "connection.keys_rotated"
        web.note(conn, "cli", what, ground.clock.now(), ref=f"account:{account.account_id}")
        callback = _callback(ground, account)
    said = word("cli.connect_retired") if args.retire else word("cli.connect_rotated", number=account.account_id)
    value = {"account_id": account.account_id, "sets": len(vendors.callback_keys(ground.vault, account)), "callback": callback}
    report(args, value, [said, *_callback_lines(callback)])
    return 0


def run_sandbox(args: argparse.Namespace) -> int:
    """Connect everything that a running sandbox has; callbacks too, when our own server runs."""
    with opened(args) as ground:
        made = connecting.connect_sandbox(ground, args.base, language())
        with ground.db.tx() as conn:
            web.note(conn, "cli", "connection.sandbox", ground.clock.now(), accounts=len(made))
        found = [(one, _probe(ground, one.account)) for one in made]
        base_url = ground.config.base_url
    value = [
        {"account_id": one.account.account_id, "kind": one.account.kind, "name": one.account.name, "is_new": one.is_new,
         "trouble": one.trouble, "checks": _checks(one.account, its)}
        for one, its in found
    ]  # fmt: skip
    lines = [word("cli.connect_sandboxed", number=one.account.account_id, name=one.account.name) for one, _ in found]
    if any(one.trouble for one in made):
        lines.append(word("cli.connect_unreached", url=base_url))
    report(args, {"accounts": value, "callbacks_entered": not any(one.trouble for one in made)}, lines)
    return 0


def _probe(ground: Ground, account: Account) -> list[Probed]:
    with Progress(account.name) as progress:
        return probes.probe(ground, account, told=lambda names, done: progress.to(done, len(names), _next(names, done)))


def _next(names: tuple[str, ...], done: int) -> str:
    return word(f"web.connect_check_{names[done]}") if done < len(names) else ""


def _in_use(accounts: list[Account]) -> list[Account]:
    return [one for one in accounts if one.state == vendors.AccountState.ON]


def _account(ground: Ground, one: Account) -> dict[str, Any]:
    return {
        "account_id": one.account_id, "kind": one.kind, "name": one.name, "app_id": one.app_id, "agent_id": one.agent_id,
        "base_url": one.base_url, "is_sandbox": connecting.is_sandboxed(one), "state": one.state,
        "callback_sets": len(vendors.callback_keys(ground.vault, one)),
    }  # fmt: skip


def _callback(ground: Ground, account: Account) -> dict[str, str]:
    """What is entered at the vendor: the only secrets that a command prints, because they are made here and wanted there."""
    keys = vendors.callback_keys(ground.vault, account)
    given = {"url": callbacks.address(ground, account)}
    if keys and keys[0].aes_key:
        given |= {"token": keys[0].token, "aes_key": keys[0].aes_key}
    return given


def _callback_lines(callback: dict[str, str]) -> Iterator[str]:
    for name, value in callback.items():
        yield f"  { ({'url': 'URL', 'token': 'Token', 'aes_key': 'EncodingAESKey'}[name]):<16}{value}"


def _checks(account: Account, found: list[Probed]) -> list[dict[str, Any]]:
    made = []
    for one in found:
        told = vendors.explain(account.kind, one.code, language()) if one.code and one.state in _ILL else None
        made.append(
            {"name": one.name, "state": one.state, "code": one.code, "interface": one.interface, "what": told.what if told else "",
             "remedy": told.remedy if told else ""}
        )  # fmt: skip
    return made


def _lines(account: Account, found: list[Probed]) -> Iterator[str]:
    for one, told in zip(found, _checks(account, found), strict=True):
        yield f"{_MARK[one.state]}  {word(f'web.connect_check_{one.name}')}" + (f": {told['what']} ({one.code})" if told["what"] else "")
        if told["remedy"]:
            yield f"      {told['remedy']}"
