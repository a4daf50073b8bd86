"""`siyu user add | list | password`: who may sign in."""

from __future__ import annotations

import argparse
import getpass
import secrets
import sys
from typing import Any

from siyu import web
from siyu.base.errors import NotFoundError
from siyu.cli.opening import opened
from siyu.cli.screen import command, family, language, report, table, word
from siyu.cli.store import staff, staff_of


def add(subparsers: Any) -> None:
    """The grammar of this family of commands."""
    its = family(command(subparsers, "user", word("cli.user_about"), None))
    made = command(its, "add", word("cli.user_add"), run_add)
    made.add_argument("login", metavar="LOGIN")
    made.add_argument("--name", default="", metavar="TEXT")
    made.add_argument("--role", default="operator", choices=["owner", "operator", "viewer"])
    made.add_argument("--generate", action="store_true", help=word("cli.user_generate"))
    command(its, "list", word("cli.user_list"), run_list)
    changed = command(its, "password", word("cli.user_password"), run_password)
    changed.add_argument("login", metavar="LOGIN")
    changed.add_argument("--generate", action="store_true", help=word("cli.user_generate"))


def _password(args: argparse.Namespace) -> str:
    """A new one when --generate is given, else asked for twice on a terminal, else the first line of stdin: never on the command line."""
    if args.generate:
        return secrets.token_urlsafe(12)
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    while True:
        first = getpass.getpass(word("cli.user_ask"), sys.stderr)
        if first == getpass.getpass(word("cli.user_ask_again"), sys.stderr):
            return first
        print(word("cli.user_differ"), file=sys.stderr)


def run_add(args: argparse.Namespace) -> int:
    """Add somebody who may sign in."""
    password = _password(args)
    with opened(args) as ground, ground.db.tx() as conn:
        now = ground.clock.now()
        number = web.create_staff(conn, args.login, args.name or args.login, args.role, password, now, language=language())
        web.note(conn, "cli", "staff_added", now, ref=str(number))
    value = {"staff_id": number, "login": args.login.strip().lower(), "role": args.role} | ({"password": password} if args.generate else {})
    shown = [word("cli.user_made", login=args.login, role=args.role)]
    report(args, value, shown + ([word("cli.user_shown_once", password=password)] if args.generate else []))
    return 0


def run_list(args: argparse.Namespace) -> int:
    """Who may sign in."""
    with opened(args) as ground, ground.db.tx() as conn:
        found = staff(conn)
    head = [
        word("cli.col_number"),
        word("cli.user_col_login"),
        word("cli.col_name"),
        word("cli.user_col_role"),
        word("cli.user_col_closed"),
    ]
    rows = [[one["staff_id"], one["login"], one["name"], one["role"], one["closed_at"] or "-"] for one in found]
    report(args, {"users": found}, table(head, rows, right=[0]))
    return 0


def run_password(args: argparse.Namespace) -> int:
    """Give somebody a new password and end their sessions."""
    password = _password(args)
    with opened(args) as ground, ground.db.tx() as conn:
        number = staff_of(conn, args.login)
        if number is None:
            raise NotFoundError(word("cli.user_unknown", login=args.login), word("cli.user_unknown_remedy"))
        web.change_password(conn, number, password)
        web.note(conn, "cli", "password_changed", ground.clock.now(), ref=str(number))
    value = {"staff_id": number, "login": args.login.strip().lower()} | ({"password": password} if args.generate else {})
    shown = [word("cli.user_changed", login=args.login)]
    report(args, value, shown + ([word("cli.user_shown_once", password=password)] if args.generate else []))
    return 0
