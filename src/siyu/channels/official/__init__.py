"""Official accounts (公众号): template messages, chats within the customer's window, subscription notices. Three channels of one folder."""

from siyu.channels.official.channel import CHANNELS

__all__ = ["CHANNELS"]
