"""The tabs above every settings page. A page that does not exist in this application has no tab."""

from __future__ import annotations

from starlette.requests import Request

from siyu.web.page import say_to, staff_of
from siyu.web.words import Role

_TABS = (
    ("web.setup_brand", "/settings", Role.VIEWER),
    ("web.setup_gate", "/settings/rules", Role.VIEWER),
    ("web.setup_channels", "/settings/channels", Role.VIEWER),
    ("web.setup_connected", "/settings/connected", Role.VIEWER),
    ("web.setup_sources", "/settings/sources", Role.VIEWER),
    ("web.setup_staff", "/settings/staff", Role.OWNER),
    ("web.setup_log", "/settings/log", Role.OWNER),
    ("web.setup_me", "/settings/me", Role.VIEWER),
)


def tabs(request: Request) -> list[tuple[str, str, None]]:
    """(text, address, None) for `ui.tabs`."""
    paths = request.app.state.paths
    staff = staff_of(request)
    return [(say_to(request, key), to, None) for key, to, role in _TABS if to in paths and staff.may(role)]
