"""Pages and API on top: the ASGI application, staff, and what they did.

In: HTTP. Out: pages, and calls on the doors of the rooms below. Owns staff, staff_sessions, staff_tries, staff_log.
"""

from siyu.web.app import app
from siyu.web.staff import change_password, create_staff, note

__all__ = ["app", "change_password", "create_staff", "note"]
