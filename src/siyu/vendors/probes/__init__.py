"""Does an account work? Comes in: an account. Goes out: what a live check of each thing it needs found, without doing anything.

Every question only reads, or asks with a code that cannot exist. Owns the table vendor_checks. Uses an interface's ordinary pace.
"""

from siyu.vendors.probes.flow import probe
from siyu.vendors.probes.plan import NEEDED
from siyu.vendors.probes.store import checks, echoed, echoed_at, standing
from siyu.vendors.probes.words import Probed, ProbeState, Standing, StandingBreaker, StandingToken

__all__ = [
    "NEEDED", "ProbeState", "Probed", "Standing", "StandingBreaker", "StandingToken", "checks", "echoed", "echoed_at", "probe", "standing",
]  # fmt: skip
