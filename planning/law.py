"""Where data may be kept and worked on: laws as sets of countries, each with its reference.

Several laws together allow what each of them allows. Not legal advice: a table of defaults with their articles.
"""

from dataclasses import dataclass, replace

from catalog.places import Country, countries
from planning.workload import Data

PERSONAL = {"personal", "health", "payment", "sdf-localised"}


@dataclass(frozen=True, slots=True)
class Bound:
    """One restriction: the countries it leaves, for what is kept and what is worked on; and why."""

    name: str
    storage: frozenset[str]
    processing: frozenset[str]
    reason: str


@dataclass(frozen=True, slots=True)
class Territory:
    """All restrictions of a workload's data. Without any, every country will do."""

    bounds: tuple[Bound, ...]
    notes: tuple[str, ...]

    def against(self, country: str) -> list[str]:
        """Why data may not be kept or worked on in a country; empty when it may be both."""
        found: list[str] = []
        for one in self.bounds:
            kept, worked = country in one.storage, country in one.processing
            if not (kept and worked):
                what = (
                    "neither kept nor worked on"
                    if not (kept or worked)
                    else "kept but not worked on"
                    if kept
                    else "worked on but not kept"
                )
                found.append(f"data may be {what} there: {one.reason}")
        return found

    def worked(self) -> "Territory":
        """The same for places that work on data and keep none."""
        return Territory(tuple(replace(one, storage=one.processing) for one in self.bounds), self.notes)

    def storage(self) -> frozenset[str]:
        """The countries data may be kept in."""
        return frozenset(countries()).intersection(*(one.storage for one in self.bounds))


def territory(data: Data) -> Territory:
    """What law and the workload's own rules leave."""
    bounds: list[Bound] = []
    notes: list[str] = []
    personal = bool(PERSONAL & set(data.kinds))
    for law in applicable(data):
        if law not in data.laws:
            notes.append(f"{law} applies: personal data of people in {', '.join(data.subjects)}")
        found = _bound(law, data, personal=personal)
        if isinstance(found, Bound):
            bounds.append(found)
        else:
            notes.append(found)
    if data.jurisdictions:
        allowed = expand(data.jurisdictions)
        where = expand(data.processing) if data.processing else allowed
        bounds.append(Bound("jurisdictions", allowed, where, f"the workload names {', '.join(data.jurisdictions)}"))
    elif data.processing:
        everywhere = frozenset(countries())
        bounds.append(
            Bound("processing", everywhere, expand(data.processing), f"the workload names {', '.join(data.processing)}")
        )
    return Territory(tuple(bounds), tuple(notes))


def applicable(data: Data) -> list[str]:
    """The laws a workload names, and those that follow from whose data it is."""
    found: list[str] = list(dict.fromkeys(data.laws))
    if PERSONAL & set(data.kinds):
        known = countries()
        for code in data.subjects:
            country = known.get(code)
            law = "eu-gdpr" if country and country.in_eea else {"GB": "uk-gdpr", "IN": "in-dpdp"}.get(code)
            if law and law not in found:
                found.append(law)
            if code == "IN" and "payment" in data.kinds and "in-rbi-payments" not in found:
                found.append("in-rbi-payments")
    return found


def expand(areas: list[str]) -> frozenset[str]:
    """Countries of a list that may name EU or EEA."""
    found: set[str] = set()
    for area in areas:
        if area in ("EU", "EEA"):
            found |= {one.code for one in countries().values() if (one.in_eu if area == "EU" else one.in_eea)}
        else:
            found.add(area)
    return frozenset(found)


def _bound(law: str, data: Data, *, personal: bool) -> Bound | str:
    only_india = frozenset({"IN"})
    if law in ("eu-gdpr", "uk-gdpr") and personal:
        if "scc" in data.safeguards:
            return f"{law}: transfers rest on contract clauses (Art. 46) and an assessment of the country"
        allowed = frozenset(one.code for one in countries().values() if _within(one, data, law))
        return Bound(law, allowed, allowed, _gdpr(law, data))
    if law == "in-dpdp" and "sdf-localised" in data.kinds:
        reason = "in-dpdp (DPDP Rules 2025, r. 13(4)) keeps localised data and its traffic data in India"
        return Bound(law, only_india, only_india, reason)
    if law == "in-rbi-payments" and "payment" in data.kinds:
        reason = "in-rbi-payments (RBI 2785/06.08.005/2017-18) keeps payment data in India only"
        return Bound(law, only_india, only_india, reason)
    if law == "in-certin":
        return "in-certin: logs are kept 180 days in India (CERT-In directions of 28 April 2022)"
    said = {
        "in-dpdp": "in-dpdp: transfers are allowed, no country is on the restricted list read (Act s. 16)",
        "us-hipaa": "us-hipaa: no rule on where, encryption is addressable (45 CFR 164.312)",
        "pci-dss-4": "pci-dss-4: no rule on where, disk encryption alone is not enough for PAN (3.5.1.2)",
        "eu-ai-act": "eu-ai-act: no rule on where, logs are kept six months for high-risk uses (Art. 19, 26(6))",
        "in-rbi-payments": "in-rbi-payments: no payment data is named",
    }
    return said.get(law, f"{law}: no personal data is named")


def _within(country: Country, data: Data, law: str) -> bool:
    if country.in_eea or (country.code == "GB" and law == "uk-gdpr"):
        return True
    if country.code == "US":
        return "dpf" in data.safeguards
    return "adequacy" in data.safeguards and country.adequacy.startswith(("yes", "commercial"))


def _gdpr(law: str, data: Data) -> str:
    home = "the United Kingdom and the EEA" if law == "uk-gdpr" else "the EEA"
    ways = {
        "adequacy": 'countries found adequate take the safeguard "adequacy" (Art. 45)',
        "dpf": 'the United States a certified recipient, the safeguard "dpf"',
        "scc": 'others contract clauses, the safeguard "scc" (Art. 46)',
    }
    left = [words for name, words in ways.items() if name not in data.safeguards]
    return f"{law} keeps personal data in {home} (GDPR Art. 44); {', '.join(left)}"
