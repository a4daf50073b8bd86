"""Statistics of experiments, pure: numbers in, numbers out; no database, no clock.

In: outcomes per person, arms, strata, covariates from before. Out: `Estimate` (a difference with its interval), `Total`, `Split`,
smallest visible effects and sample sizes, and the `Verdict`; a `SizePlan` before, always-valid readings in between, ratios,
clusters. Each formula names its paper; docs/proof.md says which reading is the main
one and why.
"""

from siyu.analytics.experiments.adjust import LEAST_IN_STRATUM, by_strata, cuped
from siyu.analytics.experiments.clusters import LEAST_CLUSTERS, by_clusters
from siyu.analytics.experiments.difference import cap_at, of_means, of_shares, wilson
from siyu.analytics.experiments.plan import needed, plan
from siyu.analytics.experiments.power import (
    needed_for_means,
    power_of,
    price_of_share,
    smallest_effect,
    z_sum,
)
from siyu.analytics.experiments.ratio import of_ratios
from siyu.analytics.experiments.sequential import while_outcomes_grow, width
from siyu.analytics.experiments.split import BROKEN_BELOW, check_split
from siyu.analytics.experiments.verdict import LEAST_BUYERS, WORTH, read
from siyu.analytics.experiments.words import (
    Cuped,
    Estimate,
    HoldoutChoice,
    Sample,
    SizePlan,
    SizeQuestion,
    Split,
    Total,
    Values,
    Verdict,
)

__all__ = [
    "BROKEN_BELOW",
    "LEAST_BUYERS",
    "LEAST_CLUSTERS",
    "LEAST_IN_STRATUM",
    "WORTH",
    "Cuped",
    "Estimate",
    "HoldoutChoice",
    "Sample",
    "SizePlan",
    "SizeQuestion",
    "Split",
    "Total",
    "Values",
    "Verdict",
    "by_clusters",
    "by_strata",
    "cap_at",
    "check_split",
    "cuped",
    "needed",
    "needed_for_means",
    "of_means",
    "of_ratios",
    "of_shares",
    "plan",
    "power_of",
    "price_of_share",
    "read",
    "smallest_effect",
    "while_outcomes_grow",
    "width",
    "wilson",
    "z_sum",
]
