"""Masks: what pages and logs may show of personal data."""

from __future__ import annotations

from siyu.pool.words import Kind


def of(kind: Kind, value: str) -> str:
    """The mask of an identifier in normal form: `138****1234`, `l***@example.com`; ids that are pseudonyms stand as they are."""
    if kind is Kind.PHONE:
        return _phone(value)
    if kind is Kind.EMAIL:
        local, _, domain = value.rpartition("@")
        return f"{local[:1]}***@{domain}"
    if kind is Kind.WECHAT_ID:
        return f"{value[:1]}***{value[-1:]}"
    return value if len(value) <= 64 else value[:63] + "…"


def _phone(value: str) -> str:
    if value.startswith("+86") and len(value) == 14:
        return f"{value[3:6]}****{value[-4:]}"
    head = value[:3] if len(value) > 9 else value[:2]
    return f"{head}****{value[-3:]}"


def of_trait(name: str, value: str) -> str:
    """The mask of a personal trait: the first letter of each word of a name, at most one character of anything else."""
    if name in ("email", "phone") and len(value) > 5:
        return of(Kind(name), value) if name == "email" and "@" in value else f"***{value[-2:]}"
    words = value.split()[:3] if name in ("name", "first_name", "last_name", "nickname") else [value.strip()]
    return " ".join(word[:1] + "*" * (min(len(word) - 1, 3) or 1) for word in words if word)
