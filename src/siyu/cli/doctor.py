"""`siyu doctor`: every fault of the configuration in a sentence, with its remedy. Looks only; changes nothing."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Iterator
from typing import Any

from siyu.base import embedded, log, vault
from siyu.base.clock import SharedClock
from siyu.base.db import Database
from siyu.base.errors import ConfigError
from siyu.base.ground import Ground
from siyu.cli.checkup import BEFORE_DATABASE, WITH_DATABASE, Check, Degree, Finding, Patient
from siyu.cli.checkup.words import ill, well
from siyu.cli.opening import settings_of
from siyu.cli.screen import command, language, plain, report, word

_PATIENCE = 8.0  # seconds that the database is given to answer
_MARK = {Degree.WELL: "ok  ", Degree.WATCH: "look", Degree.ILL: "FAIL"}


def add(subparsers: Any) -> None:
    """The grammar of this command."""
    command(subparsers, "doctor", word("cli.doctor_about"), run)


def run(args: argparse.Namespace) -> int:
    """Look at everything; exit code 1 when something does not work or is not safe."""
    log.setup("error")
    findings = list(examine(args))
    count = {degree: sum(one.degree is degree for one in findings) for degree in Degree}
    value = {"is_well": not count[Degree.ILL], "ill": count[Degree.ILL], "watch": count[Degree.WATCH], "findings": plain(findings)}
    report(args, value, _lines(findings))
    return 1 if count[Degree.ILL] else 0


def _lines(findings: list[Finding]) -> Iterator[str]:
    for one in findings:
        yield f"{_MARK[one.degree]}  {one.what}"
        if one.remedy:
            yield f"      {one.remedy}"
    faults = sum(one.degree is Degree.ILL for one in findings)
    yield word("cli.doctor_sum_ill", count=faults) if faults else word("cli.doctor_sum_well")


def examine(args: argparse.Namespace) -> Iterator[Finding]:
    """All findings, in order. Where one thing keeps us from the next, what follows is left out."""
    try:
        config = settings_of(args)
    except ConfigError as err:
        yield Finding("config", Degree.ILL, *err.told(language()))
        return
    patient = Patient(config, os.environ.get("SIYU_KEYS", ""))
    yield from _all(BEFORE_DATABASE, patient)
    if not config.database_url and not (config.data / "postgres").exists():
        return  # nothing has been started here yet, and looking must not start it
    with contextlib.ExitStack() as stack:
        try:
            url = config.database_url
            if not url:
                server = embedded.start(config.data)
                stack.callback(server.close)
                url = server.url
            db = Database(url, size=2, patience=_PATIENCE)
            stack.callback(db.close)
            kept = vault.load(config.data, patient.env_keys) if patient.env_keys or (config.data / "keys.json").exists() else None
        except ConfigError as err:
            yield Finding("database", Degree.ILL, *err.told(language()))
            return
        yield well("database_own") if config.database_url else well("database_embedded")
        if kept is None:
            yield ill("keys_needed")
            return
        yield from _all(WITH_DATABASE, Patient(config, patient.env_keys, Ground(db, SharedClock(db), kept, config)))


def _all(checks: list[Check], patient: Patient) -> Iterator[Finding]:
    for check in checks:
        try:
            yield from check(patient)
        except Exception as err:  # a check that fails is itself a finding, and the others go on
            yield ill("check_failed", check=check.__name__, error=type(err).__name__)
