"""What mail servers say, in our words; and when a channel rests or a message waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siyu.channels import breaker
from siyu.channels.breaker import WELL, Health
from siyu.channels.email.codes import refusal
from siyu.channels.words import Answer, Result

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "text", "at_rcpt", "answer", "label", "is_hard"),
    [
        # as servers really answer
        (550, "5.1.1 The email account that you tried to reach does not exist.", True, "refused", "hard_5.1.1", True),
        (550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", True, "refused", "hard_5.1.10", True),
        (550, "User not found: x", True, "refused", "hard_550", True),
        (550, "Mailbox not found. http://service.mail.qq.com/", True, "refused", "hard_550", True),
        (550, "MI:SPB 163 smtp - spam", True, "refused", "policy_550", False),
        (553, "sorry, no mailbox here by that name (#5.7.17)", True, "refused", "policy_5.7.17", False),
        (551, "User not local", True, "refused", "hard_551", True),
        (556, "5.1.10 Recipient address has null MX", True, "refused", "hard_5.1.10", True),
        (550, "5.2.1 The user's account is disabled", True, "refused", "hard_5.2.1", True),
        (552, "5.2.2 The email account is over quota", True, "later", "soft_5.2.2", False),
        (452, "4.2.2 The email account is over quota", True, "later", "soft_4.2.2", False),
        (552, "Mailbox full", True, "later", "soft_552", False),
        (450, "4.7.1 Greylisted", True, "later", "soft_4.7.1", False),
        (451, "Temporary failure, please try again", False, "later", "soft_451", False),
        (421, "4.7.0 Try again later, closing connection", False, "later", "soft_4.7.0", False),
        (550, "5.7.1 Message rejected due to DMARC policy", False, "refused", "policy_5.7.1", False),
        (554, "Message rejected: spam content", False, "refused", "policy_554", False),
        (554, "5.7.26 Unauthenticated email is not accepted", False, "refused", "policy_5.7.26", False),
        (550, "Requested action not taken", False, "refused", "policy_550", False),  # after DATA: not about the address
        (550, "5.1.8 Sender address rejected: Domain not found", True, "down", "sender_5.1.8", False),
        (550, "5.1.7 The sender's address was invalid", True, "down", "sender_5.1.7", False),
        (552, "5.3.4 Message too big for system", False, "refused", "policy_5.3.4", False),
    ],
)
def test_an_answer_is_understood(code: int, text: str, at_rcpt: bool, answer: str, label: str, is_hard: bool) -> None:
    result = refusal(code, text, is_about_address=at_rcpt)
    assert (result.answer, result.code, result.is_hard) == (answer, label, is_hard)


@settings(max_examples=300)
@given(st.integers(400, 599), st.text(max_size=80), st.booleans())
def test_any_refusal_is_read_and_only_a_permanent_one_kills_an_address(code: int, text: str, at_rcpt: bool) -> None:
    result = refusal(code, text, is_about_address=at_rcpt)
    assert result.answer in (Answer.REFUSED, Answer.LATER, Answer.DOWN)
    if result.is_hard:
        assert code >= 500 and result.answer is Answer.REFUSED
    if code < 500:
        assert result.answer is not Answer.REFUSED


def test_the_servers_words_are_kept_without_addresses() -> None:
    why = refusal(550, "5.1.1 <lin.secret@mail.example>: 13800001234 user unknown", is_about_address=True).why
    assert "lin.secret" not in why and "13800001234" not in why and "user unknown" in why


def test_a_channel_rests_longer_each_time_and_wakes_to_one() -> None:
    down, now, health, rests = Result(Answer.DOWN, "connect"), NOW, WELL, []
    for _ in range(12):
        health = breaker.after(health, down, now)
        assert health.resting_until and breaker.allowed(health, 100, now) == 0
        rests.append(health.resting_until - now)
        now = health.resting_until
        assert breaker.allowed(health, 100, now) == 1
    assert rests[0] == breaker.FIRST_REST and rests == sorted(rests) and rests[-1] == breaker.LONGEST_REST
    well = breaker.after(health, Result(Answer.TAKEN, "250"), now)
    assert well == WELL and breaker.allowed(well, 100, now) == 100


def test_answers_that_never_come_rest_the_channel_after_a_few() -> None:
    health = WELL
    for n in range(1, breaker.LOST_IN_A_ROW + 1):
        health = breaker.after(health, Result(Answer.LOST, "no_answer"), NOW)
        assert (health.resting_until is not None) == (n == breaker.LOST_IN_A_ROW)


@pytest.mark.parametrize("answer", [Answer.REFUSED, Answer.LATER])
def test_a_no_is_a_sign_of_health(answer: Answer) -> None:
    assert breaker.after(Health(4, NOW), Result(answer, "x"), NOW) == WELL


@settings(max_examples=100)
@given(st.integers(1, 20), st.one_of(st.none(), st.integers(0, 10**6)))
def test_a_letter_waits_longer_each_time_and_is_given_up(tries: int, asked: int | None) -> None:
    result = Result(Answer.LATER, "x", retry_after=None if asked is None else timedelta(seconds=asked))
    at = breaker.retry_at(tries, result, NOW, NOW + timedelta(days=30))
    if tries >= breaker.MOST_TRIES:
        assert at is None
    else:
        assert at is not None and at - NOW >= breaker.FIRST_RETRY and at - NOW >= timedelta(seconds=asked or 0)


@settings(max_examples=100)
@given(st.integers(1, 20), st.floats(0.1, 3600), st.one_of(st.none(), st.floats(0, 3600)))
def test_what_has_little_time_is_tried_again_within_it_or_given_up(tries: int, left: float, asked: float | None) -> None:
    result = Result(Answer.LATER, "x", retry_after=None if asked is None else timedelta(seconds=asked))
    ends = NOW + timedelta(seconds=left)
    at = breaker.retry_at(tries, result, NOW, ends)
    if at is None:
        assert tries >= breaker.MOST_TRIES or left <= 1 or (asked or 0) >= left - 0.001
    else:
        assert NOW + timedelta(seconds=1) <= at < ends and at - NOW >= timedelta(seconds=asked or 0)


def test_a_welcome_that_was_refused_for_now_gets_five_chances_within_its_twenty_seconds() -> None:
    at, ends = NOW, NOW + timedelta(seconds=20)
    for tries in range(1, breaker.MOST_TRIES):
        again = breaker.retry_at(tries, Result(Answer.LATER, "pace"), at, ends)
        assert again is not None and again - at < timedelta(seconds=4)
        at = again
    assert breaker.retry_at(breaker.MOST_TRIES, Result(Answer.LATER, "pace"), at, ends) is None
