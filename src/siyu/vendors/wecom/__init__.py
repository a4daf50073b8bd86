"""企业微信: one client for the endpoints that Siyu asks. Callbacks are opened by `siyu.vendors.open_callback`."""

from siyu.vendors.wecom import attachments, shapes
from siyu.vendors.wecom.client import Client
from siyu.vendors.wecom.edge import Page, pages
from siyu.vendors.wecom.ways import link_for

__all__ = ["Client", "Page", "attachments", "link_for", "pages", "shapes"]
