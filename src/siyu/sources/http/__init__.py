"""WHERE FROM, over HTTP. Comes in: the Segment protocol from the SDKs that shops already use. Goes out: facts, by `pool.record`.

A request is answered 200 only after its facts are committed. Owns the tables http_rejects, http_reject_days, http_orders.
The contract is docs/http-api.md.
"""

from siyu.sources.http.flow import make_source, rejected, rejects_by_code, renew_key
from siyu.sources.http.routes import routes
from siyu.sources.http.words import MOST_BYTES, SETTING_BATCH_BYTES, SETTING_EVENT_BYTES, Limits, PutAside

__all__ = [
    "MOST_BYTES",
    "SETTING_BATCH_BYTES",
    "SETTING_EVENT_BYTES",
    "Limits",
    "PutAside",
    "make_source",
    "rejected",
    "rejects_by_code",
    "renew_key",
    "routes",
]
