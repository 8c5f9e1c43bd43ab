"""Serves every built-in kind and any custom resource, and their Patch forms."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import paths
from engine.core.model import Checked, Diffed, DiffKind, Failure, PropertyDiff
from engine.errors import PartialFailureError, ProviderError, UnreachableError, UnsupportedError
from engine.providers.contract import Found, Made, ProviderDefaults, Subject
from engine.providers.kubernetes import objects, readiness, schema, troubles
from engine.providers.kubernetes.api import APPLY, Answer, Connection, Endpoint
from engine.providers.kubernetes.objects import Kind
from engine.providers.kubernetes.render import write_manifest
from engine.values import Props, has_unknown, reveal, without_internal

DEFAULT_TIMEOUT_S = 600.0
APPEAR_TIMEOUT_S = 60.0
POLL_S = (0.05, 1.0)


@dataclass(frozen=True, slots=True)
class Settings:
    """A provider's configuration."""

    kubeconfig: str | None = None
    context: str | None = None
    cluster: str | None = None
    namespace: str = "default"
    render_to: Path | None = None
    mutable_maps: bool = False
    mutable_secrets: bool = False
    delete_unreachable: bool = False


class KubernetesProvider(ProviderDefaults):
    """One cluster under one configuration, or a directory of manifests."""

    def __init__(self) -> None:
        """Nothing is read until it is configured."""
        self._settings = Settings()
        self._connection: Connection | None = None
        self._lock = threading.Lock()
        self._given_up = threading.Event()

    def check_config(self, subject: Subject, olds: Props, news: Props) -> Checked:
        """Refuse combinations that contradict each other."""
        del subject, olds
        failures: list[Failure] = []
        if news.get("renderYamlToDirectory") and news.get("kubeconfig"):
            failures.append(Failure("kubeconfig", "a provider that renders to a directory takes no kubeconfig"))
        if objects.flag(news, "enableServerSideApply", default=True) is False:
            failures.append(Failure("enableServerSideApply", "the embedded engine applies on the server only"))
        return Checked(news, tuple(failures))

    def diff_config(self, subject: Subject, olds: Props, news: Props) -> Diffed:
        """Another cluster makes every resource new; another way to the same cluster does not."""
        del subject
        changes = paths.difference(olds, news)
        detailed = {paths.render(one.path): PropertyDiff(one.kind) for one in changes}
        keys: tuple[str, ...] = ()
        if changes and not has_unknown([olds, news]):
            before, after = _server_of(olds), _server_of(news)
            moved = before and after and before != after
            rendered = olds.get("renderYamlToDirectory") != news.get("renderYamlToDirectory")
            keys = ("kubeconfig",) if moved else ("renderYamlToDirectory",) if rendered else ()
        return Diffed(DiffKind.SOME if changes else DiffKind.NONE, keys, detailed)

    def configure(self, inputs: Props) -> None:
        """Take the configuration; the cluster is asked when it is needed."""
        render_to = inputs.get("renderYamlToDirectory")
        self._settings = Settings(
            kubeconfig=inputs.get("kubeconfig"),
            context=inputs.get("context"),
            cluster=inputs.get("cluster"),
            namespace=inputs.get("namespace") or "default",
            render_to=Path(render_to) if render_to else None,
            mutable_maps=objects.flag(inputs, "enableConfigMapMutable"),
            mutable_secrets=objects.flag(inputs, "enableSecretMutable"),
            delete_unreachable=objects.flag(inputs, "deleteUnreachable"),
        )

    def check(self, subject: Subject, olds: Props, news: Props) -> Checked:
        """Name the object, give it its namespace, and check it by the SDK's types."""
        kind = objects.kind_of(subject.type, news)
        inputs = {**objects.without_nulls(news), "apiVersion": kind.api_version, "kind": kind.kind}
        failures = [Failure(place, reason) for place, reason in schema.problems(kind, inputs)]
        own = objects.metadata(inputs)
        if kind.patch and not own.get("name"):
            failures.append(Failure("metadata.name", "a patch must name the object it changes"))
        if not kind.patch:
            inputs = objects.autoname(inputs, subject.name, olds)
        if self._namespaced(kind) and not objects.metadata(inputs).get("namespace"):
            inputs = {**inputs, "metadata": {**objects.metadata(inputs), "namespace": self._settings.namespace}}
        return Checked(objects.hide_secret_data(kind, inputs), tuple(failures))

    def diff(self, subject: Subject, old_inputs: Props, old_outputs: Props, news: Props) -> Diffed:
        """Compare inputs; let the server say what cannot change in place."""
        kind = objects.kind_of(subject.type, news)
        changes = paths.difference(old_inputs, news)
        if not changes:
            return Diffed(DiffKind.NONE)
        keys = objects.replacing(
            kind,
            changes,
            old_inputs,
            mutable_maps=self._settings.mutable_maps,
            mutable_secrets=self._settings.mutable_secrets,
        )
        if not keys and not kind.patch:
            keys = self._refused_by_server(kind, subject, old_outputs, news)
        detailed = {paths.render(one.path): PropertyDiff(one.kind, paths.render(one.path) in keys) for one in changes}
        same_name = objects.identity(old_inputs) == objects.identity(news)
        named = objects.annotation(news, objects.AUTONAMED) != "true"
        return Diffed(DiffKind.SOME, tuple(keys), detailed, delete_before_replace=bool(keys) and same_name and named)

    def create(self, subject: Subject, inputs: Props) -> Made:
        """Apply the object and wait until it is ready."""
        kind = objects.kind_of(subject.type, inputs)
        manager = objects.field_manager(subject.urn, {})
        if subject.preview:
            return self._preview(kind, inputs, manager)
        live = self._apply(kind, subject, inputs, manager)
        return Made(objects.identity(live), objects.outputs_of(kind, live, inputs, manager))

    def read(self, subject: Subject, inputs: Props, outputs: Props) -> Found | None:
        """Look the object up, and what of it stands where the inputs had something."""
        recorded = inputs or {"apiVersion": outputs.get("apiVersion"), "kind": outputs.get("kind")}
        kind = objects.kind_of(subject.type, recorded if recorded.get("kind") else {})
        if self._settings.render_to is not None:
            return Found(subject.id, inputs, outputs)
        endpoint = self._api().endpoint(kind, fresh=True)
        if endpoint is None:
            return None
        namespace, name = objects.split_identity(subject.id)
        answer = self._api().request("GET", endpoint.path(namespace or self._settings.namespace, name))
        if answer.status == 404:
            return None
        live = _accepted(answer, subject, "read")
        current = objects.pruned_to(without_internal(inputs), live) if inputs else _as_inputs(live)
        if kind.key == "core/Secret" and inputs.get("stringData"):
            current["stringData"] = _decoded(live, inputs["stringData"])
        manager = objects.field_manager(subject.urn, outputs)
        hidden = objects.hide_secret_data(kind, current)
        return Found(objects.identity(live), hidden, objects.outputs_of(kind, live, reveal(current), manager))

    def update(self, subject: Subject, old_inputs: Props, old_outputs: Props, news: Props) -> Props:
        """Apply the change and wait until it has taken effect."""
        del old_inputs
        kind = objects.kind_of(subject.type, news)
        manager = objects.field_manager(subject.urn, old_outputs)
        if subject.preview:
            return self._preview(kind, news, manager).outputs
        live = self._apply(kind, subject, news, manager)
        return objects.outputs_of(kind, live, news, manager)

    def delete(self, subject: Subject, inputs: Props, outputs: Props) -> None:
        """Delete the object and wait until it is gone, with what it made; a Patch gives its fields back."""
        kind = objects.kind_of(subject.type, inputs)
        if self._settings.render_to is not None:
            write_manifest(self._settings.render_to, inputs, remove=True)
            return
        try:
            endpoint = self._api().endpoint(kind, fresh=True)
        except UnreachableError:
            if self._settings.delete_unreachable:
                return
            raise
        if endpoint is None:
            return
        namespace, name = objects.split_identity(subject.id)
        path = endpoint.path(namespace, name)
        if kind.patch:
            self._give_back(kind, path, inputs, objects.field_manager(subject.urn, outputs))
            return
        policy = objects.annotation(inputs, objects.PROPAGATION) or "foreground"
        body = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": policy.capitalize()}
        answer = self._api().request("DELETE", path, body=body)
        if answer.status == 404:
            return
        uid = objects.metadata(_accepted(answer, subject, "delete")).get("uid") or objects.metadata(outputs).get("uid")
        self._await_gone(subject, inputs, path, uid)

    def invoke(self, token: str, args: Props) -> Props:
        """Decode YAML; other functions need tools this engine does not carry."""
        if token == "kubernetes:yaml:decode":  # noqa: S105 a function token
            import yaml

            loaded: list[Any] = [one for one in yaml.safe_load_all(str(args.get("text", ""))) if one]
            return {"result": loaded}
        message = f"pulumi-kubernetes function '{token}' is not served by the embedded engine; use --engine pulumi"
        raise UnsupportedError(message)

    def expected_id(self, subject: Subject, inputs: Props) -> str:
        """The id an object has if it exists: known from its inputs."""
        del subject
        return objects.identity(inputs)

    def stop_waiting(self) -> None:
        """Give up every wait."""
        self._given_up.set()

    def close(self) -> None:
        """Close the connections."""
        if self._connection is not None:
            self._connection.close()

    def _api(self) -> Connection:
        with self._lock:
            if self._connection is None:
                settings = self._settings
                self._connection = Connection(settings.kubeconfig, settings.context, settings.cluster)
            return self._connection

    def _namespaced(self, kind: Kind) -> bool:
        known = schema.namespaced(kind)
        if known is not None:
            return known
        if self._settings.render_to is not None:
            return True
        try:
            endpoint = self._api().endpoint(kind)
        except (UnreachableError, ProviderError):
            return True
        return endpoint is None or endpoint.namespaced

    def _preview(self, kind: Kind, inputs: Props, manager: str) -> Made:
        plain = objects.preview_outputs(kind, inputs, manager)
        if has_unknown(inputs) or self._settings.render_to is not None:
            return Made(objects.identity(inputs), plain)
        answer = self._dry_run(kind, inputs, manager)
        if answer is None or (answer.status in (404, 409) and troubles.missing_namespace(answer)):
            return Made(objects.identity(inputs), plain)
        if answer.status == 422 and troubles.immutable(answer):
            return Made(objects.identity(inputs), plain)
        if answer.status >= 400:
            raise ProviderError(troubles.refusal(kind, inputs, answer))
        known = {**answer.body, "status": answer.body.get("status", {})}
        return Made(
            objects.identity(inputs), {**plain, **objects.outputs_of(kind, {**known, **inputs}, inputs, manager)}
        )

    def _dry_run(self, kind: Kind, inputs: Props, manager: str) -> Answer | None:
        """What the server would say; None when it cannot be asked or does not know the kind yet."""
        try:
            endpoint = self._api().endpoint(kind)
            if endpoint is None:
                return None
            return self._send(endpoint, inputs, manager, dry_run=True)
        except UnreachableError:
            return None

    def _refused_by_server(self, kind: Kind, subject: Subject, old_outputs: Props, news: Props) -> list[str]:
        if has_unknown(news) or self._settings.render_to is not None:
            return []
        answer = self._dry_run(kind, news, objects.field_manager(subject.urn, old_outputs))
        if answer is None or answer.status != 422:
            return []
        return troubles.immutable(answer)

    def _send(self, endpoint: Endpoint, inputs: Props, manager: str, *, dry_run: bool = False) -> Answer:
        own = objects.metadata(inputs)
        force = objects.annotation(inputs, objects.PATCH_FORCE) == "true"
        query = {"fieldManager": manager, "fieldValidation": "Strict", "force": str(force).lower()}
        if dry_run:
            query["dryRun"] = "All"
        path = endpoint.path(str(own.get("namespace") or self._settings.namespace), str(own["name"]))
        return self._api().request(
            "PATCH", path, query=query, body=objects.as_sent(without_internal(reveal(inputs))), content_type=APPLY
        )

    def _apply(self, kind: Kind, subject: Subject, inputs: Props, manager: str) -> Props:
        if self._settings.render_to is not None:
            write_manifest(self._settings.render_to, inputs)
            return inputs
        deadline = time.monotonic() + self._timeout(subject, inputs)
        appears = min(deadline, time.monotonic() + APPEAR_TIMEOUT_S)
        answer = self._apply_when_possible(kind, inputs, manager, appears)
        own = objects.metadata(answer.body)
        if own.get("deletionTimestamp") and not kind.patch:
            self._await_gone(subject, inputs, self._path(kind, own), own.get("uid"))
            answer = self._apply_when_possible(kind, inputs, manager, appears)
        if answer.status >= 400:
            raise ProviderError(troubles.refusal(kind, inputs, answer))
        if objects.annotation(inputs, objects.SKIP_AWAIT) == "true" or kind.patch:
            return answer.body
        return self._await_ready(kind, subject, inputs, manager, deadline, answer.body)

    def _apply_when_possible(self, kind: Kind, inputs: Props, manager: str, deadline: float) -> Answer:
        """Apply, waiting a while for a kind or a namespace that is being made in the same run."""
        pause = _Pause(self._given_up)
        while True:
            endpoint = self._api().endpoint(kind, fresh=True)
            answer = None if endpoint is None else self._send(endpoint, inputs, manager)
            if answer is not None and not troubles.missing_namespace(answer):
                return answer
            if time.monotonic() > deadline:
                if answer is not None:
                    return answer
                message = f"the cluster does not serve {kind.api_version} {kind.kind}: install its definition first"
                raise ProviderError(message)
            if not pause.wait():
                deadline = 0.0

    def _await_ready(  # noqa: PLR0917 the values of one wait
        self, kind: Kind, subject: Subject, inputs: Props, manager: str, deadline: float, live: Props
    ) -> Props:
        own = objects.metadata(live)
        path = self._path(kind, own)
        pause = _Pause(self._given_up)
        while True:
            try:
                waiting = self._verdict(kind, live)
            except readiness.FailedForGoodError as error:
                waiting, deadline = str(error), 0.0
            if waiting is None:
                return live
            if time.monotonic() > deadline:
                reasons = [f"{kind.kind} '{own.get('name')}' is not ready: {waiting}"]
                reasons += troubles.not_ready(self._api(), kind, live)
                raise PartialFailureError(
                    objects.identity(live), objects.outputs_of(kind, live, inputs, manager), reasons
                )
            if not pause.wait():
                deadline = 0.0
            answer = self._api().request("GET", path)
            if answer.status == 404:
                message = f"{kind.kind} '{own.get('name')}' was deleted by someone else while it was awaited"
                raise ProviderError(message)
            live = _accepted(answer, subject, "read")

    def _path(self, kind: Kind, own: Props) -> str:
        endpoint = self._api().endpoint(kind)
        if endpoint is None:
            message = f"the cluster does not serve {kind.api_version} {kind.kind} any more"
            raise ProviderError(message)
        return endpoint.path(str(own.get("namespace") or ""), str(own["name"]))

    def _verdict(self, kind: Kind, live: Props) -> readiness.Verdict:
        waiting = readiness.verdict(kind.key, live)
        if kind.key == "core/PersistentVolumeClaim" and waiting and self._binds_late(live):
            return None
        if waiting is None and kind.key == "core/Service" and readiness.awaits_endpoints(live):
            own = objects.metadata(live)
            query = {"labelSelector": f"kubernetes.io/service-name={own['name']}"}
            slices = self._api().items(f"/apis/discovery.k8s.io/v1/namespaces/{own['namespace']}/endpointslices", query)
            ends: list[Props] = [end for one in slices for end in one.get("endpoints") or ()]
            ready = any(end.get("conditions", {}).get("ready") for end in ends)
            return None if ready else "no pod behind the service is ready"
        return waiting

    def _binds_late(self, claim: Props) -> bool:
        name = claim.get("spec", {}).get("storageClassName")
        if not name:
            return False
        answer = self._api().request("GET", f"/apis/storage.k8s.io/v1/storageclasses/{name}")
        return answer.body.get("volumeBindingMode") == "WaitForFirstConsumer"

    def _give_back(self, kind: Kind, path: str, inputs: Props, manager: str) -> None:
        own = objects.metadata(inputs)
        empty = {
            "apiVersion": kind.api_version,
            "kind": kind.kind,
            "metadata": {key: own[key] for key in ("name", "namespace") if key in own},
        }
        if self._api().request("GET", path).status == 404:
            return
        answer = self._api().request(
            "PATCH", path, query={"fieldManager": manager, "force": "false"}, body=empty, content_type=APPLY
        )
        if answer.status >= 400 and answer.status != 404:
            raise ProviderError(troubles.refusal(kind, inputs, answer))

    def _await_gone(self, subject: Subject, inputs: Props, path: str, uid: str | None) -> None:
        deadline = time.monotonic() + self._timeout(subject, inputs)
        pause = _Pause(self._given_up)
        while True:
            answer = self._api().request("GET", path)
            if answer.status == 404:
                return
            live = _accepted(answer, subject, "delete")
            own = objects.metadata(live)
            if uid and own.get("uid") != uid:
                return
            if time.monotonic() > deadline:
                raise ProviderError(troubles.not_gone(self._api(), live))
            if not pause.wait():
                deadline = 0.0

    def _timeout(self, subject: Subject, inputs: Props) -> float:
        annotated = objects.annotation(inputs, objects.TIMEOUT)
        if subject.timeout_s is not None:
            return subject.timeout_s
        return float(annotated) if annotated and annotated.isdigit() else DEFAULT_TIMEOUT_S


class _Pause:
    """A pause that grows from the first bound to the second, and ends early when waiting is given up."""

    def __init__(self, given_up: threading.Event) -> None:
        self._next, self._most = POLL_S
        self._given_up = given_up

    def wait(self) -> bool:
        """Whether to go on waiting."""
        ended = self._given_up.wait(self._next)
        self._next = min(self._next * 1.5, self._most)
        return not ended


def _server_of(inputs: Props) -> str:
    if inputs.get("renderYamlToDirectory"):
        return ""
    try:
        connection = Connection(inputs.get("kubeconfig"), inputs.get("context"), inputs.get("cluster"))
    except ProviderError:
        return ""
    connection.close()
    return connection.server


def _as_inputs(live: Props) -> Props:
    own = {
        key: value
        for key, value in objects.metadata(live).items()
        if key in ("name", "namespace", "labels", "annotations")
    }
    return {**{key: value for key, value in live.items() if key not in ("status", "metadata")}, "metadata": own}


def _decoded(live: Props, wanted: Any) -> Props:
    import base64

    data: Props = live.get("data") or {}
    return {key: base64.b64decode(str(data[key])).decode(errors="replace") for key in wanted if key in data}


def _accepted(answer: Answer, subject: Subject, action: str) -> Props:
    if answer.status >= 400:
        message = f"{subject.type} '{subject.id or subject.name}': the cluster refused to {action} it: {answer.message}"
        raise ProviderError(message)
    return answer.body
