"""`python -m siyu.sandbox.conformance [--base URL] [--part corp] [--json]`: run the checks and say which facts hold.

Without `--base` it starts a sandbox of its own. With it, use a sandbox that nobody else is using: the checks move its clock.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from siyu.sandbox.app import app
from siyu.sandbox.conformance.bench import Bench, Broken, checks
from siyu.sandbox.world import make_world


@contextlib.contextmanager
def served(seed: int = 1) -> Iterator[str]:
    """A sandbox in a thread of this process; gives its address."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(proto=socket.IPPROTO_TCP) as sock:
        world = make_world(Path(folder), seed)
        sock.bind(("127.0.0.1", 0))
        sock.listen(128)
        server = uvicorn.Server(uvicorn.Config(app(world), log_config=None, access_log=False, timeout_graceful_shutdown=2))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.01)
            yield f"http://127.0.0.1:{sock.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)
            world.close()


def main(argv: list[str] | None = None) -> int:
    """Run the checks; 0 when every fact holds."""
    made = argparse.ArgumentParser(prog="python -m siyu.sandbox.conformance", description="Hold the sandbox to the vendors' documents.")
    made.add_argument("--base", default="", help="a running sandbox (default: one of its own)")
    made.add_argument("--part", default="", help="only modules whose name starts with this (corp, ...)")
    made.add_argument("--json", action="store_true", help="one JSON object per check")
    args = made.parse_args(argv)
    with contextlib.ExitStack() as stack:
        bench = Bench(args.base or stack.enter_context(served()))
        broken = 0
        chosen = [one for one in checks() if one.module.startswith(args.part)]
        for one in chosen:
            why = ""
            try:
                one.run(bench.trial())
            except Broken as err:
                why, broken = str(err), broken + 1
            if args.json:
                print(
                    json.dumps(
                        {"part": one.module, "source": one.source, "fact": one.title, "holds": not why, "why": why}, ensure_ascii=False
                    )
                )
            else:
                print(f"{'broken' if why else 'holds '}  {one.source:<22} {one.title}" + (f"\n        {why}" if why else ""))
        bench.close()
        if not args.json:
            print(f"{len(chosen) - broken} of {len(chosen)} facts hold.")
    return 1 if broken else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        os._exit(1)
