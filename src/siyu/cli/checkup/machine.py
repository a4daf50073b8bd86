"""The machine: the data directory, its disk, the keys, the address under which customers reach us."""

from __future__ import annotations

import os
import shutil
import stat
import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

from siyu.base import vault
from siyu.base.errors import ConfigError
from siyu.cli.checkup.words import Finding, Patient, ill, watch, well

_LOW_BYTES = 300 * 1024 * 1024  # below it PostgreSQL is not started
_TIGHT_BYTES = 3 * 1024 * 1024 * 1024
_HERE = ("localhost", "127.0.0.1", "::1")


def data_directory(patient: Patient) -> Iterator[Finding]:
    """Is it there, may we write to it, is there room?"""
    where = patient.config.data
    if not where.exists():
        above = next((folder for folder in where.parents if folder.exists()), where)
        yield watch("data_missing", data=where) if os.access(above, os.W_OK) else ill("data_no_parent", data=where)
        return
    if not where.is_dir():
        yield ill("data_no_folder", data=where)
        return
    if not os.access(where, os.W_OK | os.X_OK):
        yield ill("data_read_only", data=where)
        return
    free = shutil.disk_usage(where).free
    shown = f"{free / 1024**3:,.1f} GB"
    if free < _LOW_BYTES:
        yield ill("disk_full", free=shown)
    elif free < _TIGHT_BYTES:
        yield watch("disk_tight", free=shown)
    else:
        yield well("data", data=where, free=shown)


def keys(patient: Patient) -> Iterator[Finding]:
    """Can the keys be read, by us and by nobody else?"""
    file = patient.config.data / "keys.json"
    if patient.env_keys:
        try:
            vault.load(patient.config.data, patient.env_keys)
        except ConfigError:
            yield ill("keys_env_broken")
        else:
            yield well("keys_env")
        return
    if not file.exists():
        has_data = (patient.config.data / "postgres" / "PG_VERSION").exists()
        yield ill("keys_gone", file=file) if has_data else watch("keys_none_yet")
        return
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o077:
        yield ill("keys_open", file=file, mode=f"{mode:o}")
        return
    try:
        vault.load(patient.config.data)
    except (ConfigError, OSError):
        yield ill("keys_broken", file=file)
    else:
        yield well("keys", file=file)


def address(patient: Patient) -> Iterator[Finding]:
    """Can customers open the links in our messages, and does a Siyu answer there?"""
    url = patient.config.base_url
    parts = urlsplit(url)
    is_here = (parts.hostname or "") in _HERE
    if is_here:
        yield watch("url_local", url=url)
    elif parts.scheme == "http":
        yield ill("url_plain", url=url)
    try:
        with urllib.request.urlopen(f"{url}/livez", timeout=4) as answer:  # noqa: S310  base_url is http(s), checked when it was read
            is_ours = answer.read(8).strip() == b"ok"
    except (urllib.error.URLError, OSError, ValueError):
        yield watch("url_silent", url=url)
        return
    yield well("url", url=url) if is_ours else ill("url_other", url=url)
