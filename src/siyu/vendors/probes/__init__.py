"""Does an account work? Comes in: an account. Goes out: what a live check of each thing it needs found, without doing anything.

Every question only reads, or asks with a code that cannot exist. `probe` asks at once; `ask` lets the river's step `advance` do it, with
progress. Owns the tables vendor_checks and vendor_check_runs. Uses an interface's ordinary pace.
"""

from siyu.vendors.probes.asking import advance, ask
from siyu.vendors.probes.flow import probe
from siyu.vendors.probes.plan import BASICS, NEEDED
from siyu.vendors.probes.store import checks, echoed, echoed_at, forget, runs, standing
from siyu.vendors.probes.words import CheckRun, Probed, ProbeState, Standing, StandingBreaker, StandingToken

__all__ = [
    "BASICS", "NEEDED", "CheckRun", "ProbeState", "Probed", "Standing", "StandingBreaker", "StandingToken", "advance", "ask", "checks",
    "echoed", "echoed_at", "forget", "probe", "runs", "standing",
]  # fmt: skip
