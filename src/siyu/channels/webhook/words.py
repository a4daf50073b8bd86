"""The words of webhooks: where our messages go."""

from __future__ import annotations

from dataclasses import dataclass, field

SETTING = "webhook.endpoint"


@dataclass(frozen=True)
class WebhookSettings:
    """The receiver: the setting `webhook.endpoint`.

    `secret` (whsec_ and base64) signs what we send; the receiver checks it. `old_secret` signs beside it while the receiver changes
    over. `private_hosts` are the only hosts without a public address that may be called: `host` or `host:port`.
    """

    url: str
    secret: str = field(default="", repr=False)
    old_secret: str = field(default="", repr=False)
    private_hosts: tuple[str, ...] = ()
    connections: int = 4
    timeout_seconds: float = 10.0
