"""阿里云短信: send, ask what became of it."""

from siyu.vendors.aliyun_sms import shapes, signing
from siyu.vendors.aliyun_sms.client import Client
from siyu.vendors.aliyun_sms.pushed import TAKEN

__all__ = ["TAKEN", "Client", "shapes", "signing"]
