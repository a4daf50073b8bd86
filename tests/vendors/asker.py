"""Another process of Siyu: asks a vendor with some threads. What it finds it prints as JSON."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.conftest import KEYS, NOW

from siyu.base.clock import StillClock
from siyu.base.config import Config
from siyu.base.db import Database
from siyu.base.ground import Ground
from siyu.vendors import VendorError, account
from siyu.vendors.wecom import Client


def main() -> None:
    url, account_id, threads, calls, patience = sys.argv[1], *map(float, sys.argv[2:6])
    db = Database(url, size=4)
    clock = StillClock(NOW)
    ground = Ground(db, clock, KEYS, Config(Path("/nowhere"), url, "127.0.0.1", 0, "http://127.0.0.1", "info"), wall=clock)
    with db.tx() as conn:
        mine = account(conn, int(account_id))

    def ask(_: int) -> str:
        try:
            Client(ground, mine, patience=patience).follow_users()
            return "0"
        except VendorError as err:
            return err.code

    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(int(threads)) as pool:
        print(json.dumps(list(pool.map(ask, range(int(calls))))), flush=True)
    db.close()


if __name__ == "__main__":
    main()
