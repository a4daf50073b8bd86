"""Keyword answers: the rules, trying them, what they did, and conversations that wait for a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from siyu import channels, content, vendors
from siyu.base.db import Connection
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.journeys import answers
from siyu.journeys.answers import Draft, Matching, Occasion, Rule
from siyu.vendors import VendorKind
from siyu.web.customers import names_of
from siyu.web.guard import Guarded, deed, note, page
from siyu.web.page import form_of, go, ground_of, lang_of, render, say_to, staff_of
from siyu.web.words import Role

_HOME = "/answers"
COUNTED_FOR = timedelta(days=30)
_SLOTS = 3  # article, product, how-to


def routes(ground: Ground) -> list[Guarded]:
    """The list with its trial, the editor, and ending what a person took over."""
    one = f"{_HOME}/{{answer_id:int}}"
    return [
        page(_HOME, listing, Role.VIEWER, name="answers"),
        page(f"{_HOME}/new", new, Role.OPERATOR, name="new_answer"),
        deed(_HOME, make, Role.OPERATOR, name="make_answer"),
        page(one, edit, Role.VIEWER, name="edit_answer"),
        deed(one, change, Role.OPERATOR, name="change_answer"),
        deed(f"{one}/switch", switch, Role.OPERATOR, name="switch_answer"),
        deed(f"{_HOME}/try", try_words, Role.VIEWER, name="try_answers"),
        deed(f"{_HOME}/talks/{{handover_id:int}}/end", end, Role.OPERATOR, name="end_talk"),
    ]


def listing(request: Request) -> Response:
    """All rules with what they did in thirty days."""
    return _listed(request)


def try_words(request: Request) -> Response:
    """What would be answered to some words; nothing is sent."""
    form, ground = form_of(request), ground_of(request)
    said, channel = str(form.get("said", ""))[:200], str(form.get("channel", "official"))
    with ground.db.tx() as conn:
        found = answers.tried(ground, conn, channel if channel in answers.CHANNELS else "official", str(form.get("account", "")), said)
    return _listed(request, written=said, channel=channel, tried=found)


def _listed(request: Request, **more: Any) -> Response:
    ground = ground_of(request)
    with ground.db.tx() as conn:
        rules = answers.all_kept(conn)
        counts = answers.counts(conn, ground.clock.now() - COUNTED_FOR)
        talks = answers.handovers(ground, conn)
        moves = channels.handed_over(conn, [one.handover_id for one in talks])
        ungreeted = answers.ungreeted(conn, ground.clock.now() - COUNTED_FOR)
        shut = answers.never_open(conn)
        names = _names(conn)
        people = names_of(conn, [one.person_id for one in talks])
    reasons = {number: channels.reason(code, lang_of(request)) for number, (_, code) in moves.items()}
    return render(
        request, "answers/list.html", rules=rules, counts=counts, talks=talks, moves=moves, reasons=reasons, names=names, people=people,
        missed=counts.get(0), ungreeted=ungreeted, shut=shut, is_otherwise=answers.is_otherwise,
        **({"written": "", "channel": "official", "tried": None} | more),
    )  # fmt: skip


def new(request: Request) -> Response:
    """An empty rule."""
    return _editor(request, None, {})


def edit(request: Request) -> Response:
    """One rule."""
    with ground_of(request).db.tx() as conn:
        rule = answers.see(conn, int(request.path_params["answer_id"]))
    return _editor(request, rule, {})


def make(request: Request) -> Response:
    """Keep a new rule."""
    return _keep(request, None)


def change(request: Request) -> Response:
    """Change a rule."""
    return _keep(request, int(request.path_params["answer_id"]))


def _keep(request: Request, answer_id: int | None) -> Response:
    ground = ground_of(request)
    try:
        with ground.db.tx() as conn:
            rule = answers.keep(ground, conn, _draft(request), by=staff_of(request).login, answer_id=answer_id)
            note(request, conn, "answer.kept", ref=f"answer:{rule.answer_id}")
    except InputError as err:
        with ground.db.tx() as conn:
            before = answers.see(conn, answer_id) if answer_id else None
        field = err.field or "name"
        return _editor(request, before, {field: say_to(request, f"web.answer_wrong_{field}")}, status=422)
    return go(request, _HOME, said="web.answer_kept")


def switch(request: Request) -> Response:
    """Let a rule speak, or not."""
    ground, number = ground_of(request), int(request.path_params["answer_id"])
    is_on = str(form_of(request).get("on", "")) == "1"
    with ground.db.tx() as conn:
        answers.switch(ground, conn, number, is_on=is_on, by=staff_of(request).login)
        note(request, conn, "answer.switched", ref=f"answer:{number}", is_on=is_on)
    return go(request, _HOME, said="web.answer_kept")


def end(request: Request) -> Response:
    """A person is done with a conversation."""
    ground, number = ground_of(request), int(request.path_params["handover_id"])
    with ground.db.tx() as conn:
        if answers.end_handover(ground, conn, number):
            note(request, conn, "answer.talk_ended", ref=f"handover:{number}")
    return go(request, _HOME, said="web.answer_talk_ended")


def _draft(request: Request) -> Draft:
    form = form_of(request)
    chosen = [str(form.get(f"content{slot}", "")) for slot in range(_SLOTS)]
    words = str(form.get("keywords", "")).replace("，", ",").replace("、", ",").replace("\n", ",")
    minutes, priority = str(form.get("cooldown", "10")), str(form.get("priority", "50"))
    return Draft(
        name=str(form.get("name", "")), keywords=tuple(word.strip() for word in words.split(",") if word.strip()),
        content_ids=tuple(int(one) for one in chosen if one.isdigit() and len(one) < 18),
        channels=tuple(str(one) for one in form.getlist("channels")), account=str(form.get("account", "")),
        matching=str(form.get("matching", "")), priority=int(priority) if priority.isdigit() and len(priority) < 4 else -1,
        from_hour=str(form.get("from_hour", "")), to_hour=str(form.get("to_hour", "")), is_handover=bool(form.get("is_handover")),
        cooldown=timedelta(minutes=int(minutes)) if minutes.isdigit() and len(minutes) < 6 else timedelta(days=99),
        occasion=str(form.get("occasion", Occasion.WORDS)),
    )  # fmt: skip


def _editor(request: Request, rule: Rule | None, wrong: dict[str, str], *, status: int = 200) -> Response:
    ground = ground_of(request)
    with ground.db.tx() as conn:
        contents = [one for one in content.all_kept(conn) if one.channel in content.CHATS]
        accounts = [one for one in vendors.accounts(conn) if one.kind is VendorKind.OFFICIAL]
    draft: Draft | Rule | None = _draft(request) if wrong else rule
    return render(
        request, "answers/edit.html", status=status, rule=rule, draft=draft or Draft("", ()), wrong=wrong,
        contents=[(str(one.content_id), one.name) for one in contents], accounts=[(one.app_id, one.name) for one in accounts],
        matchings=[(str(one), say_to(request, f"web.answer_matching_{one}")) for one in Matching], slots=range(_SLOTS),
        occasions=[(str(one), say_to(request, f"web.answer_on_{one}"), say_to(request, f"web.answer_on_{one}_about")) for one in Occasion],
        minutes=int((draft.cooldown if draft else timedelta(minutes=10)).total_seconds() // 60),
    )  # fmt: skip


def _names(conn: Connection) -> dict[int, str]:
    return {one.content_id: one.name for one in content.all_kept(conn, with_archived=True)}
