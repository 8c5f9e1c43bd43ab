"""What operators of others add to a cluster's API: their definitions of custom resources, from their own releases.

The operators themselves do not run: what our stacks ask of them is checked by a real API server, nothing acts on it.
Most come from the operators' Go modules; `minimal/` has schemas of ours for those that are in none.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from engine.localcluster import golang
from engine.localcluster.binaries import cache_folder
from engine.localcluster.errors import ClusterError
from engine.localcluster.golang import Progress
from engine.state.files import write_atomic
from engine.values import Props

MINIMAL = Path(__file__).parent / "minimal"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
ESTABLISHED_TIMEOUT_S = 60.0
Request = Callable[[str, str, Props | None], Props]


@dataclass(frozen=True, slots=True)
class Source:
    """Where an operator's definitions lie: files of a Go module, with the module's checksum as `go.sum` has it."""

    module: str
    version: str
    files: str
    checksum: str


SOURCES = {
    "argo-rollouts": Source(
        "github.com/argoproj/argo-rollouts",
        "v1.8.3",
        "manifests/crds/*-crd.yaml",
        "h1:blbtQva4IK9r6gFh+dWkCrLnFdPOWiv9ubQYu36qeaA=",
    ),
    "cert-manager": Source(
        "github.com/cert-manager/cert-manager",
        "v1.19.0",
        "deploy/crds/cert-manager.io_*.yaml",
        "h1:pPKtK06zPriliwq7B12xa7DGKbc4SvnfOjE0BXaAspk=",
    ),
    "cloudnative-pg": Source(
        "github.com/cloudnative-pg/cloudnative-pg",
        "v1.27.0",
        "config/crd/bases/*.yaml",
        "h1:mp0zlYO4vKAJmQdArWORWKr1lmB4Hj8JeBQGX5RBnpg=",
    ),
    "envoy-ai-gateway": Source(
        "github.com/envoyproxy/ai-gateway",
        "v1.0.0",
        "manifests/charts/ai-gateway-crds-helm/templates/*.yaml",
        "h1:cTdSnQmtQQ2Ea5T/LLK50pIthG2SJAOxU9XPXZbtDkU=",
    ),
    "envoy-gateway": Source(
        "github.com/envoyproxy/gateway",
        "v1.8.1",
        "charts/gateway-helm/charts/crds/crds/generated/*.yaml",
        "h1:i8POtrPtel3n0iGP55MNy6U1rTW4msyhkEWjXAF09ts=",
    ),
    "gateway-api": Source(
        "sigs.k8s.io/gateway-api",
        "v1.5.1",
        "config/crd/standard/gateway.networking.k8s.io_*.yaml",
        "h1:RqVRIlkhLhUO8wOHKTLnTJA6o/1un4po4/6M1nRzdd0=",
    ),
    "inference-extension": Source(
        "sigs.k8s.io/gateway-api-inference-extension",
        "v1.2.0",
        "config/crd/bases/*.yaml",
        "h1:7H+ijrUImnW2ubcTakNgV723xDIdQx1Umv4vDVB+tTk=",
    ),
    "jobset": Source(
        "sigs.k8s.io/jobset",
        "v0.11.0",
        "config/components/crd/bases/*.yaml",
        "h1:1r2uTNQmylnqG/WCSSDADgNkHryvyUaCNCOgvSPWpN8=",
    ),
    "karpenter": Source(
        "sigs.k8s.io/karpenter",
        "v1.8.0",
        "pkg/apis/crds/*.yaml",
        "h1:AmTHUPtnuL8IX9mbcD3NOohyk62idrBCBtM+8Wn6Jvk=",
    ),
    "keda": Source(
        "github.com/kedacore/keda/v2",
        "v2.19.0",
        "config/crd/bases/keda.sh_*.yaml",
        "h1:IP3iMTwr9HkaAwPtLnhngPv74LghMf7ubLrsGLQo52M=",
    ),
    "kueue": Source(
        "sigs.k8s.io/kueue",
        "v0.15.0",
        "config/components/crd/bases/*.yaml",
        "h1:9Khzc2ne6/eWuZx5o+R4KlVBzh3kZkTIMzpPC2e8Spg=",
    ),
    "leader-worker-set": Source(
        "sigs.k8s.io/lws",
        "v0.8.0",
        "config/crd/bases/*.yaml",
        "h1:DdhJ8QabwTfWgbgaHH2gdf8twliioHaoSfmDXRYEVU0=",
    ),
    "policy-controller": Source(
        "github.com/sigstore/policy-controller",
        "v0.13.0",
        "config/300-clusterimagepolicy.yaml",
        "h1:NAzGGn8TWQB3Bxek2/xd5mxvZR1Fn6RnttXTOfdm3Xk=",
    ),
    "prometheus-operator": Source(
        "github.com/prometheus-operator/prometheus-operator",
        "v0.85.0",
        "example/prometheus-operator-crd/*.yaml",
        "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
    ),
    "snapshots": Source(
        "github.com/kubernetes-csi/external-snapshotter/client/v8",
        "v8.2.0",
        "config/crd/snapshot.storage.k8s.io_*.yaml",
        "h1:Q3jQ1NkFqv5o+F8dMmHd8SfEmlcwNeo1immFApntEwE=",
    ),
}
#: operators whose definitions are in no Go module: schemas of ours, with their source in the file
OURS = ("clickhouse", "strimzi")
OPERATORS = tuple(sorted((*SOURCES, *OURS)))


def known(names: Iterable[str]) -> None:
    """Refuse a name that is no operator's.

    Raises:
        ClusterError: says which are known.
    """
    for name in names:
        if name not in OPERATORS:
            message = f"'{name}' is no operator that is known here; known are {', '.join(OPERATORS)}"
            raise ClusterError(message)


def install(names: Iterable[str], request: Request, progress: Progress) -> None:
    """Add the definitions of these operators to a cluster, or bring them to our versions; wait until they are served.

    Raises:
        ClusterError: an operator's module cannot be had, or the API server does not serve a definition.
    """
    wanted = sorted(set(names))
    if not wanted:
        return
    present = {one["metadata"]["name"]: one for one in request("GET", DEFINITIONS, None)["items"]}
    asked: list[str] = []
    for name in wanted:
        for definition in definitions(name, progress):
            own = str(definition["metadata"]["name"])
            asked.append(own)
            if own not in present:
                request("POST", DEFINITIONS, definition)
            elif present[own]["spec"].get("versions") != definition["spec"]["versions"]:
                version = {"resourceVersion": present[own]["metadata"]["resourceVersion"]}
                metadata = {**definition["metadata"], **version}
                request("PUT", f"{DEFINITIONS}/{own}", {**definition, "metadata": metadata})
    _await(asked, request)


def definitions(name: str, progress: Progress) -> list[Props]:
    """An operator's definitions.

    Raises:
        ClusterError: as `install`.
    """
    if name in OURS:
        return _read([MINIMAL / f"{name}.yaml"])
    source = SOURCES[name]
    digest = hashlib.sha256(f"{source.files} {source.checksum}".encode()).hexdigest()[:8]
    kept = cache_folder() / "definitions" / f"{name}-{source.version}-{digest}.json"
    if not kept.exists():
        write_atomic(kept, json.dumps(_read(_fetch(source, progress))).encode())
    return json.loads(kept.read_bytes())


def _as_text(loader: yaml.CSafeLoader, node: Any) -> str:
    return str(loader.construct_scalar(node))


class _Loader(yaml.CSafeLoader):
    """Reads a bare `=` as the text that it is for everybody else."""


_Loader.add_constructor("tag:yaml.org,2002:value", _as_text)


def _read(files: list[Path]) -> list[Props]:
    loaded = [one for file in files for one in yaml.load_all(file.read_bytes(), _Loader) if one]
    return [_plain(one) for one in loaded if one["kind"] == "CustomResourceDefinition"]


def _plain(definition: Props) -> Props:
    """Without the webhook that would convert between versions: nothing answers there."""
    definition["spec"].pop("conversion", None)
    definition.pop("status", None)
    return definition


def _fetch(source: Source, progress: Progress) -> list[Path]:
    folder = golang.download(source.module, source.version, source.checksum, progress)
    found = sorted(folder.glob(source.files))
    if not found:
        message = f"{source.module}@{source.version} has no files {source.files}"
        raise ClusterError(message)
    return found


def _await(names: list[str], request: Request) -> None:
    deadline = time.monotonic() + ESTABLISHED_TIMEOUT_S
    while True:
        found = {one["metadata"]["name"]: one for one in request("GET", DEFINITIONS, None)["items"]}
        waiting = {name for name in names if not _served(found.get(name, {}))}
        if not waiting:
            return
        if time.monotonic() > deadline:
            told = found.get(min(waiting), {}).get("status", {}).get("conditions")
            message = f"the API server does not serve {', '.join(sorted(waiting))}: {told}"
            raise ClusterError(message)
        time.sleep(0.05)


def _served(definition: Props) -> bool:
    conditions: list[Props] = definition.get("status", {}).get("conditions") or []
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)
