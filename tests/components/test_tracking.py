"""MLflow as a platform's pods run it: the stack's own commands and settings, PostgreSQL and S3 in earnest."""

import base64
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import boto3
import decided
import httpx
import pytest
import warehouses
from conftest import ROOT
from filers import Filed, serving

from cli.check import planned
from components.tracking import serve
from engine import processes

VENV = ROOT / ".venv" / "mlflow"
MLFLOW = VENV / "bin" / "mlflow"
pytestmark = [
    pytest.mark.skipif(not MLFLOW.exists(), reason="MLflow is not installed: make mlflow"),
    pytest.mark.skipif(warehouses.programs() is None, reason="PostgreSQL is not installed"),
]
PASSWORD = "first: with \\ and :"


@pytest.fixture(scope="module")
def made() -> dict[str, dict[str, Any]]:
    """What the platform on an attached cluster makes of it, as it is applied, by kind."""
    plan = planned.plan(ROOT, "platform-onprem-munich")
    found: dict[str, dict[str, Any]] = {}
    for one in plan.resources:
        metadata: dict[str, Any] = one.props.get("metadata") or {}
        name = str(metadata.get("name", ""))
        if name.startswith("munich-tracking"):
            found[f"{one.type.rpartition(':')[2]} {name}"] = dict(one.props)
    return found


class Tracked:
    """A database, a bucket, and servers of MLflow on them, as the stack says."""

    def __init__(self, folder: Path, store: str, made: dict[str, dict[str, Any]]) -> None:
        self.folder, self.made = folder, made
        (folder / "postgres").mkdir()
        self.postgres = warehouses.Postgres(folder / "postgres")
        self.postgres.sql("CREATE ROLE domicile LOGIN PASSWORD :'word'", word=PASSWORD)
        self.postgres.sql("CREATE DATABASE domicile OWNER domicile")
        (folder / "ca.crt").write_text(self.postgres.ca, encoding="utf-8")
        (folder / "password").write_text(PASSWORD, encoding="utf-8")
        (folder / "backup").mkdir()
        self.pod = made["Deployment munich-tracking"]["spec"]["template"]["spec"]
        told = {one["name"]: one["value"] for one in self.pod["containers"][0]["env"]}
        settings = json.loads(made["Secret munich-tracking-settings"]["stringData"]["settings.json"])
        bucket = str(settings["files"]).removeprefix("s3://")
        module: Any = boto3
        self.bucket = module.resource("s3", endpoint_url=store, region_name="us-east-1").Bucket(bucket)
        self.bucket.create()
        for key in ("access-key", "secret-key"):
            (folder / key).write_text("testing\n", encoding="utf-8")
        paths = {
            "SETTINGS": str(folder / "settings.json"),
            "PGPASSFILE": str(folder / "pgpass"),
            "PGSERVICEFILE": str(folder / "service"),
            "OBJECTS": str(folder),
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
            "MLFLOW_S3_ENDPOINT_URL": store,
            "HOME": str(folder),
        }
        assert (settings["database"]["host"], settings["database"]["port"]) == ("munich-sql-rw.munich", 5432)
        settings["database"] |= {"host": "127.0.0.1", "port": self.postgres.port, "sslrootcert": str(folder / "ca.crt")}
        settings["secret"] = f"file:{folder}/password"
        (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
        assert set(paths) <= set(told), "what is changed for this machine is what the pod is told"
        self.environment = {**told, **paths, "INTERVAL": "0.2", "PATH": f"{VENV}/bin:{os.environ['PATH']}"}
        self.servers: list[subprocess.Popen[bytes]] = []

    def starts(self) -> str:
        """A server more; gives its address when it is asked for its health."""
        (port,) = processes.free_ports(1)
        with (self.folder / f"{port}.log").open("wb") as log:
            server = subprocess.Popen(
                [str(VENV / "bin" / "python"), str(ROOT / "components" / "tracking" / "serve.py")],
                env={**self.environment, "HOST": "127.0.0.1", "PORT": str(port)},
                stdout=log,
                stderr=log,
                cwd=self.folder,
                preexec_fn=processes.die_with_parent,  # noqa: PLW1509 started from one thread
            )
        self.servers.append(server)
        return f"http://127.0.0.1:{port}"

    def log(self, address: str) -> str:
        return (self.folder / f"{address.rpartition(':')[2]}.log").read_text(encoding="utf-8")

    def runs(self, job: str, archive: str = "") -> str:
        """A job's command, as its schedule has it; gives what it says."""
        schedule = self.made[f"CronJob munich-tracking-{job}"]
        (container,) = schedule["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
        command = [part.replace("/backup", str(self.folder / "backup")) for part in container["command"]]
        told = {**self.environment, "PATH": f"{self.postgres.bin}:{os.environ['PATH']}", "ARCHIVE": archive}
        done = subprocess.run(command, env=told, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def close(self) -> None:
        for server in self.servers:
            processes.end(server)
        self.postgres.close()


@pytest.fixture(scope="module")
def tracked(tmp_path_factory: pytest.TempPathFactory, moto: str, made: dict[str, dict[str, Any]]) -> Iterator[Tracked]:
    found = Tracked(tmp_path_factory.mktemp("tracked"), moto, made)
    yield found
    found.close()


@pytest.fixture(scope="module")
def servers(tracked: Tracked) -> list[str]:
    """Two, which find an empty database at the same time."""
    found = [tracked.starts(), tracked.starts()]
    for one in found:
        assert decided.until(lambda one=one: decided.healthy(one), 180), tracked.log(one)[-3000:]
    return found


def client(address: str, program: str) -> str:
    """What a run does with MLflow's own library."""
    told = {**os.environ, "MLFLOW_TRACKING_URI": address, "MLFLOW_DISABLE_TELEMETRY": "true"}
    told.pop("AWS_ENDPOINT_URL", None)
    begin = "import mlflow; from mlflow import MlflowClient; c = MlflowClient()\n"
    command = [str(VENV / "bin" / "python"), "-W", "ignore", "-c", begin + program]
    done = subprocess.run(command, env=told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


RUN = """
with mlflow.start_run() as run:
    mlflow.log_metric("eval_loss", 1.2)
    mlflow.log_text("weights", "model/model.bin")
c.create_registered_model("desk")
c.create_model_version("desk", f"runs:/{run.info.run_id}/model", run.info.run_id)
c.set_registered_model_alias("desk", "approved", 1)
print(run.info.run_id)
"""
READ = """
version = c.get_model_version_by_alias("desk", "approved")
print(version.version, c.get_run(version.run_id).data.metrics["eval_loss"],
      mlflow.artifacts.load_text(f"runs:/{version.run_id}/model/model.bin"))
"""


def test_what_one_server_is_told_another_knows(tracked: Tracked, servers: list[str]) -> None:
    """Records are in a schema of their own, files in the bucket."""
    client(servers[0], RUN)
    assert client(servers[1], READ) == "1 1.2 weights"
    assert [one.get()["Body"].read() for one in tracked.bucket.objects.all()] == [b"weights"]
    schemas = (
        "SELECT DISTINCT table_schema FROM information_schema.tables WHERE table_name IN ('runs', 'model_versions')"
    )
    assert tracked.postgres.sql(schemas, "domicile").split() == ["mlflow"]
    assert PASSWORD not in "".join(tracked.log(one) for one in servers)


def test_who_asks_by_another_name_is_refused(servers: list[str]) -> None:
    """A web page that a person looks at asks by its own name."""
    ask = f"{servers[0]}/api/2.0/mlflow/experiments/search?max_results=1"
    assert httpx.get(ask, headers={"Host": "munich-tracking.munich.svc:5000"}).is_success
    assert httpx.get(ask, headers={"Host": "evil.example.com"}).status_code == 403


def test_what_is_lost_comes_back(tracked: Tracked, servers: list[str]) -> None:
    tracked.runs("backup")
    first = sorted(one.name for one in (tracked.folder / "backup").iterdir())
    client(servers[0], "c.delete_registered_model('desk'); mlflow.create_experiment('later')")
    assert f"restored {first[0]}" in tracked.runs("restore")
    assert client(servers[1], READ) == "1 1.2 weights"
    assert client(servers[1], "print(c.get_experiment_by_name('later'))") == "None"


def test_a_schema_that_is_gone_comes_back(tracked: Tracked, servers: list[str]) -> None:
    tracked.postgres.sql("DROP SCHEMA mlflow CASCADE", "domicile")
    tracked.runs("restore", min(one.name for one in (tracked.folder / "backup").iterdir()))
    assert client(servers[0], READ) == "1 1.2 weights"
    client(servers[0], "c.set_model_version_tag('desk', '1', 'licence', 'apache-2.0')")


def test_a_dump_that_is_cut_off_changes_nothing(tracked: Tracked, servers: list[str]) -> None:
    whole = min((tracked.folder / "backup").iterdir()).read_bytes()
    (tracked.folder / "backup" / "cut.dump").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(AssertionError, match="pg_restore"):
        tracked.runs("restore", "cut.dump")
    (tracked.folder / "backup" / "cut.dump").unlink()
    assert client(servers[0], READ) == "1 1.2 weights"


def test_so_many_are_kept(tracked: Tracked) -> None:
    backup = tracked.folder / "backup"
    for day in range(20):
        (backup / f"mlflow-202601{day:02}031500.dump").write_bytes(b"")
    tracked.runs("backup")
    kept = sorted(one.name for one in backup.iterdir())
    assert len(kept) == 14
    assert kept[-1] > "mlflow-2026012"


def test_a_password_that_changes_is_followed(tracked: Tracked, servers: list[str]) -> None:
    """No pod is started again; who keeps the password changes it when it likes."""
    tracked.postgres.sql("ALTER ROLE domicile PASSWORD 'second'")
    (tracked.folder / "password").write_text("second", encoding="utf-8")
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'domicile'"
    assert decided.until(lambda: "second" in (tracked.folder / "pgpass").read_text(encoding="utf-8"), 30)
    tracked.postgres.sql(cut)
    assert decided.until(lambda: httpx.get(f"{servers[0]}/api/2.0/mlflow/registered-models/search").is_success, 30)
    assert client(servers[0], READ) == "1 1.2 weights"
    (tracked.folder / "password").unlink()
    assert decided.until(lambda: "password-not-read" in tracked.log(servers[0]), 30)
    assert client(servers[0], READ) == "1 1.2 weights", "its keeper is away: what is known stays"
    (tracked.folder / "password").write_text("second", encoding="utf-8")


def test_a_server_that_is_told_to_end_ends_and_the_next_finds_its_tables(tracked: Tracked, servers: list[str]) -> None:
    server = tracked.servers[0]
    server.send_signal(signal.SIGTERM)
    server.wait(60)
    assert decided.until(lambda: not decided.healthy(servers[0]), 30)
    again = tracked.starts()
    assert decided.until(lambda: decided.healthy(again), 120), tracked.log(again)[-3000:]
    assert client(again, READ) == "1 1.2 weights"


class Keepers(Filed):
    """Secret Manager, the machine's metadata, Entra and Key Vault, as their references describe them."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        bearer = self.headers["Authorization"]
        self.asked.append(self.path)
        if self.path.endswith("/default/token"):
            self.reply(200 if self.headers["Metadata-Flavor"] == "Google" else 403, {"access_token": "of-google"})
        elif self.path == "/v1/projects/p/secrets/sql/versions/latest:access" and bearer == "Bearer of-google":
            self.reply(200, {"payload": {"data": base64.b64encode(b"from google").decode()}})
        elif self.path == "/secrets/sql?api-version=7.4" and bearer == "Bearer of-azure":
            self.reply(200, {"value": "from azure"})
        else:
            self.reply(403, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        proven = "client_assertion=of-the-pod" in body and "client_id=me" in body and "vault.azure.net" in body
        self.reply(200 if proven and self.path == "/tenant/oauth2/v2.0/token" else 401, {"access_token": "of-azure"})


def test_a_password_is_fetched_from_whatever_keeps_it(
    moto: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    module: Any = boto3
    secrets = module.client("secretsmanager")
    arn = secrets.create_secret(Name="sql", SecretString=json.dumps({"username": "domicile", "password": "from aws"}))[
        "ARN"
    ]
    assert serve.password(arn) == "from aws"
    with serving(Keepers) as address:
        monkeypatch.setenv("GCE_METADATA_HOST", address.removeprefix("http://"))
        monkeypatch.setenv("SECRETS", address)
        assert serve.password("projects/p/secrets/sql") == "from google"
        (tmp_path / "token").write_text("of-the-pod", encoding="utf-8")
        told = {"FEDERATED_TOKEN_FILE": str(tmp_path / "token"), "CLIENT_ID": "me", "TENANT_ID": "tenant"}
        for name, value in {**told, "AUTHORITY_HOST": f"{address}/"}.items():
            monkeypatch.setenv(f"AZURE_{name}", value)
        assert serve.password(f"{address}/secrets/sql/0123abcd") == "from azure", "the version now, not the first"
