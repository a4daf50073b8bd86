"""IS IT WORTH IT. Comes in: nothing; it reads what the rooms above keep. Goes out: the overview, a broadcast's report, statistics.

Owns the table score_runs (`analytics.scores`) and the tables ledger_* (`analytics.ledger`).
"""

from siyu.analytics import experiments
from siyu.analytics.cohorts import as_csv as cohorts_csv
from siyu.analytics.cohorts import cohorts
from siyu.analytics.expect import expect, with_share
from siyu.analytics.metrics import METRICS, Metric
from siyu.analytics.moved import moved
from siyu.analytics.moved import rule_of as moved_rule
from siyu.analytics.overview import as_json as overview_json
from siyu.analytics.overview import overview
from siyu.analytics.report import as_json as report_json
from siyu.analytics.report import report
from siyu.analytics.rfm import rfm
from siyu.analytics.rfm import rule_of as rfm_rule
from siyu.analytics.words import (
    Cohort,
    Cohorts,
    Expectation,
    Month,
    Moved,
    Overview,
    Recent,
    Report,
    RfmCell,
    RfmGrid,
    Sight,
)

__all__ = [
    "METRICS",
    "Cohort",
    "Cohorts",
    "Expectation",
    "Metric",
    "Month",
    "Moved",
    "Overview",
    "Recent",
    "Report",
    "RfmCell",
    "RfmGrid",
    "Sight",
    "cohorts",
    "cohorts_csv",
    "expect",
    "experiments",
    "moved",
    "moved_rule",
    "overview",
    "overview_json",
    "report",
    "report_json",
    "rfm",
    "rfm_rule",
    "with_share",
]
