"""The common edge of all vendors: connections, tokens, pace, what an error means, the trace."""

from siyu.vendors.calls.http import Reply
from siyu.vendors.calls.line import Answered, Line
from siyu.vendors.calls.upload import Upload

__all__ = ["Answered", "Line", "Reply", "Upload"]
