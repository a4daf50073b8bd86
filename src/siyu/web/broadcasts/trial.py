"""A test message to oneself: the letter as one of the broadcast's people would get it, to an address of one's own."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from siyu import channels, content, journeys, pool
from siyu.base.errors import InputError
from siyu.web.broadcasts.drafted import person_asked
from siyu.web.guard import note
from siyu.web.page import form_of, go, ground_of, lang_of, say_to


def send(request: Request) -> Response:
    """Send it, and say what became of it."""
    ground, number = ground_of(request), int(request.path_params["broadcast_id"])
    to = pool.normal.email(str(form_of(request).get("to", "")).strip())
    if to is None:
        raise InputError(say_to(request, "web.broadcast_test_bad_address"), field="to")
    with ground.db.tx() as conn:
        broadcast = journeys.see(conn, number)
        version = content.kept(conn, broadcast.content_id)
        if version is None:
            raise InputError(say_to(request, "web.broadcast_wrong_content"), field="content")
        person = person_asked(conn, str(form_of(request).get("person", "")))
        values = content.people(ground, conn, [person]).get(person, {}) if person else {}
        note(request, conn, "broadcast.tested", ref=f"broadcast:{number}")
    result = channels.send_trial(ground, replace(version, purpose=broadcast.purpose), values, to)
    if result.answer == channels.Answer.TAKEN:
        return go(request, f"/broadcasts/{number}#letter", said="web.broadcast_said_tested")
    why = channels.reason(result.code, lang_of(request), result.why)
    return go(request, f"/broadcasts/{number}#letter", said="web.broadcast_test_failed", tone="bad", why=why)
