"""The service that asks a warehouse, as its pods run it: PostgreSQL in earnest, stand-ins for a model and the others."""

import datetime as dt
import ipaddress
import json
import os
import pwd
import shutil
import subprocess
from pathlib import Path
from typing import Any, ClassVar

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from decided import ENVIRONMENT, until
from filers import Filed

from engine import processes
from serving.gateway.hooks.domicile_policy import digest
from serving.queries.files import SERVE, files, libraries
from serving.queries.spec import QueriesSpec

KEYS = {"analysts": "sk-analysts", "controlling": "sk-controlling", "approvers": "sk-approvers"}
PASSWORD = "a-password-of-this-test"


def programs() -> Path | None:
    """The folder of PostgreSQL's programs, if it is installed."""
    known = [Path(one).parent for one in (shutil.which("initdb"),) if one]
    found = [*sorted(one.parent for one in Path("/usr/lib/postgresql").glob("*/bin/initdb")), *known]
    return next((one for one in reversed(found) if (one / "psql").exists()), None)


class Around(Filed):
    """A gateway whose model writes what it is told to, a filer, and BigQuery as its reference describes it.

    ``writes`` are the model's next answers, the last one again and again; ``dry`` is what a dry run reckons.
    """

    writes: ClassVar[list[str]] = []
    asked: ClassVar[list[dict[str, Any]]] = []
    files: ClassVar[dict[str, bytes]] = {}
    queries: ClassVar[list[tuple[dict[str, Any], str]]] = []
    store_works: ClassVar[bool] = True
    status: ClassVar[int] = 200
    dry: ClassVar[int] = 1000

    @classmethod
    def begin(cls, *writes: str) -> None:
        """As it is before a test: the model writes these queries."""
        cls.writes[:] = writes
        cls.store_works, cls.status, cls.dry = True, 200, 1000
        for kept in (cls.asked, cls.files, cls.queries):
            kept.clear()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.startswith("/bigquery/"):
            self.queries.append((body, str(self.headers["Authorization"])))
            if body.get("dryRun"):
                self.reply(200, {"totalBytesProcessed": str(self.dry), "jobComplete": True})
                return
            fields = [{"name": "region", "type": "STRING"}, {"name": "n", "type": "INTEGER"}]
            rows = [{"f": [{"v": "north"}, {"v": "3"}]}]
            self.reply(200, {"jobComplete": True, "schema": {"fields": fields}, "rows": rows, "totalRows": "1"})
            return
        Around.asked.append({**body, "key": self.headers["Authorization"]})
        if self.status != 200:
            self.reply(self.status, {"error": {"message": "no model answers"}})
            return
        text = self.writes.pop(0) if len(self.writes) > 1 else self.writes[0]
        content = text if text.startswith(("{", "not JSON")) else json.dumps({"sql": text, "explanation": "As asked."})
        self.reply(200, {"choices": [{"message": {"role": "assistant", "content": content}}]})

    def do_GET(self) -> None:
        if self.path == "/token":
            self.reply(200 if self.headers["Metadata-Flavor"] == "Google" else 403, {"access_token": "ya29.machine"})
        else:
            super().do_GET()


class Postgres:
    """A PostgreSQL of a test, which takes connections by TLS alone."""

    def __init__(self, folder: Path) -> None:
        """Make it."""
        found = programs()
        assert found is not None
        self.bin, self.folder, self.data = found, folder, folder / "data"
        # it does not run as root
        self.user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        if os.geteuid() == 0:
            for one in (folder, *folder.parents[:4]):
                one.chmod(one.stat().st_mode | 0o711)
            shutil.chown(folder, "postgres")
        (self.port,) = processes.free_ports(1)
        self.ca, key = certificate()
        self.run("initdb", "-D", str(self.data), "-U", "owner", "--auth=trust", "--no-sync")
        for name, content in (("server.crt", self.ca), ("server.key", key)):
            file = self.data / name
            file.write_text(content, encoding="utf-8")
            file.chmod(0o600)
            if os.geteuid() == 0:
                shutil.chown(file, "postgres")
        rules = "local all owner trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n"
        (self.data / "pg_hba.conf").write_text(rules, encoding="utf-8")
        options = f"-p {self.port} -k {folder} -c ssl=on -c listen_addresses=127.0.0.1 -c fsync=off"
        self.run("pg_ctl", "-D", str(self.data), "-l", str(folder / "log"), "-o", options, "-w", "start")

    def run(self, program: str, *arguments: str, given: str | None = None) -> str:
        """Run one of its programs; returns what it says."""
        done = subprocess.run(
            [str(self.bin / program), *arguments],
            input=given,
            capture_output=True,
            text=True,
            check=False,
            user=self.user if os.geteuid() == 0 else None,
            cwd=self.folder,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def sql(self, text: str, database: str = "postgres", **variables: str) -> str:
        """Run SQL as the owner."""
        given = [part for name, value in variables.items() for part in ("-v", f"{name}={value}")]
        where = ("-h", str(self.folder), "-p", str(self.port), "-U", "owner", "-d", database)
        return self.run("psql", *where, "-v", "ON_ERROR_STOP=1", "-qAt", *given, given=text)

    def close(self) -> None:
        """End it."""
        self.run("pg_ctl", "-D", str(self.data), "-m", "immediate", "-w", "stop")


def certificate() -> tuple[str, str]:
    """A certificate of 127.0.0.1 that signs itself, and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM).decode(), secret.decode()


class Asking:
    """The service in a process of its own, with the libraries that its pods get."""

    def __init__(self, folder: Path, spec: QueriesSpec, address: str, **environment: str) -> None:
        """Write its files."""
        self.folder, self.audit = folder, folder / "audit"
        home = folder / "files"
        home.mkdir(parents=True, exist_ok=True)
        archives = libraries(spec.engine)
        for name, text in files(spec, archives).items():
            (home / name).write_text(text, encoding="utf-8")
        for name, content in archives.items():
            (folder / name).write_bytes(content)
        paths = os.pathsep.join([str(home), *(str(folder / name) for name in archives)])
        (self.port,) = processes.free_ports(1)
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
            "HOME": str(folder),
            "PYTHONPATH": paths,
            "DOMICILE_KEYS": json.dumps({digest(key): team for team, key in KEYS.items()}),
            "DOMICILE_AUDIT": str(self.audit),
            "DOCUMENTS": address,
            "GATEWAY": f"{address}/v1",
            "API_KEY": "sk-queries",
            "HOSTNAME": "queries-0",
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60)

    def start(self) -> "Asking":
        """Start it, and wait until it answers."""
        self.audit.mkdir(exist_ok=True)
        command = [str(ENVIRONMENT / "uvicorn"), *SERVE, "--port", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        assert until(lambda: processes.listens(self.port)), (self.folder / "log").read_text()
        return self

    def close(self) -> None:
        """End it for good."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.client.close()

    def ask(self, question: str, by: str = "Ada", team: str = "analysts") -> httpx.Response:
        """Ask a question."""
        return self.post("/v1/questions", team, question=question, by=by)

    def post(self, path: str, team: str, **body: Any) -> httpx.Response:
        """Send something as a team."""
        return self.client.post(path, json=body, headers=self.headers(team))

    def get(self, path: str, team: str) -> httpx.Response:
        """Look at something as a team."""
        return self.client.get(path, headers=self.headers(team))

    def headers(self, team: str) -> dict[str, str]:
        """A team's key."""
        return {"Authorization": f"Bearer {KEYS.get(team, team)}"}

    def records(self) -> list[dict[str, Any]]:
        """The audit log, checked."""
        from serving.gateway.hooks import domicile_audit

        return [one for file in sorted(self.audit.glob("*.jsonl")) for one in domicile_audit.records(file)]
