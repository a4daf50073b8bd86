"""WHICH. Comes in: rules as JSON (docs/rules.md). Goes out: how many people satisfy one, who they are, and why one person does or does not.

Owns the table segments. Membership is not stored: it is asked at a moment, so a window that closes moves people out by itself.
"""

from siyu.segments.compile import compile
from siyu.segments.dump import dump, dump_node
from siyu.segments.errors import RuleError, TooSlowError
from siyu.segments.flow import (
    PAGE_SECONDS,
    all_kept,
    archive,
    count,
    count_each,
    describe,
    explain,
    frozen,
    has,
    keep,
    kept,
    known,
    known_sources,
    members,
    members_page,
    preview,
    recount,
    sample,
)
from siyu.segments.naive import matches
from siyu.segments.parse import parse
from siyu.segments.reach import KINDS as REACH
from siyu.segments.templates import templates
from siyu.segments.words import (
    Compiled,
    ConditionCount,
    Counted,
    Evidence,
    Explained,
    Kept,
    Member,
    ReadyRule,
    Reason,
    Rule,
    RulePreview,
    SegmentId,
)

__all__ = [
    "PAGE_SECONDS",
    "REACH",
    "Compiled",
    "ConditionCount",
    "Counted",
    "Evidence",
    "Explained",
    "Kept",
    "Member",
    "ReadyRule",
    "Reason",
    "Rule",
    "RuleError",
    "RulePreview",
    "SegmentId",
    "TooSlowError",
    "all_kept",
    "archive",
    "compile",
    "count",
    "count_each",
    "describe",
    "dump",
    "dump_node",
    "explain",
    "frozen",
    "has",
    "keep",
    "kept",
    "known",
    "known_sources",
    "matches",
    "members",
    "members_page",
    "parse",
    "preview",
    "recount",
    "sample",
    "templates",
]
