"""One database for all tests of a folder, emptied before each: the gate has many stories, and making a database takes longer than most."""

from __future__ import annotations

from tests.gate.emptying import database_url, one_database

__all__ = ["database_url", "one_database"]
