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


def opened(args: argparse.Namespace, *, is_service: bool = False, **more: Any) -> Ground:
    """The ground of this data directory, for a `with`. A service logs at level SIYU_LOG, a report only warnings unless that is set."""
    the = settings_of(args, **more)
    log.setup(the.log_level if is_service or os.environ.get("SIYU_LOG") else "warning")
    return open_ground(the, size=24 if is_service else 6, env_keys=os.environ.get("SIYU_KEYS", ""))
