"""WHO. Comes in: facts with identifiers (`record`), decisions about identity. Goes out: people, their profiles, consents, addresses.

Owns the tables sources, identifiers, links, identity_decisions, identity_conflicts, identity_log, facts, fact_keys, folds, orders,
consents, scores, profiles and trade_days.
"""

from siyu.pool import masks, normal, relations
from siyu.pool.brands import brand, set_brand
from siyu.pool.catalogue import ensure_source, renew_write_key, sources
from siyu.pool.checks import check
from siyu.pool.deciding import confirm, cut, erase, forget_import, rebuild, revoke
from siyu.pool.flow import fold, restage, set_stage_rules
from siyu.pool.people import (
    conflicts,
    count_conflicts,
    current_person,
    find,
    list_people,
    person_of,
    rows_of,
    scores_of,
    see,
    timeline,
)
from siyu.pool.persons import LIMITS as IDENTITY_LIMITS
from siyu.pool.persons import PARTNERS as IDENTITY_PARTNERS
from siyu.pool.persons import PARTNERS_KEPT, identity_limits, set_identity_limits
from siyu.pool.reaching import addresses, personal_traits
from siyu.pool.recording import record
from siyu.pool.stages import Rules as StageRules
from siyu.pool.stages import rules as stage_rules
from siyu.pool.words import (
    ORDER,
    PERSONAL,
    PERSONAL_TRAITS,
    WEAK,
    Address,
    Brand,
    Fact,
    Hit,
    Identifier,
    Kind,
    LogEntry,
    Moment,
    Page,
    Person,
    PersonRow,
    Recorded,
    SeenConflict,
    SeenConsent,
    SeenDecision,
    SeenIdentifier,
    SeenLink,
    SeenOrder,
    SeenScore,
    Source,
    Stage,
    StageChange,
)

__all__ = [
    "IDENTITY_LIMITS",
    "IDENTITY_PARTNERS",
    "ORDER",
    "PARTNERS_KEPT",
    "PERSONAL",
    "PERSONAL_TRAITS",
    "WEAK",
    "Address",
    "Brand",
    "Fact",
    "Hit",
    "Identifier",
    "Kind",
    "LogEntry",
    "Moment",
    "Page",
    "Person",
    "PersonRow",
    "Recorded",
    "SeenConflict",
    "SeenConsent",
    "SeenDecision",
    "SeenIdentifier",
    "SeenLink",
    "SeenOrder",
    "SeenScore",
    "Source",
    "Stage",
    "StageChange",
    "StageRules",
    "addresses",
    "brand",
    "check",
    "confirm",
    "conflicts",
    "count_conflicts",
    "current_person",
    "cut",
    "ensure_source",
    "erase",
    "find",
    "fold",
    "forget_import",
    "identity_limits",
    "list_people",
    "masks",
    "normal",
    "person_of",
    "personal_traits",
    "rebuild",
    "record",
    "relations",
    "renew_write_key",
    "restage",
    "revoke",
    "rows_of",
    "scores_of",
    "see",
    "set_brand",
    "set_identity_limits",
    "set_stage_rules",
    "sources",
    "stage_rules",
    "timeline",
]
