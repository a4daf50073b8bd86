"""A client for one app of one corp: the endpoints of 客户联系, 微信客服 and the staff's side that Siyu asks, each a plain function."""

from __future__ import annotations

from siyu.vendors.wecom.contacts import Contacts
from siyu.vendors.wecom.desk import Desk
from siyu.vendors.wecom.groups import Groups
from siyu.vendors.wecom.media import Media
from siyu.vendors.wecom.sending import Sending
from siyu.vendors.wecom.staff import Staff
from siyu.vendors.wecom.ways import Ways


class Client(Contacts, Ways, Sending, Groups, Staff, Desk, Media):
    """`Client(ground, account, patience=10)`. May be shared by threads and thrown away; connections and tokens outlive it.

    Every function raises `InputError` for what is wrong before anybody is asked, and `VendorError` for all that happens after.
    """
