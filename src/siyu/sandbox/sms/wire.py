"""What both vendors' fronts share: the request as it came, and the refusal."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request


class Refused(Exception):
    """The call is answered with an error code. `status` is of HTTP."""

    def __init__(self, code: str, message: str = "", status: int = 200) -> None:
        super().__init__(code)
        self.code, self.message, self.status = code, message or code, status


class Broken(Exception):
    """The line breaks."""


@dataclass
class Asked:
    """A request as it came. Header names are in lower case."""

    method: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes
    address: str
    form: list[tuple[str, str]] = field(default_factory=list)

    def params(self) -> dict[str, str]:
        """Query and form together."""
        return dict([*self.query, *self.form])

    def json(self) -> dict[str, Any]:
        """The body as an object; `ValueError` when it is none."""
        found = json.loads(self.body)
        if not isinstance(found, dict):
            raise ValueError
        return found


async def asked(request: Request) -> Asked:
    """Read a request."""
    body = await request.body()
    is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    form = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True) if is_form else []
    query = parse_qsl(request.url.query, keep_blank_values=True)
    address = request.client.host if request.client else ""
    return Asked(request.method, query, {k.lower(): v for k, v in request.headers.items()}, body, address, form)
