"""WHO. Comes in: facts with identifiers (`record`), decisions about identity. Goes out: people, their profiles, consents, addresses.

Owns the tables sources, identifiers, links, identity_decisions, identity_conflicts, identity_log, facts, fact_keys, folds, orders,
consents, profiles, trade_days.
"""

from siyu.pool import normal
from siyu.pool.brands import brand, set_brand
from siyu.pool.catalogue import ensure_source
from siyu.pool.checks import check
from siyu.pool.flow import fold, restage, set_stage_rules
from siyu.pool.recording import record
from siyu.pool.words import PERSONAL_TRAITS, Brand, Fact, Identifier, Kind, Recorded, Stage

__all__ = [
    "PERSONAL_TRAITS",
    "Brand",
    "Fact",
    "Identifier",
    "Kind",
    "Recorded",
    "Stage",
    "brand",
    "check",
    "ensure_source",
    "fold",
    "normal",
    "record",
    "restage",
    "set_brand",
    "set_stage_rules",
]
