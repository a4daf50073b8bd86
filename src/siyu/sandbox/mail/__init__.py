"""The post office: letters come in over SMTP, lie in mailboxes, and can be read in a page or over the API.

Owns the file mail.db in the sandbox's data folder.
"""

from siyu.sandbox.mail.box import Letter, Mail, Mailbox, open_letter
from siyu.sandbox.mail.faults import Fault, Faults
from siyu.sandbox.mail.office import PostOffice
from siyu.sandbox.mail.pages import routes

__all__ = ["Fault", "Faults", "Letter", "Mail", "Mailbox", "PostOffice", "open_letter", "routes"]
