"""The hand behind the simulated corp: everything a test or a person does to it or wants to know of it, as JSON under `/sandbox/corp/`.

Each entry of the table is a function of (`Hand`) giving JSON. A body is an object; `corp` in it or in the address chooses the corp.
What cannot be done is answered 422 with `{"error"}`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from siyu.sandbox.corp.company import Company
from siyu.sandbox.corp.founding import Corps
from siyu.sandbox.corp.friends import Impossible
from siyu.sandbox.corp.handing import catch_up
from siyu.sandbox.corp.post import Postman
from siyu.sandbox.corp.refusals import Refusal

BASE = "/sandbox/corp"


@dataclass
class Hand:
    """One call of the control API."""

    corps: Corps
    company: Company
    given: dict[str, Any]
    path: dict[str, str]
    base_url: str

    @property
    def postman(self) -> Postman:
        """The postman of the corp."""
        return self.corps.postmen[self.company.corpid]

    def need(self, name: str) -> Any:
        """A value that must be given."""
        if self.given.get(name) in (None, ""):
            raise Impossible(f"give {name}")
        return self.given[name]

    def number(self, name: str, default: int) -> int:
        """A whole number, also from the address."""
        value = self.given.get(name)
        return default if value in (None, "") else int(str(value))


@dataclass(frozen=True)
class Control:
    """An entry of the table. `is_slow`: it waits for others, so it runs in a thread and takes the lock itself."""

    method: str
    path: str
    answer: Callable[[Hand], Any]
    is_slow: bool


CONTROLS: list[Control] = []


def control(method: str, path: str, *, is_slow: bool = False) -> Callable[[Callable[[Hand], Any]], Callable[[Hand], Any]]:
    """Enter a function into the table."""

    def entered(answer: Callable[[Hand], Any]) -> Callable[[Hand], Any]:
        CONTROLS.append(Control(method, path, answer, is_slow))
        return answer

    return entered


def routes(corps: Corps) -> list[Route]:
    """The routes of the control API."""
    import siyu.sandbox.corp.hands  # noqa: F401  entering the table

    return [Route(BASE + one.path, _endpoint(corps, one), methods=[one.method]) for one in CONTROLS]


def _endpoint(corps: Corps, one: Control) -> Callable[[Request], Any]:
    async def answer(request: Request) -> JSONResponse:
        given: dict[str, Any] = dict(request.query_params)
        try:
            if request.method == "POST" and (body := await request.body()):
                told = json.loads(body)
                if not isinstance(told, dict):
                    raise Impossible("give a JSON object")
                given |= told
            company = corps.company(str(given.get("corp", "")))
            hand = Hand(corps, company, given, request.path_params, str(request.base_url).rstrip("/") + "/wecom")
            if one.is_slow:
                return JSONResponse(await run_in_threadpool(one.answer, hand))
            with company.lock:
                catch_up(company)
                return JSONResponse(one.answer(hand))
        except Refusal as no:
            return JSONResponse({"error": f"{no.code} {no.hint}"}, 422)
        except (Impossible, KeyError, TypeError, ValueError, AttributeError) as err:
            return JSONResponse({"error": f"{err}" if isinstance(err, Impossible) else f"{type(err).__name__}: {err}"}, 422)

    return answer
