"""The SMTP server of the post office (RFC 5321, by aiosmtpd), with STARTTLS and AUTH where asked for."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from siyu.base.clock import SystemClock
from siyu.sandbox.mail.faults import Fault
from siyu.sandbox.mail.office import OFFICE, PostOffice

_MOST_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True)
class Line:
    """How the server is reached: a listening socket, and what it asks of its callers."""

    listener: socket.socket
    tls: ssl.SSLContext | None = None
    is_tls_needed: bool = False
    login: tuple[str, str] | None = None


class _Counter:
    """Answers the commands of one connection out of the post office."""

    def __init__(self, post: PostOffice) -> None:
        self._post = post

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self._post.answer_rcpt(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = ""
        for address in envelope.rcpt_tos:
            if self._post.fault_of(address) is Fault.SLOW:
                await asyncio.sleep(self._post.faults.slow_for)
            answer, fault = self._post.take(address, envelope.mail_from or "", bytes(envelope.original_content or b""))
            if fault in (Fault.KEPT, Fault.LOST):
                transport = server.transport
                if isinstance(transport, asyncio.WriteTransport):
                    transport.abort()
                raise asyncio.CancelledError
        return answer


@asynccontextmanager
async def serve(post: PostOffice, line: Line) -> AsyncIterator[None]:
    """Answer SMTP on the line while the block runs."""
    loop = asyncio.get_running_loop()

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object) -> AuthResult:
        if line.login is None or not isinstance(given, LoginPassword):
            return AuthResult(success=False, handled=False)
        user, password = line.login
        right = hmac.compare_digest(given.login, user.encode()) & hmac.compare_digest(given.password, password.encode())
        return AuthResult(success=right, handled=False)

    def answer() -> SMTP:
        return SMTP(
            _Counter(post),
            hostname=OFFICE,
            ident="Siyu sandbox",
            enable_SMTPUTF8=True,
            data_size_limit=_MOST_BYTES,
            tls_context=line.tls,
            require_starttls=line.is_tls_needed,
            auth_required=line.login is not None,
            auth_require_tls=line.tls is not None,
            authenticator=check if line.login else None,
            timeout=120,
            loop=loop,
        )

    server = await loop.create_server(answer, sock=line.listener)
    try:
        yield
    finally:
        server.close()


def self_signed(data: Path, host: str = "127.0.0.1") -> ssl.SSLContext:
    """A TLS context with a certificate of our own for `host`, made in `data/smtp.pem`; callers who check must be given that file."""
    file = data / "smtp.pem"
    if not file.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, OFFICE)])
        now = SystemClock().now()
        names: list[x509.GeneralName] = [x509.DNSName(OFFICE), x509.DNSName("localhost")]
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(host)))
        except ValueError:
            names.append(x509.DNSName(host))
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=3650))
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (data / "smtp.key").touch(mode=0o600)
        (data / "smtp.key").write_bytes(private)
        file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(file, data / "smtp.key")
    return context
