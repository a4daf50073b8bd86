"""Webhooks by the standard (Standard Webhooks 1.0.0) to the endpoint in the setting `webhook.endpoint`."""

from siyu.channels.webhook.channel import WEBHOOK as CHANNEL
from siyu.channels.webhook.words import WebhookSettings

__all__ = ["CHANNEL", "WebhookSettings"]
