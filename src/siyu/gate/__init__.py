"""MAY WE. Comes in: intents (`ask`). Goes out: verdicts with a reason, and permits that channels `claim` and `settle`.

Owns the tables lanes, intent_log, verdict_log, permit_queue, held_origins, taken_back, withdrawals, outlays and
spent_allowances. Rooms down-river read the views intents, verdicts, permits and wanted_permits. The rules are data: settings `gate.*`
(docs/gate.md).
"""

from siyu.gate.claiming import claim, is_due, note_spent, prolong, settle
from siyu.gate.credits import credits
from siyu.gate.flow import ask, judge, tidy
from siyu.gate.forecasting import forecast
from siyu.gate.ruling import drop_rule, rules, set_rule, shown
from siyu.gate.telling import reason, tally, why
from siyu.gate.withdrawing import pause, resume, withdraw, withdraw_person
from siyu.gate.words import (
    Allowance,
    Answer,
    Asked,
    Cap,
    Code,
    Credit,
    Deed,
    Forecast,
    GateRules,
    Intent,
    Night,
    Outcome,
    Permit,
    Purpose,
    QuietHours,
    Quota,
    Settlement,
    Tally,
    Window,
)

__all__ = [
    "Allowance",
    "Answer",
    "Asked",
    "Cap",
    "Code",
    "Credit",
    "Deed",
    "Forecast",
    "GateRules",
    "Intent",
    "Night",
    "Outcome",
    "Permit",
    "Purpose",
    "QuietHours",
    "Quota",
    "Settlement",
    "Tally",
    "Window",
    "ask",
    "claim",
    "credits",
    "drop_rule",
    "forecast",
    "is_due",
    "judge",
    "note_spent",
    "pause",
    "prolong",
    "reason",
    "resume",
    "rules",
    "set_rule",
    "settle",
    "shown",
    "tally",
    "tidy",
    "why",
    "withdraw",
    "withdraw_person",
]
