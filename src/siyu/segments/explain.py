"""Why one person is in, or not: a sentence per condition, saying what was seen and what was asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from siyu.base import money
from siyu.segments import naive
from siyu.segments import words as w
from siyu.segments.describe import Teller
from siyu.segments.naive import Reading, Seen, holds
from siyu.segments.phrases import Speaker
from siyu.segments.words import Evidence, Explained, Reason, SegmentId


def explain(rule: w.Rule, evidence: Evidence, reading: Reading, lang: str, names: Mapping[SegmentId, str] | None = None) -> Explained:
    """Every condition of the rule as it reads for this person, and a sentence that names those that decide."""
    explainer = _Explainer(evidence, reading, Teller(Speaker(lang, reading.brand), names or {}))
    is_in = holds(rule.where, evidence, reading)
    reasons = tuple(explainer.reason(leaf, path, is_wanted) for path, leaf, is_wanted in leaves(rule.where))
    return Explained(evidence.person_id, is_in, explainer.summary(rule.where, is_in), reasons)


def leaves(node: w.Node, path: str = "where", *, is_wanted: bool = True) -> Iterator[tuple[str, w.Leaf, bool]]:
    """Every condition with its JSON path, and whether it counts for (True) or against somebody."""
    match node:
        case w.Not():
            yield from leaves(node.of, f"{path}.not", is_wanted=not is_wanted)
        case w.All() | w.AnyOf():
            key = "all" if isinstance(node, w.All) else "any"
            for index, inner in enumerate(node.of):
                yield from leaves(inner, f"{path}.{key}[{index}]", is_wanted=is_wanted)
        case _:
            yield path, node, is_wanted


class _Explainer:
    def __init__(self, evidence: Evidence, reading: Reading, teller: Teller) -> None:
        self.evidence = evidence
        self.reading = reading
        self.teller = teller
        self.speak = teller.speak

    def reason(self, leaf: w.Leaf, path: str, is_wanted: bool) -> Reason:
        is_met = holds(leaf, self.evidence, self.reading)
        return Reason(path, is_met, self.sentence(leaf, is_met=is_met, is_wanted=is_wanted))

    def sentence(self, leaf: w.Leaf, *, is_met: bool, is_wanted: bool = True) -> str:
        say = self.speak.say
        verdict = say("met" if is_met else "unmet")
        seen = self._seen(leaf)
        if seen is None:
            text = say("seen_plain", asked=self.teller.leaf(leaf), verdict=verdict)
        else:
            text = say("seen", seen=self.teller.frame(leaf, seen), asked=self.teller.asked(leaf), verdict=verdict)
        return self.speak.tidy(text if is_wanted else say("excluding", sentence=text))

    def summary(self, node: w.Node, is_in: bool) -> str:
        """The conditions that decide: all of an `all` that holds, the broken ones of one that does not, and the other way for `any`."""
        parts = [
            self.sentence(leaf, is_met=holds(leaf, self.evidence, self.reading), is_wanted=wanted)
            for leaf, wanted in self._deciding(node, is_wanted=True)
        ]
        say = self.speak.say
        if not parts:
            return say("is_in_everybody" if is_in else "is_out_nobody")
        return say("is_in" if is_in else "is_out", reasons=say("reason_mark").join(parts))

    def _deciding(self, node: w.Node, *, is_wanted: bool) -> list[tuple[w.Leaf, bool]]:
        match node:
            case w.Not():
                return self._deciding(node.of, is_wanted=not is_wanted)
            case w.All() | w.AnyOf():
                decisive = isinstance(node, w.AnyOf)  # an `any` is decided by what is true, an `all` by what is false
                found = [inner for inner in node.of if holds(inner, self.evidence, self.reading) is decisive]
                return [part for inner in found or node.of for part in self._deciding(inner, is_wanted=is_wanted)]
            case _:
                return [(node, is_wanted)]

    # --- what was seen

    def _seen(self, leaf: w.Leaf) -> str | None:
        """What the condition saw, fit for its sentence; None for conditions that are their own answer."""
        match leaf:
            case w.TraitIs():
                return self._value(self.evidence.traits.get(leaf.name))
            case w.ScoreIs():
                score = naive.newest_score(leaf, self.evidence, self.reading)
                return self._value(None if score is None else score.word if score.value is None else score.value)
            case w.ProfileIs(field=w.Field.IS_KNOWN):
                return self.speak.scalar(self.evidence.is_known)
            case w.ProfileIs(field=w.Field.STAGE):
                return self._value(self.speak.named("stage", self.evidence.stage))
            case w.ProfileIs():
                return self._value(getattr(self.evidence, leaf.field.value))
            case w.Orders():
                return self._measure(leaf, naive.seen_in_orders(leaf, self.evidence, self.reading), leaf.currency)
            case w.Happened():
                return self._measure(leaf, naive.seen_in_facts(leaf, self.evidence, self.reading), leaf.currency)
            case w.Bought():
                return self._measure(leaf, naive.seen_bought(leaf, self.evidence, self.reading), leaf.currency)
            case _:
                return None

    def _value(self, value: object) -> str:
        if isinstance(value, datetime):
            return self.speak.say("seen_at", value=self.speak.moment(value))
        if value is None:
            return self.speak.say("op_missing")
        if isinstance(value, list):
            shown = self.speak.listed(self.speak.quoted(naive.text_of(item) or "…") for item in value)
        else:
            shown = self.speak.quoted(naive.text_of(value) or "…")
        return self.speak.say("seen_value", value=shown)

    def _measure(self, leaf: w.Orders | w.Happened | w.Bought, seen: Seen, currency: str) -> str:
        if seen is None:
            return self.speak.say("nothing")
        if isinstance(seen, datetime):
            return self.speak.say("seen_at", value=self.speak.moment(seen))
        of = leaf.of if isinstance(leaf, w.Happened) else ""
        if leaf.measure in w.MONEY_MEASURES or of == "amount":
            the = currency or self.reading.brand.currency
            return self.speak.amount(money.to_minor(_decimal(seen / 10 ** money.digits(the)), the), the)
        return self.speak.measured(leaf.measure, currency, of)(_decimal(seen))


def _decimal(seen: Fraction) -> Decimal:
    """A number as it is shown: exact where it can be, else to two digits behind the point."""
    exact = Decimal(seen.numerator) / Decimal(seen.denominator)
    return exact if Fraction(exact) == seen else round(exact, 2)
