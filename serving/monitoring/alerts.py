"""Alerts on causes: engines that stand still, queues, GPUs, scalers, money, answers that get worse."""

from serving.engines import metrics
from serving.engines.metrics import Meaning
from serving.monitoring import documents, doors, fleets
from serving.monitoring.doors import GATEWAY
from serving.monitoring.rule import Alert
from serving.monitoring.spec import MonitoringSpec, Watched

WAITING_PER_REPLICA = 10
DRIFT = 0.85
IDLE = 0.05
CERTIFICATE_DAYS = 14
BACKUP_HOURS = 26


def alerts(spec: MonitoringSpec) -> list[Alert]:
    """All alerts on causes."""
    found = [alert for server in spec.servers for alert in (*_engine(spec, server), *_pods(spec, server))]
    gpus = _gpus(spec) if spec.accelerated else []
    door = _gateway(spec) if spec.door else []
    known = documents.alerts(spec) if spec.documents_s else []
    return [*found, *gpus, *door, *(fleets.alerts(spec) if spec.hub else ()), *known, *_upkeep(spec)]


def _engine(spec: MonitoringSpec, server: Watched) -> list[Alert]:
    known = metrics.of(server.engine, server.release)

    def of(meaning: Meaning) -> str:
        return known[meaning].of(server.name, more=spec.here)

    work: tuple[Meaning, ...] = ("running", "waiting")
    busy = " or ".join(f"sum by (instance) ({of(one)}) > 0" for one in work if one in known)
    label = {"server": server.name}
    found: list[Alert] = []
    if "steps" in known:
        found.append(
            Alert(
                name="EngineStalled",
                # a replica may stand still while another works: each is looked at by itself
                expression=f"sum by (instance) (rate({of('steps')}[1m])) == 0 and ({busy})",
                lasting="30s",
                severity="page",
                summary=f"{server.name} has work and makes no step, whatever its health endpoint says",
                labels=label,
            )
        )
    if "waiting" in known and server.always:
        found += [
            Alert(
                name="QueueLong",
                expression=f"sum({of('waiting')}) > {WAITING_PER_REPLICA * server.most}",
                lasting="5m",
                severity="ticket",
                summary=f"more requests wait at {server.name} than its replicas can soon take",
                labels=label,
            ),
            Alert(
                name="EngineAbsent",
                expression=f"absent({of('waiting')})"
                + (f" unless on () {_asleep(spec, server)}" if server.sleeps else ""),
                lasting="5m",
                severity="page",
                summary=f"{server.name} reports nothing",
                labels=label,
            ),
        ]
    if "kv_cache" in known:
        found.append(
            Alert(
                name="CacheFull",
                expression=f"max({of('kv_cache')}) > 0.95",
                lasting="10m",
                severity="ticket",
                summary=f"the KV cache of {server.name} is full: requests wait or are put off",
                labels=label,
            )
        )
    if {"preemptions", "finished"} <= set(known):
        found.append(
            Alert(
                name="PreemptionStorm",
                expression=f"sum(rate({of('preemptions')}[5m])) / sum(rate({of('finished')}[5m])) > 0.2",
                lasting="10m",
                severity="ticket",
                summary=f"{server.name} puts off one request in five and computes it again",
                labels=label,
            )
        )
    return found


def _pods(spec: MonitoringSpec, server: Watched) -> list[Alert]:
    pods = f'{spec.here},pod=~"{server.name}-.*"'
    label = {"server": server.name}
    found = [
        Alert(
            name="WeightsSlow",
            expression=f"(time() - max by (pod) (kube_pod_start_time{{{pods}}}) > {server.start_s}) "
            f'and on (pod) max by (pod) (kube_pod_status_ready{{{pods},condition="true"}}) == 0',
            lasting="1m",
            severity="page",
            summary=f"a pod of {server.name} is not ready after the {server.start_s} s that its weights may take",
            labels=label,
        )
    ]
    if server.sleeps:
        found.append(
            Alert(
                name="ModelNotWoken",
                expression=f"sum({GATEWAY['knocking'].of(server.name, more=spec.here)}) > 0",
                # before the gateway gives up on those that wait
                lasting=f"{server.start_s}s",
                severity="page",
                summary=f"requests wait for {server.name}, which was asleep and does not come up",
                labels=label,
            )
        )
    if not server.scaled:
        return found
    where = f'{spec.here},deployment="{server.name}"'
    found.append(
        Alert(
            name="ScaledToMost",
            expression=f"max(kube_deployment_spec_replicas{{{where}}}) >= {server.most} "
            f"and sum({metrics.of(server.engine, server.release)['waiting'].of(server.name, more=spec.here)}) > 0",
            lasting="15m",
            severity="ticket",
            summary=f"{server.name} has as many replicas as it may and requests still wait",
            labels=label,
        )
    )
    if spec.keda:
        scaler = f'scaledObject="{server.name}",exported_{spec.here}'
        found.append(
            Alert(
                name="ScalerBlind",
                expression=f"sum(increase(keda_scaler_detail_errors_total{{{scaler}}}[5m])) > 0 "
                f"or max(keda_scaled_object_paused{{{scaler}}}) > 0",
                lasting="5m",
                severity="page",
                summary=f"the scaler of {server.name} cannot read its metric and stands on its fallback",
                labels=label,
            )
        )
    return found


def _asleep(spec: MonitoringSpec, server: Watched) -> str:
    return f'(max(kube_deployment_spec_replicas{{{spec.here},deployment="{server.name}"}}) == 0)'


def _gpus(spec: MonitoringSpec) -> list[Alert]:
    here = f"exported_{spec.here}"
    usd = sum(server.usd_hour for server in spec.servers)
    idle = f"avg by (exported_pod) (avg_over_time(DCGM_FI_PROF_GR_ENGINE_ACTIVE{{{here}}}[1h])) < {IDLE}"
    return [
        Alert(
            name="GpuError",
            expression=f"max by (Hostname, gpu) (DCGM_FI_DEV_XID_ERRORS{{{here}}}) > 0",
            lasting="1m",
            severity="page",
            summary="a GPU reports an XID error",
        ),
        Alert(
            name="GpuMemoryFaulty",
            expression=f"max by (Hostname, gpu) (DCGM_FI_DEV_ROW_REMAP_FAILURE{{{here}}}) > 0 "
            f"or max by (Hostname, gpu) (increase(DCGM_FI_DEV_ECC_DBE_VOL_TOTAL{{{here}}}[1h])) > 0",
            lasting="1m",
            severity="page",
            summary="a GPU's memory has errors that cannot be corrected: its node must go",
        ),
        Alert(
            name="GpuIdle",
            expression=idle,
            lasting="6h",
            severity="ticket",
            summary=f"GPUs have done nothing for hours; all of the workload's cost {usd:.2f} USD an hour",
        ),
    ]


def _gateway(spec: MonitoringSpec) -> list[Alert]:
    if spec.gateway == "envoy":
        # by its numbers a server's answers are known by the server's name: an alias of another name has none
        served = {server.name for server in spec.servers}
        return [_fallback(spec, alias) for alias in spec.aliases if alias in served]
    return [*(_fallback(spec, alias) for alias in spec.aliases), *_counted(spec)]


def _fallback(spec: MonitoringSpec, alias: str) -> Alert:
    others, requests = doors.by_others(spec, alias), doors.requests(spec, alias)
    return Alert(
        name="FallbackCarries",
        expression=f"sum(rate({others}[15m])) / sum(rate({requests}[15m])) > {spec.fallback_percent / 100}",
        lasting="10m",
        severity="ticket",
        summary=f"fallbacks answer more than {spec.fallback_percent:g} % of the requests for {alias}",
        labels={"alias": alias},
    )


def _counted(spec: MonitoringSpec) -> list[Alert]:
    """On what a gateway of ours alone counts."""
    confidence, refusals, spent = GATEWAY["confidence"], GATEWAY["refusals"], GATEWAY["spent"]
    found: list[Alert] = []
    for alias in spec.aliases:
        mean = {
            window: f"(sum(rate({confidence.of(alias, suffix='_sum', more=spec.here)}[{window}])) "
            f"/ sum(rate({confidence.of(alias, suffix='_count', more=spec.here)}[{window}])))"
            for window in ("6h", "7d")
        }
        found.append(
            Alert(
                name="QualityDrift",
                expression=f"{mean['6h']} < {DRIFT} * {mean['7d']}",
                lasting="1h",
                severity="ticket",
                summary=f"{alias} is much less sure of its answers than it was this week",
                labels={"alias": alias},
            )
        )
    for reason, name, what in (
        ("limits_unavailable", "LimitsUnavailable", "the gateway cannot check limits, and refuses"),
        ("audit_unavailable", "AuditUnwritable", "the gateway cannot write its audit log, and refuses"),
    ):
        series = f'{refusals.name}{{{spec.here},reason="{reason}"}}'
        found.append(
            Alert(
                name=name,
                expression=f"sum(increase({series}[5m])) > 0",
                lasting="1m",
                severity="page",
                summary=what,
            )
        )
    for team, usd in spec.team_budgets:
        series = spent.of(team, more=spec.here)
        found.append(
            Alert(
                name="BudgetBurn",
                expression=f"max({series}) > {round(0.8 * usd, 6)} "
                f"or max(deriv({series}[6h])) * 2592000 > {round(2 * usd, 6)}",
                lasting="15m",
                severity="ticket",
                summary=f"{team} has spent four fifths of its {usd:g} USD this month, or spends twice too fast",
                labels={"team": team},
            )
        )
    return found


def _upkeep(spec: MonitoringSpec) -> list[Alert]:
    here = spec.here
    found = [
        Alert(
            name="CertificateEnds",
            expression="min by (name) "
            f"(certmanager_certificate_expiration_timestamp_seconds{{exported_{here}}}) - time() "
            f"< {CERTIFICATE_DAYS * 86_400}",
            lasting="1h",
            severity="ticket",
            summary=f"a certificate ends within {CERTIFICATE_DAYS} days and was not renewed",
        )
    ]
    if spec.batch_s:
        found.append(
            Alert(
                name="BatchLate",
                expression="time() - max by (cronjob) "
                f'(kube_cronjob_status_last_successful_time{{{here},cronjob="batch"}}) > {spec.batch_s} '
                f'or time() - max by (cronjob) (kube_cronjob_created{{{here},cronjob="batch"}}) > {spec.batch_s} '
                f'unless on (cronjob) kube_cronjob_status_last_successful_time{{{here},cronjob="batch"}}',
                lasting="15m",
                severity="ticket",
                summary="the window's work was not finished",
            )
        )
    if spec.training_s:
        found += _training(spec)
    if spec.backups:
        found.append(
            Alert(
                name="BackupLate",
                expression="time() - max by (cronjob) "
                f'(kube_cronjob_status_last_successful_time{{{here},cronjob=~".*-backup"}}) > {BACKUP_HOURS * 3600}',
                lasting="10m",
                severity="ticket",
                summary=f"a store has had no backup for {BACKUP_HOURS} hours",
            )
        )
    return found


def _training(spec: MonitoringSpec) -> list[Alert]:
    jobs = f'{spec.here},job_name=~"training-.*"'
    return [
        Alert(
            name="TrainingFailed",
            expression=f'max by (job_name) (kube_job_failed{{{jobs},condition="true"}}) > 0',
            lasting="1m",
            severity="ticket",
            summary="a training run ended without a model",
        ),
        Alert(
            name="TrainingSlow",
            expression=f"time() - max by (job_name) (kube_job_status_start_time{{{jobs}}}) > {spec.training_s} "
            f"unless on (job_name) kube_job_status_completion_time{{{jobs}}} "
            f'unless on (job_name) (kube_job_failed{{{jobs},condition="true"}} > 0)',
            lasting="15m",
            severity="ticket",
            summary=f"a training run takes longer than the {spec.training_s} s it was planned with",
        ),
    ]
