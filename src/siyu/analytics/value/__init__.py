"""What customers are worth: buying models, spend, and what follows from them.

In: purchase histories reduced to states. Out: fits, expected purchases, probabilities of being alive, expected spend. Pure
numbers; owns no table.
"""

from siyu.analytics.value.fitting import MODELS, fit, fit_spend
from siyu.analytics.value.purchases import Purchases, purchases_of
from siyu.analytics.value.words import Fit, States, collapse

__all__ = ["MODELS", "Fit", "Purchases", "States", "collapse", "fit", "fit_spend", "purchases_of"]
