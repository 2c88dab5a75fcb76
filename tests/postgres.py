"""A PostgreSQL of the tests' own: a cluster in a new folder, on a free port of this machine, ended with the tests."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USER, PASSWORD, DATABASE = "quant", "s3cret-Pa55w0rd!", "market"
HOMES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


@dataclass(frozen=True)
class Cluster:
    """A running server and a user whose password it wants."""

    port: int
    user: str = USER
    password: str = PASSWORD
    database: str = DATABASE

    @property
    def url(self) -> str:
        """Where prices are read, without the password."""
        return f"postgresql://{self.user}@127.0.0.1:{self.port}/{self.database}"


def programs() -> Path | None:
    """The folder of initdb and postgres, None where PostgreSQL is not installed."""
    on_path = shutil.which("initdb")
    found = [*HOMES, *([Path(on_path).resolve().parent] if on_path else [])]
    return next((home for home in found if (home / "initdb").is_file() and (home / "postgres").is_file()), None)


def unprivileged() -> list[str] | None:
    """What begins a command as a user whom PostgreSQL accepts: nothing for such a user; None for root without one."""
    if os.geteuid() != 0:
        return []
    runuser = shutil.which("runuser")
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        if runuser is not None:
            return [runuser, "-u", name, "--"]
    return None


@contextmanager
def running(bin_folder: Path, begin: list[str]) -> Iterator[Cluster]:
    """Start a cluster, and stop it and clear it away at the end."""
    home = Path(tempfile.mkdtemp(prefix="hedgebook-pg-"))
    try:
        if begin:
            shutil.chown(home, user=begin[begin.index("-u") + 1])
        secret = home / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        data, port = home / "cluster", _free_port()

        def run(program: str, *arguments: str) -> None:
            command = [*begin, str(bin_folder / program), *arguments]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd="/", check=False)
            assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"

        run(
            "initdb", "-D", str(data), "-U", USER, "--auth=scram-sha-256", f"--pwfile={secret}", "-E", "UTF8",
            "--locale=C", "--no-sync",
        )  # fmt: skip
        options = f"-p {port} -c listen_addresses=127.0.0.1 -k {home} -c fsync=off -c max_connections=10"
        # Its standard streams lead nowhere: a server that keeps them open would keep its starter waiting.
        run("pg_ctl", "-D", str(data), "-w", "-t", "30", "-l", str(home / "log"), "-o", options, "start")
        try:
            environment = {**os.environ, "PGPASSWORD": PASSWORD}
            made = [str(bin_folder / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", USER, DATABASE]
            subprocess.run(made, env=environment, check=True, timeout=30)
            yield Cluster(port)
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
