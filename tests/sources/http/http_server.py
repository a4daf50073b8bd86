"""A real served port for the SDKs, and raw requests for everything that no SDK would send."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette

from siyu.base.ground import Ground
from siyu.cli.serve import listen
from siyu.sources import http


@dataclass
class Served:
    """A running server: its address, the key of a source, and what is in the pool."""

    url: str
    key: str
    source_id: int
    ground: Ground

    def post(self, path: str, body: Any, *, key: str | None = "", headers: dict[str, str] | None = None) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = dict(headers or {})
        the = self.key if key == "" else key
        if the is not None:
            sent.setdefault("Authorization", "Basic " + base64.b64encode(f"{the}:".encode()).decode())
        return httpx.post(self.url + path, content=content, headers=sent, timeout=30)

    def facts(self) -> list[dict[str, Any]]:
        with self.ground.db.tx() as conn:
            cursor = conn.execute(
                "select f.*, i.kind as subject_kind, i.value as subject_value from facts f left join identifiers i"
                " on i.identifier_id = f.subject order by f.seq"
            )
            names = [c.name for c in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor]


def serve(ground: Ground) -> tuple[str, Callable[[], None]]:
    """Start the routes on a free port; gives the address and how to stop."""
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=http.routes(ground)), log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)

    def stop() -> None:
        server.should_exit = True
        thread.join(10)
        listener.close()

    return f"http://127.0.0.1:{listener.getsockname()[1]}", stop


def serving(ground: Ground) -> Iterator[Served]:
    """The body of a fixture: a server on a free port with one source named web."""
    with ground.db.tx() as conn:
        source_id, key = http.make_source(conn, "web", now=ground.clock.now(), currency="GBP")
    url, stop = serve(ground)
    try:
        yield Served(url, key, source_id, ground)
    finally:
        stop()
