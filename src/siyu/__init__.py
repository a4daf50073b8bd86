"""Siyu (私域): gather customers into a pool that is yours, look after them, bring them back, and prove it paid."""

__version__ = "0.1.0"
