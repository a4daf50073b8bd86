"""Broadcasts: the list, composing one, looking ahead, letting it run, and reading what it caused."""

from __future__ import annotations

from siyu.base.ground import Ground
from siyu.web.broadcasts import composer, deeds, drafted, guides, listing, moved, people, result, trial
from siyu.web.guard import Guarded, deed, page
from siyu.web.words import Role


def routes(ground: Ground) -> list[Guarded]:
    """Everybody may look; operators compose, send and stop."""
    one = "/broadcasts/{broadcast_id:int}"
    return [
        page("/broadcasts", listing.listing, Role.VIEWER),
        page("/broadcasts/new", composer.new, Role.OPERATOR),
        deed("/broadcasts/new", composer.make, Role.OPERATOR),
        page("/broadcasts/sight", composer.sight, Role.OPERATOR),
        page(one, result.see, Role.VIEWER),
        page(f"{one}/edit", composer.edit, Role.OPERATOR),
        deed(f"{one}/edit", composer.change, Role.OPERATOR),
        page(f"{one}/ahead", drafted.ahead, Role.VIEWER),
        page(f"{one}/reader", drafted.reader, Role.VIEWER),
        page(f"{one}/letter", drafted.letter, Role.VIEWER),
        page(f"{one}/progress", result.progress, Role.VIEWER),
        page(f"{one}/moved", moved.see, Role.VIEWER),
        page(f"{one}/people", people.listing, Role.VIEWER),
        page(f"{one}/guides", guides.see, Role.VIEWER),
        deed(f"{one}/remind", guides.remind, Role.OPERATOR),
        deed(f"{one}/test", trial.send, Role.OPERATOR),
        deed(f"{one}/start", deeds.start, Role.OPERATOR),
        deed(f"{one}/schedule", deeds.schedule, Role.OPERATOR),
        deed(f"{one}/recall", deeds.recall, Role.OPERATOR),
        deed(f"{one}/pause", deeds.pause, Role.OPERATOR),
        deed(f"{one}/go-on", deeds.go_on, Role.OPERATOR),
        deed(f"{one}/cancel", deeds.cancel, Role.OPERATOR),
        deed(f"{one}/copy", deeds.copy, Role.OPERATOR),
    ]
