"""The post office itself: decides what happens to a letter, keeps those it takes, and writes back about those it cannot deliver."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from siyu.sandbox.mail.box import Box, Letter, Mail, open_letter
from siyu.sandbox.mail.faults import GREYLIST_TRIES, Fault, Faults
from siyu.sandbox.mail.notices import undelivered

log = logging.getLogger(__name__)

OFFICE = "post.sandbox.example"
_TRIES = 5


class PostOffice:
    """Mailboxes with their luck. `now` is the world's clock; faults may be changed while it runs."""

    def __init__(self, path: Path, now: Callable[[], datetime], seed: int, faults: Faults) -> None:
        self.box = Box(path)
        self.now = now
        self.seed = seed
        self.faults = faults
        self._bounce_url, self._bounce_key = "", ""

    def bounces_to(self, url: str, key: str) -> None:
        """Post notices about undelivered letters to this address too, with the key as a bearer token; an empty one turns it off."""
        self._bounce_url, self._bounce_key = url, key

    def mark_dead(self, addresses: Iterable[str]) -> None:
        """From now on nobody lives at these addresses: the server answers 550."""
        self.box.mark_dead(addresses)

    def fault_of(self, address: str) -> Fault | None:
        """What is wrong with an address."""
        return Fault.UNKNOWN if self.box.is_dead(address) else self.faults.of_address(self.seed, address)

    def answer_rcpt(self, address: str) -> str:
        """The answer to RCPT TO."""
        fault = self.fault_of(address)
        if fault is Fault.UNKNOWN:
            return "550 5.1.1 No such user here"
        if fault is Fault.FULL:
            return "452 4.2.2 Mailbox full"
        if fault is Fault.GREYLIST and self.box.tried(address) < GREYLIST_TRIES:
            return "450 4.7.1 Greylisted, please try again later"
        return "250 2.1.5 OK"

    def take(self, address: str, sender: str, raw: bytes) -> tuple[str, Fault | None]:
        """What becomes of a letter after DATA: the answer, and the fault that the connection must suffer."""
        fault = self.fault_of(address)
        if fault is Fault.POLICY:
            return "554 5.7.1 Message rejected as unwanted", None
        if fault is Fault.BUSY and self.box.tried(address) < GREYLIST_TRIES:
            return "451 4.3.0 Too busy, try again later", None
        if fault is Fault.LOST:
            return "", fault
        if fault is Fault.BOUNCE:
            self._write_back(address, sender, raw)
            return "250 2.0.0 OK queued", None
        number = self.box.put(address, sender, raw, self.now())
        return f"250 2.0.0 OK queued as {number}", fault

    def letter(self, mail: Mail) -> Letter | None:
        """Open a letter."""
        raw = self.box.raw(mail.mail_id)
        return None if raw is None else open_letter(mail, raw)

    def close(self) -> None:
        """Close the files."""
        self.box.close()

    def _write_back(self, address: str, sender: str, raw: bytes) -> None:
        at = self.now()
        notice = undelivered(
            raw,
            sender=sender,
            address=address,
            office=OFFICE,
            status="5.1.1",
            diagnostic="550 5.1.1 No such user here",
            at=at,
            number=f"bounce-{hashlib.sha256(raw + address.encode()).hexdigest()[:16]}",
        )
        if sender:
            self.box.put(sender, "", notice, at)
        if self._bounce_url:
            threading.Thread(target=self._post, args=(notice,), daemon=True).start()

    def _post(self, notice: bytes) -> None:
        headers = {"Content-Type": "message/rfc822", "Authorization": f"Bearer {self._bounce_key}"}
        for attempt in range(_TRIES):
            try:
                request = urllib.request.Request(self._bounce_url, data=notice, headers=headers)  # noqa: S310  given by whoever runs it
                with urllib.request.urlopen(request, timeout=10):  # noqa: S310
                    return
            except OSError as err:
                log.warning("a notice about undelivered mail was not accepted", extra={"error": type(err).__name__})
                time.sleep(0.2 * 3**attempt)
