"""A vendor of everything connected: one HTTP server that speaks as WeChat, WeCom and Aliyun do, and does to each as it was told."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections import Counter
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from tests.channels.vendors import Shop

from siyu import channels, pool, vendors
from siyu.channels import SmsSettings
from siyu.pool import Fact, Identifier, Kind
from siyu.vendors.calls import Line

NAMES = ("kf", "mini", "official", "official_chat", "official_notice", "sms")
CORP, APPID, MINI = "id-of-corp", "id-of-fans", "id-of-mini"
SLOW = 1.3  # seconds, longer than a test lets a client wait
_numbers = itertools.count(1)
BODIES = {
    "sms": ("SMS_1", "{{ name | fallback: '您' }}好，春茶到店。拒收请回复R"),
    "official": ("T-1", "thing1: {{ name | fallback: '您' }}\nurl: https://shop.example/new"),
    "official_notice": ("T-2", "thing1: 春茶到店"),
    "mini": ("T-3", "thing1: 春茶到店\npage: pages/tea"),
    "official_chat": ("", "春茶到店了。"),
    "kf": ("", "春茶到店了。"),
}
GONE = {"sms": "isv.MOBILE_NUMBER_ILLEGAL", "kf": "95004"}


class Vendor:
    """`hows` says what is done to a receiver, `taken` counts the different messages that it was given."""

    def __init__(self) -> None:
        self.hows: dict[str, str] = {}
        self.asked: Counter[str] = Counter()
        self.taken: dict[str, set[str]] = {}
        self.bodies: list[tuple[str, dict[str, Any]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                self.answer({"errcode": 0, "access_token": "t", "expires_in": 7200})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path = self.path.partition("?")[0]
                if path.endswith("stable_token"):
                    return self.answer({"errcode": 0, "access_token": "t", "expires_in": 7200})
                is_sms = "x-acs-action" in self.headers
                said = {k: v[0] for k, v in parse_qs(body.decode()).items()} if is_sms else json.loads(body)
                who = said["PhoneNumbers"] if is_sms else said["touser"]
                ours = said.get("OutId") or said.get("client_msg_id") or said.get("msgid") or str(next(_numbers))
                outer.bodies.append((path, said))
                outer.asked[who] += 1
                how, n = outer.hows.get(who, "taken"), outer.asked[who]
                if (how == "later" and n == 1) or how == "never":
                    return self.answer({}, 429)
                if how == "refused":
                    gone = GONE["sms" if is_sms else "kf" if "kf/" in path else ""] if is_sms or "kf/" in path else "43004"
                    return self.answer({"Code": gone, "Message": "no"} if is_sms else {"errcode": int(gone), "errmsg": "no"})
                outer.taken.setdefault(who, set()).add(ours)
                if how == "lost":
                    self.close_connection = True
                    return None
                if how == "slow":
                    time.sleep(SLOW)
                if is_sms:
                    return self.answer({"Code": "OK", "BizId": f"biz-{ours}"})
                return self.answer({"errcode": 0, "msgid": f"m-{ours}" if "kf/" in path else next(_numbers)})

            def answer(self, said: dict[str, Any], status: int = 200) -> None:
                data = json.dumps(said).encode() if status == 200 else b"slow down"
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None: ...

            def handle(self) -> None:
                with suppress(OSError):
                    super().handle()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Desk:
    """One channel with its vendor, and people whom it reaches. Clients wait for this vendor no longer than a second."""

    def __init__(self, channel: str, shop: Shop) -> None:
        self.channel, self.ground, self.shop, self.vendor = channel, shop.ground, shop, Vendor()
        self.receivers: dict[int, str] = {}
        for name, (subject, body) in BODIES.items():
            shop.starts[name] = (body, subject)
        ask = self._ask = Line._ask
        Line._ask = lambda line, *args, timeout, **more: ask(line, *args, timeout=min(timeout, 1.0), **more)  # type: ignore[method-assign]
        self.open(channel)

    def close(self) -> None:
        """End the vendor."""
        Line._ask = self._ask  # type: ignore[method-assign]
        self.vendor.close()

    def forget(self) -> None:
        """Have the channel no longer set up."""
        with self.ground.db.tx() as conn:
            for account in vendors.accounts(conn):
                vendors.forget_account(conn, account.account_id)

    def open(self, channel: str) -> None:
        """Connect the account that a channel goes by."""
        kind, app = {"sms": ("aliyun_sms", "key"), "kf": ("wecom", CORP), "mini": ("mini", MINI)}.get(channel, ("official", APPID))
        with self.ground.db.tx() as conn:
            made = vendors.keep_account(
                self.ground, conn, kind=kind, name=kind, app_id=app, secret="not to be seen", base_url=self.vendor.url
            )
            if channel == "sms":
                channels.set_sms(self.ground, conn, SmsSettings(made.account_id, "林间茶铺"))

    def person(self, how: str = "taken") -> int:
        """Somebody new who agreed to the channel, and opened it where that is needed."""
        n, channel = next(_numbers), self.channel
        if channel == "sms":
            phone = f"1380000{n:04d}"
            who, receiver = Identifier(Kind.PHONE, f"+86{phone}"), phone
        elif channel == "kf":
            who = Identifier(Kind.EXTERNAL_USERID, receiver := f"wm{n}", CORP)
        else:
            who = Identifier(Kind.OPENID, receiver := f"o{n}", MINI if channel == "mini" else APPID)
        self.vendor.hows[receiver] = how
        at = self.ground.clock.now()
        of = {"kf": "kf", "mini": "mini"}.get(channel, "official")
        facts = [
            Fact("consent.given", f"c{n}", at, (who,), data={"channel": channel, "purpose": "marketing"}),
            Fact("message.received", f"m{n}", at, (who,), object="wkDesk", data={"channel": of, "kind": "text"}),
            Fact("subscription.accepted", f"s{n}", at, (who,), data={"channel": of, "template_id": BODIES[channel][0]}),
        ]
        with self.ground.db.tx() as conn:
            pool.record(self.ground, conn, self.shop.source, facts)
        while pool.fold(self.ground):
            pass
        with self.ground.db.tx() as conn:
            person = pool.person_of(self.ground, conn, who)
        assert person is not None
        self.receivers[person] = receiver
        return person

    def copies(self, intent_id: int) -> int:
        """How many different messages the receiver of an intent was given."""
        (person,) = self.shop.one("select person_id from intents where intent_id = %s", intent_id)
        return len(self.vendor.taken.get(self.receivers[person], ()))


DESKS = {name: partial(Desk, name) for name in NAMES}
