"""WeChat customer service (微信客服): answers from the desk that the customer wrote to, and handing a conversation to a person."""

from siyu.channels.kf.channel import KF as CHANNEL
from siyu.channels.kf.handing import hand_over, handed_over

__all__ = ["CHANNEL", "hand_over", "handed_over"]
