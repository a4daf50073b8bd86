"""腾讯云短信: send, pull receipts and replies, read what is pushed."""

from siyu.vendors.tencent_sms import shapes, signing
from siyu.vendors.tencent_sms.client import Client
from siyu.vendors.tencent_sms.pushed import TAKEN, read_receipts, read_reply

__all__ = ["TAKEN", "Client", "read_receipts", "read_reply", "shapes", "signing"]
