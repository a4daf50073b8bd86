"""Making pages: one Jinja environment, and `render`, which every page calls.

A template extends `layout.html` and fills `{% block content %}`. Macros are at hand as `ui.<name>` without an import, texts as
`t("room.key")`, formats as filters (`|money`, `|ago`). For an htmx request `render(..., part="rows")` gives only that block.
See docs/pages.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache, partial
from threading import Lock
from types import SimpleNamespace
from typing import Any, TypeVar
from urllib.parse import urlsplit

import jinja2
from markupsafe import Markup
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from siyu.base.clock import SharedClock
from siyu.base.ground import Ground
from siyu.base.text import LANGUAGES, say
from siyu.web import assets, nav, shown
from siyu.web.words import Role, Staff

_UI = ("ui/frame.html", "ui/data.html", "ui/form.html", "ui/icon.html")
T = TypeVar("T")
_MAKING = Lock()
SAID_COOKIE = "siyu_said"
LANGUAGE_COOKIE = "siyu_lang"


@cache
def environment() -> jinja2.Environment:
    """The one Jinja environment: escaping on, unknown names are errors."""
    env = jinja2.Environment(
        loader=jinja2.PackageLoader("siyu.web"), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    env.filters |= shown.filters()
    env.filters["stage_option"] = lambda stage, t: (stage, t(f"web.stage_{stage}"))
    env.filters["ordered_option"] = lambda name, t: (name, t(f"web.ordered_{name}"))
    env.filters["here_crumb"] = lambda tab: (tab[0], "")
    env.filters["channel_option"] = lambda name, named: (name, named(name))
    env.globals |= {"asset": assets.address, "Role": Role}
    return env


def ground_of(request: Request) -> Ground:
    """The ground that the application stands on."""
    ground: Ground = request.app.state.ground
    return ground


def kept_by_app(request: Request, name: str, make: Callable[[], T]) -> T:
    """What the application keeps under a name from one request to the next, made at the first."""
    state = request.app.state
    with _MAKING:  # two pages may be the first at once
        if not hasattr(state, name):
            setattr(state, name, make())
        kept: T = getattr(state, name)
    return kept


def staff_of(request: Request) -> Staff:
    """Who is asking. Only on pages that need a sign-in (the guard has let them in)."""
    staff: Staff = request.state.staff
    return staff


def form_of(request: Request) -> FormData:
    """The posted form, read and checked by the guard."""
    form: FormData = request.state.form
    return form


def uploads_of(request: Request, name: str = "file") -> list[UploadFile]:
    """The files that were really chosen: a browser sends an empty one where none was."""
    return [one for one in form_of(request).getlist(name) if isinstance(one, UploadFile) and one.filename]


def lang_of(request: Request) -> str:
    """The reader's language: of the member of staff, else the cookie's, else the browser's, else Chinese."""
    staff: Staff | None = getattr(request.state, "staff", None)
    if staff is not None:
        return staff.language
    kept = request.cookies.get(LANGUAGE_COOKIE, "")
    if kept in LANGUAGES:
        return kept
    return "en" if request.headers.get("accept-language", "").lower().startswith("en") else "zh"


def show_of(request: Request) -> shown.Show:
    """The formats of this page, for texts made in Python."""
    show: shown.Show | None = getattr(request.state, "show", None)
    if show is None:
        ground = ground_of(request)
        brand = nav.brand_of(ground)
        request.state.brand = brand
        show = shown.Show(lang_of(request), brand.currency or "CNY", brand.time_zone or "Asia/Shanghai", ground.clock.now())
        request.state.show = show
    return show


def is_htmx(request: Request) -> bool:
    """Whether htmx asks for a part of the page (and not for a whole one after the browser's back button)."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-history-restore-request") != "true"


def render(request: Request, template: str, *, part: str = "", status: int = 200, **values: Any) -> HTMLResponse:
    """Fill `template`. With `part`, a request by htmx gets only the block of that name. Personal pages are never stored by caches."""
    show = show_of(request)
    staff: Staff | None = getattr(request.state, "staff", None)
    common: dict[str, Any] = {
        "request": request,
        "path": request.url.path,
        "lang": show.lang,
        "t": partial(_say, show.lang),
        "show": show,
        "now": show.now,
        "brand": request.state.brand,
        "staff": staff,
        "may": (lambda role: staff is not None and staff.may(Role(role))),
        "csrf": getattr(request.state, "csrf", ""),
        "nav": nav.groups(request, staff) if staff else [],
        "said": _said(request),
        "pace": clock.pace() if staff is not None and isinstance(clock := ground_of(request).clock, SharedClock) else None,
    }
    env = environment()
    common["ui"] = _macros(env, common)
    chosen = env.get_template(template)
    context = common | values
    is_part = part and is_htmx(request)
    body = "".join(chosen.blocks[part](chosen.new_context(context))) if is_part else chosen.render(context)
    answer = HTMLResponse(body, status, headers={"Cache-Control": "no-store", "Vary": "HX-Request"})
    if common["said"]:
        answer.delete_cookie(SAID_COOKIE, path="/")
    return answer


def _macros(env: jinja2.Environment, values: dict[str, Any]) -> SimpleNamespace:
    """All macros of templates/ui under one name, able to see this page's language and staff."""
    ui = SimpleNamespace()
    bound = values | {"ui": ui}
    for file in _UI:
        module = env.get_template(file).make_module(bound)
        for name, macro in vars(module).items():
            if not name.startswith("_"):
                setattr(ui, name, macro)
    return ui


def _say(lang: str, key: str, **values: Any) -> str:
    return say(key, lang, **values)


def say_to(request: Request, key: str, **values: Any) -> str:
    """A text in the reader's language."""
    return say(key, lang_of(request), **values)


def go(request: Request, to: str, *, said: str = "", tone: str = "good", **values: Any) -> Response:
    """After a change: show the page `to` (303, or HX-Redirect for htmx), with the text `said` as a toast there."""
    answer = Response(status_code=204, headers={"HX-Redirect": to}) if is_htmx(request) else RedirectResponse(to, 303)
    if said:
        text = json.dumps([say_to(request, said, **values), tone])
        signed = f"{ground_of(request).vault.token('said', text)}.{text}"
        answer.set_cookie(SAID_COOKIE, signed.encode().hex(), max_age=30, path="/", httponly=True, samesite="lax")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _said(request: Request) -> tuple[str, str] | None:
    raw = request.cookies.get(SAID_COOKIE)
    if not raw or is_htmx(request):
        return None
    try:
        token, _, text = bytes.fromhex(raw).decode().partition(".")
        if not ground_of(request).vault.is_token(token, "said", text):
            return None
        words, tone = json.loads(text)
        return str(words), str(tone)
    except (ValueError, TypeError):
        return None


def toast(answer: Response, text: str, tone: str = "good") -> Response:
    """Let htmx show `text` for a moment beside what it swaps in."""
    answer.headers["HX-Trigger"] = json.dumps({"said": {"text": text, "tone": tone}})
    return answer


def local(address: str, otherwise: str = "/") -> str:
    """`address` when it is a path on this server, else `otherwise`: so that nobody is sent away by a crafted link."""
    parts = urlsplit(address)
    is_ours = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return address if is_ours and "\n" not in address and "\r" not in address else otherwise


Endpoint = Callable[[Request], Response]
__all__ = [
    "Endpoint", "Markup", "environment", "form_of", "go", "ground_of", "is_htmx", "lang_of", "local", "render", "say_to", "show_of",
    "staff_of", "toast",
]  # fmt: skip
