"""Statistics of experiments, pure: numbers in, numbers out; no database, no clock.

In: outcomes per person, arms, strata, covariates from before. Out: `Estimate` (a difference with its interval), `Total`, `Split`,
smallest visible effects and sample sizes, and the `Verdict`. Each formula names its paper; docs/proof.md says which reading is the main
one and why.
"""

from siyu.analytics.experiments.adjust import LEAST_IN_STRATUM, by_strata, cuped
from siyu.analytics.experiments.difference import cap_at, of_means, of_shares, relative, wilson
from siyu.analytics.experiments.power import (
    needed_for_means,
    needed_for_shares,
    power_of,
    price_of_share,
    smallest_effect,
    z_sum,
)
from siyu.analytics.experiments.split import BROKEN_BELOW, check_split
from siyu.analytics.experiments.verdict import LEAST_BUYERS, WORTH, read
from siyu.analytics.experiments.words import NOWHERE, Cuped, Estimate, Sample, Split, Total, Values, Verdict

__all__ = [
    "BROKEN_BELOW",
    "LEAST_BUYERS",
    "LEAST_IN_STRATUM",
    "NOWHERE",
    "WORTH",
    "Cuped",
    "Estimate",
    "Sample",
    "Split",
    "Total",
    "Values",
    "Verdict",
    "by_strata",
    "cap_at",
    "check_split",
    "cuped",
    "needed_for_means",
    "needed_for_shares",
    "of_means",
    "of_shares",
    "power_of",
    "price_of_share",
    "read",
    "relative",
    "smallest_effect",
    "wilson",
    "z_sum",
]
