"""客户朋友圈: posts that guides publish for the brand. Made by WeCom in its own time; likes and comments come back."""

from siyu.channels.moments.flow import advance, cancel, make
from siyu.channels.moments.store import guides_of, newest
from siyu.channels.moments.words import MomentGuide, MomentTask

__all__ = ["MomentGuide", "MomentTask", "advance", "cancel", "guides_of", "make", "newest"]
