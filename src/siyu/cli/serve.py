"""`siyu serve`: pages, API and workers in one process."""

from __future__ import annotations

import argparse
import errno
import logging
import os
import signal
import socket
import threading
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from siyu import river, web
from siyu.base.errors import ConfigError
from siyu.base.ground import Ground
from siyu.cli.opening import opened, settings_of
from siyu.cli.screen import command, note, report, word

_KEEP_ALIVE_FOR = 75  # seconds that an idle connection is kept: SDKs send every half second or every ten
_DRAIN_FOR = 20  # seconds that requests under way are given after SIGTERM


def add(subparsers: Any) -> None:
    """The grammar of this command."""
    made = command(subparsers, "serve", word("cli.serve_about"), run)
    made.add_argument("--port", type=int, default=None, help=word("cli.serve_port"))
    made.add_argument("--host", default=None, help=word("cli.serve_host"))
    made.add_argument("--threads", type=int, default=1, help=word("cli.serve_threads"))
    made.add_argument("--no-workers", action="store_true", help=word("cli.serve_no_workers"))


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C, then let requests and steps under way finish."""
    the = settings_of(args, host=args.host, port=args.port)
    listener = listen(the.host, the.port)
    port = listener.getsockname()[1]
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)  # what it says of its own comings and goings, we say in words
    with listener, opened(args, is_service=True, host=args.host, port=port) as ground:
        stop = threading.Event()
        workers = threading.Thread(target=river.loop, args=(ground, stop, args.threads), name="river")
        server = uvicorn.Server(
            uvicorn.Config(
                application(ground),
                log_config=None, access_log=False, server_header=False, lifespan="auto",
                timeout_graceful_shutdown=_DRAIN_FOR, timeout_keep_alive=_KEEP_ALIVE_FOR,
            )
        )  # fmt: skip
        # uvicorn catches the signals while it runs, drains, then raises them again for the handlers that stood before: these
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: setattr(server, "should_exit", True))
        if not args.no_workers:
            workers.start()
        shown = "127.0.0.1" if the.host in ("0.0.0.0", "::") else the.host  # noqa: S104  compared, not bound
        url = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"
        if args.json:
            report(args, {"url": url, "pid": os.getpid()}, [])
        note(word("cli.serve_ready", url=url))
        try:
            server.run(sockets=[listener])
        finally:
            note(word("cli.serve_draining"))
            stop.set()
            if not args.no_workers:
                workers.join()
    note(word("cli.serve_down"))
    return 0


def application(ground: Ground) -> ASGIApp:
    """The pages, the API and the public addresses as one application."""
    return web.app(ground)


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address, before anything else is started. Raises `ConfigError` when it is taken or not ours."""
    # asyncio turns off Nagle's algorithm only on sockets that say TCP; without it each answer on a kept connection waits 40 ms
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, proto=socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(2048)
    except OSError as err:
        sock.close()
        if err.errno == errno.EADDRINUSE:
            raise ConfigError(word("cli.port_taken", host=host, port=port), word("cli.port_taken_remedy")) from None
        raise ConfigError(word("cli.host_wrong", host=host), word("cli.host_wrong_remedy")) from None
    return sock
