"""Webhooks as a channel: each message is posted to the brand's own endpoint, signed, and repeated under the same id until it is taken."""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from siyu.base import settings
from siyu.base.db import Connection
from siyu.base.errors import ConfigError, InputError
from siyu.base.ground import Ground
from siyu.base.log import scrub
from siyu.base.vault import Vault
from siyu.channels.sealed import close, reveal
from siyu.channels.webhook.call import NoAnswer, NotConnected, post
from siyu.channels.webhook.guard import Forbidden, judge
from siyu.channels.webhook.signature import headers, key_of, new_secret
from siyu.channels.webhook.words import SETTING, WebhookSettings
from siyu.channels.words import Answer, Parcel, Result

TYPE = "message.requested"


@dataclass(frozen=True)
class Call:
    """One message as it goes over the wire."""

    message_id: str
    timestamp: int
    body: bytes

    def __repr__(self) -> str:
        return f"Call({self.message_id})"


class WebhookLine:
    """Calls to one endpoint."""

    def __init__(self, endpoint: WebhookSettings, vault: Vault, context: ssl.SSLContext | None = None) -> None:
        self.endpoint = endpoint
        self.width = endpoint.connections
        self.patience = timedelta(seconds=endpoint.timeout_seconds * 2 + 1)
        self._vault, self._context = vault, context or ssl.create_default_context()

    def prepare(self, parcel: Parcel) -> Call:
        """The signed-to-be body: what to say to whom, by the receiver's own names for the person."""
        number = message_id(self._vault, parcel.intent_id)
        value = {
            "type": TYPE,
            "timestamp": parcel.at.isoformat(),
            "data": {
                "message_id": number,
                "person": {"id": parcel.person_id, **parcel.names},
                "purpose": parcel.purpose,
                "topic": parcel.topic,
                "origin": {"kind": parcel.origin, "id": parcel.origin_id},
                "title": parcel.subject,
                "text": parcel.text,
                "unsubscribe_url": parcel.unsubscribe_url,
            },
        }
        return Call(number, int(parcel.at.timestamp()), json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())

    def pause(self, parcel: Parcel) -> timedelta:
        """An endpoint says for itself when it is too much (429)."""
        return timedelta(0)

    def send(self, prepared: Call) -> Result:
        """Judge the address anew, call it, read the answer by the standard's advice."""
        endpoint = self.endpoint
        try:
            target = judge(endpoint.url, endpoint.private_hosts)
        except Forbidden as err:
            return Result(Answer.DOWN, err.code, err.what)
        signed = headers([s for s in (endpoint.secret, endpoint.old_secret) if s], prepared.message_id, prepared.timestamp, prepared.body)
        try:
            reply = post(
                target,
                prepared.body,
                {**signed, "Content-Type": "application/json", "User-Agent": "Siyu-Webhook/1"},
                timeout=endpoint.timeout_seconds,
                context=self._context,
            )
        except NotConnected as err:
            return Result(Answer.DOWN, "connection", str(err))
        except NoAnswer as err:
            return Result(Answer.LOST, "no_answer", str(err), prepared.message_id)
        return read(reply.status, reply.retry_after, reply.body, prepared.message_id)

    def close(self) -> None:
        """Nothing is kept open between calls."""


class WebhookChannel:
    """Messages to a system of the brand's own. Its `webhook-id` makes a repeated message one message."""

    name = "webhook"
    needs_address = False
    is_idempotent = True

    def settings(self, ground: Ground) -> WebhookSettings | None:
        """The endpoint of the setting, None when there is none."""
        with ground.db.tx() as conn:
            return see_webhook(ground, conn)

    def open(self, ground: Ground, settings: Any) -> WebhookLine:
        """A line to that endpoint."""
        return WebhookLine(settings, ground.vault)


WEBHOOK = WebhookChannel()


def message_id(vault: Vault, intent_id: int) -> str:
    """The `webhook-id` of a message: the same for one intent for ever."""
    return f"msg_{intent_id}_{vault.token('webhook-id', str(intent_id))[:12]}"


def read(status: int, retry_after: str, body: bytes, number: str) -> Result:
    """An HTTP answer as a result: 2xx took it, 429 and 5xx want it again later, everything else is a no."""
    said = scrub(" ".join(body[:300].decode("utf-8", "replace").split()))[:200]
    code, why = str(status), f"{status} {said}".strip()
    if 200 <= status < 300:
        return Result(Answer.TAKEN, code, why, number)
    if status == 429 or status >= 500 or status == 408:
        wait = timedelta(seconds=min(int(retry_after), 86_400)) if retry_after.isdigit() else None
        return Result(Answer.LATER, code, why, number, retry_after=wait)
    if 300 <= status < 400:
        return Result(Answer.DOWN, "redirect", "The endpoint redirects; redirects are not followed.")
    if status in (401, 403, 404, 410):
        return Result(Answer.DOWN, code, why)  # the endpoint is not there, or does not know us: true of every message
    return Result(Answer.REFUSED, code, why, number)


def see_webhook(ground: Ground, conn: Connection) -> WebhookSettings | None:
    """The endpoint that is set, with its secrets in the clear: not for pages."""
    kept = settings.get(conn, SETTING, None)
    if not kept:
        return None
    shown = {name: reveal(ground.vault, kept.get(name, "")) for name in ("secret", "old_secret")}
    return WebhookSettings(**{**kept, **shown, "private_hosts": tuple(kept.get("private_hosts", ()))})


def set_webhook(ground: Ground, conn: Connection, endpoint: WebhookSettings, *, keep_secret: bool = True) -> WebhookSettings:
    """Keep the endpoint, its secrets sealed; without a secret one is made. `keep_secret` leaves the secrets that are there.

    Raises `InputError` (`Forbidden`) for an address that may not be called.
    """
    judge(endpoint.url, endpoint.private_hosts)
    now = see_webhook(ground, conn)
    if keep_secret and now:
        endpoint = replace(endpoint, secret=now.secret, old_secret=now.old_secret)
    if not endpoint.secret:
        endpoint = replace(endpoint, secret=new_secret())
    for secret in (endpoint.secret, endpoint.old_secret):
        if secret:
            key_of(secret)
    if not 1 <= endpoint.connections <= 32 or not 1 <= endpoint.timeout_seconds <= 60:
        raise InputError("The limits are not possible.", "Use 1 to 32 connections and 1 to 60 seconds.", field="connections")
    value = {name: getattr(endpoint, name) for name in endpoint.__dataclass_fields__}
    value |= {name: close(ground.vault, getattr(endpoint, name)) for name in ("secret", "old_secret")}
    value["private_hosts"] = list(endpoint.private_hosts)
    settings.put(conn, SETTING, value, at=ground.clock.now())
    return endpoint


def change_secret(ground: Ground, conn: Connection) -> str:
    """A new secret; the one before signs beside it until the next change. Raises `ConfigError` without an endpoint."""
    now = see_webhook(ground, conn)
    if now is None:
        raise ConfigError("There is no webhook endpoint.", "Set its address first.")
    made = set_webhook(ground, conn, replace(now, old_secret=now.secret, secret=new_secret()), keep_secret=False)
    return made.secret


def forget_webhook(conn: Connection) -> None:
    """Have no endpoint: nothing is sent by webhook until there is one again."""
    settings.drop(conn, SETTING)
