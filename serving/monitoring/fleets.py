"""Alerts on a fleet of sites, from what its hub tells."""

from serving.monitoring.rule import Alert
from serving.monitoring.spec import MonitoringSpec

SILENT, STUCK_DAYS = 0.05, 14


def alerts(spec: MonitoringSpec) -> list[Alert]:
    """Sites that are not heard, that were changed by hand, that went back; a release that stopped or stands still."""
    sites = f"domicile_fleet_sites{{{spec.here}"
    return [
        Alert(
            name="HubAbsent",
            expression=f"absent({sites}}})",
            lasting="5m",
            severity="ticket",
            summary="the fleet's hub tells nothing: sites run on, and get nothing new",
        ),
        Alert(
            name="SitesSilent",
            expression=f'sum({sites},status="silent"}}) > {SILENT} * sum({sites}}})',
            lasting="30m",
            severity="ticket",
            summary=f"more than {SILENT:.0%} of the fleet's sites have not been heard for longer than they may be",
        ),
        Alert(
            name="SitesDrifted",
            expression=f"sum by (ring) (domicile_fleet_drifted{{{spec.here}}}) > 0",
            lasting="1h",
            severity="ticket",
            summary="sites are not as their release says: somebody changed them by hand",
        ),
        Alert(
            name="ReleaseStopped",
            expression=f'max(domicile_fleet_rollout{{{spec.here},state="stopped"}}) > 0',
            lasting="1m",
            severity="page",
            summary="a release was stopped, and sites that had it go back",
        ),
        Alert(
            name="ReleaseStuck",
            expression=f"time() - max(domicile_fleet_rollout_since_seconds{{{spec.here}}}) > {STUCK_DAYS * 86_400} "
            f'and max(domicile_fleet_rollout{{{spec.here},state="running"}}) > 0',
            lasting="1h",
            severity="ticket",
            summary=f"a release has stood in one ring for {STUCK_DAYS} days",
        ),
    ]
