"""Who a workload belongs to: the labels that every object carries, from one place."""

import hashlib
import re
from dataclasses import dataclass

PREFIX = "domicile.dev"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """The owner of a workload and the class of its data."""

    workload: str
    owner: str
    cost_centre: str
    data_class: str
    jurisdictions: tuple[str, ...]

    def labels(self, part: str) -> dict[str, str]:
        """The labels of one part of the workload."""
        return {
            "app.kubernetes.io/name": part,
            "app.kubernetes.io/part-of": self.workload,
            "app.kubernetes.io/managed-by": "pulumi",
            f"{PREFIX}/owner": label(self.owner),
            f"{PREFIX}/cost-centre": label(self.cost_centre),
            f"{PREFIX}/data-class": label(self.data_class),
            f"{PREFIX}/jurisdictions": "_".join(self.jurisdictions),
        }

    def tags(self, part: str) -> dict[str, str]:
        """The tags of one part, as AWS and Azure take them."""
        return {
            "part": part,
            "workload": self.workload,
            "managed-by": "pulumi",
            "owner": self.owner,
            "cost-centre": self.cost_centre,
            "data-class": self.data_class,
            "jurisdictions": " ".join(self.jurisdictions),
        }

    def google_labels(self, part: str) -> dict[str, str]:
        """The same as labels of Google Cloud: lower case, no space, at most 63 characters."""
        return {key: re.sub(r"[^a-z0-9_-]+", "-", text.lower())[:63] for key, text in self.tags(part).items()}

    def selector(self, part: str) -> dict[str, str]:
        """The labels that select a part's pods."""
        return {"app.kubernetes.io/name": part, "app.kubernetes.io/part-of": self.workload}


def label(text: str) -> str:
    """A text as a label value: 63 characters of letters, digits, '.', '_' and '-'."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text)[:63].strip("-._")


def digest(text: str) -> str:
    """A short digest of a text: as an annotation it makes pods restart when their configuration changes."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
