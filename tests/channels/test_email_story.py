"""The whole way with a post office in a process of its own: a letter goes out over TLS, and its bounce comes home over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from starlette.applications import Starlette
from tests.doors import opened

from siyu import channels, pool
from siyu.base.ground import Ground
from siyu.channels import EmailSettings


def test_a_bounce_comes_home(ground: Ground, shop, tmp_path: Path) -> None:
    with ground.db.tx() as conn:
        key = channels.new_bounce_key(ground, conn)
    with opened(lambda _: Starlette(routes=channels.routes(ground))) as url:
        _told(ground, shop, tmp_path, ["--bounce-url", f"{url}/hooks/email/bounces", "--bounce-key", key])


def _told(ground: Ground, shop, tmp_path: Path, home: list[str]) -> None:
    words = ["--port", "0", "--smtp-port", "0", "--tls", "--smtp-user", "shop", "--smtp-password", "open sesame"]
    sandbox = subprocess.Popen(
        [sys.executable, "-m", "siyu.sandbox", "--data", str(tmp_path / "world"), *words, *home], stdout=subprocess.PIPE, text=True
    )
    try:
        assert sandbox.stdout
        told = json.loads(sandbox.stdout.readline())
        authority = (tmp_path / "world" / "smtp.pem").read_text()
        with ground.db.tx() as conn:
            channels.set_email(
                ground, conn,
                EmailSettings(
                    host="127.0.0.1", port=told["smtp_port"], security="starttls", user="shop", password="open sesame", ca_pem=authority,
                    sender="hello@brand.example", return_path="bounce@brand.example",
                ),
            )  # fmt: skip
        good, late = shop.wishes(shop.people(["lin@mail.example", "wei@bounce.fault.example"]))
        until = time.monotonic() + 20
        while {shop.permit(good), shop.permit(late)} != {"sent"} and time.monotonic() < until:
            channels.deliver(ground, "email")
        while "bounced" not in shop.facts(late) and time.monotonic() < until:
            time.sleep(0.05)
        assert shop.facts(good) == ["sent"] and sorted(shop.facts(late)) == [
            "bounced",
            "sent",
        ]  # the notice may be quicker than our own note
        while pool.fold(ground):
            pass
        assert shop.one("select count(*) from identifiers where unreachable_why = 'bounced'")[0] == 1
    finally:
        channels.hang_up(ground)
        sandbox.terminate()
        sandbox.wait(15)
