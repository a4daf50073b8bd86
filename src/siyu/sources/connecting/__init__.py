"""Setting up connections. Comes in: a sandbox's address. Goes out: accounts that are ready to use, their callbacks entered there.

`connect_sandbox` does it at once; `ask_sandbox` lets the river's step `advance` do it, with progress (`sandbox_run`). Also says how far an
account's callbacks are (`callback_state`, `rotation_state`). Owns no table.
"""

from siyu.sources.connecting.asking import advance, ask_sandbox, sandbox_run
from siyu.sources.connecting.sandbox import connect_sandbox
from siyu.sources.connecting.state import callback_state, is_sandboxed, rotation_state
from siyu.sources.connecting.words import CallbackState, Connected, RotationState, SandboxRun

__all__ = [
    "CallbackState", "Connected", "RotationState", "SandboxRun", "advance", "ask_sandbox", "callback_state", "connect_sandbox",
    "is_sandboxed", "rotation_state", "sandbox_run",
]  # fmt: skip
