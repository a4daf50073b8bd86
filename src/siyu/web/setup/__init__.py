"""Settings: the brand, what the gate allows, stages, staff, sources, the log, and one's own account. Owners change, the others read."""

from siyu.base.ground import Ground
from siyu.web.guard import Guarded
from siyu.web.setup import account, brand, channels, connected, gate_rules, log, sources, staffing


def routes(ground: Ground) -> list[Guarded]:
    """The routes of all settings pages."""
    return [route for part in (brand, gate_rules, channels, connected, staffing, sources, log, account) for route in part.routes(ground)]
