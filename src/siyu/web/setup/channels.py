"""Channels: the mail server, the webhook endpoint, and how to see at once whether they work."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from siyu import channels, content, pool, vendors
from siyu.base.db import Connection
from siyu.base.errors import ConfigError, InputError
from siyu.base.ground import Ground
from siyu.base.sentences import retold
from siyu.channels import EmailSettings, SmsSettings, WebhookSettings
from siyu.web.guard import Guarded, deed, note, page
from siyu.web.page import form_of, go, ground_of, lang_of, render, say_to, staff_of
from siyu.web.setup.tabs import tabs
from siyu.web.words import Role

_KEPT = "••••••••"  # stands in the page for a password that is set; a form that sends it back leaves the password as it is
_HOME = "/settings/channels"
_PREFIXES = {"": "none", "广告": "zh", "AD": "en"}


def routes(ground: Ground) -> list[Guarded]:
    """One page, and what its buttons do."""
    return [
        page(_HOME, show, Role.VIEWER, name="channel_settings"),
        deed(f"{_HOME}/email", keep_email, Role.OWNER),
        deed(f"{_HOME}/email/test", test_email, Role.OWNER),
        deed(f"{_HOME}/email/trial", try_email, Role.OWNER),
        deed(f"{_HOME}/email/off", email_off, Role.OWNER),
        deed(f"{_HOME}/email/bounces", bounce_key, Role.OWNER),
        deed(f"{_HOME}/email/prefix", keep_prefix, Role.OWNER),
        deed(f"{_HOME}/sms", keep_sms, Role.OWNER),
        deed(f"{_HOME}/webhook", keep_webhook, Role.OWNER),
        deed(f"{_HOME}/webhook/secret", new_secret, Role.OWNER),
        deed(f"{_HOME}/webhook/trial", try_webhook, Role.OWNER),
        deed(f"{_HOME}/webhook/off", webhook_off, Role.OWNER),
    ]


def show(request: Request) -> Response:
    """The channels as they are set, and how they are."""
    return _shown(request)


def keep_email(request: Request) -> Response:
    """Keep the mail server."""
    ground = ground_of(request)
    try:
        settings = _email_of(request)
        with ground.db.tx() as conn:
            channels.set_email(ground, conn, settings, keep_password=_keeps_password(request))
            note(request, conn, "email.set", host=settings.host, port=settings.port, security=str(settings.security))
    except InputError as err:
        return _shown(request, wrong={err.field: _said(request, err)}, status=422)
    except ConfigError as err:
        return _shown(request, wrong={"ca_pem": _said(request, err)}, status=422)
    return go(request, _HOME, said="web.channels_email_kept")


def keep_sms(request: Request) -> Response:
    """Keep by which account and under which signature texts go."""
    ground, form = ground_of(request), form_of(request)
    number, price = str(form.get("account_id", "")), str(form.get("unit_price", "")).strip()
    try:
        micro = int(Decimal(price) * 1_000_000)
    except (InvalidOperation, ValueError, OverflowError):
        micro = -1
    sender = SmsSettings(int(number) if number.isdigit() and len(number) < 18 else 0, str(form.get("signature", "")).strip(), micro)
    try:
        with ground.db.tx() as conn:
            channels.set_sms(ground, conn, sender)
            note(request, conn, "sms.set", signature=sender.signature, account=sender.account_id)
    except InputError as err:
        return _shown(request, wrong={f"sms_{err.field}": _said(request, err)}, status=422)
    return go(request, _HOME, said="web.channels_sms_kept")


def test_email(request: Request) -> Response:
    """Connect and log in with what stands in the form, without keeping it."""
    ground = ground_of(request)
    try:
        settings = _email_of(request)
        with ground.db.tx() as conn:
            now = channels.see_email(ground, conn)
        if _keeps_password(request):
            settings = replace(settings, password=now.password if now else "")
        channels.try_email(ground, settings)
    except InputError as err:
        return _shown(request, wrong={err.field: _said(request, err)}, status=422)
    except ConfigError as err:
        code, _, why = err.what.partition(": ")
        reason = channels.reason(code, lang_of(request), why)
        return _shown(request, tested=(False, reason, retold(why, lang_of(request))))
    return _shown(request, tested=(True, say_to(request, "web.channels_email_answers"), ""))


def try_email(request: Request) -> Response:
    """Send a short letter to an address of one's own, by the server that is kept."""
    to = pool.normal.email(str(form_of(request).get("to", "")).strip())
    if to is None:
        raise InputError(say_to(request, "web.content_trial_address"), field="to")
    return _try(request, "email", to)


def try_webhook(request: Request) -> Response:
    """Call the endpoint once, with a message that means nothing."""
    return _try(request, "webhook", "")


def _try(request: Request, channel: str, to: str) -> Response:
    words = say_to(request, "web.channels_trial_subject"), say_to(request, "web.channels_trial_body")
    version = content.Version(0, 0, "trial", channel, "transactional", *words)
    result = channels.send_trial(ground_of(request), version, {}, to)
    if result.answer == channels.Answer.TAKEN:
        return go(request, _HOME, said="web.content_trial_sent")
    said = retold(result.why, lang_of(request))
    why = channels.reason(result.code, lang_of(request), result.why)
    return go(request, _HOME, said="web.content_trial_failed", tone="bad", why=f"{why} {said}".strip())


def email_off(request: Request) -> Response:
    """Have no mail server: letters wait."""
    with ground_of(request).db.tx() as conn:
        channels.forget_email(conn)
        note(request, conn, "email.off")
    return go(request, _HOME, said="web.channels_is_off")


def bounce_key(request: Request) -> Response:
    """A new key for notices about undelivered mail, on the answering page only."""
    ground = ground_of(request)
    with ground.db.tx() as conn:
        key = channels.new_bounce_key(ground, conn)
        note(request, conn, "email.bounce_key_made")
    return _shown(request, key=key)


def keep_prefix(request: Request) -> Response:
    """What subjects of marketing letters begin with."""
    ground, prefix = ground_of(request), str(form_of(request).get("prefix", ""))
    with ground.db.tx() as conn:
        content.set_ad_prefix(ground, conn, prefix)
        note(request, conn, "email.prefix_set", prefix=prefix)
    return go(request, _HOME, said="web.saved")


def keep_webhook(request: Request) -> Response:
    """Keep the endpoint; the first time its secret is shown."""
    ground, form = ground_of(request), form_of(request)
    try:
        settings = WebhookSettings(
            url=str(form.get("url", "")).strip(),
            private_hosts=tuple(dict.fromkeys(str(form.get("private_hosts", "")).replace(",", " ").split()))[:20],
        )
        with ground.db.tx() as conn:
            is_new = channels.see_webhook(ground, conn) is None
            made = channels.set_webhook(ground, conn, settings)
            note(request, conn, "webhook.set")
    except InputError as err:
        code = getattr(err, "code", "")
        return _shown(request, wrong={f"webhook_{err.field}": channels.reason(code, lang_of(request)) or _said(request, err)}, status=422)
    return _shown(request, secret=made.secret) if is_new else go(request, _HOME, said="web.saved")


def new_secret(request: Request) -> Response:
    """A new secret, shown once; the one before signs beside it until the next change."""
    ground = ground_of(request)
    with ground.db.tx() as conn:
        secret = channels.change_secret(ground, conn)
        note(request, conn, "webhook.secret_changed")
    return _shown(request, secret=secret)


def webhook_off(request: Request) -> Response:
    """Have no endpoint: messages wait."""
    with ground_of(request).db.tx() as conn:
        channels.forget_webhook(conn)
        note(request, conn, "webhook.off")
    return go(request, _HOME, said="web.channels_is_off")


def _shown(
    request: Request,
    *,
    wrong: dict[str, str] | None = None,
    tested: tuple[bool, str, str] | None = None,
    key: str = "",
    secret: str = "",
    status: int = 200,
) -> Response:
    ground = ground_of(request)
    with ground.db.tx() as conn:
        email, webhook = channels.see_email(ground, conn), channels.see_webhook(ground, conn)
        resting = {name: _rest(request, conn, name) for name in channels.channels()}
        prefix = content.look(conn).ad_prefix
        brand = pool.brand(conn)
        sms = channels.see_sms(conn) or channels.SmsSettings(0, "")
        sms_accounts = [one for one in vendors.accounts(conn) if one.kind.endswith("_sms")]
    asked: Any = form_of(request) if wrong or tested else {}
    shown = email or EmailSettings(host="", sender_name=brand.name)
    values = {name: getattr(shown, name) for name in shown.__dataclass_fields__} | {
        "password": _KEPT if email and email.password else "",
        "pace": "\n".join(f"{domain} {n}" for domain, n in shown.pace.items()),
        "timeout_seconds": f"{shown.timeout_seconds:g}",
    }
    values |= {name: asked[name] for name in values if name in asked and name != "password"}
    hooked = {"url": webhook.url if webhook else "", "private_hosts": " ".join(webhook.private_hosts) if webhook else ""}
    hooked |= {name: asked[name] for name in hooked if name in asked}
    return render(
        request,
        "setup/channels.html",
        status=status,
        path=_HOME,
        tabs=tabs(request),
        sms_account=str(asked.get("account_id", sms.account_id)),
        sms_signature=asked.get("signature", sms.signature),
        sms_price=asked.get("unit_price", f"{sms.unit_price_micro / 1_000_000:g}"),
        sms_accounts=[(str(one.account_id), one.name) for one in sms_accounts],
        is_email=email is not None,
        email=values,
        is_webhook=webhook is not None,
        webhook=hooked,
        is_changing=bool(webhook and webhook.old_secret),
        wrong=wrong or {},
        tested=tested,
        key=key,
        secret=secret,
        prefix=prefix,
        prefixes=[(p, say_to(request, f"web.channels_prefix_{_PREFIXES[p]}")) for p in content.AD_PREFIXES],
        resting=resting,
        bounce_url=f"{ground.config.base_url}/hooks/email/bounces",
        may_see=staff_of(request).may(Role.OWNER),
    )


def _rest(request: Request, conn: Connection, channel: str) -> tuple[str, str, Any] | None:
    """Why a channel rests (in words, and in the vendor's), and until when."""
    health = channels.health(conn, channel)
    if health.resting_until is None or health.resting_until <= ground_of(request).clock.now():
        return None
    return channels.reason(health.code, lang_of(request), health.why), health.why, health.resting_until


def _email_of(request: Request) -> EmailSettings:
    """The mail server as the form says it. Raises `InputError` naming the field."""
    form = form_of(request)

    def text(name: str) -> str:
        return str(form.get(name, "")).strip()

    password = str(form.get("password", ""))
    return EmailSettings(
        host=text("host"),
        port=_number(request, "port", int),
        security=text("security"),
        user=text("user"),
        password="" if password == _KEPT else password,
        sender=text("sender"),
        sender_name=text("sender_name"),
        reply_to=text("reply_to"),
        return_path=text("return_path"),
        connections=_number(request, "connections", int),
        letters_per_connection=_number(request, "letters_per_connection", int),
        timeout_seconds=_number(request, "timeout_seconds", float),
        pace=_pace(request),
        ca_pem=text("ca_pem"),
    )


def _keeps_password(request: Request) -> bool:
    return str(form_of(request).get("password", "")) == _KEPT


def _number(request: Request, name: str, kind: Any) -> Any:
    try:
        return kind(str(form_of(request).get(name, "")).strip())
    except ValueError:
        raise InputError(say_to(request, "web.not_a_number"), field=name) from None


def _pace(request: Request) -> dict[str, int]:
    """Lines of `domain number`. Raises `InputError`."""
    found: dict[str, int] = {}
    for line in str(form_of(request).get("pace", "")).splitlines():
        words = line.replace("=", " ").replace(":", " ").split()
        if not words:
            continue
        if len(words) != 2 or not words[1].isdigit() or len(words[1]) > 9:
            raise InputError(say_to(request, "web.channels_pace_wrong", line=json.dumps(line[:60], ensure_ascii=False)), field="pace")
        found[words[0].lower()] = int(words[1])
    return found


def _said(request: Request, err: InputError | ConfigError) -> str:
    return str(err.told(lang_of(request)))
