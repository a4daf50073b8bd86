"""Who can get in."""

from __future__ import annotations

from collections.abc import Iterator

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from siyu.cli.checkup.words import Finding, Patient, ill, watch, well
from siyu.cli.store import password_hashes

_WORDS = (
    "password",
    "passw0rd",
    "12345678",
    "123456789",
    "1234567890",
    "0123456789",
    "adminadmin",
    "siyusiyu",
    "siyu1234",
    "changeme",
    "qwertyuiop",
)
_MOST_STAFF = 20  # hashing is slow on purpose


def staff_there(patient: Patient) -> Iterator[Finding]:
    """Is there anybody who may sign in?"""
    with patient.on.db.tx() as conn:
        if not password_hashes(conn):
            yield watch("staff_none")


def passwords(patient: Patient) -> Iterator[Finding]:
    """Passwords that everybody tries first, and logins used as passwords."""
    hasher = argon2.PasswordHasher()
    with patient.on.db.tx() as conn:
        kept = password_hashes(conn)[:_MOST_STAFF]
    weak = [login for login, digest in kept if any(_is(hasher, digest, guess) for guess in (*_WORDS, login, login + login, f"{login}1234"))]
    if weak:
        yield ill("passwords_weak", logins=", ".join(weak))
    elif kept:
        yield well("passwords")


def _is(hasher: argon2.PasswordHasher, digest: str, guess: str) -> bool:
    try:
        return hasher.verify(digest, guess)
    except (VerificationError, InvalidHashError):
        return False
