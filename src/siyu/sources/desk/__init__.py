"""WHERE FROM, by desks of 微信客服. Comes in: wishes of kind kf, made by callbacks that only say "there is something". Goes out: facts.

Owns the table desk_places: how far the messages of each desk have been read.
"""

from siyu.sources.desk.flow import pull

__all__ = ["pull"]
