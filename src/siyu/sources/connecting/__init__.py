"""Setting up connections. Comes in: a sandbox's address. Goes out: accounts that are ready to use, their callbacks entered there.

Also says how far an account's callbacks are (`callback_state`, `rotation_state`). Owns no table.
"""

from siyu.sources.connecting.sandbox import connect_sandbox
from siyu.sources.connecting.state import callback_state, is_sandboxed, rotation_state
from siyu.sources.connecting.words import CallbackState, Connected, RotationState

__all__ = [
    "CallbackState", "Connected", "RotationState", "callback_state", "connect_sandbox", "is_sandboxed", "rotation_state",
]  # fmt: skip
