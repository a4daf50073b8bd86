"""`python -m siyu.sandbox`: a post office with mailboxes that one can read in a browser. See docs/sandbox.md."""

from __future__ import annotations

import argparse
import json
import logging
import os
import socket
import sys
from pathlib import Path

import uvicorn

from siyu.base import log
from siyu.sandbox import people
from siyu.sandbox.app import app
from siyu.sandbox.crowd import Crowd
from siyu.sandbox.mail import Faults
from siyu.sandbox.mail.smtp import Line, self_signed
from siyu.sandbox.world import make_world


def main(argv: list[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C. Prints one JSON line with the addresses when it is ready."""
    args = grammar().parse_args(argv)
    log.setup("warning")
    logging.getLogger("mail.log").setLevel("ERROR")  # aiosmtpd warns of its own past at every login
    try:
        faults = Faults.of(args.fault)
    except ValueError as err:
        print(f"sandbox: {err}", file=sys.stderr)
        return 2
    world = make_world(Path(args.data), args.seed, faults)
    world.post.bounces_to(args.bounce_url, args.bounce_key)
    login = (args.smtp_user, args.smtp_password) if args.smtp_user else None
    try:
        post = _bound(args.host, args.smtp_port)
        pages = _bound(args.host, args.port)
    except OSError as err:
        print(f"sandbox: a port cannot be opened ({err.strerror}). Give other ports with --port and --smtp-port.", file=sys.stderr)
        return 1
    line = Line(post, tls=self_signed(world.data, args.host) if args.tls else None, is_tls_needed=args.tls, login=login)
    url, smtp = f"http://{args.host}:{pages.getsockname()[1]}", post.getsockname()[1]
    crowd = Crowd(args.seed, world.clock.now, world.post)
    crowd.start()
    server = uvicorn.Server(
        uvicorn.Config(
            app(world, line, people.routes(crowd)), log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=3
        )
    )
    print(json.dumps({"url": url, "smtp_host": args.host, "smtp_port": smtp, "pid": os.getpid()}), flush=True)
    try:
        server.run(sockets=[pages])
    finally:
        crowd.stop()
        world.close()
    return 0


def grammar() -> argparse.ArgumentParser:
    """What can be said on the command line."""
    made = argparse.ArgumentParser(prog="python -m siyu.sandbox", description="A small world to try Siyu on: mailboxes over SMTP.")
    made.add_argument("--host", default="127.0.0.1")
    made.add_argument("--port", type=int, default=8025, help="pages and API (0 = any free one)")
    made.add_argument("--smtp-port", type=int, default=8026, help="SMTP (0 = any free one)")
    made.add_argument("--data", default=".siyu-sandbox", metavar="DIR", help="the folder of its files")
    made.add_argument("--seed", type=int, default=1, help="the same seed gives the same luck")
    made.add_argument("--tls", action="store_true", help="ask for STARTTLS, with a certificate of its own (DIR/smtp.pem)")
    made.add_argument("--smtp-user", default="", help="ask for this login (AUTH)")
    made.add_argument("--smtp-password", default="")
    made.add_argument("--bounce-url", default="", help="where notices about undelivered mail are posted to")
    made.add_argument("--bounce-key", default="", help="the key that goes with it")
    made.add_argument("--fault", action="append", default=[], metavar="NAME=SHARE", help=f"one of {', '.join(Faults.names())}; 0 to 1")
    return made


def _bound(host: str, port: int) -> socket.socket:
    # asyncio turns off Nagle's algorithm only on sockets that say TCP; without it each answer on a kept connection waits 40 ms
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, proto=socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(512)
    except OSError:
        sock.close()
        raise
    return sock


if __name__ == "__main__":
    sys.exit(main())
