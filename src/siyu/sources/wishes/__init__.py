"""WORK FOR WHO FETCHES. Comes in: that something changed at a vendor's. Goes out: what is to be fetched, once for many that asked.

Owns the table sync_wishes. A wish is fulfilled by whoever asks the vendor after it was made: `due`, ask, record, `fulfil`.
"""

from siyu.sources.wishes.store import due, fulfil, put_off, stuck, wish
from siyu.sources.wishes.words import DueWish, StuckWish, Wish

__all__ = ["DueWish", "StuckWish", "Wish", "due", "fulfil", "put_off", "stuck", "wish"]
