"""IS IT WORTH IT. Comes in: nothing; it reads what the rooms above keep. Goes out: the overview, a broadcast's report, statistics.

Owns no table.
"""

from siyu.analytics import experiments
from siyu.analytics.overview import as_json as overview_json
from siyu.analytics.overview import overview
from siyu.analytics.words import Month, Overview, Recent

__all__ = ["Month", "Overview", "Recent", "experiments", "overview", "overview_json"]
