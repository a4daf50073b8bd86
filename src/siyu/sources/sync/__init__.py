"""WHERE FROM, by asking. Comes in: a corp's or an official account's own lists, page by page, and wishes. Goes out: facts that make the
pool equal to them, and every difference that was found on the way.

Owns the tables sync_runs, sync_places, sync_differences, sync_seen and sync_ways, and the settings sync.nightly_at (an hour of the brand's
day, 3) and sync.link_remark_phones (no).
"""

from siyu.base.ground import Ground
from siyu.sources import handing, kin
from siyu.sources.sync.fields import FieldRule
from siyu.sources.sync.fields import rules as field_rules
from siyu.sources.sync.flow import (
    HOUR,
    SETTING_HOUR,
    SETTING_PHONES,
    advance_runs,
    begin_nightly,
    cancel,
    start,
)
from siyu.sources.sync.fulfilling import fulfil_wishes
from siyu.sources.sync.store import counted, differences, runs, stubborn, ways
from siyu.sources.sync.walking import allowed_per_minute
from siyu.sources.sync.words import Difference, Run, RunKind, Way


def advance(ground: Ground) -> int:
    """One step of the river: what is wished for, who is the same elsewhere, who goes to another guide, which chats to another owner, then
    the next part of each run. Gives how much was done; 0 = nothing to do now.
    """
    return fulfil_wishes(ground) + kin.advance(ground) + handing.advance(ground) + handing.chats.advance(ground) + advance_runs(ground)


__all__ = [
    "HOUR",
    "SETTING_HOUR",
    "SETTING_PHONES",
    "Difference",
    "FieldRule",
    "Run",
    "RunKind",
    "Way",
    "advance",
    "allowed_per_minute",
    "begin_nightly",
    "cancel",
    "counted",
    "differences",
    "field_rules",
    "runs",
    "start",
    "stubborn",
    "ways",
]
