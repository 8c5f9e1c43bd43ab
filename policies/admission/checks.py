"""Rules about one Kubernetes object, in CEL: an expression yields the sentences that the rule's Python yields.

`tests/policies/test_admission.py` asks a real API server and the packs the same questions and compares the sentences.
CEL as Kubernetes 1.30 has it: https://kubernetes.io/docs/reference/using-api/cel/
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from policies.facts.kubernetes import (
    ANYWHERE,
    AutoscalerFact,
    EntranceFact,
    KubernetesFact,
    NamespaceFact,
    NodePoolFact,
    ServiceFact,
    ServingFact,
    StorageClassFact,
    VolumeFact,
    WallFact,
    WorkloadFact,
)
from policies.resource import aliases
from policies.rule import Settings
from policies.rules import ai, budget, encryption, residency

#: shared by the expressions; each is computed once for an object, and only when it is asked for
VARIABLES = {
    # those that stand behind a leader: they are no door to anything
    "following": (
        "object.kind == 'LeaderWorkerSet' ? object.?spec.?leaderWorkerTemplate.?workerTemplate.?spec.orValue({}) : {}"
    ),
    "pod": (
        "object.kind == 'Pod' ? object.?spec.orValue({}) : object.kind == 'CronJob' "
        "? object.?spec.?jobTemplate.?spec.?template.?spec.orValue({}) : object.kind == 'LeaderWorkerSet' "
        "? object.?spec.?leaderWorkerTemplate.?leaderTemplate.?spec.orValue(variables.following) "
        ": object.?spec.?template.?spec.orValue({})"
    ),
    "leading": "variables.pod.?containers.orValue([])",
    "lasting": "variables.leading + variables.following.?containers.orValue([])",
    "containers": (
        "variables.pod.?initContainers.orValue([]) + variables.following.?initContainers.orValue([]) "
        "+ variables.lasting"
    ),
    "labels": "object.?metadata.?labels.orValue({})",
    "notes": "object.?metadata.?annotations.orValue({})",
    "inner_notes": "object.?spec.?template.?metadata.?annotations.orValue({})",
    "images": "variables.containers.map(c, c.?image.orValue(''))",
}


@dataclass(frozen=True, slots=True)
class Check:
    """A rule in CEL: which objects it reads, and an expression that yields the sentences it has to say of one."""

    reads: type[KubernetesFact]
    problems: Callable[[Settings], str]
    #: whether its objects are in no namespace
    of_cluster: bool = False


def cel(value: Any) -> str:
    """A JSON value as CEL writes it."""
    return json.dumps(value)


def _when(condition: str, sentence: str) -> str:
    """One sentence, when the condition holds."""
    return f"({condition} ? [{sentence}] : [])"


def _told(notes: str, name: str, otherwise: str = "''") -> str:
    return f"{notes}[?{cel(name)}].orValue({otherwise})"


def _env(condition: str, sentence: str) -> str:
    """A sentence for each variable ``e`` of a container for which the condition holds."""
    found = f"c.?env.orValue([]).filter(e, {condition}).map(e, {sentence}).join('; ')"
    return f"variables.containers.map(c, {found}).filter(s, s != '')"


_VALUE = "e.?value.orValue('')"
_GPUS = " || ".join(
    f"k.startsWith({cel(one)})" for one in ("nvidia.com/", "amd.com/gpu", "aws.amazon.com/neuron", "google.com/tpu")
)
_LIMITS = "c.?resources.?limits.orValue({})"
_ASKS = f"{_LIMITS}.exists(k, ({_GPUS}) && string({_LIMITS}[k]) != '0')"
_SERVES = f"variables.lasting.exists(c, ({_ASKS}) || c.?image.orValue('').matches({cel('(?i)' + ai.SERVERS.pattern)}))"


def _mutable(settings: Settings) -> str:
    name = "i.split('@')[0]"
    last = f"{name}.substring({name}.lastIndexOf('/') + 1)"
    tag = f"({last}.contains(':') ? {last}.substring({last}.indexOf(':') + 1) : '')"
    pinned = "i.contains('@') && i.substring(i.indexOf('@') + 1).startsWith('sha256:')"
    moves = "true" if settings["digests_only"] else f"{tag} in {cel(list(ai.MOVING))}"
    return (
        f"variables.images.filter(i, !({pinned}) && {moves})"
        ".map(i, 'image ' + (i == '' ? '(none)' : i) + ' may change under its name')"
    )


def _remote_code(settings: Settings) -> str:
    del settings
    marks = r"""['"\\]*"""
    flag = rf"(?i)(^|\s){marks}--trust[-_]remote[-_]code(=(true|1))?{marks}(\s|$)"
    words = "(c.?command.orValue([]) + c.?args.orValue([])).join(' ')"
    text = cel("it runs code that comes with the model")
    yes = f"{_VALUE}.lowerAscii() in ['true', 'enabled', 'yes', 'on']"
    return (
        f"variables.containers.filter(c, {words}.matches({cel(flag)})).map(c, {text})"
        f" + {_env(f'e.name.upperAscii() in {cel(list(ai.REMOTE_VARIABLES))} && {yes}', text)}"
    )


def _note(name: str) -> str:
    """What an object says of its pods: the pods' own annotation, else the object's."""
    return _told("variables.inner_notes", name, _told("variables.notes", name))


def _provenance(settings: Settings) -> str:
    missing = [
        _when(f"{_note(name)} == ''", cel(f"it serves a model and does not say {name}"))
        for name in (ai.LICENCE, ai.PROVENANCE)
    ]
    licence = f"{_note(ai.LICENCE)}.lowerAscii()"
    refused = [one.lower() for one in settings["refused_licences"]]
    bad = _when(f"{licence} in {cel(refused)}", f"'licence ' + {licence} + ' is refused'")
    return f"{_SERVES} ? {' + '.join([*missing, bad])} : []"


def _probes(settings: Settings) -> str:
    del settings
    absent = " + ".join(
        _when(f"!has(c.{one})", cel(one)) for one in ("startupProbe", "readinessProbe", "livenessProbe")
    )
    start = "c.startupProbe"
    budget = (
        f"double({start}.?initialDelaySeconds.orValue(0) + "
        f"{start}.?periodSeconds.orValue(10) * {start}.?failureThreshold.orValue(3))"
    )
    speed = _told("variables.inner_notes", ai.LOAD, _told("variables.notes", ai.LOAD, cel("0.5")))
    need = f"(double({_note(ai.WEIGHTS)}) / double({speed}))"
    late = f"has({start}) && {_note(ai.WEIGHTS)} != '' && {budget} < {need}"
    told = (
        f"'it has ' + string(int({budget})) + ' s to start, and its weights take ' + string(int({need})) + ' s to load'"
    )
    asking = f"variables.leading.filter(c, {_ASKS})"
    return (
        f"{asking}.map(c, {absent}).filter(m, m.size() > 0).map(m, 'it has no ' + m.join(', '))"
        f" + {asking}.filter(c, {late}).map(c, {told})"
    )


def _rollback(settings: Settings) -> str:
    del settings
    return _when(
        "object.?spec.?revisionHistoryLimit.orValue(10) == 0", cel("it keeps no earlier version to go back to")
    )


def _hard_coded(settings: Settings) -> str:
    host = f"url({_VALUE}).getHostname().lowerAscii()"
    named = " || ".join(f"e.name.upperAscii().endsWith({cel(one)})" for one in ai.BASES)
    inside = f"!{host}.contains('.') || {host}.endsWith('.svc') || {host}.endsWith('.local')"
    outside = f"isURL({_VALUE}) && !({inside}) && !({host} in {cel(list(settings['allowed_hosts']))})"
    return _env(f"({named}) && {outside}", f"e.name + ' sends model requests past the gateway, to ' + {host}")


def _exposed(settings: Settings) -> str:
    del settings
    scheme = _told("variables.notes", "service.beta.kubernetes.io/aws-load-balancer-scheme")
    private = (
        f"{cel(list(ai.INTERNAL))}.exists(k, variables.notes[?k].orValue('').lowerAscii() in ['true', 'internal'])"
    )
    return _when(
        f"object.?spec.?type.orValue('') == 'LoadBalancer' && {scheme} != 'internal' && !{private}",
        cel("its load balancer is open to the internet, without authentication"),
    )


def _authenticated(settings: Settings) -> str:
    asks = f"variables.notes.exists(k, {cel(list(settings['auth_annotations']))}.exists(a, k.endsWith(a)))"
    paths = "r.?http.?paths.orValue([])"
    known = f"p.?backend.?service.?name.orValue('') in {cel(list(settings['authenticating_services']))}"
    rules = "object.?spec.?rules.orValue([])"
    trusted = f"{rules}.exists(r, {paths}.size() > 0) && {rules}.all(r, {paths}.all(p, {known}))"
    return _when(
        f"!({asks}) && !({trusted})", cel("anyone who finds it may use it: no annotation asks for authentication")
    )


def _bounds(settings: Settings) -> str:
    del settings
    hpa = "object.kind == 'HorizontalPodAutoscaler'"
    most = f"({hpa} ? object.?spec.?maxReplicas.orValue(-1) : object.?spec.?maxReplicaCount.orValue(-1))"
    least = f"({hpa} ? object.?spec.?minReplicas.orValue(-1) : object.?spec.?minReplicaCount.orValue(-1))"
    never = f"'it never scales: from ' + string({least}) + ' to ' + string({most})"
    return f"{most} == -1 ? [{cel('it has no upper bound')}] : {_when(f'{least} != -1 && {most} <= {least}', never)}"


def _shrink(settings: Settings) -> str:
    del settings
    wishes = "object.?spec.?template.?spec.?requirements.orValue([])"
    reserved = f"{wishes}.exists(w, w.key == 'karpenter.sh/capacity-type' && 'reserved' in w.?values.orValue([]))"
    kept = "object.?spec.?disruption.?budgets.orValue([]).exists(b, string(b.?nodes.orValue('')) in ['0', '0%'])"
    never = "object.?spec.?disruption.?consolidateAfter.orValue('').lowerAscii() == 'never'"
    text = cel("reserved nodes may be consolidated away, and are paid for all the same")
    return _when(f"{reserved} && !{kept} && !({never})", text)


def _volumes(settings: Settings) -> str:
    known = cel(list(settings["encrypting_classes"]))
    claims = "(object.kind == 'StatefulSet' ? object.?spec.?volumeClaimTemplates.orValue([]) : [object])"
    name = "v.?spec.?storageClassName.orValue('')"
    told = (
        f"({name} == '' ? 'it names no storage class' : \"storage class '\" + {name} + \"' is not known to encrypt\")"
    )
    return f"{claims}.filter(v, !({name} in {known})).map(v, {told})"


def _storage_class(settings: Settings) -> str:
    parameters = "object.?parameters.orValue({})"
    said = f"{parameters}[?'encrypted'].orValue('true').lowerAscii()"
    open_ = _when(f"!({said} in ['true', 'enabled', 'yes', 'on'])", cel("its volumes are not encrypted"))
    keyed = f"{cel(list(encryption.ENCRYPTING))}.exists(k, {parameters}[?k].orValue('') != '')"
    keyless = _when(f"!{keyed}", cel("its volumes have no key of yours"))
    allowed = cel(list(settings["encrypting_provisioners"]))
    return f"object.?provisioner.orValue('') in {allowed} ? [] : {open_} + {keyless}"


def _entrances(settings: Settings) -> str:
    del settings
    host = "r.?host.orValue('')"
    covered = f"object.?spec.?tls.orValue([]).exists(t, {host} in t.?hosts.orValue([]))"
    told = f"\"host '\" + ({host} == '' ? '*' : {host}) + \"' has no TLS\""
    return f"object.?spec.?rules.orValue([]).filter(r, !{covered}).map(r, {told})"


def _plain_secrets(settings: Settings) -> str:
    del settings
    secret = f"{_VALUE} != '' && e.name.matches({cel('(?i)' + encryption.SECRET_NAME.pattern)})"
    return _env(secret, "'variable ' + e.name + ' holds its value in the open'")


def _tagged(name: str) -> str:
    """Whether an object says a tag, under any of its names."""
    return " || ".join(
        f"{_told(at, alias)} != ''" for alias in aliases(name) for at in ("variables.labels", "variables.notes")
    )


def _of_pod(pod: str) -> str:
    return f"({pod}.?initContainers.orValue([]) + {pod}.?containers.orValue([]))"


def _owned(settings: Settings) -> str:
    del settings
    each = f"map(c, {_LIMITS}.map(k, ({_GPUS}) ? int(string({_LIMITS}[k])) : 0).sum()).sum()"
    leads = "object.?spec.?leaderWorkerTemplate.?leaderTemplate.hasValue()"
    size = "object.?spec.?leaderWorkerTemplate.?size.orValue(1)"
    group = (
        f"({leads} ? {_of_pod('variables.pod')}.{each} + ({size} - 1) * {_of_pod('variables.following')}.{each} "
        f": {size} * {_of_pod('variables.following')}.{each})"
    )
    asked = f"(object.kind == 'LeaderWorkerSet' ? {group} : variables.containers.{each})"
    gpus = f"(object.?spec.?replicas.orValue(1) * {asked})"
    missing = " + ".join(
        _when(f"!({_tagged(name)})", f"'it uses ' + string({gpus}) + ' GPUs and has no {name}'")
        for name in ("owner", "cost-centre")
    )
    return f"{gpus} > 0 ? {missing} : []"


_OURS = "'app.kubernetes.io/part-of' in variables.labels"


def _limited(settings: Settings) -> str:
    del settings
    told, name = _told("variables.notes", budget.BUDGET), cel(budget.BUDGET)
    absent = _when(f"!({name} in variables.notes)", cel(f"it has no {budget.BUDGET}"))
    amount = f"{told}.matches('^[0-9]+$') && !{told}.matches('^0+$')"
    wrong = _when(
        f"{name} in variables.notes && !({amount})",
        f'{cel(budget.BUDGET + " is ")} + "\'" + {told} + "\', which is no amount"',
    )
    return f"{_OURS} ? {absent} + {wrong} : []"


def _declares(settings: Settings) -> str:
    del settings
    where, kind = cel(residency.JURISDICTIONS), cel(residency.DATA_CLASS)
    nowhere = f"!({where} in variables.notes) && !({where} in variables.labels)"
    return (
        f"{_OURS} ? {_when(nowhere, cel(f'it does not say {residency.JURISDICTIONS}'))}"
        f" + {_when(f'!({kind} in variables.labels)', cel(f'it does not say {residency.DATA_CLASS}'))} : []"
    )


def _high_risk(settings: Settings) -> str:
    told = _told("variables.notes", ai.RISK, _told("variables.labels", ai.RISK))
    by_law = "true" if ai.of_high_risk(settings) else "false"
    missing = " + ".join(
        _when(
            f"{_told('variables.notes', name)} == ''",
            cel(f"it is of high risk and does not say {what} ({name})"),
        )
        for name, what in ai.HIGH_RISK_NOTES
    )
    return f"{told}.lowerAscii() == 'high' || ({told} == '' && {by_law}) ? {missing} : []"


def _closed(settings: Settings) -> str:
    part = "object.?spec.?podSelector.?matchLabels.orValue({})[?'app.kubernetes.io/name'].orValue('')"
    anywhere = f"g.?to.orValue([]).exists(t, t.?ipBlock.?cidr.orValue('') in {cel(list(ANYWHERE))})"
    ports = "g.?ports.orValue([])"
    named = f"({ports}.size() == 0 ? 'every port' : {ports}.map(p, string(p.?port.orValue('every port'))).join(', '))"
    rules = f"object.?spec.?egress.orValue([]).filter(g, {anywhere})"
    who = f"({part} == '' ? 'every pod' : {part})"
    told = f"'it lets ' + {who} + ' reach any address on ' + {rules}.map(g, {named}).join(', ')"
    allowed = cel(list(settings["allowed_parts"]))
    return _when(f"{rules}.size() > 0 && !({part} in {allowed})", told)


CHECKS: Mapping[str, Check] = {
    "ai-image-pinned": Check(WorkloadFact, _mutable),
    "ai-no-remote-code": Check(WorkloadFact, _remote_code),
    "ai-model-provenance": Check(ServingFact, _provenance),
    "ai-probes": Check(ServingFact, _probes),
    "ai-rollback": Check(ServingFact, _rollback),
    "ai-no-hard-coded-endpoint": Check(WorkloadFact, _hard_coded),
    "ai-not-exposed": Check(ServiceFact, _exposed),
    "ai-authenticated": Check(EntranceFact, _authenticated),
    "ai-autoscaling-bounds": Check(AutoscalerFact, _bounds),
    "ai-high-risk": Check(NamespaceFact, _high_risk),
    "ai-reserved-kept": Check(NodePoolFact, _shrink, of_cluster=True),
    "encryption-at-rest": Check(VolumeFact, _volumes),
    "encryption-storage-class": Check(StorageClassFact, _storage_class, of_cluster=True),
    "encryption-in-transit": Check(EntranceFact, _entrances),
    "encryption-no-plain-secrets": Check(WorkloadFact, _plain_secrets),
    "budget-gpu-owner": Check(WorkloadFact, _owned),
    "budget-declared": Check(NamespaceFact, _limited),
    "residency-declared": Check(NamespaceFact, _declares),
    "residency-egress": Check(WallFact, _closed),
}
