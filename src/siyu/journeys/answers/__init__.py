"""WHAT, by keywords. Comes in: what customers write to an official account or a desk of 微信客服, and that they come there.
Goes out: answers and greetings, by `gate.ask`.

Owns the tables answers, answer_hits, answer_handovers. The contract is docs/answers.md.
"""

from siyu.journeys.answers.coming import TICKET_FOR, greet
from siyu.journeys.answers.deciding import choose, is_otherwise, is_used, matches
from siyu.journeys.answers.flow import advance
from siyu.journeys.answers.greeting import tickets_of
from siyu.journeys.answers.keeping import all_kept, counts, end_handover, handovers, keep, never_open, see, switch, tried, ungreeted
from siyu.journeys.answers.words import (
    CHANNELS,
    Came,
    DeskTicket,
    Draft,
    Handover,
    Heard,
    Matching,
    Occasion,
    Outcome,
    Rule,
    RuleCount,
    Tried,
)

__all__ = [
    "CHANNELS",
    "TICKET_FOR",
    "Came",
    "DeskTicket",
    "Draft",
    "Handover",
    "Heard",
    "Matching",
    "Occasion",
    "Outcome",
    "Rule",
    "RuleCount",
    "Tried",
    "advance",
    "all_kept",
    "choose",
    "counts",
    "end_handover",
    "greet",
    "handovers",
    "is_otherwise",
    "is_used",
    "keep",
    "matches",
    "never_open",
    "see",
    "switch",
    "tickets_of",
    "tried",
    "ungreeted",
]
