"""Welcomes (欢迎语) as a channel: what a customer gets from WeCom in the guide's name, within 20 seconds of adding them, once."""

from siyu.channels.welcome.channel import WELCOME as CHANNEL
from siyu.channels.welcome.words import WelcomeSettings

__all__ = ["CHANNEL", "WelcomeSettings"]
