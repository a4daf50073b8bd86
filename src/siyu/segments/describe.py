"""A rule in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from siyu.pool import Brand
from siyu.segments import words as w
from siyu.segments.phrases import Speaker
from siyu.segments.words import SegmentId


def describe(rule: w.Rule, lang: str = "zh", *, brand: Brand, names: Mapping[SegmentId, str] | None = None) -> str:
    """The rule in a sentence of `lang` (zh or en). `names` are those of the segments it mentions."""
    teller = Teller(Speaker(lang, brand), names or {})
    return teller.speak.tidy(teller.node(rule.where))


@dataclass(frozen=True)
class Teller:
    """Puts conditions into words."""

    speak: Speaker
    names: Mapping[SegmentId, str] = field(default_factory=dict)

    def node(self, node: w.Node, *, is_inner: bool = False) -> str:
        """A group or a condition; groups within groups stand in brackets."""
        say = self.speak.say
        match node:
            case w.Not():
                return say("not", inner=self.node(node.of))
            case w.All() | w.AnyOf():
                if not node.of:
                    return say("everybody" if isinstance(node, w.All) else "nobody")
                mark = say("all_mark" if isinstance(node, w.All) else "any_mark")
                text = mark.join(self.node(inner, is_inner=len(node.of) > 1) for inner in node.of)
                return say("group", inner=text) if is_inner and len(node.of) > 1 else text
            case _:
                return self.leaf(node)

    def leaf(self, leaf: w.Leaf) -> str:
        """A condition with what it asks."""
        return self.frame(leaf, self.asked(leaf))

    def asked(self, leaf: w.Leaf) -> str:
        """What a condition asks of what it looks at."""
        speak = self.speak
        match leaf:
            case w.TraitIs() | w.ScoreIs():
                return speak.asked(leaf.test)
            case w.ProfileIs():
                return self._asked_of_profile(leaf)
            case w.Orders():
                return speak.asked_amount(leaf.test, speak.measured(leaf.measure, leaf.currency))
            case w.Happened():
                return speak.asked_amount(leaf.test, speak.measured(leaf.measure, leaf.currency, leaf.of))
            case w.Bought():
                return speak.asked_amount(leaf.test, speak.measured(leaf.measure, leaf.currency))
            case w.TagIs():
                return speak.listed(map(speak.quoted, leaf.tags))
            case w.ContactIs():
                return self._contact(leaf)
            case w.HasIdentifier():
                return speak.quoted(leaf.kind) + (f" {leaf.scope}" if leaf.scope else "")
            case _:
                return ""

    def _contact(self, leaf: w.ContactIs) -> str:
        speak = self.speak
        parts = [speak.listed(map(speak.quoted, leaf.ids)) if leaf.ids else speak.say(f"contact_any_{leaf.side}")]
        if leaf.ways:
            parts.append(speak.say("contact_ways", value=speak.listed(map(str, leaf.ways))))
        if leaf.states:
            parts.append(speak.say("contact_states", value=speak.listed(map(speak.quoted, leaf.states))))
        if leaf.corp:
            parts.append(speak.say("contact_corp", value=leaf.corp))
        if leaf.window != w.EVER:
            parts.append(speak.say("contact_since", window=speak.window(leaf.window)))
        return speak.say("contact_mark").join(parts)

    def _asked_of_profile(self, leaf: w.ProfileIs) -> str:
        if leaf.field is w.Field.STAGE:
            stages = tuple(self.speak.named("stage", str(value)) for value in leaf.test.values)
            return self.speak.asked(w.Comparison(leaf.test.op, stages))
        if leaf.field is w.Field.IS_KNOWN:
            return self.speak.scalar(leaf.test.values[0])
        return self.speak.asked(leaf.test)

    def frame(self, leaf: w.Leaf, value: str) -> str:
        """A condition's own sentence with `value` in its place: what is asked, or what was seen."""
        say = self.speak.say
        match leaf:
            case w.TraitIs():
                return say("say_trait", name=leaf.name, value=value)
            case w.ScoreIs():
                fresh = say("score_fresh", span=self.speak.span(leaf.fresh)) if leaf.fresh else ""
                return say("say_score", name=self.speak.named("score", leaf.name), value=value) + fresh
            case w.ProfileIs():
                return say(f"say_profile_{leaf.field}", value=value)
            case w.TagIs():
                how = "one" if len(leaf.tags) == 1 and leaf.how is not w.How.NONE else leaf.how
                return say(f"say_tag_{how}", value=value)
            case w.ConsentIs():
                channel, purpose = self.speak.named("channel", leaf.channel), self.speak.named("purpose", leaf.purpose)
                return say(f"say_consent_{leaf.state}", channel=channel, purpose=purpose)
            case w.Reachable():
                return say("say_reachable", channel=self.speak.named("channel", leaf.channel))
            case w.HasIdentifier():
                return say("say_identifier", value=value)
            case w.ContactIs():
                return say(f"say_contact_{leaf.side}", value=value)
            case w.Orders():
                sources = say("from_sources", value=self.speak.listed(leaf.sources)) if leaf.sources else ""
                return say(f"say_orders_{leaf.measure}", window=self._window(leaf), value=value) + sources
            case w.Happened():
                of = say("of_amount") if leaf.of == "amount" else say("of_property", name=leaf.of.removeprefix("data."))
                what = self._what(leaf.type, leaf.filters)
                return say(f"say_event_{leaf.measure}", window=self._window(leaf), what=what, of=of, value=value)
            case w.Bought():
                item = say(f"by_{leaf.by}", value=self.speak.asked(leaf.what))
                return say(f"say_bought_{leaf.measure}", window=self._window(leaf), item=item, value=value)
            case w.Followed():
                return self._sequence(leaf)
            case w.InSegment():
                name = self.names.get(leaf.segment_id, str(leaf.segment_id))
                return say("say_segment_in" if leaf.is_in else "say_segment_out", name=name)

    def _window(self, leaf: w.Orders | w.Happened | w.Bought) -> str:
        if leaf.window == w.EVER and (leaf.measure in w.MOMENT_MEASURES or leaf.measure is w.Measure.DAYS_SINCE_LAST):
            return ""
        return self.speak.window(leaf.window)

    def _sequence(self, leaf: w.Followed) -> str:
        say, speak = self.speak.say, self.speak
        return say(
            "say_sequence_done" if leaf.is_done else "say_sequence_not_done",
            window="" if leaf.window == w.EVER else speak.window(leaf.window),
            first=self._what(leaf.first.type, leaf.first.filters),
            then=self._what(leaf.then.type, leaf.then.filters),
            within=say("within", span=speak.span(leaf.within)) if leaf.within else say("within_ever"),
        )

    def _what(self, type_: str, filters: tuple[w.Filter, ...]) -> str:
        name = self.speak.type(type_)
        if not filters:
            return name
        return name + self.speak.say("filtered", value=self.speak.say("all_mark").join(map(self._filter, filters)))

    def _filter(self, test: w.Filter) -> str:
        speak = self.speak
        if test.field.startswith("data."):
            return speak.say("filter_data", name=test.field.removeprefix("data."), value=speak.asked(test.test))
        if test.field == "amount":
            return speak.say("filter_amount", value=speak.asked(test.test, lambda value: speak.money_of(value, speak.brand.currency)))
        return speak.say(f"filter_{test.field}", value=speak.asked(test.test))
