"""The 360 page: one customer, everything about them, and what may be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from siyu import gate, pool
from siyu.base.db import Connection
from siyu.base.errors import InputError, NotFoundError
from siyu.base.ground import Ground
from siyu.web import moments, naming, people, store
from siyu.web.contacts import contacts, names
from siyu.web.customers import STAGE_TONES, mask_of
from siyu.web.guard import Guarded, deed, note, page
from siyu.web.page import form_of, go, ground_of, is_htmx, lang_of, render, say_to, show_of, staff_of
from siyu.web.words import Role
from siyu.web.worth import scored

MOMENTS = 40
TABS = ("timeline", "orders", "messages", "identity")
CHANNELS = ("email", "sms", "wecom", "webhook", "*")
PURPOSES = ("marketing", "service", "transactional", "*")


def routes(ground: Ground) -> list[Guarded]:
    """The page, its parts, and its deeds."""
    one = "/customers/{person_id:int}"
    return [
        page(one, see, Role.VIEWER),
        page(one + "/drawer", drawer, Role.VIEWER),
        page(one + "/moments", more_moments, Role.VIEWER),
        page(one + "/orders/{source_id:int}/{order_no:path}", order_lines, Role.VIEWER),
        deed(one + "/tags", change_tag, Role.OPERATOR),
        deed(one + "/consents", change_consent, Role.OPERATOR),
        deed(one + "/cut", cut, Role.OPERATOR),
        deed(one + "/confirm", confirm, Role.OPERATOR),
        deed(one + "/revoke", revoke, Role.OPERATOR),
        deed(one + "/reveal", reveal, Role.OPERATOR),
        deed(one + "/erase", erase, Role.OWNER),
    ]


def see(request: Request) -> Response:
    """The whole page; an old number leads to the person of today."""
    ground = ground_of(request)
    tab = request.query_params.get("tab", "timeline")
    tab = tab if tab in TABS else "timeline"
    with ground.db.tx() as conn:
        person = pool.see(ground, conn, request.path_params["person_id"])
        number = person.row.person_id
        if number != request.path_params["person_id"]:
            return RedirectResponse(f"/customers/{number}", 303, headers={"Cache-Control": "no-store"})
        told, before = _moments(request, conn, number, None) if tab == "timeline" else ([], None)
        asked = _why(request, conn, number) if tab == "messages" else []
        deeds = store.deeds_about(conn, f"person:{number}", 20) if tab == "identity" else []
        scores = scored(request, conn, number)
        whose = contacts(conn, number, lang_of(request))
        credits = gate.credits(ground, conn, number)
        accounts = naming.account_names(conn)
        is_contact = "wecom" in gate.rules(conn).contact_is_consent and any(one.is_active for one in whose.guides)
    return render(
        request, "customers/person.html", tab=tab, told=told, before=before, asked=asked, deeds=deeds, scores=scores,
        contacts=whose, credits=credits, is_contact=is_contact,
        channels=CHANNELS, purposes=PURPOSES,
        **_about(request, person, accounts),
    )  # fmt: skip


def drawer(request: Request) -> Response:
    """The person in short, for the drawer of the list."""
    ground = ground_of(request)
    with ground.db.tx() as conn:
        person = pool.see(ground, conn, request.path_params["person_id"])
        told, _ = _moments(request, conn, person.row.person_id, None, limit=25)
    if not is_htmx(request):
        return RedirectResponse(f"/customers/{person.row.person_id}", 303)
    return render(request, "customers/drawer.html", part="drawer", told=told[:12], **_about(request, person, {}))


def _about(request: Request, person: pool.Person, accounts: Mapping[str, str]) -> dict[str, Any]:
    lang = lang_of(request)
    consents: dict[tuple[str, str], list[Any]] = {}
    for said in person.consents:
        consents.setdefault((said.channel, said.purpose), []).append(said)
    links: dict[tuple[int, int], list[Any]] = {}
    for link in person.links:
        links.setdefault((link.a, link.b), []).append(link)
    masks = {i.identifier_id: i for i in person.identifiers}
    return {
        "person": person,
        "row": person.row,
        "tones": STAGE_TONES,
        "mask": mask_of(person.row),
        "masks": masks,
        "consents": consents,
        "source_of": lambda name: naming.source(name, lang, accounts),
        "evidence_of": lambda data: moments.evidence(data, lang),
        "links": links,
        "kind_of": lambda name: moments.kind(name, lang),
        "deed_of": lambda what: moments.deed(what, lang),
        "trait_of": lambda name: moments.trait(name, lang),
        "channel_of": lambda name: moments.channel(name, lang),
        "purpose_of": lambda name: moments.purpose(name, lang),
        "traits": {name: value for name, value in person.traits.items() if not isinstance(value, dict | list)},
    }


def more_moments(request: Request) -> Response:
    """The next part of the timeline, for htmx."""
    ground = ground_of(request)
    before = _place(request, request.query_params.get("before", ""))
    number = request.path_params["person_id"]
    with ground.db.tx() as conn:
        told, after = _moments(request, conn, number, before)
    last_day = request.query_params.get("day", "")
    return render(request, "customers/moments.html", told=told, before=after, number=number, last_day=last_day)


def _moments(
    request: Request, conn: Connection, number: int, before: tuple[datetime, int] | None, *, limit: int = MOMENTS
) -> tuple[list[moments.Told], str | None]:
    found = pool.timeline(ground_of(request), conn, number, before=before, limit=limit)
    mark = f"{found[-1].occurred_at.isoformat()}~{found[-1].seq}" if len(found) == limit else None
    is_of_corp = any(one.type.startswith(("contact.", "group.")) for one in found)
    return moments.tell(found, show_of(request), names(conn) if is_of_corp else {}), mark


def _place(request: Request, text: str) -> tuple[datetime, int]:
    try:
        at, _, seq = text.replace(" ", "+").partition("~")
        place = datetime.fromisoformat(at), int(seq)
    except ValueError:
        raise InputError(say_to(request, "web.page_mark"), field="before") from None
    if place[0].tzinfo is None:
        raise InputError(say_to(request, "web.page_mark"), field="before")
    return place


def _why(request: Request, conn: Connection, number: int) -> Sequence[Any]:
    return gate.why(conn, number, lang_of(request))


def order_lines(request: Request) -> Response:
    """The lines of one order, for htmx under its row."""
    ground = ground_of(request)
    with ground.db.tx() as conn:
        person = pool.see(ground, conn, request.path_params["person_id"])
        subjects = [i.identifier_id for i in person.identifiers]
        lines = people.order_lines(conn, subjects, request.path_params["source_id"], request.path_params["order_no"])
    if not lines:
        raise NotFoundError(say_to(request, "web.order_none"))
    return render(request, "customers/lines.html", lines=lines)


# --- deeds: each is a fact or a decision, and a line in the staff log ---


def change_tag(request: Request) -> Response:
    """Add or take away a tag, by a fact of the staff's own."""
    form = form_of(request)
    tag = str(form.get("tag", "")).strip()
    is_added = form.get("what", "add") == "add"
    if not 1 <= len(tag) <= 40:
        raise InputError(say_to(request, "web.tag_wrong"), say_to(request, "web.tag_wrong_remedy"), field="tag")
    number = _record(request, "tag.added" if is_added else "tag.removed", {"tag": tag}, tag=tag)
    return go(request, f"/customers/{number}", said="web.tag_added" if is_added else "web.tag_removed", tag=tag)


def change_consent(request: Request) -> Response:
    """Write down what a customer said about hearing from us, with who heard it and how."""
    form = form_of(request)
    channel, purpose, evidence = str(form.get("channel", "")), str(form.get("purpose", "")), str(form.get("evidence", "")).strip()[:200]
    is_given = form.get("is_given") == "yes"
    if channel not in CHANNELS or purpose not in PURPOSES:
        raise InputError(say_to(request, "web.consent_wrong"), field="channel")
    if not evidence:
        raise InputError(say_to(request, "web.consent_evidence_missing"), say_to(request, "web.consent_evidence_remedy"), field="evidence")
    data = {"channel": channel, "purpose": purpose, "evidence": {"text": evidence, "by": staff_of(request).login, "way": "staff"}}
    type_ = "consent.given" if is_given else "consent.withdrawn"
    number = _record(request, type_, data, of_all=True, channel=channel, purpose=purpose)
    return go(request, f"/customers/{number}", said="web.consent_kept")


def _record(request: Request, type_: str, data: dict[str, Any], *, of_all: bool = False, **detail: Any) -> int:
    """Record a fact of the staff about this person and fold it, so that the page shows it at once; gives the person's number.

    `of_all`: one fact for each identifier stronger than a browser's. Of consents the most restrictive word of all identifiers holds, so
    a new word must be theirs all.
    """
    ground = ground_of(request)
    now = ground.clock.now()
    staff = staff_of(request)
    with ground.db.tx() as conn:
        person = pool.see(ground, conn, request.path_params["person_id"])
        source = pool.ensure_source(conn, "staff", "system", now=now, owner="siyu")
        strong = [i.identifier_id for i in person.identifiers if pool.Kind(i.kind) not in pool.WEAK and not i.is_shared]
        about = strong if of_all and strong else [person.identifiers[0].identifier_id]
        facts = [
            pool.Fact(type=type_, id=str(uuid4()), occurred_at=now, data=data | {"by": staff.login}, subject_id=number) for number in about
        ]
        pool.record(ground, conn, source, facts)
        note(request, conn, type_, ref=f"person:{person.row.person_id}", **detail)
    pool.fold(ground, 2_000)
    return person.row.person_id


def cut(request: Request) -> Response:
    """Keep two identifiers apart, against whatever links them."""
    return _decide(request, "cut")


def confirm(request: Request) -> Response:
    """Say that two identifiers are one person."""
    return _decide(request, "confirm")


def _decide(request: Request, what: str) -> Response:
    ground, form = ground_of(request), form_of(request)
    a, b = _number(form.get("a")), _number(form.get("b"))
    why = str(form.get("why", "")).strip()[:200]
    decide = pool.cut if what == "cut" else pool.confirm
    with ground.db.tx() as conn:
        decision = decide(ground, conn, a, b, by=staff_of(request).login, why=why)
        person = pool.current_person(conn, [request.path_params["person_id"]])[request.path_params["person_id"]]
        note(request, conn, f"identity.{what}", ref=f"person:{person}", a=a, b=b, decision=decision)
    to = "/conflicts" if form.get("next") == "conflicts" else f"/customers/{person}?tab=identity"
    return go(request, to, said=f"web.identity_{what}_done")


def _number(value: object) -> int:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def revoke(request: Request) -> Response:
    """Take a decision back."""
    ground = ground_of(request)
    decision = _number(form_of(request).get("decision_id"))
    with ground.db.tx() as conn:
        pool.revoke(ground, conn, decision, by=staff_of(request).login)
        person = pool.current_person(conn, [request.path_params["person_id"]])[request.path_params["person_id"]]
        note(request, conn, "identity.revoked", ref=f"person:{person}", decision=decision)
    return go(request, f"/customers/{person}?tab=identity", said="web.identity_revoked")


def reveal(request: Request) -> Response:
    """Show one identifier in the clear, once, to staff who say why; who looked and why is kept before it is shown."""
    ground, form = ground_of(request), form_of(request)
    identifier_id, why = _number(form.get("identifier_id")), str(form.get("why", "")).strip()[:200]
    if not why:
        raise InputError(say_to(request, "web.reveal_why_missing"), field="why")
    with ground.db.tx() as conn:
        found = people.in_clear(ground, conn, identifier_id)
        here = pool.current_person(conn, [request.path_params["person_id"]]).get(request.path_params["person_id"])
        if found is None or found[0] != here:
            raise NotFoundError(say_to(request, "web.reveal_none"))
        note(request, conn, "identifier.revealed", ref=f"person:{here}", identifier_id=identifier_id, why=why)
    return render(request, "customers/revealed.html", value=found[2], kind=found[1], number=here)


def erase(request: Request) -> Response:
    """Erase somebody for ever; the owner types the number to be sure."""
    ground = ground_of(request)
    number = request.path_params["person_id"]
    if str(form_of(request).get("number", "")).strip().lstrip("#") != str(number):
        raise InputError(say_to(request, "web.erase_number_wrong"), field="number")
    with ground.db.tx() as conn:
        pool.erase(ground, conn, number, by=staff_of(request).login)
        note(request, conn, "person.erased", ref=f"person:{number}")
    return go(request, "/customers", said="web.erased")
