"""Everything that was folded, in a form in which two histories can be compared."""

from __future__ import annotations

from typing import Any

from siyu.base.ground import Ground


def digest(ground: Ground) -> dict[str, list[Any]]:
    """Everything folded, with identifiers by what they are instead of by number, so that two histories can be compared."""
    with ground.db.tx() as conn:
        name = {row[0]: f"{row[1]}:{row[2]}" for row in conn.execute("select identifier_id, kind, mask from identifiers")}
        members: dict[int, list[str]] = {}
        for number, person in conn.execute("select identifier_id, person_id from identifiers order by kind, mask"):
            members.setdefault(person, []).append(name[number])
        with_facts = {name[row[0]] for row in conn.execute("select subject from folds")}
        person = {number: "+".join(m for m in names if m in with_facts) for number, names in members.items()}

        def rows(query: str, *ids: int, people: int | None = None) -> list[Any]:
            found = []
            for row in conn.execute(query):
                parts = list(row)
                for place in ids:
                    parts[place] = name[parts[place]]
                if people is not None:
                    parts[people] = person[parts[people]]
                found.append(repr(parts))
            return sorted(found)

        trait = "(select jsonb_object_agg(key, value #- '{3,0}') from jsonb_each(traits))"
        return {
            "folds": rows(f"select subject, facts_n, first_at, last_at, {trait}, tags, seen_types, bounced from folds", 0),
            "orders": rows("select * from orders order by 1"),
            "order_subjects": rows("select subject, order_no, currency from orders", 0),
            "consents": rows("select subject, channel, purpose, is_given, decided_at, fact_key, evidence from consents", 0),
            "scores": rows("select subject, name, as_of, fact_key, value, word, currency from scores", 0),
            "days": rows("select * from trade_days"),
            "links": sorted(
                str([*sorted((name[a], name[b])), strength, str(at), str(key)])
                for a, b, strength, at, key in conn.execute("select a, b, strength, seen_at, fact_key from links")
            ),
            "conflicts": sorted(
                str([*sorted((name[a], name[b])), kind, *sorted((person[p], person[q]))])
                for a, b, kind, p, q in conn.execute("select a, b, kind, left_person, right_person from identity_conflicts")
            ),
            "profiles": rows(
                "select person_id, is_known, stage, stage_at, stage_until, name_shown, traits, tags, facts_n, first_seen_at, last_seen_at, "
                "orders_n, spent_minor, refunded_minor, other_money, first_order_at, last_order_at from profiles",
                people=0,
            ),
            "unreachable": rows(
                "select identifier_id, unreachable_at, unreachable_why from identifiers where unreachable_at is not null", 0
            ),
            "sources": rows("select name, facts_n, identified_n from sources"),
        }
