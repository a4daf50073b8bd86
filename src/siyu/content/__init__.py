"""WHAT WE SAY. Comes in: templates that people write. Goes out: one person's message (`render`), and the signed links in it.

Owns the tables contents, content_versions, content_files, tracked_links.
"""

from siyu.content.attachments import Attachment, KeptFile, check_attachments, file_of, keep_file
from siyu.content.flow import Unsound, archive, bring_back, check_name, keep, look, set_ad_prefix
from siyu.content.forms import CHATS, FORMS, SMS, SMS_PRICE_MICRO, cost_minor, has_opt_out, template_of, units
from siyu.content.forms import fields as form_fields
from siyu.content.links import CLICK, OPEN, UNSUBSCRIBE, Mark, SignedLinks, click_url, open_url, read_token, token, unsubscribe_url
from siyu.content.people import people
from siyu.content.render import ALWAYS_THERE, STANDARD, check, render, targets
from siyu.content.store import Edition, all_kept, history, kept, see, target_of, trait_names
from siyu.content.words import AD_PREFIXES, ALIKE, CARRYING, PURPOSES, Content, Linker, Look, PlainLinks, Problem, Rendered, Version

__all__ = [
    "AD_PREFIXES",
    "ALIKE",
    "ALWAYS_THERE",
    "CARRYING",
    "CHATS",
    "CLICK",
    "FORMS",
    "OPEN",
    "PURPOSES",
    "SMS",
    "SMS_PRICE_MICRO",
    "STANDARD",
    "UNSUBSCRIBE",
    "Attachment",
    "Content",
    "Edition",
    "KeptFile",
    "Linker",
    "Look",
    "Mark",
    "PlainLinks",
    "Problem",
    "Rendered",
    "SignedLinks",
    "Unsound",
    "Version",
    "all_kept",
    "archive",
    "bring_back",
    "check",
    "check_attachments",
    "check_name",
    "click_url",
    "cost_minor",
    "file_of",
    "form_fields",
    "has_opt_out",
    "history",
    "keep",
    "keep_file",
    "kept",
    "look",
    "open_url",
    "people",
    "read_token",
    "render",
    "see",
    "set_ad_prefix",
    "target_of",
    "targets",
    "template_of",
    "token",
    "trait_names",
    "units",
    "unsubscribe_url",
]  # fmt: skip
