"""`domicile bootstrap`: where a team's state lives."""

import dataclasses

from cli.output import as_json as print_json
from cli.output import console
from engine.state.bootstrap_aws import bootstrap


def aws(bucket: str, region: str, *, as_json: bool) -> None:
    """Create or mend the state's bucket and key on AWS, and tell how to use them."""
    made = bootstrap(bucket, region)
    if as_json:
        print_json(dataclasses.asdict(made))
        return
    out = console()
    for name, done in made.steps:
        out.print(f"{done:8} {name}")
    out.print("\nuse it:")
    out.print(f"  pulumi login '{made.backend_url}'")
    out.print(f"  pulumi stack init NAME --secrets-provider '{made.secrets_provider}'")
