"""The corp behind the channel `welcome` for the contract: WeCom's `send_welcome_msg`, which does as the ticket's name says."""

from __future__ import annotations

import itertools
import json
import time
from collections import Counter
from typing import Any

from tests.channels.vendors import Shop
from tests.vendors.conftest import Vendor

from siyu import growth, pool
from siyu.base import settings
from siyu.pool import Fact, Identifier, Kind
from siyu.vendors import forget_account, keep_account

_numbers = itertools.count(1)
CORP = "wwContract"


class WelcomeDesk:
    """People who have just added a guide. `how` tells what WeCom will make of their welcome."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.vendor = shop, Vendor()
        self.taken: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.vendor.says = self._says
        with shop.ground.db.tx() as conn:
            self.account = keep_account(
                shop.ground, conn, kind="wecom", name="corp", app_id=CORP, agent_id="1", secret="s" * 20, base_url=self.vendor.url
            )
            settings.put(conn, "welcome.timeout_seconds", 0.6, at=shop.ground.clock.now())

    def person(self, how: str) -> int:
        n = next(_numbers)
        person = self.shop.person(member=f"{how}-w{n}", consents=("welcome",))
        names = (Identifier(Kind.EXTERNAL_USERID, f"wm{n}", CORP), Identifier(Kind.MEMBER_ID, f"{how}-w{n}", "shop"))
        data = {"guide": "zs", "corp": CORP, "welcome_code": f"{how}-{n}"}
        ground = self.shop.ground
        with ground.db.tx() as conn:
            pool.record(ground, conn, self.shop.source, [Fact("contact.added", f"a{n}", ground.clock.now(), names, object="zs", data=data)])
        while pool.fold(ground) + growth.advance(ground):
            pass
        return person

    def copies(self, intent_id: int) -> int:
        person = self.shop.one("select person_id from intents where intent_id = %s", intent_id)[0]
        with self.shop.ground.db.tx() as conn:
            ticket = growth.tickets_of(conn, {intent_id: person}).get(intent_id)
        return self.taken[ticket.welcome_code] if ticket else 0

    def forget(self) -> None:
        with self.shop.ground.db.tx() as conn:
            forget_account(conn, self.account.account_id)

    def close(self) -> None:
        self.vendor.close()

    def _says(self, name: str, _query: dict[str, str], body: bytes) -> Any:
        assert name == "externalcontact/send_welcome_msg"
        ticket = str(json.loads(body)["welcome_code"])
        how = ticket.partition("-")[0]
        self.asked[ticket] += 1
        if how == "refused":
            return {"errcode": 41051, "errmsg": "externaluser already started chatting"}
        if how == "never" or (how == "later" and self.asked[ticket] == 1):
            return {"errcode": 41063, "errmsg": "not now"}
        self.taken[ticket] += 1
        if how == "lost":
            return None
        if how == "slow":
            time.sleep(1.2)
        return {"errcode": 0, "errmsg": "ok"}
