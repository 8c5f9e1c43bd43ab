"""What laws ask for, as settings of the packs. Source: pages on the texts in ``refs``, 2026-11-22; no legal advice."""

from dataclasses import dataclass

from policies.places import GROUPS

EEA = GROUPS["EEA"]
#: decisions of adequacy under GDPR Article 45; the United States only for recipients certified under the
#: EU-US Data Privacy Framework, so it is no member of this list
ADEQUATE = frozenset(["AD", "AR", "BR", "CA", "CH", "FO", "GB", "GG", "IL", "IM", "JE", "JP", "KR", "NZ", "UY"])
PERSONAL = ("confidential", "restricted")


@dataclass(frozen=True, slots=True)
class Profile:
    """``allowed`` are the countries data of ``classes`` may be in, None where the law names none.

    ``log_days`` is how long logs are kept at least, ``log_countries`` where;
    for the first ``hot_days`` they can be read at once.
    """

    id: str
    title: str
    refs: tuple[str, ...]
    allowed: frozenset[str] | None = None
    classes: tuple[str, ...] = PERSONAL
    log_days: int = 0
    hot_days: int = 0
    log_countries: frozenset[str] | None = None
    high_risk: bool = False


IN = frozenset({"IN"})
ALL = ("public", "internal", *PERSONAL)
PROFILES: dict[str, Profile] = {
    one.id: one
    for one in (
        Profile(
            "in-dpdp",
            "India, Digital Personal Data Protection Act 2023 and Rules 2025",
            ("DPDP Act s.16", "DPDP Rules r.6", "DPDP Rules r.8(3)", "DPDP Rules r.13(4)", "DPDP Rules r.15"),
            allowed=IN,
            classes=("restricted", "sdf-localised", "sdf_localised"),
            log_days=365,
        ),
        Profile(
            "in-certin",
            "India, CERT-In Directions of 28 April 2022",
            ("IT Act s.70B(6)",),
            log_days=180,
            log_countries=IN,
        ),
        Profile(
            "in-rbi-payments",
            "India, RBI Storage of Payment System Data",
            ("DPSS.CO.OD.No 2785/06.08.005/2017-18",),
            allowed=IN,
            classes=ALL,
        ),
        Profile(
            "eu-gdpr",
            "European Union, General Data Protection Regulation, Chapter V",
            ("GDPR Art. 32", "GDPR Art. 44", "GDPR Art. 45", "GDPR Art. 46"),
            allowed=EEA | ADEQUATE,
        ),
        Profile(
            "eu-ai-act",
            "European Union, AI Act, high-risk systems",
            ("AI Act Art. 12", "AI Act Art. 14", "AI Act Art. 19(1)", "AI Act Art. 26(6)"),
            log_days=183,
            high_risk=True,
        ),
        Profile(
            "uk-gdpr",
            "United Kingdom, UK GDPR as amended by the Data (Use and Access) Act 2025",
            ("UK GDPR Art. 45A", "UK GDPR Art. 45B"),
            allowed=EEA | (ADEQUATE - {"BR"}),
        ),
        Profile(
            "us-hipaa",
            "United States, HIPAA Security Rule",
            ("45 CFR 164.312(a)(2)(iv)", "45 CFR 164.312(b)", "45 CFR 164.312(e)(1)"),
        ),
        Profile(
            "pci-dss-4",
            "PCI DSS 4.0.1",
            ("PCI DSS 3.5.1.2", "PCI DSS 4.2.1", "PCI DSS 10.5.1"),
            log_days=365,
            hot_days=90,
        ),
    )
}
