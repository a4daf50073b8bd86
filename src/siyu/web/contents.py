"""Contents: the list, and the editor that shows the message beside the text, as one real customer would get it."""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from siyu import channels, content, growth, pool
from siyu.base.db import Connection
from siyu.base.errors import InputError, NotFoundError
from siyu.base.ground import Ground
from siyu.channels import wecom
from siyu.web import hung
from siyu.web.customers import mask_of
from siyu.web.guard import Guarded, deed, note, page
from siyu.web.page import form_of, go, ground_of, lang_of, render, say_to, staff_of
from siyu.web.words import Role

LETTER_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:; frame-ancestors 'self'"
_READERS = 12
_LONGEST_DRAFT = 250_000  # characters, unpacked


@dataclass(frozen=True)
class Draft:
    """A text as it stands in the editor, not yet kept."""

    name: str
    channel: str
    purpose: str
    subject: str
    body: str
    content_id: int | None = None
    attachments: tuple[Any, ...] = ()

    @property
    def version(self) -> content.Version:
        """The draft as if it were kept."""
        return content.Version(self.content_id or 0, 0, self.name, self.channel, self.purpose, self.subject, self.body)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written yet."""
        return not (self.subject.strip() or self.body.strip())


def routes(ground: Ground) -> list[Guarded]:
    """The list, the editor with its preview, and what can be done with a content."""
    one = "/contents/{content_id:int}"
    return [
        page("/contents", listing, Role.VIEWER),
        page("/contents/new", new, Role.OPERATOR, name="new_content"),
        deed("/contents", make, Role.OPERATOR, name="make_content"),
        deed("/contents/preview", preview, Role.VIEWER, name="preview_content"),
        page("/contents/letter/{draft}", letter, Role.VIEWER, name="content_letter"),
        page(one, edit, Role.VIEWER, name="edit_content"),
        deed(one, change, Role.OPERATOR, name="change_content"),
        deed(f"{one}/archive", archive, Role.OPERATOR, name="archive_content"),
        deed(f"{one}/back", bring_back, Role.OPERATOR, name="bring_content_back"),
        deed(f"{one}/hung", hung.add, Role.OPERATOR, name="hang_on_content"),
        page("/contents/pictures/{digest}", hung.picture, Role.VIEWER, name="hung_picture"),
        deed(f"{one}/hung/remove", hung.remove, Role.OPERATOR, name="take_off_content"),
        deed(f"{one}/trial", trial, Role.OPERATOR, name="try_content"),
    ]


def listing(request: Request) -> Response:
    """All contents, the latest changed first."""
    ground = ground_of(request)
    is_archive = request.query_params.get("show") == "archived"
    with ground.db.tx() as conn:
        every = content.all_kept(conn, with_archived=True)
        prefix = content.look(conn).ad_prefix
    shown = [one for one in every if (one.archived_at is not None) == is_archive]
    counts = {True: sum(one.archived_at is not None for one in every), False: sum(one.archived_at is None for one in every)}
    return render(request, "contents/list.html", contents=shown, counts=counts, is_archive=is_archive, prefix=prefix)


def new(request: Request) -> Response:
    """An empty text of a channel, with something to begin from."""
    channel = request.query_params.get("channel", "email")
    if channel not in channels.channels():
        raise NotFoundError(say_to(request, "web.content_no_channel"), "")
    purpose = "service" if channel == growth.CHANNEL else "marketing"
    draft = Draft("", channel, purpose, "", say_to(request, f"web.content_start_{channel}"))
    return _editor(request, draft)


def edit(request: Request) -> Response:
    """The text that holds now, or an earlier version of it to look at (`?version=2`)."""
    number, asked = int(request.path_params["content_id"]), request.query_params.get("version", "")
    with ground_of(request).db.tx() as conn:
        version = content.kept(conn, number, int(asked) if asked.isdigit() and len(asked) < 9 else None)
    if version is None:
        raise NotFoundError(say_to(request, "web.content_gone"), say_to(request, "web.content_gone_remedy"))
    draft = Draft(version.name, version.channel, version.purpose, version.subject, version.body, number, tuple(version.attachments))
    return _editor(request, draft, shown=version.version)


def make(request: Request) -> Response:
    """Keep a new content."""
    return _keep(request, None)


def change(request: Request) -> Response:
    """Keep a new version of a content."""
    return _keep(request, int(request.path_params["content_id"]))


def _keep(request: Request, content_id: int | None) -> Response:
    ground, draft = ground_of(request), _draft_of(form_of(request), content_id)
    if draft.channel not in channels.channels():
        raise InputError(say_to(request, "web.content_no_channel"), field="channel")
    try:
        with ground.db.tx() as conn:
            before = content.see(conn, content_id) if content_id else None
            kept = content.keep(
                ground, conn, draft.name, draft.channel, draft.subject, draft.body, purpose=draft.purpose,
                changed_by=staff_of(request).login, content_id=content_id, lang=lang_of(request),
            )  # fmt: skip
            note(request, conn, "content.kept", ref=f"content:{kept.content_id}", version=kept.version)
    except content.Unsound as unsound:
        return _editor(request, draft, problems=unsound.problems, status=422)
    is_same = before is not None and before.version == kept.version
    said = "web.content_same" if is_same else "web.content_kept"
    return go(request, f"/contents/{kept.content_id}", said=said, version=kept.version)


def archive(request: Request) -> Response:
    """Put a content away."""
    ground, number = ground_of(request), int(request.path_params["content_id"])
    with ground.db.tx() as conn:
        if content.archive(ground, conn, number):
            note(request, conn, "content.archived", ref=f"content:{number}")
    return go(request, "/contents", said="web.content_archived")


def bring_back(request: Request) -> Response:
    """Offer an archived content again."""
    ground, number = ground_of(request), int(request.path_params["content_id"])
    with ground.db.tx() as conn:
        content.bring_back(conn, number)
        note(request, conn, "content.brought_back", ref=f"content:{number}")
    return go(request, f"/contents/{number}", said="web.content_is_back")


def trial(request: Request) -> Response:
    """Send the kept version to an address of one's own, as the chosen customer would get it."""
    ground, form, number = ground_of(request), form_of(request), int(request.path_params["content_id"])
    to = pool.normal.email(str(form.get("to", "")).strip())
    with ground.db.tx() as conn:
        version = content.kept(conn, number)
        person = _reader_asked(request, conn, str(form.get("person", "")))
        values = content.people(ground, conn, [person]).get(person, {}) if person else {}
        note(request, conn, "content.tried", ref=f"content:{number}")
    if version is None:
        raise NotFoundError(say_to(request, "web.content_gone"), say_to(request, "web.content_gone_remedy"))
    if to is None and channels.channel_of(version.channel).needs_address:
        raise InputError(say_to(request, "web.content_trial_address"), field="to")
    result = channels.send_trial(ground, version, values, to or "")
    if result.answer == channels.Answer.TAKEN:
        return go(request, f"/contents/{number}", said="web.content_trial_sent")
    why = channels.reason(result.code, lang_of(request), result.why)
    return go(request, f"/contents/{number}", said="web.content_trial_failed", tone="bad", why=why)


def preview(request: Request) -> Response:
    """The part beside the text: what is wrong with it, and how it reads. Asked again while it is being written."""
    form = form_of(request)
    draft, number = _draft_of(form, None), str(form.get("hung_on", ""))
    if draft.channel in content.CARRYING and number.isdigit() and len(number) < 18:
        with ground_of(request).db.tx() as conn:
            kept = content.kept(conn, int(number))
        draft = replace(draft, attachments=tuple(kept.attachments) if kept else ())
    return render(request, "contents/preview.html", **_seen(request, draft, str(form.get("person", ""))))


def letter(request: Request) -> Response:
    """The letter alone, for the frame: made of the draft in the address, which only we can have written there."""
    draft = unpacked(ground_of(request), request.path_params["draft"])
    if draft is None:
        raise NotFoundError(say_to(request, "web.content_gone"), "")
    made = _rendered(request, draft, request.query_params.get("person", ""))[0]
    text = made.html if draft.channel == "email" else str(Markup("<pre>{}</pre>").format(made.text))
    headers = {"content-security-policy": LETTER_CSP, "x-frame-options": "SAMEORIGIN", "cache-control": "no-store"}
    return HTMLResponse(text, headers=headers)


def _draft_of(form: FormData, content_id: int | None) -> Draft:
    name, channel, purpose, subject, body = (str(form.get(key, "")) for key in ("name", "channel", "purpose", "subject", "body"))
    return Draft(name, channel, purpose, subject, body, content_id)


def _editor(
    request: Request, draft: Draft, *, shown: int | None = None, problems: list[content.Problem] | None = None, status: int = 200
) -> Response:
    ground = ground_of(request)
    with ground.db.tx() as conn:
        kept = content.see(conn, draft.content_id) if draft.content_id else None
        history = content.history(conn, draft.content_id) if draft.content_id else []
        traits = content.trait_names(conn)
        readers = _readers(request, conn)
        the_channel = channels.channel_of(draft.channel)
        files = [str(one["file"]) for one in draft.attachments if one.get("file")] if draft.channel == growth.CHANNEL else []
        uploads = wecom.media_states(conn, files, ground.clock.now()) if files else {}
        may_try = not isinstance(the_channel, channels.Courier) and the_channel.settings(ground) is not None
    person = str(form_of(request).get("person", "")) if problems else (str(readers[0][0]) if readers else "")
    names = [*content.STANDARD, *(name for name in traits if name not in content.STANDARD)]
    return render(
        request, "contents/edit.html", status=status, draft=draft, kept=kept, history=history, shown=shown, names=names[:40],
        wrong={p.where: p.text(lang_of(request)) for p in reversed(problems or [])},
        readers=[*readers, ("", say_to(request, "web.content_nobody"))], person=person, may_try=may_try,
        is_alike=draft.channel in content.ALIKE, is_form=draft.channel in content.FORMS,
        may_carry=draft.channel in content.CARRYING, uploads=uploads,
        is_old=bool(kept and shown and shown != kept.version),
        **_seen(request, draft, person, is_fresh=not (draft.content_id or problems)),
    )  # fmt: skip


def _seen(request: Request, draft: Draft, person: str, *, is_fresh: bool = False) -> dict[str, Any]:
    """What the preview shows: problems in words, the message, and the frame's address. A fresh text is not found fault with."""
    with ground_of(request).db.tx() as conn:
        known = content.trait_names(conn)
    found = [] if draft.is_empty or is_fresh else content.check(draft.subject, draft.body, channel=draft.channel, known=known or None)
    made, who = _rendered(request, draft, person)
    return {
        "seen": draft,
        "problems": found,
        "made": made,
        "counted": _counted(request, draft, made.text),
        "frame": f"/contents/letter/{packed(ground_of(request), draft)}?person={who or ''}",
    }


def _counted(request: Request, draft: Draft, text: str) -> dict[str, Any]:
    """How many messages the carriers would count for a text message, and what they cost; empty for other channels."""
    if draft.channel != "sms":
        return {}
    with ground_of(request).db.tx() as conn:
        sender = channels.see_sms(conn) or channels.SmsSettings(0, "")
    units = content.units(text, sender.signature)
    letters = len(text) + (len(sender.signature) + 2 if sender.signature else 0)
    return {"letters": letters, "units": units, "cost_minor": content.cost_minor(units, sender.unit_price_micro)}


def _rendered(request: Request, draft: Draft, person: str) -> tuple[content.Rendered, int]:
    ground = ground_of(request)
    with ground.db.tx() as conn:
        who = _reader_asked(request, conn, person)
        values = content.people(ground, conn, [who]).get(who, {}) if who else {}
        look = content.look(conn)
    return content.render(draft.version, values, links=content.PlainLinks(), look=look), who


def _reader_asked(request: Request, conn: Connection, text: str) -> int:
    """Today's person of the number asked for; 0 for nobody, and for staff who see names masked."""
    if not staff_of(request).may(Role.OPERATOR) or not text.isdigit() or len(text) > 18:
        return 0
    return next(iter(pool.current_person(conn, [int(text)]).values()), 0)


def _readers(request: Request, conn: Connection) -> list[tuple[int, str]]:
    """Some customers to read as: those seen last."""
    if not staff_of(request).may(Role.OPERATOR):
        return []
    found = pool.list_people(conn, limit=_READERS)
    return [(row.person_id, f"{row.name_shown or mask_of(row)} · #{row.person_id}") for row in found.rows]


def packed(ground: Ground, draft: Draft) -> str:
    """A draft as it may stand in an address of ours: packed and signed. It holds the text only, nobody's values."""
    words = [draft.channel, draft.purpose, draft.subject, draft.body]
    data = urlsafe_b64encode(zlib.compress(json.dumps(words, ensure_ascii=False).encode(), 9)).rstrip(b"=").decode()
    return f"{data}.{ground.vault.token('draft', data)}"


def unpacked(ground: Ground, text: str) -> Draft | None:
    """The draft again; None when it is not one that we packed."""
    data, _, token = text.rpartition(".")
    if not data or not ground.vault.is_token(token, "draft", data):
        return None
    raw = zlib.decompressobj().decompress(urlsafe_b64decode(data + "=" * (-len(data) % 4)), _LONGEST_DRAFT * 4)
    channel, purpose, subject, body = json.loads(raw)
    return Draft("", channel, purpose, subject, body)
