"""WHERE FROM, by a mini-program (小程序) of the brand's own: its customers log in, give a phone number, and send events as themselves.

Comes in: the codes of `wx.login` and of the phone button, which only WeChat can have given. Goes out: `app.opened` and identifiers by
`pool.record`, and a session that opens the Segment protocol for this one person. Owns the table mini_sessions. docs/mini-program.md.
"""

from siyu.sources.mini.flow import is_session, session_of
from siyu.sources.mini.routes import routes
from siyu.sources.mini.words import Session

__all__ = ["Session", "is_session", "routes", "session_of"]
