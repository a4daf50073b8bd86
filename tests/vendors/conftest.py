"""A vendor of our own making: a real HTTP server in the test, which answers as it is told and counts what it is asked."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from siyu.base.ground import Ground
from siyu.vendors import Account, VendorKind, keep_account

SECRET = "an-app-secret-nobody-may-see"
Said = dict[str, Any] | tuple[int, bytes, str] | None
Saying = Callable[[str, dict[str, str], bytes], Said]


class Vendor:
    """`says` answers a call (path, query, body) with JSON, with (status, bytes, content type), or with silence (None: it hangs up)."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.tokens = 0
        self.dead: set[str] = set()
        self.inside = 0
        self.most_inside = 0
        self.lock = threading.Lock()
        self.says: Saying = lambda _path, _query, _body: {"errcode": 0, "errmsg": "ok"}
        self.on_token: Callable[[], Said] = lambda: None
        self.lives_for = 7200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                self.answer()

            def do_POST(self) -> None:
                self.answer()

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                said = outer.answer(parts.path, query, body)
                if said is None:
                    self.close_connection = True
                    return
                status, data, kind = (200, json.dumps(said).encode(), "application/json") if isinstance(said, dict) else said
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def answer(self, path: str, query: dict[str, str], body: bytes) -> Said:
        """Tokens are given and checked here; everything else is `says`."""
        name = path.removeprefix("/cgi-bin/")
        with self.lock:
            self.asked[name] += 1
            self.inside += 1
            self.most_inside = max(self.most_inside, self.inside)
        try:
            if name in ("gettoken", "stable_token"):
                told = self.on_token()
                if told is not None:
                    return told
                with self.lock:
                    self.tokens += 1
                    return {"errcode": 0, "access_token": f"token-{self.tokens}-secret", "expires_in": self.lives_for}
            if query.get("access_token") in self.dead:
                return {"errcode": 42001, "errmsg": "access_token expired"}
            return self.says(name, query, body)
        finally:
            with self.lock:
                self.inside -= 1

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    """The vendor, till the end of the test."""
    made = Vendor()
    yield made
    made.close()


@pytest.fixture
def corp(ground: Ground, vendor: Vendor) -> Account:
    """A WeCom account with that vendor."""
    return keep(ground, vendor.url)


def keep(ground: Ground, url: str, kind: VendorKind = VendorKind.WECOM, name: str = "corp", **fields: Any) -> Account:
    """An account with any vendor."""
    with ground.db.tx() as conn:
        return keep_account(
            ground, conn, kind=kind, name=name, app_id=f"id-of-{name}", agent_id="1000002", secret=SECRET, base_url=url, **fields
        )
