"""Jobs: every piece of long work with its progress. The list looks again by itself while something runs."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from siyu.base import jobs
from siyu.base.ground import Ground
from siyu.base.text import catalogue, say
from siyu.web.guard import Guarded, page
from siyu.web.page import ground_of, lang_of, render
from siyu.web.words import Role

TONES = {"running": "blue", "waiting": "grey", "done": "green", "failed": "red", "cancelled": "grey"}


def routes(ground: Ground) -> list[Guarded]:
    """One page."""
    return [page("/jobs", listing, Role.VIEWER)]


def listing(request: Request) -> Response:
    """The newest fifty, running ones first."""
    with ground_of(request).db.tx() as conn:
        found = jobs.recent(conn, 50)
    return render(
        request, "jobs/list.html", part="rows", jobs=found, tones=TONES, is_busy=any(j.state in ("running", "waiting") for j in found),
        title_of=lambda job: title(job, lang_of(request)),
    )  # fmt: skip


def title(job: jobs.Job, lang: str) -> str:
    """What a job works at; a sync writes which kind of run it is behind the account's name, as a word of the program."""
    name, dot, run = job.title.rpartition(" · ")
    key = f"web.health_sync_kind_{run}"
    return f"{name} · {say(key, lang)}" if dot and job.kind == "sync" and key in catalogue() else job.title
