"""Segments that mention segments: finding them all, refusing circles, writing them out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace

from siyu.segments import words as w
from siyu.segments.errors import RuleError
from siyu.segments.words import Rule, SegmentId

Load = Callable[[Collection[SegmentId]], Mapping[SegmentId, Rule]]


def walk(node: w.Node) -> Iterator[w.Leaf]:
    """Every condition of a tree."""
    match node:
        case w.All() | w.AnyOf():
            for inner in node.of:
                yield from walk(inner)
        case w.Not():
            yield from walk(node.of)
        case _:
            yield node


def mentioned(rule: Rule) -> set[SegmentId]:
    """The segments a rule names itself."""
    return {leaf.segment_id for leaf in walk(rule.where) if isinstance(leaf, w.InSegment)}


def types(rules: Collection[Rule]) -> set[str]:
    """The fact types that rules look at."""
    found: set[str] = set()
    for leaf in (leaf for rule in rules for leaf in walk(rule.where)):
        match leaf:
            case w.Happened():
                found.add(leaf.type)
            case w.Bought():
                found.add("order.paid")
            case w.Followed():
                found |= {leaf.first.type, leaf.then.type}
            case _:
                pass
    return found


def resolve(rule: Rule, load: Load, me: SegmentId | None = None) -> dict[SegmentId, Rule]:
    """The rules of all segments that `rule` leads to. `me` is the segment that is about to have this rule.

    Raises `RuleError` for a segment that does not exist, for a circle, and for too many conditions or levels once written out.
    """
    found: dict[SegmentId, Rule] = {}
    wanted = mentioned(rule)
    while missing := wanted - found.keys() - {me}:
        loaded = load(missing)
        for number in missing:
            if number not in loaded:
                raise RuleError("no_segment", "where", int(number))
        found |= loaded
        wanted = set().union(*(mentioned(other) for other in loaded.values()))
    _check(rule, found, (me,) if me else ())
    return found


def _check(rule: Rule, found: Mapping[SegmentId, Rule], way: tuple[SegmentId, ...]) -> tuple[int, int]:
    """Conditions and levels of a rule with everything written out."""
    if len(way) > w.MOST_SEGMENTS_DEEP:
        raise RuleError("segments_deep", "where", None, most=str(w.MOST_SEGMENTS_DEEP))
    sizes: dict[SegmentId, tuple[int, int]] = {}
    for number in mentioned(rule):
        if number in way:
            raise RuleError("cycle", "where", int(number))
        sizes[number] = _check(found[number], found, (*way, number))
    size, depth = _size(rule.where, sizes)
    if size > w.MOST_CONDITIONS:
        raise RuleError("too_many", "where", None, most=str(w.MOST_CONDITIONS))
    if depth > w.MOST_DEPTH:
        raise RuleError("too_deep", "where", None, most=str(w.MOST_DEPTH))
    return size, depth


def _size(node: w.Node, sizes: Mapping[SegmentId, tuple[int, int]]) -> tuple[int, int]:
    match node:
        case w.Not():
            size, depth = _size(node.of, sizes)
            return size, depth + 1
        case w.All() | w.AnyOf():
            inner = [_size(one, sizes) for one in node.of]
            return sum(size for size, _ in inner), 1 + max((depth for _, depth in inner), default=0)
        case w.InSegment():
            size, depth = sizes[node.segment_id]
            return size, depth + 1
        case _:
            return 1, 0


def written_out(rule: Rule, others: Mapping[SegmentId, Rule]) -> Rule:
    """The same rule without mentions: what it says today, whatever becomes of the other segments."""
    return replace(rule, where=_written_out(rule.where, others))


def _written_out(node: w.Node, others: Mapping[SegmentId, Rule]) -> w.Node:
    match node:
        case w.Not():
            return w.Not(_written_out(node.of, others))
        case w.All() | w.AnyOf():
            return replace(node, of=tuple(_written_out(inner, others) for inner in node.of))
        case w.InSegment():
            inner = _written_out(others[node.segment_id].where, others)
            return inner if node.is_in else w.Not(inner)
        case _:
            return node
