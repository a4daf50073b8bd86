"""A small world beside the platform, in a process of its own: a WeCom corp, WeChat accounts, SMS vendors, a post office, people, a clock.

It speaks to the platform over SMTP and HTTP only and imports nothing of it but `siyu.base`. Owns its own files under its data folder.
"""

from siyu.sandbox.app import app
from siyu.sandbox.world import World

__all__ = ["World", "app"]
