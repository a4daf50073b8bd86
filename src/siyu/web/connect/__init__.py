"""Connections: set up step by step with live checks, their health, what came by callback; the corp's tags, chats and guides, and
customers who go from one guide to another.
"""

from siyu.base.ground import Ground
from siyu.web.connect import chats, guides, handovers, health, inbox, setup, tags
from siyu.web.guard import Guarded

__all__ = ["chats", "guides", "handovers", "health", "inbox", "routes", "setup", "tags"]


def routes(ground: Ground) -> list[Guarded]:
    """The routes of all these pages."""
    return [route for part in (setup, health, inbox, tags, chats, guides, handovers) for route in part.routes(ground)]
