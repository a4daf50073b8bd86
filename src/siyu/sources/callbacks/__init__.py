"""WHERE FROM, by callbacks. Comes in: what vendors push to us. Goes out: facts, by `pool.record`, and wishes to fetch.

A callback is checked, stored as it came, and only then answered; `work` opens it behind that, once in effect however often it comes.
Owns the tables callbacks, callback_refusals and callback_keys. The contract is docs/callbacks.md.
"""

from siyu.sources.callbacks.addresses import address, fresh_keys, key_use
from siyu.sources.callbacks.flow import replay, tidy, work
from siyu.sources.callbacks.routes import routes
from siyu.sources.callbacks.store import counts, refusals, seen
from siyu.sources.callbacks.words import KEEP_DAYS, SETTING_KEEP_DAYS, InboxCount, KeyUse, Refusal, SeenCallback

__all__ = [
    "KEEP_DAYS",
    "SETTING_KEEP_DAYS",
    "InboxCount",
    "KeyUse",
    "Refusal",
    "SeenCallback",
    "address",
    "counts",
    "fresh_keys",
    "key_use",
    "refusals",
    "replay",
    "routes",
    "seen",
    "tidy",
    "work",
]
