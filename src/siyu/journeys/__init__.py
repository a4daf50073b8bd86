"""WHAT, WHEN. Comes in: a draft of a broadcast, and what people do with it. Goes out: intents, by the gate's door.

Owns the tables broadcasts, broadcast_members.
"""

from siyu.journeys.broadcasts import cancel, change, draft_of, go_on, make, pause, plan, progress, recall, schedule, start
from siyu.journeys.flow import advance
from siyu.journeys.moves import may
from siyu.journeys.store import newest, see
from siyu.journeys.words import Arm, Broadcast, Draft, Plan, Progress, State

__all__ = [
    "Arm",
    "Broadcast",
    "Draft",
    "Plan",
    "Progress",
    "State",
    "advance",
    "cancel",
    "change",
    "draft_of",
    "go_on",
    "make",
    "may",
    "newest",
    "pause",
    "plan",
    "progress",
    "recall",
    "schedule",
    "see",
    "start",
]
