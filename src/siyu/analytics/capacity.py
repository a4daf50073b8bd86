"""How many people can look after how many: queueing for conversations.

Erlang C (A. K. Erlang 1917): conversations arrive at random, each takes an exponential time, whoever finds every guide busy waits.
Load A in erlangs = arrivals an hour x hours a conversation.
"""

from __future__ import annotations

import math


def erlang_c(load: float, guides: int) -> float:
    """The chance that a customer has to wait. 1 when the load is not below the number of guides: the queue grows for ever."""
    if guides <= 0 or load < 0:
        raise ValueError("give a load of at least 0 and at least one guide")
    if load >= guides:
        return 1.0
    blocked = 1.0  # Erlang B by its recursion: no factorials, no overflow
    for n in range(1, guides + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked / (1 - load / guides * (1 - blocked))


def mean_wait(arrivals_per_hour: float, hours_each: float, guides: int) -> float:
    """The mean wait in hours, over everybody (those who need not wait count as 0). Infinite when the queue grows for ever."""
    load = arrivals_per_hour * hours_each
    if load >= guides:
        return math.inf
    return erlang_c(load, guides) * hours_each / (guides - load)


def answered_within(arrivals_per_hour: float, hours_each: float, guides: int, hours: float) -> float:
    """The share of customers who are answered within `hours`."""
    load = arrivals_per_hour * hours_each
    if load >= guides:
        return 0.0
    return 1 - erlang_c(load, guides) * math.exp(-(guides - load) * hours / hours_each)
