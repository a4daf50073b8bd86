"""Subscription messages of mini-programs (小程序订阅消息): one for each consent."""

from siyu.channels.mini.channel import MINI as CHANNEL

__all__ = ["CHANNEL"]
