"""What limits a resource: tags, configuration and laws; exemptions, levels, words and places of findings."""

from typing import Any

from leaks import aws, azure, gcp, k8s
from rule_cases import One, base, gateway, pod

from policies import limits
from policies.evaluate import EXEMPT, VIOLATION, Evaluator, Finding, level, settings_of
from policies.registry import RULES
from policies.resource import Resource
from policies.values import UnknownError, plain

BY_ID = {rule.id: rule for rule in RULES}
TAGS = {"owner": "a", "cost-centre": "b", "workload": "c", "data-class": "internal"}


def resource(kind: str = "", countries: str = "") -> Resource:
    tags = {key: value for key, value in (("data-class", kind), ("jurisdictions", countries)) if value}
    return Resource("aws:ebs/volume:Volume", "it", "urn:pulumi:s::p::aws:ebs/volume:Volume::it", {"tags": tags})


def allowed(kind: str = "", countries: str = "", **settings: Any) -> frozenset[str] | None:
    return limits.allowed(resource(kind, countries), settings)


def found(rule: str, one: One, **settings: Any) -> list[Finding]:
    given = Resource(
        one.type, one.name, f"urn:pulumi:s::p::{one.type}::{one.name}", one.props, one.provider, needs=one.needs
    )
    return Evaluator((BY_ID[rule],), {rule: settings}).all([given])


def texts(rule: str, one: One, **settings: Any) -> list[str]:
    return [said.text for said in found(rule, one, **settings)]


def test_nothing_limits_what_nothing_is_said_of() -> None:
    assert allowed() is None
    assert allowed("restricted") is None


def test_tags_configuration_and_classes_narrow_each_other() -> None:
    assert allowed(countries="DE,FR") == {"DE", "FR"}
    assert allowed(countries="DE FR", allowed=["DE", "IN"]) == {"DE"}
    assert allowed("restricted", classes={"restricted": ["IN"], "internal": ["SG"]}) == {"IN"}
    assert allowed("internal", classes={"restricted": ["IN"], "internal": ["SG"]}) == {"SG"}
    assert allowed("public", classes={"restricted": ["IN"]}) is None
    assert allowed(classes={"restricted": ["IN", "SG"], "internal": ["SG"]}) == {"SG"}, "no class: the limits of all"
    assert allowed(classes={"restricted": "IN"}) == {"IN"}


def test_a_law_limits_the_classes_it_is_about() -> None:
    assert allowed("restricted", profiles=["in-dpdp"]) == {"IN"}
    assert allowed("internal", profiles=["in-dpdp"]) is None
    assert allowed(profiles=["in-dpdp"]) == {"IN"}
    assert allowed("public", profiles=["in-rbi-payments"]) == {"IN"}
    assert allowed("restricted", profiles=["eu-ai-act"]) is None, "a law without a limit"
    europe = allowed("restricted", profiles=["eu-gdpr"]) or frozenset()
    assert {"DE", "IS", "JP", "BR"} <= europe
    assert not {"US", "IN", "CN"} & europe
    assert "BR" not in (allowed("restricted", profiles=["uk-gdpr"]) or ())


def test_a_transfer_needs_its_safeguard_named() -> None:
    assert allowed("restricted", profiles=["in-dpdp"], transfers={"US": "contract 7, reviewed 2026-10-01"}) == {
        "IN",
        "US",
    }
    assert allowed("restricted", profiles=["in-dpdp"], transfers={"US": "  "}) == {"IN"}


def test_a_law_that_is_not_known_is_a_failure_of_the_rule() -> None:
    (said,) = found("residency-location", aws("s3/bucket:Bucket", "ap-south-1"), profiles=["atlantis"])
    assert "there is no profile 'atlantis'" in said.text


def test_limits_that_exclude_each_other_say_so() -> None:
    assert limits.words(frozenset()).startswith("no country")
    assert limits.words(frozenset({"IN", "DE"})) == "DE, IN"


def test_levels_come_from_the_rule_its_own_setting_or_all() -> None:
    low, high = BY_ID["ai-fallback"], BY_ID["ai-probes"]
    assert (level(low, {}), level(high, {})) == ("advisory", "mandatory")
    assert level(high, {"all": "disabled"}) == "disabled"
    assert level(high, {"all": "disabled", "ai-probes": "advisory"}) == "advisory"
    assert level(high, {"ai-probes": {"enforcementLevel": "remediate"}}) == "remediate"
    assert level(low, {"ai-fallback": {"x": 1}}) == "advisory"


def test_settings_for_every_rule_reach_those_that_know_them() -> None:
    rule = BY_ID["residency-location"]
    made = settings_of(rule, {"*": {"allowed": ["IN"], "nonsense": 1, "today": "2026-01-01"}})
    assert (made["allowed"], made["today"], "nonsense" in made) == (["IN"], "2026-01-01", False)
    assert settings_of(rule, {"*": {"allowed": ["IN"]}, rule.id: {"allowed": ["DE"]}})["allowed"] == ["DE"]
    assert "enforcementLevel" not in settings_of(rule, {rule.id: {"enforcementLevel": "advisory"}})


def test_an_exemption_is_of_one_resource_and_lasts_until_its_day() -> None:
    volume = One("aws:ebs/volume:Volume", {"encrypted": False})
    for name, day, verdict in (
        ("it", "2026-06-30", EXEMPT),
        ("it", "2026-06-29", VIOLATION),
        ("i*", "2026-07-01", EXEMPT),
        ("urn:pulumi:s::*::it", "2026-07-01", EXEMPT),
        ("other", "2027-01-01", VIOLATION),
    ):
        excuse = {"resource": name, "owner": "o", "reason": "r", "expires": day}
        (said,) = found("encryption-turned-on", volume, exemptions=[excuse], today="2026-06-30")
        assert said.verdict == verdict, (name, day)
    excuse = {"resource": "it", "owner": "o", "reason": "r", "expires": "1999-01-01"}
    (said,) = found("encryption-turned-on", volume, exemptions=[excuse])
    assert "expired on 1999-01-01" in said.text


def test_tags_are_added_where_they_are_missing_and_have_a_default() -> None:
    rule = BY_ID["budget-tags"]
    assert rule.STACK is False
    repairs = getattr(rule, "repairs")  # noqa: B009 only resource rules have it
    settings = {"defaults": {"owner": "platform", "workload": "x"}}
    one = Resource("aws:ebs/volume:Volume", "n", "u", {"size": 1, "tags": {"owner": "a"}})
    assert repairs(one, settings) == {"size": 1, "tags": {"owner": "a", "workload": "x"}}
    assert (
        repairs(Resource("aws:ebs/volume:Volume", "n", "u", {"tags": {"owner": "a", "workload": "b"}}), settings)
        is None
    )
    assert repairs(Resource("aws:s3/bucketPolicy:BucketPolicy", "n", "u", {}), settings) is None
    assert repairs(Resource("gcp:storage/bucket:Bucket", "n", "u", {}), settings)["labels"]["owner"] == "platform"


def test_geo_redundancy_is_read_wherever_azure_says_it() -> None:
    home = {"location": "brazilsouth"}
    for more in (
        {"backup": {"geoRedundantBackup": "Enabled"}},
        {"requestedBackupStorageRedundancy": "Geo"},
        {"sku": {"name": "Standard_RAGZRS"}},
    ):
        (text,) = texts("residency-replica", azure("sql:Database", **home, **more), allowed=["BR"])
        assert text.startswith("southcentralus")
        assert "is in US" in text
    for more in ({"backup": {"geoRedundantBackup": "Disabled"}}, {"sku": {"name": "Standard_LRS"}}, {"kind": "Geo"}):
        assert texts("residency-replica", azure("sql:Database", **home, **more), allowed=["BR"]) == []
    assert texts("residency-replica", azure("sql:Database", sku={"name": "Standard_GRS"}), allowed=["BR"]) == [
        "the paired region (Standard_GRS) is in a country not known, data may be in BR"
    ]
    tagged = azure("sql:Database", **home, tags={"backupStorageRedundancy": "Geo"})
    assert texts("residency-replica", tagged, allowed=["BR"]) == []


def test_a_deployment_type_says_how_far_it_goes() -> None:
    wide, zone = ({"sku": {"name": f"{kind}Standard"}} for kind in ("Global", "DataZone"))
    kind = "cognitiveservices:Deployment"
    assert texts("residency-model-endpoint", azure(kind, **wide), allowed=["EU", "US"])
    assert texts("residency-model-endpoint", azure(kind, **zone), allowed=["EU", "US"]) == []


def test_a_service_of_ones_own_is_where_its_address_is() -> None:
    own = {"region": "us-east-1", "endpoints": '[{"s3": "https://s3.munich.example.com"}]'}
    assert texts("residency-location", One("aws:s3/bucket:Bucket", {}, own), allowed=["DE"]) == []
    written = {"region": "us-east-1"}
    assert texts("residency-location", One("aws:s3/bucket:Bucket", written, own), allowed=["DE"]) == []
    assert texts("residency-location", One("aws:rds/cluster:Cluster", written, own), allowed=["DE"])
    assert texts("residency-location", One("aws:rds/cluster:Cluster", {}, own), allowed=["DE"])
    abroad = {"region": "eu-central-1", "endpoints": [{"s3": "https://s3.us-east-1.amazonaws.com"}]}
    assert texts("residency-location", One("aws:s3/bucket:Bucket", {}, abroad), allowed=["DE"])


def test_a_route_without_an_address_goes_where_its_provider_is() -> None:
    def said(*models: Any) -> list[str]:
        return texts("residency-inference-path", One("kubernetes:core/v1:ConfigMap", gateway(*models)), allowed=["IN"])

    assert said({"model": "mistral/large"}) == ["requests for chat go to mistral's own address, which is in FR, SE"]
    assert said({"model": "gpt-4o"}) == ["requests for chat go to openai's own address, which is in US"]
    assert said({"model": "unheard-of/x"}) == ["requests for chat go to unheard-of/x, which is outside the cluster"]
    assert said({}) == ["requests for chat go to openai's own address, which is in US"]
    assert said(base("https://models.example.com/v1")) == [
        "requests for chat go to models.example.com, which is outside the cluster"
    ]


def test_retention_takes_the_longest_and_names_the_law() -> None:
    log = aws("cloudwatch/logGroup:LogGroup", "ap-south-1", retentionInDays=200)
    assert texts("residency-retention", log, profiles=["in-certin", "eu-ai-act"]) == []
    (text,) = texts("residency-retention", log, profiles=["in-certin", "in-dpdp"])
    assert text == "logs are kept 200 days, 365 are asked for by in-dpdp"
    assert texts("residency-retention", log, log_days=400) == ["logs are kept 200 days, 400 are asked for"]
    assert texts("residency-retention", log) == []
    assert texts("residency-log-country", aws("cloudwatch/logGroup:LogGroup", "us-east-1"), profiles=["in-dpdp"]) == []


def test_ports_are_ranges_and_names_of_everything() -> None:
    group = "ec2/securityGroupRule:SecurityGroupRule"

    def said(first: int, last: int, *open_: int) -> list[str]:
        rule = aws(group, "x", type="ingress", fromPort=first, toPort=last, cidrBlocks=["0.0.0.0/0"])
        return texts("encryption-walls", rule, open_ports=list(open_))

    assert said(443, 443, 443) == []
    assert said(80, 81, 80) == ["anyone may come in on port 81"]
    assert said(0, 65535, 443) == said(-1, -1) == said(0, 0) == ["anyone may come in on port many"]
    assert said(8000, 8010) == ["anyone may come in on port 8000, 8001, 8002, 8003"]
    assert said(0, 22) == ["anyone may come in on port 0, 1, 2, 3"]
    fire = {"sourceRanges": ["0.0.0.0/0"]}
    assert texts("encryption-walls", gcp("compute/firewall:Firewall", allows=[{"ports": ["443"]}], **fire)) == []
    assert texts("encryption-walls", gcp("compute/firewall:Firewall", allows=[{"protocol": "tcp"}], **fire)) == [
        "anyone may come in on port many"
    ]


def test_findings_say_where_they_are() -> None:
    for rule, one, path, words in (
        ("encryption-at-rest", One("kubernetes:core/v1:PersistentVolumeClaim", {"spec": {}}), "spec.storageClassName", "it names no storage class"),
        ("encryption-in-transit", k8s("networking.k8s.io/v1:Ingress", spec={"rules": [{}]}), "spec.rules[0].host", "host '*' has no TLS"),
        ("ai-image-pinned", k8s("apps/v1:Deployment", **pod(image="")), "spec.template.spec.containers[0].image", "image (none) may change under its name"),
        ("encryption-turned-on", aws("rds/instance:Instance", "x", storageEncrypted=False), "storageEncrypted", "it is 'False', not true"),
        ("encryption-not-public", aws("s3/bucketAcl:BucketAcl", "x", acl="public-read"), "acl", "it is 'public-read', not allowed"),
        ("encryption-tls", azure("storage:StorageAccount", minimumTlsVersion=""), "minimumTlsVersion", "it is empty, not 1.2 or 1.3 or tls1_2 or tls1_3 or tlsv1.2"),
        ("encryption-tls", aws("opensearch/domain:Domain", "x", domainEndpointOptions={"enforceHttps": False}), "domainEndpointOptions.enforceHttps", "it is 'False', not true"),
        ("encryption-policies", aws("sqs/queue:Queue", "x", a=[{"policy": '{"Statement": {"Effect": "Allow", "Principal": "*"}}'}]), "a[0].policy", "its policy lets anybody in, without a condition"),
    ):  # fmt: skip
        (said,) = found(rule, one)
        assert (said.path, said.text) == (path, words)
    deep = aws("eks/nodeGroup:NodeGroup", "x", launchTemplate={"types": ["p5.48xlarge"]})
    assert [one.path for one in found("budget-approval", deep)] == ["launchTemplate.types[0]"]
    (said,) = found("residency-location", aws("s3/bucket:Bucket", "us-east-1"), allowed=["IN"])
    assert (said.path, said.urn) == ("provider.region", "urn:pulumi:s::p::aws:s3/bucket:Bucket::it")
    (said,) = found("residency-location", gcp("bigquery/dataset:Dataset"), allowed=["DE"])
    assert said.path == ""
    assert str(UnknownError("")) == "the value of the properties is not known yet"
    assert str(UnknownError("a.b")) == "the value of a.b is not known yet"


def test_what_crossguard_hands_over_is_made_plain() -> None:
    sealed = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": {"a": [1.0, 1.5]}}
    assert plain({"x": sealed, "y": [2.0, True, None]}) == {"x": {"a": [1, 1.5]}, "y": [2, True, None]}
    assert plain({"4dabf18193072939515e22adb298388d": "x"}) == {"4dabf18193072939515e22adb298388d": "x"}
    assert isinstance(plain({"n": 3.0})["n"], int)


def test_an_approval_needs_a_name_and_a_day() -> None:
    for tags in ({"gpu-approval": "X-1"}, {"gpu-approval-expires": "2999-01-01"}):
        (text,) = texts("budget-approval", aws("ec2/instance:Instance", "x", instanceType="p5.48xlarge", tags=tags))
        assert text.endswith("nobody has approved it")


def test_a_bucket_of_a_service_of_ones_own_has_no_public_access_block() -> None:
    own = One("aws:s3/bucket:Bucket", {"tags": {"data-class": "public"}}, {"endpoints": []})
    assert texts("encryption-buckets", own) == []
    assert texts("encryption-buckets", One("aws:s3/bucket:Bucket", {"tags": {"data-class": "public"}})) == [
        "no BucketPublicAccessBlock closes it to the public"
    ]


def test_walls_name_the_part_and_the_ports() -> None:
    rule = {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}
    whole = One("kubernetes:networking.k8s.io/v1:NetworkPolicy", {"spec": {"podSelector": {}, "egress": [rule]}})
    assert texts("residency-egress", whole) == ["it lets every pod reach any address on every port"]
    some = {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "a"}},
        "egress": [{**rule, "ports": [{"port": 53}, {"port": 443}]}],
    }
    assert texts("residency-egress", One("kubernetes:networking.k8s.io/v1:NetworkPolicy", {"spec": some})) == [
        "it lets a reach any address on 53, 443"
    ]


def test_containers_that_run_first_count_where_they_matter() -> None:
    spec = {
        "template": {
            "spec": {
                "initContainers": [{"name": "i", "image": "a/b:latest"}],
                "containers": [{"name": "c", "image": "a/b:1"}],
            }
        }
    }
    assert len(texts("ai-image-pinned", k8s("apps/v1:Deployment", spec=spec))) == 1
    first = {
        "template": {
            "spec": {
                "initContainers": [{"name": "i", "image": "vllm/vllm-openai:v1"}],
                "containers": [{"name": "c", "image": "a/b:1"}],
            }
        }
    }
    assert texts("ai-model-provenance", k8s("apps/v1:Deployment", spec=first)) == []


def test_keys_of_other_kinds_do_not_rotate() -> None:
    assert texts("encryption-key-rotation", aws("kms/key:Key", "x", customerMasterKeySpec="RSA_2048")) == []
    assert texts("encryption-key-rotation", aws("kms/key:Key", "x", keyUsage="GENERATE_VERIFY_MAC")) == []


def test_what_a_service_fabric_encrypts_is_not_refused() -> None:
    settings = [{"name": "Security", "parameters": [{"name": "ClusterProtectionLevel", "value": "EncryptAndSign"}]}]
    assert texts("encryption-parameters", azure("servicefabric:Cluster", fabricSettings=settings)) == []
    assert texts("encryption-listeners", azure("apimanagement:Backend", url="https://x")) == []
    assert texts("encryption-listeners", azure("web:Site", url="http://x")) == []
