"""What stands in documents inside properties: policies, parameters, listeners, configurations as JSON."""

import json
import re
from collections.abc import Iterator
from typing import Any

from policies import values
from policies.facts.stated import StatedFact
from policies.resource import Resource, base_type
from policies.rule import Problem, Rule, Settings, Severity
from policies.rules.encryption import CLASSES
from policies.values import each, is_list, is_map, text

REFS = ("GDPR Art. 32", "45 CFR 164.312(e)(1)", "PCI DSS 4.2.1")
#: parameters that force TLS, and what turns them off. Source: the databases' pages on TLS
_OFF = {"require_ssl": "false", "tls": "disabled", "rds.force_ssl": "0", "require_secure_transport": "off"}
_FORCING = {"aws:redshift/parameterGroup:ParameterGroup": "require_ssl"}
_PLAIN = frozenset({"http", "ftp", "tcp_udp_plain"})


def _everyone(fact: StatedFact, settings: Settings) -> Iterator[Problem]:
    """A resource's policy that lets anybody do something, without a condition."""
    del settings
    for path, document in _documents(fact.resource.props):
        for _, statement in each(document, "Statement[]"):
            if is_map(statement) and statement.get("Effect") == "Allow" and _anybody(statement):
                yield Problem("its policy lets anybody in, without a condition", path)


def _anybody(statement: dict[str, Any]) -> bool:
    principal: Any = statement.get("Principal")
    if statement.get("Condition"):
        return False
    if is_map(principal):
        principal = principal.get("AWS")
    return "*" in principal if is_list(principal) else principal == "*"


def _documents(props: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """JSON objects that stand as texts in properties."""
    for path, _, value in values.leaves(props):
        if isinstance(value, str) and value.lstrip()[:1] == "{":
            try:
                parsed: Any = json.loads(value)
            except ValueError:
                continue
            if is_map(parsed):
                yield path, parsed


def _parameters(fact: StatedFact, settings: Settings) -> Iterator[Problem]:
    del settings
    resource = fact.resource
    told: dict[str, str] = {}
    for at, one in each(resource.props, "parameters[]"):
        if is_map(one) and one.get("name") in _OFF:
            told[text(one, "name")] = str(values.known(one.get("value"), f"{at}.value")).lower()
    for name, value in told.items():
        if value == _OFF[name]:
            yield Problem(f"parameter {name} is {value}", "parameters")
    needed = _FORCING.get(resource.type)
    if needed is not None and needed not in told:
        yield Problem(f"parameter {needed} is not set", "parameters")
    for at, one in each(resource.props, "fabricSettings[].parameters[]"):
        if is_map(one) and one.get("name") == "ClusterProtectionLevel" and one.get("value") != "EncryptAndSign":
            yield Problem(f"ClusterProtectionLevel is {one.get('value')}", at)


def _listeners(fact: StatedFact, settings: Settings) -> Iterator[Problem]:
    """Doors that speak without encryption, unless they only send people to the encrypted one."""
    del settings
    props, kind = fact.resource.props, base_type(fact.resource.type)
    if kind in ("aws:lb/listener:Listener", "aws:alb/listener:Listener"):
        redirects = [one for _, one in each(props, "defaultActions[].redirect.protocol")]
        if text(props, "protocol").upper() == "HTTP" and "HTTPS" not in redirects:
            yield Problem("it listens on HTTP and redirects nobody", "protocol")
    elif kind == "azure-native:network:ApplicationGateway" and not values.present(props, "redirectConfigurations"):
        for at, one in each(props, "httpListeners[].protocol"):
            if str(values.known(one, at)).lower() == "http":
                yield Problem("it listens on HTTP and redirects nobody", at)
    elif kind == "azure-native:apimanagement:Backend" and text(props, "url").lower().startswith("http:"):
        yield Problem("it speaks HTTP to its backend", "url")
    elif kind == "aws:transfer/server:Server":
        for at, one in each(props, "protocols[]"):
            if str(values.known(one, at)).lower() in _PLAIN:
                yield Problem(f"it speaks {one}", at)


def _configured(fact: StatedFact, settings: Settings) -> Iterator[Problem]:
    """EMR's security configurations and Session Manager's preferences, which are documents."""
    del settings
    resource = fact.resource
    if resource.type == "aws:emr/securityConfiguration:SecurityConfiguration":
        yield from _emr(resource)
    elif resource.type == "aws:ssm/document:Document" and text(resource.props, "documentType") == "Session":
        for path, document in _documents(resource.props):
            inputs: Any = document.get("inputs") or {}
            for name in ("s3EncryptionEnabled", "cloudWatchEncryptionEnabled"):
                if inputs.get(name) is False:
                    yield Problem(f"{name} is false", path)
            if not inputs.get("kmsKeyId"):
                yield Problem("sessions are not encrypted with a key of yours (kmsKeyId)", path)


def _emr(resource: Resource) -> Iterator[Problem]:
    for path, document in _documents(resource.props):
        found: Any = document.get("EncryptionConfiguration") or {}
        for name in ("EnableInTransitEncryption", "EnableAtRestEncryption"):
            if found.get(name) is not True:
                yield Problem(f"{name} is not true", path)
        at_rest: Any = found.get("AtRestEncryptionConfiguration") or {}
        buckets: Any = at_rest.get("S3EncryptionConfiguration") or {}
        disks: Any = at_rest.get("LocalDiskEncryptionConfiguration")
        if buckets.get("EncryptionMode") not in ("SSE-KMS", "CSE-KMS"):
            yield Problem("S3 is not encrypted with a key of KMS", path)
        if not disks or disks.get("EnableEbsEncryption") is not True:
            yield Problem("local disks and EBS are not encrypted", path)


_SECRET = re.compile(r"(password|passwd|secret|token|api[_-]?key|private[_-]?key)$", re.IGNORECASE)


def _secure_strings(fact: StatedFact, settings: Settings) -> Iterator[Problem]:
    resource = fact.resource
    if resource.type != "aws:ssm/parameter:Parameter":
        return
    kind, name = text(resource.props, "type"), str(resource.props.get("name") or resource.name)
    if kind == "SecureString" and not values.present(resource.props, "keyId"):
        if (resource.data_class or settings["unlabelled"]) in settings["key_classes"]:
            yield Problem("it names no key of yours", "keyId")
    elif kind != "SecureString" and _SECRET.search(name):
        yield Problem("a secret by its name is kept as plain text", "type")


POLICIES = Rule(
    id="encryption-policies",
    title="No resource's policy lets anybody in",
    severity=Severity.CRITICAL,
    reads=StatedFact,
    problems=_everyone,
    remedy="Name who may, or the condition under which anybody may.",
    refs=("GDPR Art. 32", "PCI DSS 7.2.1", "45 CFR 164.312(a)(1)"),
)
PARAMETERS = Rule(
    id="encryption-parameters",
    title="Parameters of databases and clusters force TLS",
    severity=Severity.HIGH,
    reads=StatedFact,
    problems=_parameters,
    remedy="Set the parameter that forces TLS.",
    refs=REFS,
)
LISTENERS = Rule(
    id="encryption-listeners",
    title="Listeners speak TLS, or send people to one that does",
    severity=Severity.HIGH,
    reads=StatedFact,
    problems=_listeners,
    remedy="Listen on HTTPS, and redirect HTTP to it.",
    refs=REFS,
)
CONFIGURED = Rule(
    id="encryption-configured",
    title="Security configurations that are documents turn encryption on",
    severity=Severity.HIGH,
    reads=StatedFact,
    problems=_configured,
    remedy="Turn encryption on in the document, with a key of yours.",
    refs=("GDPR Art. 32", "45 CFR 164.312(a)(2)(iv)"),
)
PARAMETER_STORE = Rule(
    id="encryption-parameter-store",
    title="Secrets in the parameter store are encrypted with a key of one's own",
    severity=Severity.HIGH,
    reads=StatedFact,
    problems=_secure_strings,
    remedy="Make it a SecureString and name a key in keyId.",
    refs=("GDPR Art. 32", "PCI DSS 8.6.2"),
    settings=CLASSES,
)
RULES = (POLICIES, PARAMETERS, LISTENERS, CONFIGURED, PARAMETER_STORE)
