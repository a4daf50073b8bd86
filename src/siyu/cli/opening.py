"""From the command line and the environment to the ground that the rooms stand on."""

from __future__ import annotations

import argparse
import os
from typing import Any

from siyu.base import config, log
from siyu.base.config import Config
from siyu.base.ground import Ground, open_ground


def settings_of(args: argparse.Namespace, **more: Any) -> Config:
    """The configuration: --data and friends win over the environment. Raises `ConfigError`."""
    return config.load(data=args.data, **more)


def opened(args: argparse.Namespace, *, is_service: bool = False, is_told: bool = False, **more: Any) -> Ground:
    """The ground of this data directory, for a `with`. A service has many connections and logs at level SIYU_LOG.

    A report, or a service that tells a person how it goes (`is_told`), logs only warnings unless SIYU_LOG is set: its words and its
    bars are what that person reads.
    """
    the = settings_of(args, **more)
    is_silent = is_told or not is_service
    log.setup("warning" if is_silent and not os.environ.get("SIYU_LOG") else the.log_level)
    return open_ground(the, size=40 if is_service else 6, env_keys=os.environ.get("SIYU_KEYS", ""))
