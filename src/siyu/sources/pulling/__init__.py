"""WHERE FROM, by asking: receipts and replies of text messages (短信) where nobody pushes them. Goes out: facts, the same as by a push.

Owns no table.
"""

from siyu.sources.pulling.flow import pull

__all__ = ["pull"]
