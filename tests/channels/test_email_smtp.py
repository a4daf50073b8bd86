"""The conversation with a mail server, cut at every point: what was taken is known, and nothing is offered twice where it is not."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from tests.channels.test_email_letter import VAULT, parcel
from tests.channels.vendors import Post, free_port

from siyu import channels
from siyu.base.clock import StillClock
from siyu.base.errors import ConfigError, InputError
from siyu.base.ground import Ground
from siyu.channels.email.letter import compose
from siyu.channels.email.smtp import SmtpLine
from siyu.channels.email.words import EmailSettings
from siyu.channels.words import Answer
from siyu.sandbox.mail import Faults, PostOffice
from siyu.sandbox.mail.smtp import self_signed

SETTINGS = EmailSettings(host="127.0.0.1", port=0, security="plain", sender="hello@brand.example", timeout_seconds=1.0)


class Script:
    """A mail server that answers by a script: command -> answer (`a|b`: first a, then b); `cut` hangs up, `mute` says nothing.

    Each connection takes the next script.
    """

    def __init__(self, *scripts: dict[str, str]) -> None:
        self._sock = socket.create_server(("127.0.0.1", 0))
        self.settings = replace(SETTINGS, port=self._sock.getsockname()[1])
        self.letters, self.connections, self.commands = 0, 0, []
        threading.Thread(target=self._run, args=(scripts,), daemon=True).start()

    def _run(self, scripts: tuple[dict[str, str], ...]) -> None:
        for script in map(dict, scripts):
            try:
                conn, _ = self._sock.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(conn, script), daemon=True).start()

    def _talk(self, conn: socket.socket, script: dict[str, str]) -> None:
        with conn, conn.makefile("rwb") as file:

            def say(answer: str) -> bool:
                if answer == "cut":
                    conn.shutdown(socket.SHUT_RDWR)
                    return False
                if answer != "mute":
                    file.write(answer.encode() + b"\r\n")
                    file.flush()
                return True

            try:
                if not say(script.get("greeting", "220 hi")):
                    return
                while line := file.readline():
                    word = line.split(b" ")[0].strip().decode().upper()
                    self.commands.append(word)
                    answer, _, then = script.get(word, {"DATA": "354 go", "EHLO": "250 x"}.get(word, "250 2.0.0 ok")).partition("|")
                    script |= {word: then} if then else {}
                    if not say(answer):
                        return
                    if word == "DATA" and script.get("DATA", "354").startswith("354"):
                        if script.get("body") == "cut":
                            file.readline()
                            conn.shutdown(socket.SHUT_RDWR)
                            return
                        while file.readline() not in (b".\r\n", b""):
                            pass
                        self.letters += 1
                        if not say(script.get("dot", "250 2.0.0 queued")):
                            return
                    if word == "QUIT":
                        return
            except (OSError, ValueError):
                return

    def offer(self) -> channels.Result:
        line = SmtpLine(self.settings, VAULT)
        try:
            return line.send(compose(parcel(), self.settings, VAULT))
        finally:
            line.close()


@pytest.mark.parametrize(
    ("script", "answer", "code", "letters"),
    [
        ({}, "taken", "250", 1),
        ({"greeting": "554 no service here"}, "down", "connect", 0),
        ({"greeting": "cut"}, "down", "connect", 0),
        ({"greeting": "mute"}, "down", "connect", 0),
        ({"EHLO": "502 what", "HELO": "502 what"}, "down", "greeting", 0),
        ({"MAIL": "550 5.1.8 who are you"}, "down", "sender_550", 0),
        ({"MAIL": "451 too much from you"}, "down", "sender_451", 0),
        ({"MAIL": "cut"}, "down", "connection", 0),
        ({"RCPT": "550 5.1.1 nobody"}, "refused", "hard_5.1.1", 0),
        ({"RCPT": "450 later"}, "later", "soft_450", 0),
        ({"RCPT": "421 closing"}, "later", "closing_421", 0),
        ({"RCPT": "cut"}, "down", "connection", 0),
        ({"RCPT": "251 will forward"}, "taken", "250", 1),
        ({"DATA": "554 no letters today"}, "refused", "policy_554", 0),
        ({"DATA": "cut"}, "down", "connection", 0),
        ({"dot": "554 5.7.1 spam"}, "refused", "policy_5.7.1", 1),
        ({"dot": "451 later"}, "later", "soft_451", 1),
        ({"dot": "cut"}, "lost", "no_answer", 1),
        ({"dot": "mute"}, "lost", "no_answer", 1),
        ({"dot": "354 what"}, "lost", "strange_answer", 1),
        ({"dot": "hello"}, "lost", "strange_answer", 1),
    ],
)
def test_each_point_where_it_may_end(script: dict[str, str], answer: str, code: str, letters: int) -> None:
    server = Script(script, script)
    result = server.offer()
    assert (result.answer, result.code) == (answer, code), result
    assert server.letters == letters
    for lang in ("zh", "en"):
        assert answer == "taken" or len(channels.reason(result.code, lang)) > 5


def test_a_letter_cut_in_the_middle_was_not_taken() -> None:
    """A large letter, so that the server's hanging up is noticed while it is still being sent."""
    server = Script({"body": "cut"})
    line = SmtpLine(server.settings, VAULT)
    result = line.send(compose(parcel(text="x" * 8_000_000), server.settings, VAULT))
    assert (result.answer, result.code, server.letters) == (Answer.LATER, "cut_in_data", 0)


def test_nobody_listens() -> None:
    line = SmtpLine(replace(SETTINGS, port=free_port()), VAULT)
    assert line.send(compose(parcel(), SETTINGS, VAULT)).code == "connect"
    line = SmtpLine(replace(SETTINGS, host="no-such-host.invalid"), VAULT)
    assert line.send(compose(parcel(), SETTINGS, VAULT)).answer is Answer.DOWN


@pytest.mark.parametrize("end", ["421 idle for too long", "cut"])
def test_a_kept_connection_that_died_is_replaced_without_a_word(end: str) -> None:
    """The server forgot us between two letters: the second goes by a new connection."""
    server = Script({"MAIL": f"250 ok|{end}"}, {})
    line = SmtpLine(server.settings, VAULT)
    for n in range(2):
        assert line.send(compose(parcel(intent_id=n), server.settings, VAULT)).answer is Answer.TAKEN
    assert (server.letters, server.connections) == (2, 2)
    line.close()


def test_a_new_connection_that_dies_is_not_tried_for_ever() -> None:
    server = Script({"MAIL": "cut"}, {"MAIL": "cut"}, {"MAIL": "cut"})
    line = SmtpLine(server.settings, VAULT)
    assert line.send(compose(parcel(), server.settings, VAULT)).answer is Answer.DOWN and server.connections == 1


def test_a_refusal_leaves_the_connection_fit_for_the_next() -> None:
    server = Script({"RCPT": "550 5.1.1 nobody"})
    line = SmtpLine(server.settings, VAULT)
    for n in range(3):
        assert line.send(compose(parcel(intent_id=n), server.settings, VAULT)).answer is Answer.REFUSED
    assert server.connections == 1 and server.commands.count("RSET") == 3
    line.close()


def test_a_connection_carries_so_many_letters(ground: Ground, shop, post: Post, email_on) -> None:
    email_on(connections=1, letters_per_connection=2)
    for n in range(5):
        shop.wish(shop.person(f"n{n}@mail.example"))
    channels.deliver(ground, "email")
    assert post.office.box.count() == 5


def test_a_domain_has_its_pace(ground: Ground, shop, post: Post, email_on, clock: StillClock) -> None:
    email_on(pace={"slow.example": 6, "*": 0})
    slow = [shop.wish(shop.person(f"n{n}@slow.example")) for n in range(4)]
    fast = [shop.wish(shop.person(f"n{n}@fast.example")) for n in range(4)]
    channels.deliver(ground, "email")
    assert post.office.box.count() == 5 and {shop.permit(i) for i in fast} == {"sent"}
    assert sorted(shop.permit(i) for i in slow) == ["sent", "waiting", "waiting", "waiting"]
    assert channels.deliver(ground, "email") == 0  # they are not due yet
    assert shop.one("select min(due_at) from permits where state = 'waiting'")[0] > ground.clock.now() + timedelta(seconds=5)


def test_a_server_that_is_down_rests_the_channel_and_loses_nothing(ground: Ground, shop, post: Post, email_on, clock: StillClock) -> None:
    email_on(port=free_port())
    intents = [shop.wish(shop.person(f"n{n}@mail.example")) for n in range(6)]
    channels.deliver(ground, "email")
    assert {shop.permit(i) for i in intents} == {"waiting"} and [shop.facts(i) for i in intents] == [[]] * 6
    with ground.db.tx() as conn:
        health = channels.health(conn, "email")
    assert health.code == "connect" and health.resting_until and health.resting_until > ground.clock.now()
    assert channels.deliver(ground, "email") == 0
    email_on()
    clock.at = health.resting_until
    assert channels.deliver(ground, "email") == 1  # one, to see whether it is well
    assert channels.deliver(ground, "email") == 5
    assert {shop.permit(i) for i in intents} == {"sent"} and post.office.box.count() == 6
    with ground.db.tx() as conn:
        assert channels.health(conn, "email").failures == 0


def test_starttls_and_login(ground: Ground, shop, tmp_path: Path, email_on) -> None:
    (tmp_path / "tls").mkdir()
    office = PostOffice(tmp_path / "tls" / "mail.db", ground.clock.now, 1, Faults())
    post = Post(office, tls=self_signed(tmp_path / "tls"), is_tls_needed=True, login=("shop", "open sesame"))
    try:
        authority = (tmp_path / "tls" / "smtp.pem").read_text()
        good = {"port": post.port, "security": "starttls", "user": "shop", "password": "open sesame", "ca_pem": authority}
        for wrong, code in (({"ca_pem": ""}, "certificate"), ({"password": "x"}, "login"), ({"security": "plain"}, "sender_530|login|tls")):
            email_on(**(good | wrong))
            with ground.db.tx() as conn:
                settings = channels.see_email(ground, conn)
            assert settings
            line = SmtpLine(settings, ground.vault)
            result = line.send(compose(parcel(), settings, ground.vault))
            assert result.answer is Answer.DOWN and result.code in code.split("|"), result
            if code in ("certificate", "login"):
                with pytest.raises(ConfigError, match=code):
                    channels.try_email(ground, settings)
        email_on(**good)
        intent = shop.wish(shop.person("lin@mail.example", name="李雷"))
        channels.deliver(ground, "email")
        assert shop.send(intent)[0] == "sent" and post.copies(ground, intent) == 1
        (mail,) = office.box.newest()
        letter = message_from_bytes(office.box.raw(mail.mail_id) or b"", policy=policy.default)
        assert letter["Subject"] == "李雷，上新了"
    finally:
        channels.hang_up(ground)
        post.close()


def test_what_arrives_is_the_letter_that_was_written(ground: Ground, shop, post: Post, email_on) -> None:
    """The golden properties of a sent letter: resolved, unsubscribable, signed, decodable, and without anybody else's data."""
    people = {shop.person(f"p{n}@mail.example", name=f"客户{n}号"): n for n in range(8)}
    intents = {shop.wish(person): n for person, n in people.items()}
    channels.deliver(ground, "email")
    for mail in post.office.box.newest():
        letter = post.office.letter(mail)
        assert letter
        n = int(mail.mailbox[1])
        assert mail.subject == f"客户{n}号，上新了" and mail.shown_from == "林间茶铺 <hello@brand.example>"
        whole = letter.html + letter.text + mail.subject
        assert f"客户{n}号好" in letter.text and f"客户{n}号好" in letter.html
        assert not any(f"客户{other}号" in whole for other in range(8) if other != n)
        assert "{{" not in whole and "退订" in letter.html and "退订" in letter.text
        assert letter.is_one_click and letter.unsubscribe.startswith("http://127.0.0.1:8000/u/") and letter.unsubscribe in letter.html
        assert letter.picture.startswith("http://127.0.0.1:8000/t/o/") and letter.links[0].startswith("http://127.0.0.1:8000/t/c/")
        assert "shop.example" not in whole and "mail.example" not in letter.unsubscribe + letter.picture + "".join(letter.links)
    assert len(intents) == post.office.box.count() == 8


def test_settings_that_cannot_work_are_named(ground: Ground) -> None:
    good = {"host": "smtp.example", "sender": "hello@brand.example"}
    wrong = [
        ("host", ""), ("host", "a b"), ("host", "http://x"), ("port", 0), ("port", 70000), ("sender", "nobody"), ("reply_to", "x@"),
        ("sender_name", "a\r\nBcc: x"), ("connections", 0), ("letters_per_connection", 0), ("timeout_seconds", 0), ("pace", {"*": -1}),
        ("security", "none"),
    ]  # fmt: skip
    with ground.db.tx() as conn:
        for field, value in wrong:
            with pytest.raises(InputError) as refused:
                channels.set_email(ground, conn, EmailSettings(**(good | {field: value})))  # type: ignore[arg-type]
            assert refused.value.field == field and refused.value.remedy


def test_a_change_of_settings_opens_a_new_line(ground: Ground, shop, post: Post, email_on) -> None:
    shop.wish(shop.person("a@mail.example"))
    channels.deliver(ground, "email")
    email_on(sender_name="新名字")
    shop.wish(shop.person("b@mail.example"))
    channels.deliver(ground, "email")
    assert [mail.shown_from for mail in post.office.box.newest()] == ["新名字 <hello@brand.example>", "林间茶铺 <hello@brand.example>"]


def test_many_letters_use_many_connections(ground: Ground, shop, post: Post, email_on) -> None:
    """Four slow receivers at once take no longer than one."""
    email_on(connections=4, timeout_seconds=10)
    for n in range(4):
        shop.wish(shop.person(f"n{n}@slow.fault.example"))
    began = time.monotonic()
    channels.deliver(ground, "email")
    assert post.office.box.count() == 4 and time.monotonic() - began < 4 * post.office.faults.slow_for - 1


def test_a_trial_letter_counts_nothing(ground: Ground, shop, post: Post, email_on) -> None:
    version = shop.content()
    for _ in range(2):
        assert channels.send_trial(ground, version, {"name": "我"}, "me@mail.example").answer is Answer.TAKEN
    first, second = post.office.box.newest()
    assert first.subject == "我，上新了" and first.message_id != second.message_id  # mail programs hide a repeated Message-ID
    assert shop.one("select count(*) from sends")[0] == 0
