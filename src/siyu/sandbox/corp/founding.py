"""The corps of the world, and the one that is there at the start."""

from __future__ import annotations

import hashlib
import logging
import pickle
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from siyu.sandbox.corp.company import DAY, Company
from siyu.sandbox.corp.friends import Impossible, add, make_contact
from siyu.sandbox.corp.life import Life
from siyu.sandbox.corp.names import mobile, person_name
from siyu.sandbox.corp.post import Postman
from siyu.sandbox.corp.state import App, Department, Member
from siyu.sandbox.corp.wire import Wire

log = logging.getLogger(__name__)

_FORMAT = 1  # raise it when the corp's objects change
CORPID = "ww5a11d0c0ffee0001"
AGENTID = 1_000_002
_STORES = ("一店", "二店", "三店", "四店", "五店", "六店", "七店", "八店")


class Corps:
    """All simulated corps of a world. The first one, `CORPID`, has an app, members and a few customers from the start."""

    def __init__(self, seed: int, now: Callable[[], datetime], file: Path | None = None) -> None:
        self.seed, self._now, self._file = seed, now, file
        self.companies: dict[str, Company] = {}
        self.postmen: dict[str, Postman] = {}
        self.lives: dict[str, Life] = {}
        self.wire = Wire(self.companies)
        if not self._restore():
            self.reset()

    def reset(self, seed: int | None = None) -> Company:
        """Begin anew: one corp as at the start."""
        self._stop()
        self.seed = self.seed if seed is None else seed
        self.companies.clear()
        self.postmen.clear()
        self.wire.rates.clear()
        company = self.found(CORPID, "小满茶铺")
        hire(company, 6)
        return company

    def found(self, corpid: str, name: str, secret: str = "") -> Company:
        """A new corp with one app that may do everything."""
        if corpid in self.companies:
            raise Impossible("there is such a corp already")
        company = self.companies[corpid] = Company(corpid, name, self.seed, self._now)
        self.postmen[corpid] = Postman(company)
        company.apps[AGENTID] = App(AGENTID, "Siyu", secret or secret_of(company, AGENTID))
        return company

    def company(self, corpid: str = "") -> Company:
        """A corp by its id, or the first."""
        if not corpid:
            return next(iter(self.companies.values()))
        if corpid not in self.companies:
            raise Impossible("there is no such corp")
        return self.companies[corpid]

    def close(self) -> None:
        """Stop all lives and deliveries, and write everything down, if there is a file for it."""
        self._stop()
        if self._file is not None:
            fresh = self._file.with_suffix(".fresh")
            fresh.write_bytes(pickle.dumps((_FORMAT, self.seed, self.companies)))
            fresh.replace(self._file)
            self._file = None  # closed once, however often it is asked for

    def _stop(self) -> None:
        for life in self.lives.values():
            life.stop()
        self.lives.clear()
        for postman in self.postmen.values():
            postman.close()

    def _restore(self) -> bool:
        """Take up what was written down, if it is ours, of this format and of this seed."""
        if self._file is None or not self._file.exists():
            return False
        try:
            form, seed, companies = pickle.loads(self._file.read_bytes())  # noqa: S301  written by ourselves, in our own folder
        except Exception as err:  # a file of an older sandbox may fail in any way
            log.warning("the corps that were written down cannot be read, so they begin anew", extra={"error": type(err).__name__})
            return False
        if (form, seed) != (_FORMAT, self.seed):
            return False
        for corpid, company in companies.items():
            company.awake(self._now)
            self.companies[corpid] = company
            self.postmen[corpid] = Postman(company)
        return True


def secret_of(company: Company, agentid: int) -> str:
    """The secret of an app, the same for one seed."""
    return hashlib.blake2b(f"{company.seed}:{company.corpid}:{agentid}:secret".encode(), digest_size=22).hexdigest()[:43]


def hire(company: Company, n: int, per_department: int = 12) -> list[str]:
    """New members with invented names, spread over departments that are made as needed."""
    made = []
    for _ in range(n):
        number = len(company.members) + 1
        dice = company.luck("member", number)
        department = 2 + (number - 1) // per_department
        if department not in company.departments:
            name = _STORES[department - 2] if department - 2 < len(_STORES) else f"{department - 1}店"
            company.departments[department] = Department(department, name, 1, department)
        userid = f"guide{number:03d}"
        company.members[userid] = Member(userid, person_name(dice), [department], mobile(900_000_000 + number), "导购", dice.choice("12"))
        made.append(userid)
    return made


def settle(company: Company, n: int, userids: list[str], days: int, **more: Any) -> int:
    """`n` customers who have been followed for up to `days` days, without any event. Gives how many there are now."""
    now, dice = company.now(), company.luck("settled", len(company.contacts))
    for _ in range(n):
        contact = make_contact(company, dice, kind=more.get("kind"))
        add(
            company,
            dice.choice(userids),
            contact,
            add_way=dice.choice((1, 1, 1, 3, 4, 6, 10)),
            state=str(more.get("state") or ""),
            is_quiet=True,
            at=now - dice.randrange(max(1, days * DAY)),
        )
    return len(company.contacts)
