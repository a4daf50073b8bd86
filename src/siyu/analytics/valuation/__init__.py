"""The pool as an asset: what it would yield, three-year scenarios, what one may pay, what a rival would need.

In: the `Figures` of a scoring run and `Assumed`. Out: a `Valuation`. Pure; owns no table.
"""

from siyu.analytics.valuation.forecasting import forecast
from siyu.analytics.valuation.pricing import pool_value, valuation, win_cost
from siyu.analytics.valuation.telling import as_json
from siyu.analytics.valuation.words import Allowable, Amount, Figures, Rival, Scenario, Valuation, Year

__all__ = [
    "Allowable", "Amount", "Figures", "Rival", "Scenario", "Valuation", "Year", "as_json", "forecast", "pool_value", "valuation",
    "win_cost",
]  # fmt: skip
