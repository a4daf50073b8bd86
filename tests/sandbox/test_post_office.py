"""The post office as other programs meet it: a process of its own, spoken to over SMTP and HTTP."""

from __future__ import annotations

import json
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from siyu.sandbox.mail import Fault, Faults

ARGS = ["--port", "0", "--smtp-port", "0", "--tls", "--smtp-user", "shop", "--smtp-password", "open sesame", "--seed", "7"]


class Sandbox:
    """A running sandbox and its addresses."""

    def __init__(self, data: Path, process: subprocess.Popen[str]) -> None:
        self.data, self.process = data, process
        assert process.stdout
        line = process.stdout.readline()
        assert line, process.stderr.read() if process.stderr else "no output"
        told = json.loads(line)
        self.url, self.port = told["url"], told["smtp_port"]
        for _ in range(100):
            try:
                self.get("/health")
                break
            except OSError:
                time.sleep(0.05)

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            body = answer.read()
            return json.loads(body) if "json" in answer.headers["Content-Type"] else body.decode()

    def post(self, path: str, value: object) -> Any:
        request = urllib.request.Request(self.url + path, data=json.dumps(value).encode())
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def smtp(self, *, login: bool = True) -> smtplib.SMTP:
        line = smtplib.SMTP("127.0.0.1", self.port, timeout=10)
        if login:
            line.starttls(context=ssl.create_default_context(cafile=str(self.data / "smtp.pem")))
            line.login("shop", "open sesame")
        return line


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    data = tmp_path_factory.mktemp("world")
    process = subprocess.Popen(
        [sys.executable, "-m", "siyu.sandbox", *ARGS, "--data", str(data)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    yield Sandbox(data, process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) in (0, -signal.SIGTERM)


def letter(to: str, subject: str = "上新了") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"], made["Message-ID"] = "茶铺 <shop@brand.example>", to, subject, f"<1-{to}>"
    made["List-Unsubscribe"] = "<https://siyu.example/u/abc>, <mailto:stop@brand.example>"
    made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    made.set_content("你好")
    made.add_alternative(
        '<html><head></head><body><h1>你好</h1><a href="https://x.example/?a=1&amp;b=2">看</a>'
        '<img src="https://siyu.example/t/o/z.gif" width="1"><script>alert(1)</script></body></html>',
        subtype="html",
    )
    return made


def test_a_letter_lies_in_its_mailbox(sandbox: Sandbox) -> None:
    with sandbox.smtp() as line:
        line.send_message(letter("lin@mail.example"), "bounce@brand.example", ["lin@mail.example"])
    (told,) = sandbox.get("/api/mails?mailbox=lin@mail.example")
    assert told["subject"] == "上新了" and told["sender"] == "bounce@brand.example" and told["text"].strip() == "你好"
    assert told["links"] == ["https://x.example/?a=1&b=2"] and told["picture"] == "https://siyu.example/t/o/z.gif"
    assert told["unsubscribe"] == "https://siyu.example/u/abc" and told["is_one_click"]
    assert next(m["mail_id"] for m in sandbox.get(f"/api/mails?after={told['mail_id'] - 1}")) == told["mail_id"]


def test_pages_show_it_in_both_languages_and_its_script_is_shut_in(sandbox: Sandbox) -> None:
    with sandbox.smtp() as line:
        line.send_message(letter("wei@mail.example", "<b>Hi</b>"), "bounce@brand.example", ["wei@mail.example"])
    number = sandbox.get("/api/mails?mailbox=wei@mail.example")[0]["mail_id"]
    zh, en = sandbox.get("/mail?lang=zh"), sandbox.get("/mail?lang=en")
    assert "沙盒邮局" in zh and "wei@mail.example" in zh and "Sandbox post office" in en
    page = sandbox.get(f"/mail/{number}?lang=zh")
    assert "&lt;b&gt;Hi" in page and "<b>Hi" not in page and "一键退订" in page
    with urllib.request.urlopen(f"{sandbox.url}/mail/{number}/html") as frame:
        policy = frame.headers["Content-Security-Policy"]
        assert "sandbox" in policy and "script" not in policy and "default-src 'none'" in policy
    assert "Content-Transfer-Encoding" in sandbox.get(f"/mail/{number}/raw")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        sandbox.get("/mail/999999")


def test_tls_and_login_are_asked_for(sandbox: Sandbox) -> None:
    with sandbox.smtp(login=False) as line:
        line.ehlo()
        assert line.docmd("MAIL FROM:<a@b.example>")[0] == 530
        line.starttls(context=ssl.create_default_context(cafile=str(sandbox.data / "smtp.pem")))
        line.ehlo()
        assert line.docmd("MAIL FROM:<a@b.example>")[0] == 530
        with pytest.raises(smtplib.SMTPAuthenticationError):
            line.login("shop", "wrong")
    with sandbox.smtp(login=False) as line, pytest.raises(ssl.SSLCertVerificationError):
        line.starttls(context=ssl.create_default_context())


@pytest.mark.parametrize(
    ("fault", "answers"),
    [
        ("unknown", ["550", "550"]),
        ("full", ["452", "452"]),
        ("greylist", ["450", "taken"]),
        ("policy", ["554", "554"]),
        ("busy", ["451", "taken"]),
        ("kept", ["cut", "cut"]),
        ("lost", ["cut", "cut"]),
        ("bounce", ["taken", "taken"]),
    ],
)
def test_an_address_with_a_fault_has_it_for_certain(sandbox: Sandbox, fault: str, answers: list[str]) -> None:
    address = f"anybody@{fault}.fault.example"
    before = sandbox.get("/health")["mails"]
    seen = []
    for _ in range(2):
        line = sandbox.smtp()
        try:
            line.sendmail("bounce@brand.example", [address], letter(address).as_bytes())
            seen.append("taken")
        except smtplib.SMTPRecipientsRefused as err:
            seen.append(str(err.recipients[address][0]))
        except smtplib.SMTPDataError as err:
            seen.append(str(err.smtp_code))
        except smtplib.SMTPServerDisconnected:
            seen.append("cut")
        finally:
            line.close()
    assert seen == answers
    kept = len(sandbox.get(f"/api/mails?mailbox={address}"))
    assert kept == {"kept": 2, "greylist": 1, "busy": 1}.get(fault, 0)
    assert sandbox.get("/health")["mails"] - before == kept + (2 if fault == "bounce" else 0)


def test_the_dead_do_not_answer(sandbox: Sandbox) -> None:
    sandbox.post("/api/dead", {"addresses": ["gone@mail.example"]})
    with sandbox.smtp() as line, pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        line.sendmail("s@brand.example", ["GONE@mail.example"], b"Subject: x\r\n\r\nx")
    assert refused.value.recipients["GONE@mail.example"][0] == 550


def test_a_notice_is_posted_with_its_key(sandbox: Sandbox) -> None:
    got: list[tuple[str, bytes]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.headers["Authorization"], self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    sandbox.post("/api/bounces", {"url": f"http://127.0.0.1:{server.server_port}/b", "key": "k1"})
    address = "later@bounce.fault.example"
    with sandbox.smtp() as line:
        line.sendmail("bounce@brand.example", [address], letter(address).as_bytes())
    thread.join(10)
    server.server_close()
    sandbox.post("/api/bounces", {"url": "", "key": ""})
    assert got[0][0] == "Bearer k1"
    assert b"message/delivery-status" in got[0][1] and b"Status: 5.1.1" in got[0][1] and f"<1-{address}>".encode() in got[0][1]


def test_the_clock_can_be_moved(sandbox: Sandbox) -> None:
    told = sandbox.post("/clock", {"shown_at": "2011-12-10T08:00:00+00:00", "rate": 0})
    assert told["shown_at"].startswith("2011-12-10T08:00:00") and told["rate"] == 0
    with sandbox.smtp() as line:
        line.sendmail("s@brand.example", ["then@mail.example"], b"Subject: x\r\n\r\nx")
    assert sandbox.get("/api/mails?mailbox=then@mail.example")[0]["received_at"].startswith("2011-12-10T08:00:00")
    with pytest.raises(urllib.error.HTTPError, match="422"):
        sandbox.post("/clock", {"shown_at": "soon"})
    sandbox.post("/clock", {"shown_at": "2011-12-10T08:00:00+00:00", "rate": 86400})
    time.sleep(0.2)
    assert sandbox.get("/clock")["shown_at"] > "2011-12-10T12"


def test_faults_are_given_by_rate(sandbox: Sandbox) -> None:
    assert sandbox.post("/api/faults", {"unknown": 0.5})["unknown"] == 0.5
    with sandbox.smtp() as line:
        line.mail("s@brand.example")
        codes = [line.rcpt(f"c{n}@mail.example")[0] for n in range(200)]
    assert 70 < codes.count(550) < 130 and set(codes) == {250, 550}
    assert sandbox.post("/api/faults", {})["unknown"] == 0
    with pytest.raises(urllib.error.HTTPError, match="422"):
        sandbox.post("/api/faults", {"gremlins": 1})


def test_luck_is_fixed_by_the_seed() -> None:
    faults = Faults(unknown=0.1, bounce=0.1, slow=0.1)
    first = [faults.of_address(1, f"c{n}@a.example") for n in range(2000)]
    assert first == [faults.of_address(1, f"C{n}@a.example") for n in range(2000)]
    assert first != [faults.of_address(2, f"c{n}@a.example") for n in range(2000)]
    assert 120 < first.count(Fault.UNKNOWN) < 280


def test_a_taken_port_is_said_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "siyu.sandbox", "--port", "0", "--smtp-port", port, "--data", str(tmp_path)],
            check=False, capture_output=True, text=True, timeout=30,
        )  # fmt: skip
    assert done.returncode == 1 and "port" in done.stderr and "Traceback" not in done.stderr
