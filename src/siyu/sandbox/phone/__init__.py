"""The customers' phones as pages: official accounts, notices of mini-programs, text messages. Reads WeChat and SMS, keeps nothing."""

from siyu.sandbox.phone.pages import routes

__all__ = ["routes"]
