"""What leads a broadcast where. Every change of state goes through here."""

from __future__ import annotations

from siyu.base.errors import InputError
from siyu.journeys.words import State

S = State
MOVES: dict[str, dict[State, State]] = {
    "schedule": {S.DRAFT: S.SCHEDULED, S.SCHEDULED: S.SCHEDULED},
    "recall": {S.SCHEDULED: S.DRAFT},
    "begin": {S.SCHEDULED: S.ENROLLING},
    "asked": {S.ENROLLING: S.RUNNING},
    "pause": {S.SCHEDULED: S.PAUSED, S.ENROLLING: S.PAUSED, S.RUNNING: S.PAUSED},
    "go_on": {S.PAUSED: S.ENROLLING},
    "finish": {S.RUNNING: S.DONE},
    "cancel": {S.DRAFT: S.CANCELLED, S.SCHEDULED: S.CANCELLED, S.ENROLLING: S.CANCELLED, S.RUNNING: S.CANCELLED, S.PAUSED: S.CANCELLED},
}


def may(state: str, move: str) -> bool:
    """Whether a broadcast in this state can make the move: what pages offer as buttons."""
    return State(state) in MOVES[move]


def after(state: str, move: str) -> State:
    """The state after a move. Raises `InputError` when it cannot be made from here."""
    to = MOVES[move].get(State(state))
    if to is None:
        able = ", ".join(sorted(MOVES[move]))
        raise InputError(f"A broadcast that is {state} cannot {move.replace('_', ' ')}.", f"It can from: {able}.", field="state")
    return to
