"""The entries of the control API, by what they are about. Importing this enters them all."""

from siyu.sandbox.corp.hands import people, running

__all__ = ["people", "running"]
