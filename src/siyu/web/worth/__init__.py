"""Worth: the pool as an asset, the models held against what happened, and the scores of one person, each with its why.

In: scoring runs and assumptions of analytics. Out: /worth, /worth/backtest, the card of scores on the 360 page. Owns no table.
"""

from siyu.base.ground import Ground
from siyu.web.guard import Guarded, deed, page
from siyu.web.words import Role
from siyu.web.worth.scored import scored
from siyu.web.worth.tested import backtest
from siyu.web.worth.valued import keep, score_now, worth

__all__ = ["routes", "scored"]


def routes(ground: Ground) -> list[Guarded]:
    """Two pages and two deeds."""
    return [
        page("/worth", worth, Role.VIEWER),
        page("/worth/backtest", backtest, Role.VIEWER),
        deed("/worth/run", score_now, Role.OPERATOR),
        deed("/worth/assumptions", keep, Role.OPERATOR),
    ]
