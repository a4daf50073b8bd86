"""WeChat customer service (微信客服): answers from the desk that the customer wrote to."""

from siyu.channels.kf.channel import KF as CHANNEL

__all__ = ["CHANNEL"]
