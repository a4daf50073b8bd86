"""The common edge of all vendors: connections, tokens, pace, what an error means, the trace."""

from siyu.vendors.calls.line import Line
from siyu.vendors.calls.upload import Upload

__all__ = ["Line", "Upload"]
