"""A document store on Kubernetes: SeaweedFS' filer over HTTP on encrypted storage, archived to a volume of its own."""

from pulumi import Output, ResourceOptions

from components import stateful
from components.core import Component
from components.document_store.contract import DocumentStoreArgs
from components.document_store.spec import PORT

ARCHIVE = """
import io, json, sys, tarfile, urllib.parse, urllib.request
base, target = sys.argv[1:]
def get(path, accept, query=""):
    request = urllib.request.Request(base + urllib.parse.quote(path) + query, headers={"Accept": accept})
    return urllib.request.urlopen(request, timeout=60).read()
def walk(folder):
    last = ""
    while last is not None:
        query = "?" + urllib.parse.urlencode({"limit": 1000, "lastFileName": last})
        listing = json.loads(get(folder + "/", "application/json", query))
        for entry in listing.get("Entries") or []:
            if entry["Mode"] & 0o20000000000:
                yield from walk(entry["FullPath"])
            else:
                yield entry["FullPath"]
        last = listing["LastFileName"] if listing.get("ShouldDisplayLoadMore") else None
with tarfile.open(target, "w") as archive:
    for path in walk("/documents"):
        content = get(path, "*/*")
        info = tarfile.TarInfo(path.lstrip("/"))
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
""".strip()


class KubernetesDocumentStore(Component):
    """See the module."""

    TOKEN = "domicile:document_store/kubernetes:DocumentStore"  # noqa: S105 a type token
    endpoint: Output[str]

    def __init__(self, name: str, args: DocumentStoreArgs, opts: ResourceOptions | None = None) -> None:
        """Create the store."""
        super().__init__(name, args, opts)
        spec = args.spec
        url = f"http://{spec.name}:{PORT}"
        backup = (
            f"python3 -c '{ARCHIVE}' {url} /backup/documents-$(date +%Y%m%d%H%M).tar; "
            f"find /backup -name '*.tar' -mtime +{spec.keep_backups} -delete"
        )
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
                backup=stateful.Backup(image=spec.backup_image, schedule=spec.backup_schedule, command=backup),
            ),
        )
        self.endpoint = Output.from_input(url)
        self.finish()
