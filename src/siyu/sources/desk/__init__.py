"""WHERE FROM, by desks of 微信客服. Comes in: wishes of kind kf, made by callbacks that only say "there is something". Goes out: facts;
of who writes to a desk also who they are elsewhere, by the unionid that the corp is asked for.

Owns the tables desk_places: how far the messages of each desk have been read; desk_visitors: who was asked about; desk_refusals.
"""

from siyu.sources.desk.flow import pull
from siyu.sources.desk.meeting import meet
from siyu.sources.desk.store import counts
from siyu.sources.desk.words import Counts

__all__ = ["Counts", "counts", "meet", "pull"]
