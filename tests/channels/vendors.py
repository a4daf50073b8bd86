"""A small shop whose letters go to the sandbox's post office and whose webhooks go to a receiver that does as it is told."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from siyu import content, gate, pool
from siyu.base.ground import Ground
from siyu.base.ids import key_of
from siyu.pool import Fact, Identifier, Kind
from siyu.sandbox.mail import PostOffice
from siyu.sandbox.mail.smtp import Line, serve

_numbers = itertools.count(1)
BODY = "# {{ name | fallback: '您' }}好\n\n上新了。\n\n[[去看看]](https://shop.example/new)"


class Post:
    """The post office on a port of its own, in a thread."""

    def __init__(self, office: PostOffice, **line: Any) -> None:
        self.office = office
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._line = Line(self._listener, **line)
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(10)

    def _run(self, ready: threading.Event) -> None:
        async def live() -> None:
            async with serve(self.office, self._line):
                ready.set()
                await self._stop.wait()

        self._loop.run_until_complete(live())

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self.office.close()
        self._listener.close()

    def copies(self, ground: Ground, intent_id: int) -> int:
        """How many letters of one intent were really taken."""
        from siyu.channels.email.letter import message_id

        return self.office.box.count(message_id(ground.vault, intent_id, "brand.example"))


class Receiver:
    """A webhook receiver: the name of the person (member_id) tells it what to do."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.said: Counter[str] = Counter()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.calls.append(({k.lower(): v for k, v in self.headers.items()}, body))
                number, how = self.headers["webhook-id"], json.loads(body)["data"]["person"].get("member_id", "ok").partition("-")[0]
                outer.said[number] += 1
                if how == "later" and outer.said[number] == 1:
                    return self.answer(503)
                if how == "never":
                    return self.answer(429, {"Retry-After": "1200"})
                if how == "refused":
                    return self.answer(422)
                if how == "slow" and outer.said[number] == 1:
                    outer.taken[number] += 1
                    time.sleep(1.6)
                    return self.answer(200)
                outer.taken[number] += 1
                if how == "lost" and outer.said[number] == 1:
                    self.connection.close()
                    return None
                if how == "redirect":
                    return self.answer(302, {"Location": "http://127.0.0.1:1/"})
                return self.answer(204)

            def answer(self, status: int, more: dict[str, str] | None = None) -> None:
                self.send_response(status)
                for name, value in (more or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

            def handle(self) -> None:
                with suppress(OSError):
                    super().handle()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Shop:
    """People with addresses, contents, and wishes that the gate permits."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.contents: dict[tuple[str, str], content.Version] = {}
        self.starts: dict[str, tuple[str, str]] = {}  # channel -> body and subject, where those of a letter do not fit
        with ground.db.tx() as conn:
            pool.set_brand(conn, pool.Brand(name="林间茶铺"), at=ground.clock.now())
            self.source = pool.ensure_source(conn, "test", "system", now=ground.clock.now())

    def person(self, email: str = "", *, member: str = "", name: str = "林", consents: tuple[str, ...] = ("email", "webhook")) -> int:
        """Somebody new who agreed to marketing."""
        return self.people([email], member=member, name=name, consents=consents)[0]

    def people(
        self, emails: Sequence[str], *, member: str = "", name: str = "林", consents: tuple[str, ...] = ("email", "webhook")
    ) -> list[int]:
        """Several at once."""
        at = self.ground.clock.now() - timedelta(days=30)
        facts, firsts = [], []
        for email in emails:
            n = next(_numbers)
            names = (Identifier(Kind.MEMBER_ID, member or f"m{n}", "shop"), *([Identifier(Kind.EMAIL, email)] if email else []))
            firsts.append(names[0])
            facts.append(Fact("profile.stated", f"p{n}", at, names, personal={"name": name} if name else {}))
            facts += [
                Fact("consent.given", f"c{n}{channel}", at, names, data={"channel": channel, "purpose": "marketing"})
                for channel in consents
            ]
        with self.ground.db.tx() as conn:
            pool.record(self.ground, conn, self.source, facts)
        while pool.fold(self.ground):
            pass
        with self.ground.db.tx() as conn:
            found = [pool.person_of(self.ground, conn, one) for one in firsts]
        assert None not in found
        return [person for person in found if person is not None]

    def content(self, channel: str = "email", body: str = BODY, subject: str = "{{ name | fallback: '您' }}，上新了") -> content.Version:
        key = (channel, subject + body)
        if key not in self.contents:
            with self.ground.db.tx() as conn:
                self.contents[key] = content.keep(self.ground, conn, f"c{next(_numbers)}", channel, subject, body)
        return self.contents[key]

    def wish(self, person_id: int, channel: str = "email", **more: Any) -> int:
        """Ask the gate for one message and have it judged; gives the intent's number."""
        return self.wishes([person_id], channel, **more)[0]

    def wishes(
        self, people: Sequence[int], channel: str = "email", *, purpose: str = "marketing", origin_id: int | None = None, **more: Any
    ) -> list[int]:
        """One message for each of several people."""
        now = self.ground.clock.now()
        version = more.pop("version", None) or self.content(channel, *self.starts.get(channel, ()))
        intents, template = [], content.template_of(version)
        for person_id in people:
            n = next(_numbers)
            words = {
                "key": key_of("wish", n), "person_id": person_id, "channel": channel, "purpose": purpose, "origin": "api",
                "origin_id": origin_id or n, "content_id": version.content_id, "content_version": version.version, "not_before": now,
                "expires_at": now + timedelta(days=3), "template": template,
            }  # fmt: skip
            intents.append(gate.Intent(**(words | more)))
        with self.ground.db.tx() as conn:
            gate.ask(self.ground, conn, intents)
        while gate.judge(self.ground):
            pass
        keys = [intent.key for intent in intents]
        with self.ground.db.tx() as conn:
            numbers = dict(conn.execute("select key, intent_id from intents where key = any(%s)", [keys]).fetchall())
        return [numbers[key] for key in keys]

    def one(self, sql: str, *values: object) -> tuple[Any, ...]:
        with self.ground.db.tx() as conn:
            row = conn.execute(sql, values).fetchone()
        assert row is not None, sql
        return row

    def send(self, intent_id: int) -> tuple[Any, ...]:
        """(state, code, tries) of a send."""
        return self.one("select state, code, tries from sends where intent_id = %s", intent_id)

    def permit(self, intent_id: int) -> str:
        return str(self.one("select state from permits where intent_id = %s", intent_id)[0])

    def facts(self, intent_id: int) -> list[str]:
        """The types of the facts about a message, in the order they were recorded."""
        with self.ground.db.tx() as conn:
            rows = conn.execute("select type from facts where object = %s order by seq", [str(intent_id)])
            return [row[0].removeprefix("message.") for row in rows]

    def lease_ends(self) -> None:
        """Let every lease run out now, as if its time had passed."""
        with self.ground.db.tx() as conn:
            conn.execute("update permit_queue set lease_until = now() - interval '1 hour' where state = 'claimed'")
            conn.execute("update sends set lease_until = now() - interval '1 hour' where state = 'sending'")


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as sock:
        return int(sock.getsockname()[1])
