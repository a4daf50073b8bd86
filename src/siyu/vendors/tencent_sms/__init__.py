"""腾讯云短信: send, pull receipts and replies."""

from siyu.vendors.tencent_sms import shapes, signing
from siyu.vendors.tencent_sms.client import Client
from siyu.vendors.tencent_sms.pushed import TAKEN

__all__ = ["TAKEN", "Client", "shapes", "signing"]
