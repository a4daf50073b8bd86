"""What the selects of the builder offer, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from siyu import segments
from siyu.base.text import say
from siyu.pool import Kind, Stage
from siyu.web.segments import leaves, windows

Options = list[tuple[str, str]]


@dataclass(frozen=True)
class Choices:
    """Options (value, text) by the name the template uses."""

    menu: tuple[tuple[str, tuple[str, ...]], ...]
    number_ops: Options
    trait_ops: Options
    score_ops: Options
    filter_ops: Options
    item_ops: Options
    windows: Options
    moments: Options
    dates: Options
    event_measures: Options
    bought_measures: Options
    stages: Options
    known: Options
    how: Options
    states: Options
    channels: Options
    consent_channels: Options
    purposes: Options
    kinds: Options
    by: Options
    units: Options
    endings: Options
    memberships: Options
    sides: Options
    segments: Options
    sources: Options


def choices(lang: str, kept: list[segments.Kept], sources: Options, me: int | None) -> Choices:
    """All options. `kept` are the saved segments, of which `me` (the one being changed) is not offered."""
    named = partial(_named, lang)
    return Choices(
        menu=leaves.MENU,
        number_ops=named("choose", leaves.NUMBER_OPS),
        trait_ops=named("choose", tuple(dict.fromkeys(leaves.TRAIT_OPS))),
        score_ops=named("choose", leaves.SCORE_OPS),
        filter_ops=named("choose", leaves.FILTER_OPS),
        item_ops=named("choose", leaves.ITEM_OPS),
        windows=named("window_kind", (windows.EVER, *windows.KINDS)),
        moments=named("window_kind", (*windows.KINDS, *leaves.BARE)),
        dates=named("window_kind", tuple(kind for kind in windows.KINDS if kind != "hours")),
        event_measures=named("measure", leaves.EVENT_MEASURES),
        bought_measures=[("objects", say("segments.measure_orders", lang)), *named("measure", leaves.BOUGHT_MEASURES[1:])],
        stages=named("stage", tuple(map(str, Stage))),
        known=named("known", ("yes", "no")),
        how=named("how", ("any", "all", "none")),
        states=named("state", ("given", "withdrawn", "none")),
        channels=named("channel", tuple(segments.REACH)),
        consent_channels=named("channel", tuple(channel for channel in segments.REACH if channel != "webhook")),
        purposes=named("purpose", ("marketing", "service", "transactional")),
        kinds=named("kind", tuple(map(str, Kind))),
        by=named("choose_by", ("product", "sku", "category")),
        units=[("hours", say("segments.page_hours", lang)), ("days", say("segments.page_days", lang))],
        endings=named("ending", ("done", "not_done")),
        memberships=named("segment_is", ("in", "not_in")),
        sides=named("side", ("guide", "chat")),
        segments=[(str(one.segment_id), one.name) for one in kept if one.segment_id != me],
        sources=sources,
    )


def _named(lang: str, family: str, values: tuple[str, ...]) -> Options:
    return [(value, say(f"segments.{family}_{value}", lang)) for value in values]
