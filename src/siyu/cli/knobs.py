"""Every setting that can be turned from the command line, each read and written by the door of the room that owns it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from siyu import channels, content, gate, pool, vendors
from siyu.analytics import assumptions, ledger, scores
from siyu.base import settings
from siyu.base.db import Connection
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.channels import group_sends, wecom
from siyu.cli.screen import word
from siyu.sources import callbacks, http, sync

_HIDDEN = "***"
Write = Callable[[Ground, Connection, Any], None]


@dataclass(frozen=True)
class Knob:
    """One setting: its name, its value as JSON can say it (secrets hidden), how it is set; `drop` brings the default back, if any."""

    name: str
    value: Any
    write: Write
    drop: Callable[[Connection], None] | None = None


def knobs(ground: Ground, conn: Connection) -> dict[str, Knob]:
    """All of them, by name."""
    found = [
        *_ledger(conn),
        *_brand(conn),
        *_stages(conn),
        *_gate(conn),
        *_numbers(conn),
        *_analytics(conn),
        *_ways_out(ground, conn),
        *_vendors(conn),
    ]
    return {one.name: one for one in sorted(found, key=lambda one: one.name)}


def _brand(conn: Connection) -> list[Knob]:
    def write(name: str) -> Write:
        return lambda ground, c, value: pool.set_brand(c, replace(pool.brand(c), **{name: str(value)}), at=ground.clock.now())

    return [Knob(f"brand.{name}", value, write(name)) for name, value in asdict(pool.brand(conn)).items()]


def _stages(conn: Connection) -> list[Knob]:
    def write(name: str) -> Write:
        def set_it(ground: Ground, c: Connection, value: Any) -> None:
            pool.set_stage_rules(ground, c, replace(pool.stage_rules(c), **{name: _whole(value, f"pool.stages.{name}", 1, 10**12)}))

        return set_it

    return [Knob(f"pool.stages.{name}", value, write(name)) for name, value in asdict(pool.stage_rules(conn)).items()]


def _gate(conn: Connection) -> list[Knob]:
    def make(name: str, value: Any) -> Knob:
        return Knob(
            f"gate.{name}", value,
            lambda ground, c, given: gate.set_rule(c, name, given, at=ground.clock.now()), lambda c: gate.drop_rule(c, name),
        )  # fmt: skip

    return [make(name, value) for name, value in gate.shown(conn).items()]


def _numbers(conn: Connection) -> list[Knob]:
    def make(name: str, default: int, least: int, most: int) -> Knob:
        def write(ground: Ground, c: Connection, given: Any) -> None:
            settings.put(c, name, _whole(given, name, least, most), at=ground.clock.now())

        return Knob(name, settings.get(conn, name, default), write, lambda c: settings.drop(c, name))

    return [
        make(http.SETTING_EVENT_BYTES, http.Limits.event_bytes, 1024, http.MOST_BYTES),
        make(http.SETTING_BATCH_BYTES, http.Limits.batch_bytes, 1024, http.MOST_BYTES),
        make("analytics.click_days", 7, 1, 90),
        _mass_rule(conn),
        _group_cap(conn),
        make("web.tag_budget", 10_000, 1, 1_000_000),
        make(pool.IDENTITY_PARTNERS, pool.PARTNERS_KEPT, 2, 1_000_000),
        _identity_limits(conn),
        make(channels.WELCOME_TIMEOUT, channels.WELCOME_SECONDS, 1, 15),
        make(sync.SETTING_HOUR, sync.HOUR, 0, 23),
        _link_remark_phones(conn),
        make(callbacks.SETTING_KEEP_DAYS, callbacks.KEEP_DAYS, 1, 3650),
    ]


def _identity_limits(conn: Connection) -> Knob:
    def write(ground: Ground, c: Connection, given: Any) -> None:
        pool.set_identity_limits(c, given, at=ground.clock.now())

    return Knob(pool.IDENTITY_LIMITS, pool.identity_limits(conn), write, lambda c: settings.drop(c, pool.IDENTITY_LIMITS))


def _mass_rule(conn: Connection) -> Knob:
    def write(ground: Ground, c: Connection, given: Any) -> None:
        wecom.set_mass_settings(ground, c, str(given.get("rule", "")) if isinstance(given, dict) else "")

    return Knob("wecom.mass", {"rule": str(wecom.see_mass_settings(conn).rule)}, write, lambda c: settings.drop(c, "wecom.mass"))


def _group_cap(conn: Connection) -> Knob:
    def write(ground: Ground, c: Connection, given: Any) -> None:
        group_sends.set_group_cap(ground, c, given)

    return Knob("wecom.group_cap", asdict(group_sends.see_group_cap(conn)), write, lambda c: settings.drop(c, "wecom.group_cap"))


def _link_remark_phones(conn: Connection) -> Knob:
    def write(ground: Ground, c: Connection, given: Any) -> None:
        if not isinstance(given, bool):
            raise InputError("This setting is yes or no.", "Give true or false.", field=sync.SETTING_PHONES)
        settings.put(c, sync.SETTING_PHONES, given, at=ground.clock.now())

    return Knob(sync.SETTING_PHONES, settings.get(conn, sync.SETTING_PHONES, False), write, lambda c: settings.drop(c, sync.SETTING_PHONES))


def _ledger(conn: Connection) -> list[Knob]:
    return [
        Knob(
            ledger.TERMS_SETTING, ledger.dump_terms(ledger.terms(conn)),
            lambda ground, c, given: _none(ledger.set_terms(c, given, at=ground.clock.now())),
        )
    ]  # fmt: skip


def _none(_: object) -> None:
    """A setter gives nothing back."""


def _analytics(conn: Connection) -> list[Knob]:
    def assume(g: Ground, c: Connection, given: Any) -> None:
        assumptions.set_assumptions(c, _object(given, assumptions.SETTING, assumptions.Assumed), at=g.clock.now())

    def score(g: Ground, c: Connection, given: Any) -> None:
        scores.set_habit(c, at=g.clock.now(), **_object(given, scores.SETTING, scores.Habit))

    held = assumptions.as_dict(assumptions.assumptions(conn, pool.brand(conn).currency))
    return [
        Knob(assumptions.SETTING, held, assume, lambda c: settings.drop(c, assumptions.SETTING)),
        Knob(scores.SETTING, asdict(scores.habit(conn)), score, lambda c: settings.drop(c, scores.SETTING)),
    ]


def _ways_out(ground: Ground, conn: Connection) -> list[Knob]:
    def mail(g: Ground, c: Connection, given: Any) -> None:
        value = _object(given, "email.server", channels.EmailSettings)
        channels.set_email(g, c, channels.EmailSettings(**value), keep_password="password" not in value)

    def hook(g: Ground, c: Connection, given: Any) -> None:
        value = _object(given, "webhook.endpoint", channels.WebhookSettings)
        value["private_hosts"] = tuple(value.get("private_hosts", ()))
        channels.set_webhook(g, c, channels.WebhookSettings(**value))

    def text(g: Ground, c: Connection, given: Any) -> None:
        value = _object(given, "sms.sender", channels.SmsSettings)
        account_id = _whole(value.get("account_id"), "sms.sender: account_id", 1, 10**9)
        price = _whole(value.get("unit_price_micro", channels.SmsSettings.unit_price_micro), "sms.sender: unit_price_micro", 0, 10**8)
        sender = channels.SmsSettings(account_id, str(value.get("signature", "")), price, str(value.get("extend_code", "")))
        channels.set_sms(g, c, sender)

    server, endpoint, sender = channels.see_email(ground, conn), channels.see_webhook(ground, conn), channels.see_sms(conn)
    return [
        Knob("email.server", _hide(asdict(server)) if server else None, mail, channels.forget_email),
        Knob("webhook.endpoint", _hide(asdict(endpoint)) if endpoint else None, hook, channels.forget_webhook),
        Knob("sms.sender", asdict(sender) if sender else None, text, channels.forget_sms),
        Knob("content.ad_prefix", content.look(conn).ad_prefix, lambda g, c, given: content.set_ad_prefix(g, c, str(given))),
    ]


def _vendors(conn: Connection) -> list[Knob]:
    def limit(ground: Ground, c: Connection, given: Any) -> None:
        vendors.set_limits(c, given, at=ground.clock.now())

    return [Knob(vendors.LIMITS_SETTING, vendors.see_limits(conn), limit, vendors.drop_limits)]


def _hide(value: dict[str, Any]) -> dict[str, Any]:
    return {name: _HIDDEN if one and name in ("password", "secret", "old_secret") else one for name, one in value.items()}


def _whole(given: Any, name: str, least: int, most: int) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
        raise InputError(word("cli.setting_number", name=name, least=least, most=most), word("cli.setting_number_remedy"), field=name)
    return given


def _object(given: Any, name: str, kind: type[Any]) -> dict[str, Any]:
    known = [one.name for one in fields(kind)]
    if not isinstance(given, dict) or not set(given) <= set(known):
        raise InputError(word("cli.setting_object", name=name), word("cli.setting_object_remedy", fields=", ".join(known)), field=name)
    return {key: value for key, value in given.items() if value != _HIDDEN}
