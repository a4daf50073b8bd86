"""WHERE THEY COME FROM. Comes in: codes that people make, `contact.added` and `contact.half_added` facts. Goes out: whose turn is next,
welcomes asked of the gate, tags and remarks, what became of those who came.

Owns the tables live_codes, live_code_guides, live_code_scans, live_code_days, live_code_deeds, live_link_lots and the setting
growth.welcomes. Steps of the river: `advance`, `tell`, `do_deeds`, `end_tags`, `see_lots`, `record_costs`.
"""

from siyu.growth.anew import anew, renew, stranded
from siyu.growth.arriving import advance
from siyu.growth.codes import (
    CHANNEL,
    MOST_WELCOMES,
    Standing,
    change,
    close,
    default_welcomes,
    make,
    preview,
    set_default_welcomes,
    standing,
    visit,
)
from siyu.growth.costs import record_costs
from siyu.growth.deeds import do_deeds
from siyu.growth.greeting import ORIGIN, WELCOME_WITHIN
from siyu.growth.lives import end_tags, tags_ended, tags_past
from siyu.growth.store import (
    code,
    code_of_state,
    codes,
    codes_of_state,
    counts,
    failed_deeds,
    funnels,
    link_refused_at,
    lots,
    results,
    visits,
)
from siyu.growth.telling import see_lots, tell
from siyu.growth.tickets import tickets_of
from siyu.growth.turn import chats_on, remark_of, turn, welcome_of
from siyu.growth.words import (
    Anew,
    CodeGuide,
    CodeKind,
    Count,
    Draft,
    For,
    Funnel,
    LiveCode,
    Lot,
    Result,
    Rotation,
    Shift,
    Ticket,
    Turn,
    Welcome,
    Who,
    Why,
)

__all__ = [
    "CHANNEL", "MOST_WELCOMES", "ORIGIN", "WELCOME_WITHIN", "Anew", "CodeGuide", "CodeKind", "Count", "Draft", "For", "Funnel", "LiveCode",
    "Lot", "Result", "Rotation", "Shift", "Standing", "Ticket", "Turn", "Welcome", "Who", "Why", "advance", "anew", "change", "chats_on",
    "close", "code", "code_of_state", "codes", "codes_of_state", "counts", "default_welcomes", "do_deeds", "end_tags", "failed_deeds",
    "funnels", "link_refused_at", "lots", "make", "preview", "record_costs", "remark_of", "renew", "results", "see_lots",
    "set_default_welcomes", "standing", "stranded", "tags_ended", "tags_past", "tell", "tickets_of", "turn", "visit", "visits",
    "welcome_of",
]  # fmt: skip
