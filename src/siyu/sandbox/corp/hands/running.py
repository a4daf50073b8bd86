"""Control of how the corp runs: apps, tokens, callbacks, settings, faults."""

from __future__ import annotations

import secrets
import time
from typing import Any

from siyu.sandbox.corp.company import Company
from siyu.sandbox.corp.control import Hand, control
from siyu.sandbox.corp.founding import secret_of
from siyu.sandbox.corp.friends import Impossible
from siyu.sandbox.corp.post import hears, verify_url
from siyu.sandbox.corp.state import App, Callback

_FLAGS = ("may_customers", "may_directory", "may_kf", "may_acquire", "may_archive", "is_enabled")
_SETS = ("users", "departments", "trusted_ips", "trusted_domains")


def _app_told(app: App) -> dict[str, Any]:
    told: dict[str, Any] = {"agentid": app.agentid, "name": app.name, "secret": app.secret}
    told |= {name: getattr(app, name) for name in _FLAGS} | {name: sorted(getattr(app, name)) for name in _SETS}
    told["callback"] = {"url": app.callback.url, "kinds": sorted(app.callback.kinds)} if app.callback else None
    return told


@control("GET", "")
def corp(hand: Hand) -> dict[str, Any]:
    """What there is: ids, secrets, base address, counts."""
    return _corp_told(hand, hand.company)


def _corp_told(hand: Hand, one: Company) -> dict[str, Any]:
    return {
        "corpid": one.corpid,
        "name": one.name,
        "base_url": f"{hand.base_url}/cgi-bin/",
        "apps": [_app_told(a) for a in one.apps.values()],
        "counts": {
            "members": len(one.members),
            "contacts": len(one.contacts),
            "follows": sum(map(len, one.follows.values())),
            "tags": len(one.tags),
            "ways": len(one.ways),
            "groups": len(one.groups),
            "tasks": len(one.tasks),
            "links": len(one.links),
            "kf": len(one.kf),
        },
        "corps": sorted(hand.corps.companies),
        "now": one.now(),
    }


@control("POST", "")
def found(hand: Hand) -> dict[str, Any]:
    """Another corp: `{corpid, name}`."""
    return _corp_told(hand, hand.corps.found(str(hand.need("corpid")), str(hand.given.get("name") or "沙盒企业")))


@control("POST", "/reset", is_slow=True)
def reset(hand: Hand) -> dict[str, Any]:
    """Begin anew, with another `seed` if given."""
    return _corp_told(hand, hand.corps.reset(int(hand.given["seed"]) if "seed" in hand.given else None))


@control("POST", "/apps")
def put_app(hand: Hand) -> dict[str, Any]:
    """Make or change an app: `{agentid, name, may_customers, ..., users, departments, trusted_ips, trusted_domains, new_secret}`."""
    company, agentid = hand.company, hand.number("agentid", 1_000_001 + len(hand.company.apps) + 1)
    app = company.apps.get(agentid) or App(agentid, f"app {agentid}", secret_of(company, agentid))
    app.name = str(hand.given.get("name") or app.name)
    for name in _FLAGS:
        if name in hand.given:
            setattr(app, name, bool(hand.given[name]))
    for name in _SETS:
        if name in hand.given:
            setattr(app, name, set(hand.given[name]))
    if hand.given.get("new_secret"):
        app.secret = secrets.token_urlsafe(33)[:43]
    company.apps[agentid] = app
    return _app_told(app)


@control("POST", "/tokens/expire")
def expire_tokens(hand: Hand) -> dict[str, Any]:
    """End all tokens now, or an app's: as if they had run out (42001), or, with `{"as": "invalid"}`, as if never given (40014)."""
    company, agentid = hand.company, hand.given.get("agentid")
    mine = [t for t in company.tokens.values() if agentid in (None, t.agentid)]
    for token in mine:
        if hand.given.get("as") == "invalid":
            del company.tokens[token.text]
        else:
            token.ends = min(token.ends, company.now())
    return {"expired": len(mine)}


@control("GET", "/settings")
def settings(hand: Hand) -> dict[str, Any]:
    """What the documents leave open, and how it is set."""
    return hand.company.settings.told()


@control("POST", "/settings")
def set_settings(hand: Hand) -> dict[str, Any]:
    """Change some settings."""
    hand.company.settings = hand.company.settings.changed({k: v for k, v in hand.given.items() if k != "corp"})
    return hand.company.settings.told()


@control("GET", "/faults")
def faults(hand: Hand) -> dict[str, Any]:
    """What goes wrong, as shares."""
    return hand.company.faults.told()


@control("POST", "/faults")
def set_faults(hand: Hand) -> dict[str, Any]:
    """Change some faults; `{"none": true}` ends all."""
    company = hand.company
    company.faults = (
        type(company.faults)() if hand.given.get("none") else company.faults.changed({k: v for k, v in hand.given.items() if k != "corp"})
    )
    return company.faults.told()


@control("POST", "/rates/clear")
def clear_rates(hand: Hand) -> dict[str, Any]:
    """Forget how often everything was called."""
    hand.corps.wire.rates.pop(hand.company.corpid, None)
    return {"ok": True}


@control("GET", "/calls")
def calls(hand: Hand) -> list[dict[str, Any]]:
    """How often each interface gave which code."""
    return [{"path": path, "errcode": code, "n": n} for (path, code), n in sorted(hand.corps.wire.told.items())]


@control("POST", "/callback", is_slow=True)
def set_callback(hand: Hand) -> dict[str, Any]:
    """Save an app's callback as the console does: `{url, token, aes_key, agentid, kinds, overlap, is_unchecked}`.

    The address is first asked to open an echostr; a wrong answer is said and nothing saved. With `overlap` seconds (wall), half of
    the deliveries in that time still come closed with the key set before. An empty url takes the callback away.
    """
    company = hand.company
    app = company.apps.get(hand.number("agentid", next(iter(company.apps))))
    if app is None:
        raise Impossible("there is no such app")
    if not hand.given.get("url"):
        app.callback = None
        return _app_told(app)
    made = Callback(str(hand.given["url"]), str(hand.need("token")), str(hand.need("aes_key")), frozenset(hand.given.get("kinds") or ()))
    if len(made.aes_key) != 43 or not made.aes_key.isalnum():
        raise Impossible("aes_key has 43 letters and digits")
    if not (made.token.isalnum() and len(made.token) <= 32):
        raise Impossible("token has up to 32 letters and digits")
    if not hand.given.get("is_unchecked"):
        wrong = verify_url(company.corpid, made, company.now(), company.settings.callback_answer_in)
        if wrong:
            raise Impossible(f"the callback address does not answer as it should: {wrong}")
    with company.lock:
        if app.callback and hand.given.get("overlap"):
            hand.postman.rotating[app.agentid] = (
                Callback(made.url, app.callback.token, app.callback.aes_key),
                time.monotonic() + float(hand.given["overlap"]),
            )
        app.callback = made
    return _app_told(app)


@control("GET", "/callbacks")
def callbacks(hand: Hand) -> dict[str, Any]:
    """What was told to whom and what became of it: `after` (event number), `limit`, `agentid`."""
    after, limit = hand.number("after", 0), min(hand.number("limit", 500), 10_000)
    rows = [
        {
            "number": one.event.number,
            "agentid": one.agentid,
            "event": one.event.event,
            "change": one.event.change,
            "at": one.event.at,
            "fields": dict(one.event.fields),
            "fate": one.fate,
            "tries": one.tries,
            "answered": one.answered,
            "xml": one.text,
        }
        for one in hand.postman.kept
        if one.event.number > after
    ][:limit]
    return {**hand.postman.standing(), "letters": rows}


@control("GET", "/callbacks/standing")
def callbacks_standing(hand: Hand) -> dict[str, Any]:
    """How many deliveries wait or are under way."""
    return hand.postman.standing()


@control("POST", "/callbacks/flush")
def flush(hand: Hand) -> dict[str, Any]:
    """Deliver at once what is late."""
    hand.postman.flush()
    return hand.postman.standing()


@control("POST", "/emit")
def emit(hand: Hand) -> dict[str, Any]:
    """Raise any event: `{event, fields: {..}}`, for what no deed here brings about (batch_job_result, msgaudit_notify, ...)."""
    event = hand.company.emit(str(hand.need("event")), *dict(hand.given.get("fields") or {}).items())
    return {"number": event.number, "heard_by": sum(hears(hand.company, a, event) for a in hand.company.apps.values())}
