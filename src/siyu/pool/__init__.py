"""WHO. Comes in: facts with identifiers (`record`), decisions about identity. Goes out: people, their profiles, consents, addresses.

Owns the tables sources, identifiers, links, identity_decisions, identity_conflicts, identity_log, facts, fact_keys, folds, orders,
consents, profiles, trade_days, and the SQL function `consent_state(people, channel, purpose)`.
"""

from siyu.pool import masks, normal
from siyu.pool.brands import brand, set_brand
from siyu.pool.catalogue import ensure_source, renew_write_key, source_of_key, sources
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
    see,
    stage_counts,
    timeline,
)
from siyu.pool.reaching import addresses, personal_traits, state_of
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
    ConsentState,
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
    Source,
    Stage,
)

__all__ = [
    "ORDER",
    "PERSONAL",
    "PERSONAL_TRAITS",
    "WEAK",
    "Address",
    "Brand",
    "ConsentState",
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
    "list_people",
    "masks",
    "normal",
    "person_of",
    "personal_traits",
    "rebuild",
    "record",
    "renew_write_key",
    "restage",
    "revoke",
    "rows_of",
    "see",
    "set_brand",
    "set_stage_rules",
    "source_of_key",
    "sources",
    "stage_counts",
    "stage_rules",
    "state_of",
    "timeline",
]
