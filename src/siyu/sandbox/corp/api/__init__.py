"""The interfaces of the simulated corp, by chapter. Importing this enters all of them into the table of `wire`."""

from siyu.sandbox.corp.api import contacts, directory

__all__ = ["contacts", "directory"]
