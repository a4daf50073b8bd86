"""The wire: connections kept, time limits of the whole answer, what was sent and what was not."""

from __future__ import annotations

import socket
import threading

import pytest
from tests.vendors.conftest import Vendor

from siyu.vendors.calls.http import Connections, NoAnswer, NotSent
from siyu.vendors.calls.upload import Upload


def test_a_connection_is_kept_and_has_the_limit_of_its_call(vendor: Vendor) -> None:
    pool = Connections()
    for timeout in (20, 40):
        assert pool.exchange(vendor.url, "GET", "/x", headers={}, timeout=timeout).status == 200
    [[kept]] = pool._kept.values()
    assert kept.connection.sock is not None and kept.connection.sock.gettimeout() == 40
    first = kept.connection
    kept.connection.sock.shutdown(socket.SHUT_RDWR)  # the other side has hung up meanwhile
    assert pool.exchange(vendor.url, "POST", "/x", headers={}, body=b"{}").status == 200, "another one is opened, nothing is lost"
    [[kept]] = pool._kept.values()
    assert kept.connection is not first
    pool.close()


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(NotSent):
        Connections().exchange(f"http://127.0.0.1:{port}", "GET", "/", headers={}, timeout=5)


@pytest.mark.parametrize("is_dripping", [False, True])
def test_an_answer_that_does_not_come_whole(is_dripping: bool) -> None:
    """Silent, or a byte now and then: the limit is that of the whole answer, not of one read."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            line, _ = server.accept()
            with line:
                line.recv(65_536)
                line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" if is_dripping else b"")
                while not stop.wait(0.02):
                    try:
                        line.sendall(b"x" if is_dripping else b"")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            with pytest.raises(NoAnswer, match="timed out"):
                Connections().exchange(f"http://127.0.0.1:{server.getsockname()[1]}", "GET", "/", headers={}, timeout=0.3)
        finally:
            stop.set()
            thread.join()


def test_a_file_on_its_way() -> None:
    upload = Upload('茶"\r\n.png', b"123456", boundary="b")
    head, _, rest = upload.body.partition(b"\r\n\r\n")
    assert 'name="media"; filename="茶.png"; filelength=6' in head.decode()
    assert b"Content-Type: image/png" in head
    assert rest == b"123456\r\n--b--\r\n"
