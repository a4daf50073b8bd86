"""IS IT WORTH IT. Comes in: nothing; it reads what the rooms above keep. Goes out: the overview, a broadcast's report, statistics.

Owns no table.
"""

from siyu.analytics import experiments
from siyu.analytics.expect import expect, with_share
from siyu.analytics.overview import as_json as overview_json
from siyu.analytics.overview import overview
from siyu.analytics.report import as_json as report_json
from siyu.analytics.report import report
from siyu.analytics.words import Expectation, Month, Overview, Recent, Report, Sight

__all__ = [
    "Expectation",
    "Month",
    "Overview",
    "Recent",
    "Report",
    "Sight",
    "expect",
    "experiments",
    "overview",
    "overview_json",
    "report",
    "report_json",
    "with_share",
]
