"""企业微信: one client for all endpoints, addresses and signatures for pages. Callbacks are opened by `siyu.vendors.open_callback`."""

from siyu.vendors.wecom import attachments, shapes
from siyu.vendors.wecom.client import Client
from siyu.vendors.wecom.edge import Page, pages
from siyu.vendors.wecom.pages import login_url, qr_login_url
from siyu.vendors.wecom.ways import link_for

__all__ = ["Client", "Page", "attachments", "link_for", "login_url", "pages", "qr_login_url", "shapes"]
