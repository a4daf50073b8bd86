"""Whom did it move? Learned only where a lot decided who was treated; pure, numpy and scipy only.

In: features known before, arms, outcomes. Out: scores made for people the model has not seen (`unseen`), how good they are
(`qini`, `at_top`, `policies`), a rule that a person can read and that stood up in the half it was not chosen from (`best_rule`), or
why nothing may be learned (`may_learn`).
"""

from siyu.analytics.experiments.uplift.learners import LEARNERS, standardised, t_learner, unseen, x_learner
from siyu.analytics.experiments.uplift.reading import best_rule
from siyu.analytics.experiments.uplift.refusing import LEAST_EVENTS, LEAST_PEOPLE, may_learn
from siyu.analytics.experiments.uplift.scoring import at_top, policies, qini
from siyu.analytics.experiments.uplift.words import Apart, FoundRule, NotLearned, Policy, Qini, Term

__all__ = [
    "LEARNERS",
    "LEAST_EVENTS",
    "LEAST_PEOPLE",
    "Apart",
    "FoundRule",
    "NotLearned",
    "Policy",
    "Qini",
    "Term",
    "at_top",
    "best_rule",
    "may_learn",
    "policies",
    "qini",
    "standardised",
    "t_learner",
    "unseen",
    "x_learner",
]
