"""MLflow on any cluster: servers, their wall, the jobs that keep records twice. A target says where files lie."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import Input, Output, Resource

from components import pods, servers, stateful
from components.core import Component, manifest
from components.ownership import PREFIX, digest
from components.tracking.contract import TrackingArgs
from components.tracking.spec import PORT

PART, BACKUP = "tracking", "tracking-backup"
PROGRAM = Path(__file__).parent / "serve.py"
#: a person comes through a port that `kubectl` forwards
LOCAL = ("localhost", "127.0.0.1")
#: what the job keeps, and how it comes back; records are one schema of the platform's database
KEEP = (
    "pg_dump --schema=mlflow --format=custom --no-owner --no-acl --file=/backup/part.tmp; "
    "mv /backup/part.tmp /backup/mlflow-$(date +%Y%m%d%H%M%S).dump; "
    "ls /backup/*.dump | sort | head -n -{keep} | xargs -r rm"
)  # fmt: skip
RESTORE = (
    "one=${ARCHIVE:-$(ls /backup | grep '[.]dump$' | sort | tail -n 1)}; "
    'pg_restore --clean --if-exists --no-owner --no-acl --single-transaction --dbname= "/backup/$one"; '
    'echo "restored $one"'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where files go, and what opens the database and them.

    ``secret`` is where the password lies as `serve.py` takes it; ``mounted`` are Secrets that are mounted beside it:
    (folder, Secret, keys); ``tls`` is how the database's certificate is looked at.
    """

    files: Input[str]
    secret: Input[str]
    tls: tuple[tuple[str, str], ...] = (("sslmode", "require"),)
    mounted: tuple[tuple[str, Input[str], tuple[str, ...]], ...] = ()
    environment: tuple[tuple[str, Input[str]], ...] = ()


def build(owner: Component, args: TrackingArgs, sources: Sources) -> Output[str]:
    """Create everything as children of a component; returns the endpoint."""
    spec = args.spec
    labels = spec.ownership.labels(PART)
    place = {"namespace": args.namespace, "labels": labels}
    program = PROGRAM.read_text(encoding="utf-8")
    account = servers.account(owner, spec, place, args.annotations)
    settings = _settings(args, sources)
    programs = k8s.core.v1.ConfigMap(
        f"{owner.name}-program",
        metadata=manifest({"name": spec.name, **place}),
        data={PROGRAM.name: program},
        opts=owner.child(),
    )
    told = k8s.core.v1.Secret(
        f"{owner.name}-settings",
        metadata=manifest({"name": f"{spec.name}-settings", **place}),
        string_data={"settings.json": settings},
        opts=owner.child(),
    )
    changed = {f"{PREFIX}/config": settings.apply(lambda said: digest(program + said))}
    template = {
        "metadata": {"labels": {**labels, **pods.USES_IDENTITY}, "annotations": changed},
        "spec": _server(args, sources),
    }
    after = (account, programs, told)
    _backups(owner, args, sources, after)
    return servers.build(owner, spec, PART, args.namespace, PORT, template, after)


def _settings(args: TrackingArgs, sources: Sources) -> Output[str]:
    """What `serve.py` is told."""
    said = (args.namespace, args.host, args.port, args.database, sources.secret, sources.files)
    return Output.all(*said).apply(lambda found: _written(args.spec.name, sources.tls, *found))


def _written(  # noqa: PLR0917 the parts of one document
    name: str,
    tls: tuple[tuple[str, str], ...],
    namespace: str,
    host: str,
    port: int,
    database: str,
    secret: str,
    files: str,
) -> str:
    known = {"host": host, "port": port, "dbname": database, "user": "domicile", **dict(tls)}
    places = (name, f"{name}.{namespace}", f"{name}.{namespace}.svc", f"{name}.{namespace}.svc.cluster.local", *LOCAL)
    # MLflow refuses to be asked by other names, so that no web page can ask in a person's name
    hosts = ",".join(one for place in places for one in (place, f"{place}:*"))
    settings = {"database": known, "files": files, "hosts": hosts, "secret": secret}
    return json.dumps(settings, indent=1, sort_keys=True)


def _environment(sources: Sources) -> list[dict[str, Any]]:
    known = (
        ("HOME", "/tmp"),
        ("PGPASSFILE", "/credentials/pgpass"),
        ("PGSERVICEFILE", "/credentials/service"),
        ("PGSERVICE", "tracking"),
        ("SETTINGS", "/settings/settings.json"),
        *sources.environment,
    )
    return [{"name": key, "value": text} for key, text in known]


def _container(args: TrackingArgs, sources: Sources, name: str, words: tuple[str, ...]) -> dict[str, Any]:
    """A container of MLflow's image that runs our program."""
    return {
        "name": name,
        "image": args.spec.image,
        "command": ["python3", f"/program/{PROGRAM.name}", *words],
        "env": _environment(sources),
        "securityContext": pods.container_security(),
        "volumeMounts": [
            {"name": "program", "mountPath": "/program", "readOnly": True},
            {"name": "credentials", "mountPath": "/credentials"},
            {"name": "settings", "mountPath": "/settings", "readOnly": True},
            *({"name": folder, "mountPath": f"/{folder}", "readOnly": True} for folder, _, _ in sources.mounted),
            pods.scratch_mount(),
        ],
    }


def _pod(args: TrackingArgs, sources: Sources) -> dict[str, Any]:
    return {
        "serviceAccountName": args.spec.service_account,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pods.pod_security(),
        "volumes": [
            {"name": "program", "configMap": {"name": args.spec.name}},
            {"name": "settings", "secret": {"secretName": f"{args.spec.name}-settings"}},
            {"name": "credentials", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}},
            *(
                {"name": folder, "secret": {"secretName": secret, "items": [{"key": key, "path": key} for key in keys]}}
                for folder, secret, keys in sources.mounted
            ),
            pods.scratch(),
        ],
    }


def _server(args: TrackingArgs, sources: Sources) -> dict[str, Any]:
    probe = {"httpGet": {"path": "/health", "port": PORT}}
    container = _container(args, sources, "mlflow", ())
    container["env"] += [
        {"name": key, "value": text}
        for key, text in (
            ("MLFLOW_DISABLE_TELEMETRY", "true"),
            ("DO_NOT_TRACK", "true"),
            ("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false"),
        )
    ]
    return {
        **_pod(args, sources),
        "topologySpreadConstraints": pods.spread(args.spec.ownership.selector(PART), pods.ZONE),
        "terminationGracePeriodSeconds": 60,
        "containers": [
            {
                **container,
                "ports": [{"name": "http", "containerPort": PORT}],
                "resources": pods.resources("500m", "3Gi"),
                # the first server makes the tables, the others wait for it
                "startupProbe": {**probe, "periodSeconds": 5, "failureThreshold": 120},
                "readinessProbe": {**probe, "periodSeconds": 5},
                "livenessProbe": {**probe, "periodSeconds": 10, "failureThreshold": 6},
            }
        ],
    }


def _backups(owner: Component, args: TrackingArgs, sources: Sources, after: Sequence[Resource]) -> None:
    """The job that keeps records on a volume of its own, and one that brings them back: it never runs by itself."""
    spec = args.spec
    labels = spec.ownership.labels(BACKUP)
    place = {"namespace": args.namespace, "labels": labels}
    stateful.backup_volume(owner, f"{spec.name}-backup", place, spec.storage_class, spec.storage_gib)
    marked = {**labels, **pods.USES_IDENTITY}
    keep = _job(args, sources, "backup", KEEP.format(keep=spec.keep_backups))
    bring = _job(args, sources, "restore", RESTORE)
    jobs = {
        "backup": stateful.schedule(spec.backup_schedule, marked, keep),
        "restore": stateful.never(marked, bring),
    }
    for name, job in jobs.items():
        k8s.batch.v1.CronJob(
            f"{owner.name}-{name}",
            metadata=manifest({"name": f"{spec.name}-{name}", **place}),
            spec=manifest(job),
            opts=owner.child(depends_on=after),
        )


def _job(args: TrackingArgs, sources: Sources, name: str, command: str) -> dict[str, Any]:
    """PostgreSQL's own programs, with the password that our program fetched for them."""
    small = {"resources": pods.resources("100m", "256Mi")}
    pod, tools = _pod(args, sources), _container(args, sources, name, ())
    mounts = [one for one in tools["volumeMounts"] if one["name"] != "program"]
    return {
        **pod,
        "restartPolicy": "Never",
        "initContainers": [{**_container(args, sources, "credentials", ("credentials",)), **small}],
        "containers": [
            {
                **tools,
                **small,
                "image": args.spec.backup_image,
                "command": ["/bin/sh", "-euc", command],
                "env": [*tools["env"], *([{"name": "ARCHIVE", "value": ""}] if name == "restore" else [])],
                "volumeMounts": [*mounts, {"name": "backup", "mountPath": stateful.BACKUPS}],
            }
        ],
        "volumes": [
            *pod["volumes"],
            {"name": "backup", "persistentVolumeClaim": {"claimName": f"{args.spec.name}-backup"}},
        ],
    }
