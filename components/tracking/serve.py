"""MLflow's server in its pod, and the password of its database as it is now: who keeps it may change it at any time.

`serve.py` serves; `serve.py credentials` only fetches the password, for a job that reads the database. `SETTINGS` names
a file that says `database` (as PostgreSQL's library names its parameters), `secret` (where the password lies), `files`
(where artefacts go) and `hosts` (names it is asked by). What opens the database is written to `PGSERVICEFILE` and
`PGPASSFILE`, which every connection reads. `OBJECTS` is a folder with the keys of a bucket that knows no identities.
"""

import base64
import importlib
import json
import os
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

SCHEMA, LOCK = "mlflow", 5_000_317
#: the rest is in the service file
ADDRESS = f"postgresql+psycopg2:///?options={urllib.parse.quote(f'-csearch_path={SCHEMA}')}"
PORT, WORKERS = "5000", "2"
#: what the server does itself at its first start, where another may be doing it too
FIRST = (
    "import sys; from mlflow.server import handlers; "
    "handlers.initialize_backend_stores(sys.argv[1], default_artifact_root='mlflow-artifacts:/')"
)
#: seconds between looks at the secret
INTERVAL = float(os.environ.get("INTERVAL", "30"))


def fetched(address: str, headers: dict[str, str], form: dict[str, str] | None = None) -> Any:
    """JSON over HTTP."""
    body = urllib.parse.urlencode(form).encode() if form else None
    with urllib.request.urlopen(urllib.request.Request(address, body, headers), timeout=20) as answer:
        return json.load(answer)


def of_file(reference: str) -> str:
    """A Secret that is mounted."""
    return Path(reference.removeprefix("file:")).read_text(encoding="utf-8")


def of_aws(reference: str) -> str:
    """Secrets Manager; the database's own secrets are JSON."""
    boto3: Any = importlib.import_module("boto3")
    said = boto3.client("secretsmanager").get_secret_value(SecretId=reference)
    return str(json.loads(said["SecretString"])["password"])


def of_gcp(reference: str) -> str:
    """Secret Manager, asked as the pod's own account."""
    metadata = os.environ.get("GCE_METADATA_HOST", "metadata.google.internal")
    token = f"http://{metadata}/computeMetadata/v1/instance/service-accounts/default/token"
    mine = fetched(token, {"Metadata-Flavor": "Google"})["access_token"]
    api = os.environ.get("SECRETS", "https://secretmanager.googleapis.com")
    found = fetched(f"{api}/v1/{reference}/versions/latest:access", {"Authorization": f"Bearer {mine}"})
    return base64.b64decode(found["payload"]["data"]).decode()


def of_azure(reference: str) -> str:
    """Key Vault, asked with the token that the pod's identity is given; of whatever version is the latest."""
    proof = Path(os.environ["AZURE_FEDERATED_TOKEN_FILE"]).read_text(encoding="utf-8")
    vault, _, rest = reference.partition("/secrets/")
    asked = {
        "grant_type": "client_credentials",
        "client_id": os.environ["AZURE_CLIENT_ID"],
        "scope": "https://vault.azure.net/.default",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": proof,
    }
    authority = os.environ["AZURE_AUTHORITY_HOST"].rstrip("/")
    mine = fetched(f"{authority}/{os.environ['AZURE_TENANT_ID']}/oauth2/v2.0/token", {}, asked)["access_token"]
    address = f"{vault}/secrets/{rest.partition('/')[0]}?api-version=7.4"
    return str(fetched(address, {"Authorization": f"Bearer {mine}"})["value"])


KEEPERS: dict[str, Callable[[str], str]] = {
    "file:": of_file,
    "arn:": of_aws,
    "projects/": of_gcp,
    "https://": of_azure,
    "http://": of_azure,
}


def password(reference: str) -> str:
    """The password as it is now, from wherever it is kept."""
    return next(ask for begin, ask in KEEPERS.items() if reference.startswith(begin))(reference)


def told() -> Any:
    """The settings."""
    return json.loads(Path(os.environ["SETTINGS"]).read_text(encoding="utf-8"))


def keep() -> None:
    """Write what opens the database where PostgreSQL's library looks, and a bucket's keys where boto3 does."""
    settings = told()
    database = "".join(f"{name}={value}\n" for name, value in settings["database"].items())
    write(Path(os.environ["PGSERVICEFILE"]), f"[{os.environ['PGSERVICE']}]\n{database}")
    said = password(settings["secret"]).replace("\\", "\\\\").replace(":", "\\:")
    write(Path(os.environ["PGPASSFILE"]), f"*:*:*:*:{said}\n")
    if "OBJECTS" in os.environ:
        names = {"aws_access_key_id": "access-key", "aws_secret_access_key": "secret-key"}
        found = {name: of_file(f"{os.environ['OBJECTS']}/{key}").strip() for name, key in names.items()}
        keys = "".join(f"{name} = {value}\n" for name, value in found.items())
        write(Path(os.environ["AWS_SHARED_CREDENTIALS_FILE"]), f"[default]\n{keys}")


def write(file: Path, text: str) -> None:
    """Write a file that is its owner's alone, whole or not at all."""
    beside = file.with_suffix(".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
    beside.replace(file)


def prepare() -> None:
    """Make the tables, or bring them to this version; servers that start together do it one after another."""
    import psycopg2  # pyright: ignore[reportMissingModuleSource] in the image

    first = [sys.executable, "-c", FIRST, ADDRESS]
    later = ["mlflow", "db", "upgrade", ADDRESS]
    connection = psycopg2.connect("")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        cursor.execute("SELECT count(*) FROM information_schema.tables WHERE table_schema = %s", (SCHEMA,))
        found = cursor.fetchone()
        subprocess.run(later if found and found[0] else first, check=True)
    connection.close()


def serve() -> int:
    """Serve until told to end; requests under way are answered first."""
    settings = told()
    keep()
    prepare()
    stores = ["--backend-store-uri", ADDRESS, "--artifacts-destination", settings["files"]]
    door = ["--host", os.environ.get("HOST", "0.0.0.0"), "--port", os.environ.get("PORT", PORT), "--workers", WORKERS]  # noqa: S104 in a pod
    asked = ["--allowed-hosts", settings["hosts"]]
    server = subprocess.Popen(["mlflow", "server", *stores, *door, *asked], start_new_session=True)

    def end(number: int, _: Any) -> None:
        os.killpg(server.pid, number)

    signal.signal(signal.SIGTERM, end)
    while True:
        try:
            return server.wait(INTERVAL)
        except subprocess.TimeoutExpired:
            refresh()


def refresh() -> None:
    """Look at the password again; where its keeper is away, the one that is known stays."""
    try:
        keep()
    except Exception as error:  # noqa: BLE001 whatever the keeper's library raises
        print(json.dumps({"event": "password-not-read", "reason": str(error)[:300]}), flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["credentials"]:
        keep()
    else:
        sys.exit(serve())
