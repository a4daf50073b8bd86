"""Text messages (短信) by Aliyun or Tencent Cloud: the setting `sms.sender` says by which account and under which signature."""

from siyu.channels.sms.channel import SMS as CHANNEL
from siyu.channels.sms.words import SmsSettings

__all__ = ["CHANNEL", "SmsSettings"]
