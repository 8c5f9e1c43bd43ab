"""A vector store on Kubernetes: Qdrant on encrypted storage, with snapshots to a volume of their own."""

from pulumi import Output, ResourceOptions

from components import stateful
from components.core import Component
from components.vector_store.contract import VectorStoreArgs

PORT = 6333


class KubernetesVectorStore(Component):
    """See the module."""

    TOKEN = "domicile:vector_store/kubernetes:VectorStore"  # noqa: S105 a type token
    endpoint: Output[str]

    def __init__(self, name: str, args: VectorStoreArgs, opts: ResourceOptions | None = None) -> None:
        """Create the store."""
        super().__init__(name, args, opts)
        spec = args.spec
        url = f"http://{spec.name}:{PORT}"
        backup = (
            f'for c in $(curl -fsS {url}/collections | grep -o \'"name":"[^"]*"\' | cut -d\'"\' -f4); do '
            f's=$(curl -fsS -X POST {url}/collections/$c/snapshots | grep -o \'"name":"[^"]*"\' | cut -d\'"\' -f4); '
            f'curl -fsS -o "/backup/$c-$(date +%Y%m%d%H%M).snapshot" {url}/collections/$c/snapshots/$s; '
            f"curl -fsS -X DELETE {url}/collections/$c/snapshots/$s; done; "
            f"find /backup -name '*.snapshot' -mtime +{spec.keep_backups} -delete"
        )
        stateful.build(
            self,
            stateful.Store(
                name=spec.name,
                ownership=spec.ownership,
                namespace=args.namespace,
                image=spec.image,
                command=(),
                port=PORT,
                health="/readyz",
                storage_gib=spec.storage_gib,
                storage_class=spec.storage_class,
                memory_gib=spec.memory_gib,
                data_path="/qdrant/storage",
                clients=spec.clients,
                environment=(("QDRANT__STORAGE__SNAPSHOTS_PATH", "/qdrant/storage/snapshots"),),
                backup_image=spec.backup_image,
                backup_schedule=spec.backup_schedule,
                backup=backup,
            ),
        )
        self.endpoint = Output.from_input(url)
        self.finish()
