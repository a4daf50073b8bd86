"""Signing in: the right password lets in, a wrong one says nothing, too many are stopped, stolen things are useless."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.web.conftest import PASSWORD, Browse, Browser

from siyu.base.clock import StillClock
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.web import app, create_staff
from siyu.web import staff as staff_room
from siyu.web.words import IDLE_FOR, SESSION_FOR, TRIES_A_PAIR, TRIES_WITHIN


def test_a_stranger_is_led_to_sign_in_and_back(browse: Browse) -> None:
    browser = browse()
    away = browser.look("/customers?stage=vip")
    assert (away.status_code, away.headers["location"]) == (303, "/sign-in?next=/customers%3Fstage%3Dvip")
    done = browser.fill("/sign-in", {"login": "viewer", "password": PASSWORD, "next": "/customers?stage=vip"}, token_from="/sign-in")
    assert done.headers["location"] == "/customers?stage=vip"
    assert browser.look("/customers?stage=vip").status_code == 200


def test_nobody_is_sent_away_after_signing_in(browse: Browse) -> None:
    for evil in ("//evil.example", "https://evil.example/", "/\\evil.example", "/a\r\nSet-Cookie: x=1", "javascript:alert(1)"):
        done = browse().fill("/sign-in", {"login": "viewer", "password": PASSWORD, "next": evil}, token_from="/sign-in")
        assert done.headers["location"] == "/", evil


def test_a_refusal_never_says_which_part_was_wrong(browse: Browse) -> None:
    browser = browse()
    wrong = browser.fill("/sign-in", {"login": "owner", "password": "not this one"}, token_from="/sign-in")
    nobody = browser.fill("/sign-in", {"login": "nobody", "password": "not this one"}, token_from="/sign-in")
    strip = lambda text: text.replace("owner", "*").replace("nobody", "*")  # noqa: E731
    assert wrong.status_code == nobody.status_code == 401
    assert strip(wrong.text) == strip(nobody.text)
    assert "siyu=" not in wrong.headers.get("set-cookie", "")


def test_too_many_tries_are_stopped_and_time_heals(browse: Browse, clock: StillClock) -> None:
    browser = browse()
    for _ in range(TRIES_A_PAIR):
        assert browser.fill("/sign-in", {"login": "owner", "password": "guess guess"}, token_from="/sign-in").status_code == 401
    stopped = browser.fill("/sign-in", {"login": "owner", "password": PASSWORD}, token_from="/sign-in")
    assert stopped.status_code == 429, "even the right password waits"
    assert browser.fill("/sign-in", {"login": "viewer", "password": PASSWORD}, token_from="/sign-in").status_code == 303, "others do not"
    clock.move(TRIES_WITHIN + timedelta(seconds=1))
    assert browse().sign_in("owner")


def test_tries_keep_no_login_and_no_address_in_the_clear(browse: Browse, staffed: Ground) -> None:
    browse().fill("/sign-in", {"login": "owner", "password": "guess guess"}, token_from="/sign-in")
    with staffed.db.tx() as conn:
        rows = conn.execute("select encode(who, 'escape') || encode(address, 'escape') from staff_tries").fetchall()
    assert len(rows) == 1
    assert "owner" not in rows[0][0] and "testclient" not in rows[0][0]


def test_the_database_keeps_no_token_and_no_password(browse: Browse, staffed: Ground) -> None:
    token = browse("owner").cookies["siyu"]
    with staffed.db.tx() as conn:
        digests = [bytes(row[0]) for row in conn.execute("select token_digest from staff_sessions")]
        hashes = [row[0] for row in conn.execute("select password_hash from staff")]
    assert digests == [hashlib.sha256(token.encode()).digest()]
    assert all(h.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for h in hashes)


def test_a_digest_from_a_stolen_backup_opens_nothing(browse: Browse, staffed: Ground) -> None:
    browse("owner")
    with staffed.db.tx() as conn:
        row = conn.execute("select encode(token_digest, 'hex') from staff_sessions").fetchone()
    thief = browse()
    thief.cookies.set("siyu", row[0])
    assert thief.look("/customers").status_code == 303


def test_a_session_ends_when_idle_and_at_last(browse: Browse, clock: StillClock) -> None:
    browser = browse("viewer")
    clock.move(IDLE_FOR - timedelta(minutes=5))
    assert browser.look("/jobs").status_code == 200
    clock.move(IDLE_FOR - timedelta(minutes=5))
    assert browser.look("/jobs").status_code == 200, "using it keeps it"
    clock.move(IDLE_FOR + timedelta(minutes=5))
    assert browser.look("/jobs").status_code == 303
    browser.sign_in("viewer")
    for _ in range(int(SESSION_FOR / timedelta(hours=6))):
        clock.move(timedelta(hours=6))
        browser.look("/jobs")
    assert browser.look("/jobs").status_code == 303, "no session lives for ever"


def test_signing_in_again_makes_a_new_token_and_ends_the_old(browse: Browse) -> None:
    browser = browse("viewer")
    old = browser.cookies["siyu"]
    browser.post("/sign-in", data={}, follow_redirects=False)
    browser.fill("/sign-in", {"login": "viewer", "password": PASSWORD}, token_from="/settings/me")
    assert browser.cookies["siyu"] != old
    thief = browse()
    thief.cookies.set("siyu", old)
    assert thief.look("/jobs").status_code == 303


def test_signing_out_ends_the_session_on_the_server(browse: Browse) -> None:
    browser = browse("operator")
    token = browser.cookies["siyu"]
    assert browser.fill("/sign-out", {}).headers["location"] == "/sign-in"
    thief = browse()
    thief.cookies.set("siyu", token)
    assert thief.look("/jobs").status_code == 303


def test_who_left_is_out_at_once(browse: Browse, staffed: Ground) -> None:
    leaver = browse("operator")
    with staffed.db.tx() as conn:
        number = conn.execute("select staff_id from staff where login = 'operator'").fetchone()[0]
        staff_room.close_staff(conn, number, staffed.clock.now())
    assert leaver.look("/jobs").status_code == 303
    assert browse().fill("/sign-in", {"login": "operator", "password": PASSWORD}, token_from="/sign-in").status_code == 401


def test_a_new_password_ends_other_sessions(browse: Browse) -> None:
    here, there = browse("viewer"), browse("viewer")
    assert here.fill("/settings/me/password", {"old": "wrong wrong", "password": "another sentence"}).status_code == 422
    assert here.fill("/settings/me/password", {"old": PASSWORD, "password": "another sentence"}).status_code == 303
    assert here.look("/jobs").status_code == 200
    assert there.look("/jobs").status_code == 303
    assert browse().sign_in("viewer", "another sentence")


def test_cookies_say_what_browsers_must_hold_to(browse: Browse, staffed: Ground) -> None:
    done = browse().fill("/sign-in", {"login": "viewer", "password": PASSWORD}, token_from="/sign-in")
    kept = done.headers["set-cookie"].lower()
    assert "httponly" in kept and "samesite=lax" in kept and "path=/" in kept
    staffed.config = replace(staffed.config, base_url="https://crm.example.com")
    secure = Browser(app(staffed), base_url="https://crm.example.com")
    kept = secure.fill("/sign-in", {"login": "viewer", "password": PASSWORD}, token_from="/sign-in").headers["set-cookie"]
    assert kept.startswith("__Host-siyu=") and "Secure" in kept and "Domain" not in kept
    assert "max-age" in secure.look("/jobs").headers["strict-transport-security"]


def test_staff_are_made_soundly(ground: Ground) -> None:
    now = ground.clock.now()
    with ground.db.tx() as conn:
        create_staff(conn, " Lin ", "林", "owner", PASSWORD, now)
        wrong = [
            ("lin", "viewer", PASSWORD, "login"),
            ("a b", "viewer", PASSWORD, "login"),
            ("wei", "king", PASSWORD, "role"),
            ("wei", "viewer", "short", "password"),
        ]
        for login, role, password, field in wrong:
            with pytest.raises(InputError) as caught:
                create_staff(conn, login, "x", role, password, now)
            assert caught.value.field == field


def test_the_last_owner_stays(browse: Browse, staffed: Ground) -> None:
    owner = browse("owner")
    with staffed.db.tx() as conn:
        number = conn.execute("select staff_id from staff where login = 'owner'").fetchone()[0]
    assert owner.fill(f"/settings/staff/{number}", {"name": "Owner", "role": "viewer"}).status_code == 422
    assert owner.fill(f"/settings/staff/{number}/close", {}).status_code == 422
    assert owner.look("/settings/staff").status_code == 200
