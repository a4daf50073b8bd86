"""A small world in this process, with a clock that stands until it is moved, and an ear that hears what it sends."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import uvicorn

from siyu.sandbox import app
from siyu.sandbox.world import make_world

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai, a Friday


@dataclass
class SmallWorld:
    """A running sandbox and its address."""

    url: str
    at: datetime = NOON

    def ask(self, path: str, value: object = None, *, raw: bytes | None = None, headers: dict[str, str] | None = None) -> Any:
        """GET, or POST of JSON (or raw); gives JSON or bytes, also of an error."""
        body = raw if raw is not None else None if value is None else json.dumps(value, ensure_ascii=False).encode()
        request = urllib.request.Request(self.url + path, data=body, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                found, kind = answer.read(), answer.headers["Content-Type"] or ""
        except urllib.error.HTTPError as err:
            found, kind = err.read(), err.headers["Content-Type"] or ""
        return json.loads(found) if "json" in kind else found

    def move(self, seconds: float) -> None:
        """Let time pass and everything that became due be carried."""
        self.at += timedelta(seconds=seconds)
        self.stand()
        assert self.ask("/sandbox/wechat/quiet")["quiet"]
        assert self.ask("/sandbox/sms/quiet")["quiet"]

    def stand(self) -> None:
        """Let the clock stand where we are."""
        self.ask("/clock", {"shown_at": self.at.isoformat(), "rate": 0})

    def do(self, account: dict[str, Any], person: str, does: str, **more: Any) -> Any:
        """Let a person do something in WeChat."""
        return self.ask("/sandbox/wechat/do", {"appid": account["appid"], "person_id": person, "does": does, **more})

    def token(self, account: dict[str, Any]) -> str:
        """A stable token."""
        given = {"grant_type": "client_credential", "appid": account["appid"], "secret": account["secret"]}
        return str(self.ask("/wechat/cgi-bin/stable_token", given)["access_token"])

    def api(self, account: dict[str, Any], path: str, value: object = None, **query: Any) -> Any:
        """Call an interface of WeChat with a token."""
        return self.ask(f"/wechat{path}?" + urlencode({"access_token": self.token(account), **query}), value)

    def phone(self, person: str) -> list[dict[str, Any]]:
        """What stands on a person's phone."""
        found: list[dict[str, Any]] = self.ask(f"/sandbox/wechat/people/{person}/phone")["chat"]
        return found


class SmallCorp:
    """A corp of the world whose app is ours. `hand` is the hand behind it, `api` its interfaces, as anybody asks them."""

    def __init__(self, world: SmallWorld, corpid: str, **members: str) -> None:
        self.world, self.corpid = world, corpid
        app = world.ask("/sandbox/corp", {"corpid": corpid, "name": "验"})["apps"][0]
        self.agent_id, self.secret = str(app["agentid"]), str(app["secret"])
        self.hand("/members", members=[{"userid": userid, "name": name} for userid, name in members.items()])

    def hand(self, path: str, **given: Any) -> Any:
        """Do something in the corp that no interface does."""
        told = self.world.ask(f"/sandbox/corp{path}", {"corp": self.corpid, **given})
        assert "error" not in told, told
        return told

    def api(self, path: str, value: object = None, **query: Any) -> Any:
        """Call an interface with a token."""
        token = self.world.ask(f"/wecom/cgi-bin/gettoken?corpid={self.corpid}&corpsecret={self.secret}")["access_token"]
        told = self.world.ask(f"/wecom/cgi-bin/{path}?" + urlencode({"access_token": token, **query}), value)
        assert told["errcode"] == 0, told
        return told

    def desk(self, media_id: str, *servicers: str) -> str:
        """Open a desk of 微信客服, with that picture and those who answer; its open_kfid."""
        made = str(self.api("kf/account/add", {"name": "客服", "media_id": media_id})["open_kfid"])
        if servicers:
            self.api("kf/servicer/add", {"open_kfid": made, "userid_list": servicers})
        return made

    def letters(self) -> list[dict[str, Any]]:
        """What the post had to carry, when all of it is carried."""
        self.hand("/callbacks/flush")
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            told = self.world.ask(f"/sandbox/corp/callbacks?corp={self.corpid}&limit=10000")
            if not told["waiting"] and not told["under_way"]:
                found: list[dict[str, Any]] = told["letters"]
                return found
            time.sleep(0.02)
        raise AssertionError("the post does not come to rest")


@contextmanager
def running(data: Path, seed: int = 5) -> Iterator[SmallWorld]:
    """Run a small world over the files of a folder."""
    world = make_world(data, seed)
    world.clock.set(NOON, 0)
    server = uvicorn.Server(uvicorn.Config(app(world), port=0, log_config=None, lifespan="on", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 60
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    yield SmallWorld(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")
    server.should_exit = True
    thread.join(30)
    world.close()


@dataclass
class Heard:
    """One push."""

    query: dict[str, str]
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Ear:
    """A server that hears pushes. `answer` makes the answer: (status, text)."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    answer: Callable[[Heard], tuple[int, str]] = lambda _: (200, "success")


@contextmanager
def listening() -> Iterator[Ear]:
    """Open an ear."""
    ear = Ear()

    class Handler(BaseHTTPRequestHandler):
        protocol_version, wbufsize = "HTTP/1.1", 65_536  # head and body in one packet

        def log_message(self, *_: Any) -> None:
            return

        def do_GET(self) -> None:
            self.tell(200, parse_qs(urlsplit(self.path).query).get("echostr", [""])[0])

        def do_POST(self) -> None:
            query = {name: one[0] for name, one in parse_qs(urlsplit(self.path).query).items()}
            found = Heard(query, self.rfile.read(int(self.headers["Content-Length"])).decode())
            ear.heard.append(found)
            self.tell(*ear.answer(found))

        def tell(self, status: int, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    ear.url = f"http://127.0.0.1:{server.server_port}/cb"
    yield ear
    server.shutdown()
    server.server_close()
