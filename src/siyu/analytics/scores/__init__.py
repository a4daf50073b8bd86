"""Scores flow back: what the models think of everybody, written as facts `score.clv` and `score.churn` by the only door.

In: the pool's orders. Out: facts from a source of its own, and runs, which are the history of the pool's value. Owns score_runs.
"""

from siyu.analytics.scores.flow import advance, as_json, ask, habit, history, newest, run, see, set_habit
from siyu.analytics.scores.words import NAMES, SETTING, SOURCE, Habit, PoolPoint, ScoreRun

__all__ = [
    "NAMES", "SETTING", "SOURCE", "Habit", "PoolPoint", "ScoreRun", "advance", "as_json", "ask", "habit", "history", "newest", "run", "see",
    "set_habit",
]  # fmt: skip
