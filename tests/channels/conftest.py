"""The fixtures of the channels' tests: a shop, its post office, its webhook receiver."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.channels.vendors import Post, Receiver, Shop

from siyu import channels
from siyu.base.ground import Ground
from siyu.channels import EmailSettings, WebhookSettings
from siyu.sandbox.mail import Faults, PostOffice


@pytest.fixture
def post(ground: Ground, tmp_path: Path) -> Iterator[Post]:
    made = Post(PostOffice(tmp_path / "mail.db", ground.clock.now, 1, Faults(slow_for=1.6)))
    yield made
    channels.hang_up(ground)
    made.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def shop(ground: Ground) -> Shop:
    return Shop(ground)


@pytest.fixture
def email_on(ground: Ground, post: Post) -> Callable[..., None]:
    """Set the mail server to the sandbox; keyword arguments change it."""

    def turn(**more: Any) -> None:
        words: dict[str, Any] = {
            "host": "127.0.0.1", "port": post.port, "security": "plain", "sender": "hello@brand.example", "sender_name": "林间茶铺",
            "return_path": "bounce@brand.example", "timeout_seconds": 1.0,
        }  # fmt: skip
        with ground.db.tx() as conn:
            channels.set_email(ground, conn, EmailSettings(**(words | more)))

    turn()
    return turn


@pytest.fixture
def webhook_on(ground: Ground, receiver: Receiver) -> WebhookSettings:
    with ground.db.tx() as conn:
        return channels.set_webhook(
            ground, conn, WebhookSettings(receiver.url, private_hosts=("127.0.0.1",), timeout_seconds=1.0, connections=4)
        )
