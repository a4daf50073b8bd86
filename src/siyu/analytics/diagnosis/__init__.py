"""Is a private pool worth it here? Answered from nothing but an order file.

In: `Trade` (columns) and `Assumptions`. Out: a `Diagnosis`, as JSON or as a self-contained report. Owns no table, reads none.
"""

from siyu.analytics.diagnosis.flow import as_json, diagnose
from siyu.analytics.diagnosis.report import headline, report, sentences
from siyu.analytics.diagnosis.words import GUIDE_MONTH, OTHER, PAID, PLATFORM_MONTH, REFUNDED, Assumptions, Diagnosis, Finding, Trade

__all__ = [
    "GUIDE_MONTH", "OTHER", "PAID", "PLATFORM_MONTH", "REFUNDED",
    "Assumptions", "Diagnosis", "Finding", "Trade", "as_json", "diagnose",
    "headline", "report", "sentences",
]  # fmt: skip
