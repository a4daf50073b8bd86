"""The interfaces of the simulated corp, by chapter. Importing this enters all of them into the table of `wire`."""

from siyu.sandbox.corp.api import (
    acquisition,
    contacts,
    directory,
    groups,
    identity,
    kf,
    mass,
    media,
    moments,
    notify,
    shop,
    statistics,
    tags,
    transfers,
    ways,
    welcome,
)

__all__ = [
    "acquisition",
    "contacts",
    "directory",
    "groups",
    "identity",
    "kf",
    "mass",
    "media",
    "moments",
    "notify",
    "shop",
    "statistics",
    "tags",
    "transfers",
    "ways",
    "welcome",
]
