"""`siyu demo`: the whole loop on a real shop's orders, live in the browser; `--once` runs it to its end and prints the figures.

The orders are real (UCI Online Retail, 541,909 lines). Who the customers are, whether they open a letter and what they buy next is
simulated by the sandbox, a process of its own that we speak to over SMTP and HTTP only (docs/sandbox.md).
"""

from __future__ import annotations

import argparse
import os
import signal
import threading
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette

from siyu import channels, river, web
from siyu.base.ground import Ground
from siyu.cli.demo.sandbox import Sandbox
from siyu.cli.demo.story import Story
from siyu.cli.opening import opened, settings_of
from siyu.cli.screen import command, note, plain, report, word
from siyu.cli.serve import listen
from siyu.sources import http

_DRAIN_FOR = 5


def add(subparsers: Any) -> None:
    """The grammar of this command."""
    made = command(subparsers, "demo", word("cli.demo_about"), run)
    made.add_argument("--once", action="store_true", help=word("cli.demo_once"))
    made.add_argument("--port", type=int, default=None, help=word("cli.serve_port"))
    made.add_argument("--orders", type=Path, default=None, metavar="FILE", help=word("cli.demo_orders"))
    made.add_argument("--seed", type=int, default=7, help=word("cli.demo_seed"))


def run(args: argparse.Namespace) -> int:
    """Tell the story once to its end, or tell it while the pages are served until Ctrl-C."""
    if args.data is None and not os.environ.get("SIYU_DATA"):
        args.data = ".siyu-demo"
    port = args.port if args.port is not None else 0 if args.once else None
    the = settings_of(args, port=port)
    listener = listen(the.host, the.port)
    port = listener.getsockname()[1]
    note(word("cli.demo_starting", data=the.data))
    with listener, opened(args, is_service=True, is_told=True, port=port) as ground:
        stop = threading.Event()
        with Sandbox(the.data / "sandbox", args.seed) as sandbox:
            app = Starlette(routes=[*http.routes(ground), *channels.routes(ground)]) if args.once else web.app(ground)
            server = uvicorn.Server(
                uvicorn.Config(app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=_DRAIN_FOR)
            )
            workers = threading.Thread(target=river.loop, args=(ground, stop, 2), name="river")
            story = Story(ground, sandbox, f"http://127.0.0.1:{port}", stop, orders=args.orders, seed=args.seed)
            workers.start()
            try:
                return _once(args, ground, story, server, listener) if args.once else _live(ground, story, server, listener)
            finally:
                stop.set()
                workers.join()


def _once(args: argparse.Namespace, ground: Ground, story: Story, server: uvicorn.Server, listener: Any) -> int:
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="receipts")
    thread.start()
    try:
        story.tell()
        figures = story.figures()
    finally:
        server.should_exit = True
        thread.join()
    report(args, plain(figures), story.summary(figures))
    return 0


def _live(ground: Ground, story: Story, server: uvicorn.Server, listener: Any) -> int:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # uvicorn drains first, then raises the signal again for these
    logins = story.staff()
    note("")
    note(word("cli.demo_open", url=story.base_url))
    for role, login, password in logins:
        note(word("cli.demo_login", role=word(f"cli.demo_role_{role}"), login=login, password=password))
    note(word("cli.demo_mail", url=story.sandbox.url))
    note("")
    teller = threading.Thread(target=story.tell_safely, name="story", daemon=True)
    keeper = threading.Thread(target=story.keep_clocks_together, name="clocks", daemon=True)
    teller.start()
    keeper.start()
    server.run(sockets=[listener])
    note(word("cli.serve_draining"))
    story.stop.set()
    teller.join(timeout=20)
    return 0
