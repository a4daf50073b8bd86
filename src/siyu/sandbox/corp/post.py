"""The corp's postman: closes events for each app, delivers them, tries again, and loses, doubles, delays and reorders at stated shares.

Delivery runs in threads of its own so that a slow receiver never holds up the corp. What was decided about each event is kept, so that a
test can compare what a platform knows with what it was told.
"""

from __future__ import annotations

import http.client
import queue
import random
import secrets
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape

from siyu.sandbox.corp import crypto
from siyu.sandbox.corp.company import Company, Event
from siyu.sandbox.corp.state import App, Callback

_KEPT = 300_000
_SENT_FROM = {"change_external_contact", "change_external_chat", "change_external_tag", "customer_acquisition"}


@dataclass(slots=True)
class Letter:
    """One event on its way to one app. `fate` grows: lost | doubled | late | reordered | delivered | given_up."""

    event: Event
    agentid: int
    text: str
    fate: list[str] = field(default_factory=list)
    tries: int = 0
    answered: list[int] = field(default_factory=list)  # HTTP status of each try, 0 for none


def xml(corpid: str, event: Event) -> str:
    """The event as it is before it is closed."""
    head = [("ToUserName", corpid), ("FromUserName", "sys"), ("CreateTime", event.at), ("MsgType", "event"), ("Event", event.event)]
    return "<xml>" + "".join(_leaf(name, value) for name, value in (*head, *event.fields)) + "</xml>"


def _leaf(name: str, value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"<{name}>" + "".join(_leaf("Item", one) for one in value) + f"</{name}>"
    if isinstance(value, int):
        return f"<{name}>{value}</{name}>"
    text = str(value)
    return f"<{name}>{escape(text)}</{name}>" if "]]>" in text else f"<{name}><![CDATA[{text}]]></{name}>"


def hears(company: Company, app: App, event: Event) -> bool:
    """Whether an app is told of an event at all."""
    if app.callback is None or not app.is_enabled or (app.callback.kinds and event.event not in app.callback.kinds):
        return False
    if event.event in _SENT_FROM and not app.may_customers:
        return False
    if event.event == "kf_msg_or_event":
        return app.may_kf
    if event.event == "change_contact":
        return app.may_directory
    fields = dict(event.fields)
    if event.event == "customer_acquisition" and (link := company.links.get(str(fields.get("LinkId", "")))):
        return link.agentid == app.agentid
    userid = fields.get("UserID")
    return not userid or event.event != "change_external_contact" or company.is_visible(app, str(userid)) or userid not in company.members


class Postman:
    """Delivers the events of one company. Threads start with the first event and end with `close`."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.kept: deque[Letter] = deque(maxlen=_KEPT)
        self.rotating: dict[int, tuple[Callback, float]] = {}  # app -> the key set before, and until when (monotonic) it is still used
        self._ready: queue.SimpleQueue[Letter | None] = queue.SimpleQueue()
        self._waiting: list[tuple[str, float, Letter]] = []  # (world | wall, due, letter)
        self._held: dict[int, Letter] = {}
        self._change = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._under_way = 0
        self._is_closed = False
        company.on_event = self.take

    def take(self, event: Event) -> None:
        """Decide what becomes of an event, for each app that hears it."""
        for app in self.company.apps.values():
            if hears(self.company, app, event):
                self._start()
                self._decide(Letter(event, app.agentid, xml(self.company.corpid, event)))

    def _decide(self, letter: Letter) -> None:
        faults, dice = self.company.faults, self.company.luck("event", letter.event.number, letter.agentid)
        self.kept.append(letter)
        is_lost, is_doubled, is_late, is_reordered = (
            dice.random() < share for share in (faults.lost, faults.doubled, faults.late, faults.reordered)
        )
        with self._change:
            if is_lost:
                letter.fate.append("lost")
                return
            if is_doubled:
                letter.fate.append("doubled")
            if is_late:
                letter.fate.append("late")
                due = self.company._now().timestamp() + dice.random() * faults.late_for
                self._waiting += [("world", due, letter)] * (1 + is_doubled)
            elif is_reordered and letter.agentid not in self._held:
                letter.fate.append("reordered")
                self._held[letter.agentid] = letter
                self._waiting.append(("wall", time.monotonic() + 1.0, letter))
            else:
                for _ in range(1 + is_doubled):
                    self._ready.put(letter)
                    self._under_way += 1
                if (held := self._held.pop(letter.agentid, None)) is not None:
                    self._release(held)
            self._change.notify_all()

    def _release(self, letter: Letter) -> None:
        self._waiting = [one for one in self._waiting if one[2] is not letter]
        for _ in range(2 if "doubled" in letter.fate else 1):
            self._ready.put(letter)
            self._under_way += 1

    def standing(self) -> dict[str, int]:
        """How many deliveries wait for their time (`soon`: for the wall's, or it has come already) and how many are under way."""
        with self._change:
            now = self.company._now().timestamp()
            soon = sum(clock == "wall" or due <= now for clock, due, _ in self._waiting)
            return {"waiting": len(self._waiting), "soon": soon, "under_way": self._under_way, "events": len(self.kept)}

    def flush(self) -> None:
        """Deliver at once what waits for its time."""
        with self._change:
            self._waiting = [(clock, 0.0, letter) for clock, _, letter in self._waiting]
            self._change.notify_all()

    def close(self) -> None:
        """Stop; what is not delivered stays undelivered."""
        with self._change:
            self._is_closed = True
            self._change.notify_all()
        for _ in self._threads:
            self._ready.put(None)
        for thread in self._threads:
            thread.join(10)

    # --- the threads ---

    def _start(self) -> None:
        if self._threads or self._is_closed:
            return
        self._threads = [threading.Thread(target=self._watch, daemon=True)]
        self._threads += [threading.Thread(target=self._work, daemon=True) for _ in range(self.company.settings.callback_workers)]
        for thread in self._threads:
            thread.start()

    def _watch(self) -> None:
        while True:
            with self._change:
                if self._is_closed:
                    return
                clocks = {"wall": time.monotonic(), "world": self.company._now().timestamp()}
                due = [one for one in self._waiting if one[1] <= clocks[one[0]]]
                self._waiting = [one for one in self._waiting if one[1] > clocks[one[0]]]
                for _, _, letter in due:
                    copies = 1
                    if self._held.get(letter.agentid) is letter:
                        del self._held[letter.agentid]
                        copies += "doubled" in letter.fate
                    for _ in range(copies):
                        self._ready.put(letter)
                        self._under_way += 1
                self._change.wait(0.02 if self._waiting else None)

    def _work(self) -> None:
        lines: dict[tuple[str, str], http.client.HTTPConnection] = {}
        while (letter := self._ready.get()) is not None:
            try:
                is_taken = self._deliver(letter, lines)
            finally:
                with self._change:
                    self._under_way -= 1
            with self._change:
                if is_taken:
                    letter.fate += [] if "delivered" in letter.fate else ["delivered"]
                elif letter.tries < self.company.settings.callback_tries:
                    self._waiting.append(("wall", time.monotonic() + self.company.settings.callback_retry_after, letter))
                    self._change.notify_all()
                elif "delivered" not in letter.fate:
                    letter.fate.append("given_up")
        for line in lines.values():
            line.close()

    def _deliver(self, letter: Letter, lines: dict[tuple[str, str], http.client.HTTPConnection]) -> bool:
        app = self.company.apps.get(letter.agentid)
        if app is None or app.callback is None:
            return False
        letter.tries += 1
        keys = self._keys(app.callback, letter)
        timestamp, nonce = str(int(self.company._now().timestamp())), str(secrets.randbelow(10**10))
        closed = crypto.encrypt(keys.aes_key, self.company.corpid, letter.text, secrets.token_bytes(16))
        body = (
            f"<xml><ToUserName><![CDATA[{self.company.corpid}]]></ToUserName><Encrypt><![CDATA[{closed}]]></Encrypt>"
            f"<AgentID><![CDATA[{letter.agentid}]]></AgentID></xml>"
        )
        sign = crypto.signature(keys.token, timestamp, nonce, closed)
        status = call(
            "POST",
            app.callback.url,
            f"msg_signature={sign}&timestamp={timestamp}&nonce={nonce}",
            body.encode(),
            self.company.settings.callback_answer_in,
            lines,
        )[0]
        letter.answered.append(status)
        return status == 200

    def _keys(self, callback: Callback, letter: Letter) -> Callback:
        old = self.rotating.get(letter.agentid)
        if old and time.monotonic() < old[1] and random.Random(f"{letter.event.number}:{letter.tries}").random() < 0.5:  # noqa: S311
            return old[0]
        return callback


def verify_url(corpid: str, callback: Callback, at: int, answer_in: float) -> str:
    """Knock at a callback address as the console does when it is saved (facts 3.1): what is wrong with the answer, or nothing."""
    word, timestamp, nonce = str(secrets.randbelow(10**19)), str(at), str(secrets.randbelow(10**10))
    closed = crypto.encrypt(callback.aes_key, corpid, word, secrets.token_bytes(16))
    sign = crypto.signature(callback.token, timestamp, nonce, closed)
    query = f"msg_signature={sign}&timestamp={timestamp}&nonce={nonce}&echostr={quote(closed, safe='')}"
    status, body = call("GET", callback.url, query, b"", answer_in, {})
    if status == 0:
        return "no answer"
    if status != 200:
        return f"answered HTTP {status}"
    return "" if body == word.encode() else "the answer is not the opened echostr, byte for byte"


def call(
    method: str, url: str, query: str, body: bytes, answer_in: float, lines: dict[tuple[str, str], http.client.HTTPConnection]
) -> tuple[int, bytes]:
    """One request over a kept connection: (status, body); status 0 when nothing came in time."""
    parts = urlsplit(url)
    key = (parts.scheme, parts.netloc)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    path = (parts.path or "/") + "?" + "&".join(filter(None, (parts.query, query)))
    for is_fresh in (key not in lines, True):
        line = lines.get(key)
        if line is None or is_fresh:
            if line is not None:
                line.close()
            line = lines[key] = kind(parts.netloc, timeout=answer_in)
        try:
            line.request(method, path, body or None, {"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0"} if body else {})
            answer = line.getresponse()
            return answer.status, answer.read()
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            line.close()
            lines.pop(key, None)
            if is_fresh:
                return 0, b""
        except (OSError, http.client.HTTPException):
            line.close()
            lines.pop(key, None)
            return 0, b""
    return 0, b""
