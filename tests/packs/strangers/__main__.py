"""A pack as anybody writes it for the Pulumi CLI: resource, stack and remediating policies, with configuration."""

from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    PolicyPack,
    ResourceValidationPolicy,
    StackValidationPolicy,
)


def short(args, report):
    if args.resource_type == "random:index/randomPet:RandomPet":
        most = args.get_config().get("most", 3)
        if args.props.get("length", 2) > most:
            report(f"a pet of more than {most} words")


def known(args, report):
    if args.resource_type == "random:index/randomUuid:RandomUuid" and args.props["keepers"]["of"] == "forbidden":
        report("a forbidden keeper")


def prefixed(args):
    if args.resource_type == "random:index/randomPet:RandomPet" and "prefix" not in args.props:
        return {**args.props, "prefix": "remedied"}
    return None


def few(args, report):
    pets = [one for one in args.resources if one.resource_type == "random:index/randomPet:RandomPet"]
    if len(pets) > 3:
        report(f"{len(pets)} pets", pets[-1].urn)


def breaks(args, report):
    if args.name == "breaks-the-rule":
        raise KeyError("a bug in the rule")


PolicyPack(
    name="strangers",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=[
        ResourceValidationPolicy(
            "short",
            "Pets are short",
            short,
            config_schema=PolicyConfigSchema(properties={"most": {"type": "integer", "default": 3}}),
        ),
        ResourceValidationPolicy("known", "Keepers are known", known),
        ResourceValidationPolicy(
            "prefixed", "Pets have a prefix", remediate=prefixed, enforcement_level=EnforcementLevel.REMEDIATE
        ),
        ResourceValidationPolicy(
            "advice",
            "Uuids are discouraged",
            lambda args, report: report("a uuid") if "randomUuid" in args.resource_type else None,
            enforcement_level=EnforcementLevel.ADVISORY,
        ),
        ResourceValidationPolicy(
            "off", "Never", lambda args, report: report("never"), enforcement_level=EnforcementLevel.DISABLED
        ),
        ResourceValidationPolicy("breaks", "Breaks", breaks),
        StackValidationPolicy("few", "Few pets", few),
    ],
)
