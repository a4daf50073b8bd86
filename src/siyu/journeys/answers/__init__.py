"""WHAT, by keywords. Comes in: what customers write to an official account or a desk of 微信客服. Goes out: answers, by `gate.ask`.

Owns the tables answers, answer_hits, answer_handovers. The contract is docs/answers.md.
"""

from siyu.journeys.answers.deciding import choose, is_otherwise, is_used, matches
from siyu.journeys.answers.flow import advance
from siyu.journeys.answers.keeping import all_kept, counts, end_handover, handovers, keep, see, switch, tried
from siyu.journeys.answers.words import CHANNELS, Draft, Handover, Heard, Matching, Outcome, Rule, RuleCount, Tried

__all__ = [
    "CHANNELS",
    "Draft",
    "Handover",
    "Heard",
    "Matching",
    "Outcome",
    "Rule",
    "RuleCount",
    "Tried",
    "advance",
    "all_kept",
    "choose",
    "counts",
    "end_handover",
    "handovers",
    "is_otherwise",
    "is_used",
    "keep",
    "matches",
    "see",
    "switch",
    "tried",
]
