"""Signed links: what a message carries instead of an address, a name or a target.

    /t/c/{token}       a click: intent and link, by their numbers
    /t/o/{token}.gif   an opening: intent
    /u/{token}         the page where the reader says no: intent

A token is `intent.link.signature` (numbers in base 36, 22 characters of HMAC-SHA256). Without this installation's signing key nobody can
make one, so nobody can count a click that was not theirs or use us to lead people anywhere but to the targets that we keep.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from siyu.base.ground import Ground

CLICK, OPEN, UNSUBSCRIBE = "click", "open", "unsubscribe"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Mark:
    """What a token says: which message, and which of its links (0 = none)."""

    intent_id: int
    link_id: int = 0


def token(ground: Ground, what: str, mark: Mark) -> str:
    """The signed token of a mark; `what` is CLICK, OPEN or UNSUBSCRIBE and a token for one is not one for another."""
    parts = _base36(mark.intent_id), _base36(mark.link_id)
    return ".".join((*parts, ground.vault.token(what, *parts)))


def read_token(ground: Ground, what: str, text: str) -> Mark | None:
    """What a token says; None when it is not ours or was made for something else."""
    parts = text.split(".")
    if len(parts) != 3 or not ground.vault.is_token(parts[2], what, parts[0], parts[1]):
        return None
    try:
        return Mark(int(parts[0], 36), int(parts[1], 36))
    except ValueError:
        return None


def click_url(ground: Ground, intent_id: int, link_id: int) -> str:
    """The address that stands in a message for one of its links."""
    return f"{ground.config.base_url}/t/c/{token(ground, CLICK, Mark(intent_id, link_id))}"


def open_url(ground: Ground, intent_id: int) -> str:
    """The address of a message's invisible picture."""
    return f"{ground.config.base_url}/t/o/{token(ground, OPEN, Mark(intent_id))}.gif"


def unsubscribe_url(ground: Ground, intent_id: int) -> str:
    """The address where the reader of a message says no: a page for GET, one click for POST (RFC 8058)."""
    return f"{ground.config.base_url}/u/{token(ground, UNSUBSCRIBE, Mark(intent_id))}"


@dataclass(frozen=True)
class SignedLinks:
    """The linker of real messages."""

    ground: Ground
    intent_id: int
    links: Mapping[str, int]  # target -> link_id, from the version

    def click(self, target: str) -> str:
        """The signed address; a target that was never kept stays as it is, uncounted."""
        link_id = self.links.get(target)
        return target if link_id is None else click_url(self.ground, self.intent_id, link_id)

    def opened(self) -> str:
        """The signed address of the invisible picture."""
        return open_url(self.ground, self.intent_id)

    def unsubscribe(self) -> str:
        """The signed address of the unsubscribe page."""
        return unsubscribe_url(self.ground, self.intent_id)


def _base36(number: int) -> str:
    if number < 0:
        raise ValueError("a mark's numbers are not negative")
    digits = ""
    while True:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
        if not number:
            return digits
