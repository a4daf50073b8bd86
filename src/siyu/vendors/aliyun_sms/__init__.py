"""阿里云短信: send, ask what became of it, read what is pushed."""

from siyu.vendors.aliyun_sms import shapes, signing
from siyu.vendors.aliyun_sms.client import Client
from siyu.vendors.aliyun_sms.pushed import TAKEN, read_receipts, read_replies

__all__ = ["TAKEN", "Client", "read_receipts", "read_replies", "shapes", "signing"]
