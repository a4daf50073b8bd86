"""The map of the pages: what stands in the side bar, and under which brand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from siyu.base import settings
from siyu.base.ground import Ground
from siyu.web.words import Role, Staff


@dataclass(frozen=True)
class Entry:
    """One line of the side bar."""

    path: str
    key: str  # of the text
    icon: str
    role: Role = Role.VIEWER
    is_tab: bool = False  # also stands in the bar at the bottom of a phone


GROUPS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "web.nav_business",
        (
            Entry("/", "web.nav_overview", "overview", is_tab=True),
            Entry("/worth", "web.nav_worth", "chart"),
            Entry("/pnl", "web.nav_pnl", "ledger"),
            Entry("/cohorts", "web.nav_cohorts", "calendar"),
            Entry("/rfm", "web.nav_rfm", "grid"),
            Entry("/experiments/plan", "web.nav_plan", "chart"),
            Entry("/metrics", "web.nav_metrics", "file"),
        ),
    ),
    (
        "web.nav_customers_group",
        (
            Entry("/customers", "web.nav_customers", "people", is_tab=True),
            Entry("/segments", "web.nav_segments", "segment", is_tab=True),
            Entry("/imports", "web.nav_imports", "import"),
        ),
    ),
    ("web.nav_growth", (Entry("/codes", "web.nav_codes", "grid"),)),
    (
        "web.nav_touch",
        (
            Entry("/broadcasts", "web.nav_broadcasts", "send", is_tab=True),
            Entry("/group-sends", "web.nav_group_sends", "people"),
            Entry("/posts", "web.nav_posts", "eye"),
            Entry("/contents", "web.nav_contents", "content"),
            Entry("/answers", "web.nav_answers", "message"),
            Entry("/messages", "web.nav_messages", "message"),
        ),
    ),
    (
        "web.nav_connect",
        (
            Entry("/connections", "web.nav_connections", "plug"),
            Entry("/connection-health", "web.nav_connection_health", "chart"),
            Entry("/callbacks", "web.nav_callbacks", "mail"),
            Entry("/guides", "web.nav_guides", "shop"),
            Entry("/handovers", "web.nav_handovers", "leave"),
            Entry("/chat-groups", "web.nav_chat_groups", "people"),
            Entry("/corp-tags", "web.nav_corp_tags", "tag"),
        ),
    ),
    (
        "web.nav_system",
        (
            Entry("/settings", "web.nav_settings", "settings"),
            Entry("/jobs", "web.nav_jobs", "jobs"),
        ),
    ),
)


@dataclass(frozen=True)
class Line:
    """An entry as this page shows it."""

    entry: Entry
    is_here: bool


def groups(request: Request, staff: Staff) -> list[tuple[str, list[Line]]]:
    """The side bar for a member of staff: what they may see of what this application has."""
    here = request.url.path
    paths: set[str] = request.app.state.paths
    made = []
    for title, entries in GROUPS:
        lines = [Line(e, _is_here(e.path, here)) for e in entries if staff.may(e.role) and e.path in paths]
        if lines:
            made.append((title, lines))
    return made


def _is_here(path: str, here: str) -> bool:
    return here == "/" if path == "/" else here == path or here.startswith(path + "/")


@dataclass(frozen=True)
class BrandShown:
    """What pages need of the brand."""

    name: str
    currency: str
    time_zone: str
    language: str


def brand_of(ground: Ground) -> Any:
    """The brand as it is set today."""
    with ground.db.tx() as conn:
        value = settings.get(conn, "brand", {})
    return BrandShown(
        value.get("name", ""), value.get("currency", "CNY"), value.get("time_zone", "Asia/Shanghai"), value.get("language", "zh")
    )
