"""How WeCom is asked: the token in the query, errcode in the answer; and what all groups of endpoints share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from siyu.base.ground import Ground
from siyu.vendors.calls import Line, Upload
from siyu.vendors.words import Account

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list. It may be shorter than asked for; the list ends where `next_cursor` is empty, never before.

    `skipped`: those of the ids asked for that the vendor left out (guides without a licence).
    """

    items: list[T]
    next_cursor: str
    skipped: list[str] = field(default_factory=list)


def pages(fetch: Callable[[str], Page[T]], cursor: str = "") -> Iterator[Page[T]]:
    """Every page from `cursor` on: `pages(lambda c: client.customers_of(ids, c))`. A cursor is opaque and not to be kept for days.

    Ends too when a vendor gives the same cursor again, which would go round for ever.
    """
    while True:
        page = fetch(cursor)
        yield page
        if not page.next_cursor or page.next_cursor == cursor:
            return
        cursor = page.next_cursor


class Edge:
    """A client's line to WeCom. `patience` is how many seconds a call may wait for its turn before it is refused as `later`,
    `timeout` how many the answer may take.
    """

    def __init__(self, ground: Ground, account: Account, *, patience: float = 10, timeout: float = 10) -> None:
        self.account = account
        self._timeout = timeout
        self._line = Line(ground, account, patience=patience)

    def _get(self, interface: str, shape: type[T], /, *, is_safe: bool = True, **query: Any) -> T:
        given = {name: str(value) for name, value in query.items() if value not in ("", None)}
        return self._line.ask(interface, "GET", f"/cgi-bin/{interface}", shape, query=given, is_safe=is_safe, timeout=self._timeout)

    def _post(
        self, interface: str, shape: type[T], body: dict[str, Any], *, is_safe: bool = True, query: dict[str, str] | None = None
    ) -> T:
        data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        return self._line.ask(
            interface, "POST", f"/cgi-bin/{interface}", shape, query=query or {}, body=data, is_safe=is_safe, timeout=self._timeout
        )

    def _upload(self, interface: str, shape: type[T], name: str, content: bytes, **query: str) -> T:
        upload = Upload(name, content)
        return self._line.ask(
            interface, "POST", f"/cgi-bin/{interface}", shape,
            query=query, body=upload.body, content_type=upload.content_type, timeout=60,
        )  # fmt: skip


def given(**fields: Any) -> dict[str, Any]:
    """The fields that were given: None is left out, empty lists and texts are sent."""
    return {name: value for name, value in fields.items() if value is not None}
