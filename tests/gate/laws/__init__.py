"""The laws of the gate, each as a story that ends in a check by other means than the gate's own.

`tests/gate/test_laws.py` says that they hold; `tests/planted/test_gate_bugs.py` says that each planted bug breaks the law that it must.
A broken law raises `AssertionError`.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.gate.laws.caps import (
    a_day_is_any_day,
    caps_hold_in_a_race,
    caps_hold_over_time,
    plans_keep_the_caps,
    what_is_under_way_counts,
)
from tests.gate.laws.night import (
    nobody_is_woken,
    nobody_is_written_to_unopened,
)
from tests.gate.laws.once import (
    a_late_commit_is_judged,
    a_late_worker_is_fenced,
    an_unknown_is_not_sent_again,
    answers_and_place_move_together,
    asked_twice_is_once,
)
from tests.gate.laws.people import (
    a_merge_finds_no_gap,
    a_no_is_heard_before_any_fold,
    a_no_since_the_yes_is_heard,
    a_no_waits_for_who_is_claiming,
    held_out_people_get_nothing,
    two_names_are_one_person,
)
from tests.gate.laws.scarcity import (
    budgets_hold,
    quotas_hold,
    who_is_stopped_waits,
)
from tests.gate.laws.stage import Stage, together

LAWS: dict[str, Callable[[Stage], None]] = {
    law.__name__: law
    for law in (
        caps_hold_in_a_race,
        caps_hold_over_time,
        a_day_is_any_day,
        plans_keep_the_caps,
        what_is_under_way_counts,
        a_no_since_the_yes_is_heard,
        a_no_is_heard_before_any_fold,
        a_no_waits_for_who_is_claiming,
        held_out_people_get_nothing,
        two_names_are_one_person,
        a_merge_finds_no_gap,
        nobody_is_woken,
        asked_twice_is_once,
        a_late_commit_is_judged,
        answers_and_place_move_together,
        a_late_worker_is_fenced,
        an_unknown_is_not_sent_again,
        who_is_stopped_waits,
        quotas_hold,
        budgets_hold,
        nobody_is_written_to_unopened,
    )
}

__all__ = ["LAWS", "Stage", "together"]
