"""The entries of the control API, by what they are about. Importing this enters them all."""

from siyu.sandbox.corp.hands import people, phones, running, selling

__all__ = ["people", "phones", "running", "selling"]
