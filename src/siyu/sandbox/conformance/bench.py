"""What a check stands on: a corp of its own, plain HTTP, a hand behind the scenes, a clock that stands still, a mailbox for callbacks."""

from __future__ import annotations

import http.client
import importlib
import json
import pkgutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree import ElementTree

from siyu.base.clock import SystemClock
from siyu.sandbox.corp import crypto

START = "2026-03-02T02:00:00+00:00"  # a Monday morning in China
KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
TOKEN = "QDG6eK"  # noqa: S105  the public test vector's
OTHER_KEY = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"
_PATIENCE = 30.0


class Broken(AssertionError):
    """The sandbox does not behave as the fact says."""


@dataclass(frozen=True)
class Check:
    """One check and the fact behind it."""

    source: str
    title: str
    module: str
    run: Callable[[Trial], None]


_CHECKS: list[Check] = []


def fact(source: str) -> Callable[[Callable[[Trial], None]], Callable[[Trial], None]]:
    """Enter a check; its docstring is the fact in a sentence, `source` where it is documented."""

    def entered(run: Callable[[Trial], None]) -> Callable[[Trial], None]:
        title = (run.__doc__ or run.__name__).strip().split("\n")[0]
        _CHECKS.append(Check(source, title, run.__module__.rsplit(".", 1)[-1], run))
        return run

    return entered


def checks() -> list[Check]:
    """All checks of all parts."""
    import siyu.sandbox.conformance as package

    for module in sorted(m.name for m in pkgutil.iter_modules(package.__path__)):
        if "_" in module.strip("_"):
            importlib.import_module(f"{package.__name__}.{module}")
    return list(_CHECKS)


@dataclass
class Heard:
    """A callback as it arrived. `fields` is the opened XML, empty when it could not be opened."""

    query: dict[str, str]
    body: str
    fields: dict[str, Any]


@dataclass
class Mailbox:
    """One address for callbacks: with which keys it opens them, and how it answers (statuses are used up one by one, then 200)."""

    token: str
    aes_key: str
    receive_id: str
    heard: list[Heard] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    slow_for: float = 0.0
    echo_wrong: bool = False


class Bench:
    """A sandbox to check, reached over HTTP, and a server for its callbacks."""

    def __init__(self, base: str) -> None:
        parts = urlsplit(base)
        self._host = parts.netloc
        self._line = http.client.HTTPConnection(self._host, timeout=60)
        self._numbers = 0
        self.mailboxes: dict[str, Mailbox] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.mailboxes))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def callback_base(self) -> str:
        """Where callbacks are taken."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Give the clock back to the wall and stop."""
        self.json("POST", "/clock", {"shown_at": SystemClock().now().isoformat(), "rate": 1})
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()
        self._line.close()

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """One request: status, headers in small letters, body."""
        for is_last in (False, True):  # a connection that rested too long was closed by the other side
            try:
                self._line.request(method, path, body, headers or {})
                answer = self._line.getresponse()
                return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
            except (http.client.RemoteDisconnected, ConnectionError):
                self._line.close()
                if is_last:
                    raise
        raise AssertionError

    def json(self, method: str, path: str, body: Any = None) -> Any:
        """One request in JSON."""
        raw = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        status, _, told = self.send(method, path, raw, {"Content-Type": "application/json"} if raw else {})
        if status >= 500:
            raise Broken(f"{path} answered HTTP {status}")
        return json.loads(told)

    def trial(self) -> Trial:
        """A fresh corp, with the clock standing at `START`."""
        self.json("POST", "/clock", {"shown_at": START, "rate": 0})
        told: Any = {"error": ""}
        while "error" in told:  # a sandbox that was checked before has corps of these names already
            self._numbers += 1
            corpid = f"wwtrial{self._numbers:06d}"
            told = self.json("POST", "/sandbox/corp", {"corpid": corpid, "name": "验"})
        return Trial(self, corpid, told["apps"][0]["secret"], told["apps"][0]["agentid"])


@dataclass
class Trial:
    """What one check has in hand."""

    bench: Bench
    corpid: str
    secret: str
    agentid: int
    _token: str = ""
    _moved: int = 0

    # --- the interfaces ---

    @property
    def token(self) -> str:
        """A token of the app, fetched when needed."""
        if not self._token:
            self._token = str(self.gettoken(self.secret)["access_token"])
        return self._token

    def gettoken(self, secret: str, corpid: str = "") -> Any:
        """`gettoken` as it is answered."""
        return self.bench.json("GET", "/wecom/cgi-bin/gettoken?" + urlencode({"corpid": corpid or self.corpid, "corpsecret": secret}))

    def get(self, path: str, *, token: str | None = None, **query: Any) -> Any:
        """A GET of an interface."""
        return self.bench.json(
            "GET", f"/wecom/cgi-bin/{path}?" + urlencode({"access_token": self.token if token is None else token, **query})
        )

    def post(self, path: str, body: Any = None, *, token: str | None = None, **query: Any) -> Any:
        """A POST of an interface."""
        given = {} if body is None else body
        return self.bench.json(
            "POST", f"/wecom/cgi-bin/{path}?" + urlencode({"access_token": self.token if token is None else token, **query}), given
        )

    def upload(self, path: str, name: str, content: bytes, **query: Any) -> Any:
        """A file as multipart/form-data in the field `media`."""
        edge = "conformanceedge"
        head = (
            f'--{edge}\r\nContent-Disposition: form-data; name="media"; filename="{name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        )
        body = head.encode() + content + f"\r\n--{edge}--\r\n".encode()
        address = f"/wecom/cgi-bin/{path}?" + urlencode({"access_token": self.token, **query})
        return json.loads(self.bench.send("POST", address, body, {"Content-Type": f"multipart/form-data; boundary={edge}"})[2])

    # --- the hand behind ---

    def hand(self, path: str, **given: Any) -> Any:
        """A deed by the control API; a refusal of it breaks the check."""
        told = self.bench.json("POST", f"/sandbox/corp{path}", {"corp": self.corpid, **given})
        if isinstance(told, dict) and "error" in told:
            raise Broken(f"{path}: {told['error']}")
        return told

    def cannot(self, path: str, **given: Any) -> str:
        """A deed that must be impossible; gives why."""
        told = self.bench.json("POST", f"/sandbox/corp{path}", {"corp": self.corpid, **given})
        if "error" not in told:
            raise Broken(f"{path} should have been impossible")
        return str(told["error"])

    def look(self, path: str, **query: Any) -> Any:
        """Something to read by the control API."""
        return self.bench.json("GET", f"/sandbox/corp{path}?" + urlencode({"corp": self.corpid, **query}))

    def staff(self, *userids: str, **more: Any) -> None:
        """Members with customers."""
        self.hand("/members", members=[{"userid": u, "name": u, **more} for u in userids])

    def customer(self, userid: str, **about: Any) -> str:
        """A customer who is a member's friend already; their external_userid."""
        return str(self.hand("/contacts", contacts=[{"userid": userid, "name": "客", **about}])["made"][0])

    def wait(self, seconds: int) -> None:
        """Let the world's clock go on; it stands still otherwise. A token is fetched anew when needed."""
        shown = self.bench.json("GET", "/clock")["shown_at"]
        self.bench.json("POST", "/clock", {"shown_at": (datetime.fromisoformat(shown) + timedelta(seconds=seconds)).isoformat(), "rate": 0})
        self._moved += seconds
        if self._moved >= 7000:
            self._token, self._moved = "", 0

    def now(self) -> int:
        """Unix seconds of the world's clock."""
        return int(self.look("")["now"])

    # --- callbacks ---

    def listen(self, token: str = TOKEN, aes_key: str = KEY, **more: Any) -> Mailbox:
        """Set a callback for the app and give its mailbox."""
        path = f"/{self.corpid}/{len(self.bench.mailboxes)}"
        box = self.bench.mailboxes[path] = Mailbox(token, aes_key, self.corpid)
        self.hand("/callback", url=self.bench.callback_base + path, token=token, aes_key=aes_key, **more)
        return box

    def settle(self) -> None:
        """Wait until nothing is under way any more."""
        ends = time.monotonic() + _PATIENCE
        while time.monotonic() < ends:
            standing = self.look("/callbacks/standing")
            if not standing["waiting"] and not standing["under_way"]:
                return
            time.sleep(0.01)
        raise Broken("callbacks are still under way")

    # --- judging ---

    def ok(self, answer: Any) -> Any:
        """The answer must be a good one."""
        if answer.get("errcode") != 0:
            raise Broken(f"expected errcode 0: {answer}")
        return answer

    def code(self, answer: Any, wanted: int) -> None:
        """The answer must carry this code."""
        if answer.get("errcode") != wanted:
            raise Broken(f"expected errcode {wanted}: {answer}")

    def same(self, found: Any, wanted: Any, what: str = "value") -> None:
        """Two things must be equal."""
        if found != wanted:
            raise Broken(f"{what}: expected {wanted!r}, found {found!r}")

    def true(self, found: Any, what: str) -> None:
        """Something must hold."""
        if not found:
            raise Broken(what)


def opened(text: str) -> dict[str, Any]:
    """The leaves of an XML; a list of `Item`s becomes a list."""
    root = ElementTree.fromstring(text)  # noqa: S314  our own sandbox's text
    return {one.tag: [item.text or "" for item in one] if len(one) else one.text or "" for one in root}


def _handler(mailboxes: dict[str, Mailbox]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            box, query = self._box()
            if box is None or query["msg_signature"] != crypto.signature(box.token, query["timestamp"], query["nonce"], query["echostr"]):
                self._answer(403, b"")
                return
            word = crypto.decrypt(box.aes_key, box.receive_id, query["echostr"])
            self._answer(200, f'"{word}"'.encode() if box.echo_wrong else word.encode())

        def do_POST(self) -> None:
            box, query = self._box()
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            if box is None:
                self._answer(404, b"")
                return
            outer = opened(body)
            fields: dict[str, Any] = {}
            if query["msg_signature"] == crypto.signature(box.token, query["timestamp"], query["nonce"], outer["Encrypt"]):
                fields = opened(crypto.decrypt(box.aes_key, box.receive_id, outer["Encrypt"]))
            box.heard.append(Heard(query, body, fields))
            if box.slow_for:
                time.sleep(box.slow_for)
            self._answer(box.statuses.pop(0) if box.statuses else 200, b"")

        def _box(self) -> tuple[Mailbox | None, dict[str, str]]:
            parts = urlsplit(self.path)
            return mailboxes.get(parts.path), {k: v[0] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}

        def _answer(self, status: int, body: bytes) -> None:
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                self.close_connection = True  # the sandbox has given up waiting

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
