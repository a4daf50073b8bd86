"""Which rule answers what: pure functions of the words, the rules, the hour and what was answered before."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from siyu.journeys.answers.words import Heard, Matching, Occasion, Outcome, Rule

LONGEST_READ = 200  # letters of a message
MISSES = 2  # in a row, before a person is called
FORGET_MISSES_AFTER = timedelta(minutes=30)


@dataclass(frozen=True)
class Past:
    """What was done for somebody before: misses in a row, when each rule spoke last, whether a person has the conversation."""

    misses: int = 0
    missed_at: datetime | None = None
    spoken: tuple[tuple[int, datetime], ...] = ()
    is_with_staff: bool = False


@dataclass(frozen=True)
class Decision:
    """What to do about one message. `rule` speaks; of a hand-over or a miss it is what is said meanwhile, and may be None."""

    outcome: Outcome
    rule: Rule | None = None
    why: str = ""


def plain(text: str) -> str:
    """The letters that count: one width, small, without punctuation and spaces; * and ? stay."""
    shown = unicodedata.normalize("NFKC", text).casefold()
    return "".join(ch for ch in shown if ch.isalnum() or ch in "*?")[:LONGEST_READ]


@lru_cache(maxsize=1024)
def _pattern(keyword: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(ch) or re.escape(ch) for ch in re.sub(r"\*+", "*", plain(keyword))), re.DOTALL)


def matches(rule: Rule, said: str) -> bool:
    """Whether a rule's keywords fit."""
    if rule.matching is Matching.PATTERN:
        words = plain(said)
        return any(_pattern(keyword).fullmatch(words) is not None for keyword in rule.keywords)
    words = plain(said).replace("*", "").replace("?", "")
    for keyword in rule.keywords:
        wanted = plain(keyword).replace("*", "").replace("?", "")
        if wanted and (words == wanted if rule.matching is Matching.EXACT else wanted in words):
            return True
    return False


def is_otherwise(rule: Rule) -> bool:
    """Whether a rule is for the words that no other rule knows: its only keyword is a lone *."""
    is_pattern = rule.occasion is Occasion.WORDS and rule.matching is Matching.PATTERN
    return is_pattern and all(plain(keyword).strip("*") == "" for keyword in rule.keywords)


def is_open(rule: Rule, clock: str) -> bool:
    """Whether a rule speaks at this time of day ("14:05", by the brand's clock)."""
    start, end = rule.from_hour, rule.to_hour
    if not start or not end:
        return True
    return start <= clock < end if start < end else clock >= start or clock < end


def listens(rule: Rule, channel: str, account: str, occasion: Occasion = Occasion.WORDS) -> bool:
    """Whether a rule is switched on where something is written (or somebody comes), at whatever hour it speaks."""
    return rule.is_on and rule.occasion is occasion and channel in rule.channels and rule.account in ("", account)


def is_used(rules: Sequence[Rule], channel: str, account: str) -> bool:
    """Whether keywords are answered there at all. Where no rule listens, a message misses nothing and calls nobody."""
    return any(listens(rule, channel, account) for rule in rules)


def choose(rules: Sequence[Rule], channel: str, account: str, said: str, clock: str) -> list[Rule]:
    """The rules that fit, the one that answers first: higher priority, then exact before pattern before contains, then the older. Those for
    unknown words come behind all others.
    """
    rank = {Matching.EXACT: 0, Matching.PATTERN: 1, Matching.CONTAINS: 2}
    fit = [rule for rule in rules if listens(rule, channel, account) and is_open(rule, clock) and matches(rule, said)]
    return sorted(fit, key=lambda rule: (is_otherwise(rule), -rule.priority, rank[rule.matching], rule.answer_id))


def decide(rules: Sequence[Rule], heard: Heard, past: Past, clock: str) -> Decision:
    """What to do about one message."""
    if past.is_with_staff:
        return Decision(Outcome.RESTING)
    fit = choose(rules, heard.channel, heard.account, heard.said, clock)
    otherwise = fit[0] if fit and is_otherwise(fit[0]) else None
    if not fit or otherwise:
        is_recent = past.missed_at is not None and heard.at - past.missed_at < FORGET_MISSES_AFTER
        if otherwise and otherwise.is_handover:
            return Decision(Outcome.HANDED_OVER, otherwise, "misses")
        if (past.misses if is_recent else 0) + 1 < MISSES:
            return Decision(Outcome.MISSED, None if otherwise is None or _spoke(past, otherwise, heard.at) else otherwise)
        callers = [rule for rule in rules if rule.is_handover and listens(rule, heard.channel, heard.account)]
        return Decision(Outcome.HANDED_OVER, max(callers, key=lambda r: r.priority, default=None), "misses")
    rule = fit[0]
    if rule.is_handover:
        return Decision(Outcome.HANDED_OVER, rule, "asked")
    return Decision(Outcome.REPEATED if _spoke(past, rule, heard.at) else Outcome.ANSWERED, rule)


def _spoke(past: Past, rule: Rule, at: datetime) -> bool:
    """Whether a rule spoke to this customer so short ago that it rests."""
    spoken = dict(past.spoken).get(rule.answer_id)
    return spoken is not None and at - spoken < rule.cooldown


def after(past: Past, decision: Decision, at: datetime) -> Past:
    """What is remembered of somebody after one more message."""
    if decision.outcome is Outcome.MISSED:
        is_recent = past.missed_at is not None and at - past.missed_at < FORGET_MISSES_AFTER
        return Past((past.misses if is_recent else 0) + 1, at, _said(past, decision.rule, at), past.is_with_staff)
    if decision.outcome is Outcome.HANDED_OVER:
        return Past(0, None, past.spoken, True)
    return Past(0, None, _said(past, decision.rule if decision.outcome is Outcome.ANSWERED else None, at), past.is_with_staff)


def _said(past: Past, rule: Rule | None, at: datetime) -> tuple[tuple[int, datetime], ...]:
    """When each rule spoke last, after this one did."""
    if rule is None:
        return past.spoken
    return (*(pair for pair in past.spoken if pair[0] != rule.answer_id), (rule.answer_id, at))
