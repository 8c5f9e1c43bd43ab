"""A vector store on Kubernetes: Qdrant, Weaviate or Milvus on encrypted storage, kept twice, behind a wall."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from pulumi import Output, ResourceOptions

from components import stateful
from components.core import Component
from components.vector_store.contract import VectorStoreArgs
from components.vector_store.spec import PORT, VectorStoreSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What one of them is as a container. ``backup`` is a shell command, given the spec and the store's address.

    ``restore`` is one too, given the address; empty where it is the cluster's own work.
    """

    port: int
    health: str
    data_path: str
    backup: Callable[[VectorStoreSpec, str], str]
    restore: Callable[[str], str]
    volume: Literal["job", "store", "none"]
    health_port: int = 0
    command: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


def _qdrant(spec: VectorStoreSpec, url: str) -> str:
    return (
        f'for c in $(curl -fsS {url}/collections | grep -o \'"name":"[^"]*"\' | cut -d\'"\' -f4); do '
        f's=$(curl -fsS -X POST {url}/collections/$c/snapshots | grep -o \'"name":"[^"]*"\' | cut -d\'"\' -f4); '
        f'curl -fsS -o "/backup/$c-$(date +%Y%m%d%H%M).snapshot" {url}/collections/$c/snapshots/$s; '
        f"curl -fsS -X DELETE {url}/collections/$c/snapshots/$s; done; "
        f"find /backup -name '*.snapshot' -mtime +{spec.keep_backups} -delete"
    )


def _restore_qdrant(url: str) -> str:
    """Each collection's snapshot of a time (`202611270345`), or its newest. The store takes what is in it as it was."""
    return (
        f"cd {stateful.BACKUPS}; at=${{ARCHIVE:-[0-9]*}}; "
        "for c in $(ls | sed -n 's/-[0-9]*\\.snapshot$//p' | sort -u); do "
        'f=$(ls | grep "^$c-$at\\.snapshot$" | sort | tail -n 1); test -n "$f"; '
        f'curl -fsS -X POST "{url}/collections/$c/snapshots/upload?priority=snapshot&wait=true" -F "snapshot=@$f"; '
        'echo "restored $f"; done'
    )


def _restore_weaviate(url: str) -> str:
    """A backup by its name (`at-202611270345`), or the newest, which Weaviate reads itself."""
    return (
        f"b={url}/v1/backups/filesystem; one=${{ARCHIVE:-$(ls {stateful.BACKUPS} | sort | tail -n 1)}}; "
        'curl -fsS -H "Content-Type: application/json" -d "{}" $b/$one/restore; '
        'until curl -fsS $b/$one/restore | grep -q \'"status":"SUCCESS"\'; do '
        'if curl -fsS $b/$one/restore | grep -q \'"status":"FAILED"\'; then exit 1; fi; sleep 5; done; '
        'echo "restored $one"'
    )


def _weaviate(spec: VectorStoreSpec, url: str) -> str:
    """Weaviate writes its backups itself and tells when it is done."""
    return (
        f"b={url}/v1/backups/filesystem; one=at-$(date +%Y%m%d%H%M); "
        'curl -fsS -H "Content-Type: application/json" -d "{\\"id\\":\\"$one\\"}" $b; '
        'until curl -fsS $b/$one | grep -q \'"status":"SUCCESS"\'; do '
        'if curl -fsS $b/$one | grep -q \'"status":"FAILED"\'; then exit 1; fi; sleep 5; done; '
        f"find {stateful.BACKUPS} -mindepth 1 -maxdepth 1 -mtime +{spec.keep_backups} -exec rm -r {{}} +"
    )


def _milvus(spec: VectorStoreSpec, url: str) -> str:
    """A snapshot of its volume: etcd, log and data of one pod, as they are at one moment."""
    del url
    return stateful.snapshot(spec.name, spec.keep_backups)


#: by name. Sources: the vendors' documentation of their containers and of backups
ENGINES: Mapping[str, Engine] = {
    "qdrant": Engine(
        port=PORT,
        health="/readyz",
        data_path="/qdrant/storage",
        environment=(
            ("QDRANT__STORAGE__SNAPSHOTS_PATH", "/qdrant/storage/snapshots"),
            ("QDRANT__TELEMETRY_DISABLED", "true"),
        ),
        backup=_qdrant,
        restore=_restore_qdrant,
        volume="job",
    ),
    "weaviate": Engine(
        port=8080,
        health="/v1/.well-known/ready",
        data_path="/var/lib/weaviate",
        environment=(
            ("AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED", "true"),
            ("BACKUP_FILESYSTEM_PATH", stateful.BACKUPS),
            ("CLUSTER_HOSTNAME", "node-0"),
            ("DEFAULT_VECTORIZER_MODULE", "none"),
            ("DISABLE_TELEMETRY", "true"),
            ("ENABLE_MODULES", "backup-filesystem"),
            ("PERSISTENCE_DATA_PATH", "/var/lib/weaviate"),
        ),
        backup=_weaviate,
        restore=_restore_weaviate,
        volume="store",
    ),
    "milvus": Engine(
        port=19530,
        health="/healthz",
        health_port=9091,
        data_path="/var/lib/milvus",
        command=("milvus", "run", "standalone"),
        environment=(
            ("COMMON_STORAGETYPE", "local"),
            ("DEPLOY_MODE", "STANDALONE"),
            ("ETCD_DATA_DIR", "/var/lib/milvus/etcd"),
            ("ETCD_USE_EMBED", "true"),
        ),
        backup=_milvus,
        # a volume made of its snapshot: see docs/how-to/restore.md
        restore=lambda _: "",
        volume="none",
    ),
}


class KubernetesVectorStore(Component):
    """See the module."""

    TOKEN = "domicile:vector_store/kubernetes:VectorStore"  # noqa: S105 a type token
    endpoint: Output[str]

    def __init__(self, name: str, args: VectorStoreArgs, opts: ResourceOptions | None = None) -> None:
        """Create the store."""
        super().__init__(name, args, opts)
        spec = args.spec
        engine = ENGINES[spec.engine]
        url = f"http://{spec.name}:{engine.port}"
        stateful.build(
            self,
            stateful.Store(
                name=spec.name,
                ownership=spec.ownership,
                namespace=args.namespace,
                image=spec.image,
                command=engine.command,
                port=engine.port,
                health=engine.health,
                health_port=engine.health_port,
                storage_gib=spec.storage_gib,
                storage_class=spec.storage_class,
                memory_gib=spec.memory_gib,
                data_path=engine.data_path,
                clients=spec.clients,
                namespaces=spec.namespaces,
                environment=engine.environment,
                backup=stateful.Backup(
                    image=spec.backup_image,
                    schedule=spec.backup_schedule,
                    command=engine.backup(spec, url),
                    volume=engine.volume,
                    restore=engine.restore(url),
                ),
            ),
        )
        self.endpoint = Output.from_input(url)
        self.finish()
