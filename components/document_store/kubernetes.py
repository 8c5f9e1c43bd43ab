"""A document store on Kubernetes: SeaweedFS' filer over HTTP on encrypted storage, archived to a volume of its own."""

from pathlib import Path

from pulumi import Output, ResourceOptions

from components import stateful
from components.core import Component
from components.document_store.contract import DocumentStoreArgs
from components.document_store.spec import PORT

ARCHIVE = Path(__file__).parent / "archive.py"


def _run(words: str) -> str:
    """A shell command that runs the program of archives with some words."""
    return f"python3 - {words} <<'PROGRAM'\n{ARCHIVE.read_text(encoding='utf-8')}\nPROGRAM"


class KubernetesDocumentStore(Component):
    """See the module."""

    TOKEN = "domicile:document_store/kubernetes:DocumentStore"  # noqa: S105 a type token
    endpoint: Output[str]

    def __init__(self, name: str, args: DocumentStoreArgs, opts: ResourceOptions | None = None) -> None:
        """Create the store."""
        super().__init__(name, args, opts)
        spec = args.spec
        url = f"http://{spec.name}:{PORT}"
        stateful.build(
            self,
            stateful.Store(
                name=spec.name,
                ownership=spec.ownership,
                namespace=args.namespace,
                image=spec.image,
                command=("server", "-dir=/data", "-filer", f"-filer.port={PORT}"),
                port=PORT,
                health="/",
                storage_gib=spec.storage_gib,
                storage_class=spec.storage_class,
                memory_gib=spec.memory_gib,
                data_path="/data",
                clients=spec.clients,
                environment=(),
                backup=stateful.Backup(
                    image=spec.backup_image,
                    schedule=spec.backup_schedule,
                    command=_run(f"keep {url} {stateful.BACKUPS} {spec.keep_backups}"),
                    restore=_run(f'restore {url} {stateful.BACKUPS} "$ARCHIVE"'),
                ),
            ),
        )
        self.endpoint = Output.from_input(url)
        self.finish()
