"""WHO LOOKS AFTER THEM NEXT. Comes in: that customers of one guide are to go to another, and whom the corp lists as waiting for somebody
because their guide left. Goes out: the corp's own hand-over (在职继承、离职继承), and facts: `contact.moved`, `contact.move_failed`.
A room within, `chats`, does the same for chats.

A hand-over takes 24 hours, in which the customer may refuse; a customer goes over twice in 90 days at most. What the corp would refuse is
refused here with its reason, before it is asked. Nothing is said to the customer but the vendor's own notice. Owns the tables handings,
handing_waiting and chat_handings.
"""

from siyu.sources.handing import chats
from siyu.sources.handing.deciding import TAKES, TWICE_IN, refusal, verdict
from siyu.sources.handing.flow import advance, ask
from siyu.sources.handing.store import counts, handings, keep_waiting, look_again, under_way, waiting
from siyu.sources.handing.words import Handing, HandingAnswer, HandingCase, HandingState, NotHanded, Vanished, WaitingFor

__all__ = [
    "TAKES",
    "TWICE_IN",
    "Handing",
    "HandingAnswer",
    "HandingCase",
    "HandingState",
    "NotHanded",
    "Vanished",
    "WaitingFor",
    "advance",
    "ask",
    "chats",
    "counts",
    "handings",
    "keep_waiting",
    "look_again",
    "refusal",
    "under_way",
    "verdict",
    "waiting",
]
