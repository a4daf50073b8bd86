"""E-mail over SMTP: one letter a parcel, by the mail server in the setting `email.server`."""

from siyu.channels.email.channel import EMAIL as CHANNEL
from siyu.channels.email.words import EmailSettings, Notice, Security

__all__ = ["CHANNEL", "EmailSettings", "Notice", "Security"]
