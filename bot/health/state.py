"""What is state and not history, as Prometheus reads it: asked of the databases at the moment of looking."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Self

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from bot import metrics
from bot.health.part import Part
from bot.store.watch import Standing

REQUEST_STATES = ("awaiting_confirmation", "awaiting_approval")
JOB_STATES = ("waiting", "running", "paused")


class State:
    """A registry of what was found; without `standing` only that it could not be found out."""

    def __init__(
        self,
        wrong: Mapping[str, str],
        standing: Mapping[str, Standing] | None,
        parts: Iterable[Part] = (),
        at: datetime | None = None,
    ) -> None:
        self._wrong = wrong
        self._standing = standing
        self._parts = list(parts)
        self._at = at or datetime.now(UTC)

    @classmethod
    async def found(cls, wrong: Mapping[str, str], parts: Callable[[], Sequence[Part]], at: datetime) -> Self:
        """How each organisation stands. One after the other: what they have to do comes first."""
        those = list(parts())
        standing = {part.organisation: await part.store.watch.look(at) for part in those}
        return cls(wrong, standing, those, at)

    def collect(self) -> Iterator[Metric]:
        """What prometheus-client asks a registry for."""
        yield _gauge("ready", "1 when /readyz says so.", not self._wrong)
        checks = GaugeMetricFamily(
            "dingsweep_check_ok", "1 for each check of /readyz that is well.", labels=["check"]
        )
        for check in metrics.CHECKS:
            checks.add_metric([check], float(check not in self._wrong))
        yield checks
        yield _gauge("database_up", "1 when the database answered this scrape.", self._standing is not None)
        if self._standing is not None:
            yield from self._sums(list(self._standing.values()))
            yield from self._of_each(self._standing)

    def _sums(self, all_of_them: list[Standing]) -> Iterator[Metric]:
        requests = GaugeMetricFamily("dingsweep_requests", "Requests that wait for people.", labels=["state"])
        for state in REQUEST_STATES:
            requests.add_metric([state], sum(each.requests[state] for each in all_of_them))
        yield requests
        jobs = GaugeMetricFamily("dingsweep_jobs", "Jobs that have not ended.", labels=["state"])
        for state in JOB_STATES:
            jobs.add_metric([state], sum(each.jobs[state] for each in all_of_them))
        yield jobs
        waiting = [each.oldest_waiting for each in all_of_them if each.oldest_waiting]
        yield _gauge(
            "queue_age_seconds",
            "How long the first job has waited that was approved and not begun.",
            self._age(waiting),
        )
        yield _gauge(
            "notices_waiting",
            "Lines that channels are still to be told.",
            sum(each.notices for each in all_of_them),
        )
        oldest = [each.oldest_notice for each in all_of_them if each.oldest_notice]
        yield _gauge("notices_age_seconds", "How long the first of them has waited.", self._age(oldest))
        yield _gauge(
            "notice_channels_failing",
            "Channels whose last message could not be sent.",
            sum(each.failing_channels for each in all_of_them),
        )
        yield _gauge(
            "replicas", "Replicas on this database.", max((each.replicas for each in all_of_them), default=1)
        )

    def _of_each(self, standing: Mapping[str, Standing]) -> Iterator[Metric]:
        seq = _family("audit_head_sequence", "The number of the last audit record.")
        at = _family("audit_head_timestamp_seconds", "When the last audit record was written.")
        is_ok = _family(
            "audit_head_ok",
            "1 when the last audit record is there, and its hash and that of the one before fit.",
        )
        used = _family("month_calls", "What was used of the month's quota.", "quota")
        limit = _family("month_calls_limit", "The month's quota; none where there is no limit.", "quota")
        left = _family("month_calls_left", "What is left of it.", "quota")
        for part in self._parts:
            name, found = [part.organisation], standing.get(part.organisation, Standing())
            seq.add_metric(name, found.audit_seq)
            is_ok.add_metric(name, float(found.audit_is_ok))
            if found.audit_at:
                at.add_metric(name, found.audit_at.timestamp())
            for quota, calls, most in (
                ("calls", found.calls, part.monthly_calls),
                ("webhooks", found.webhooks, part.monthly_webhooks),
            ):
                used.add_metric([*name, quota], calls)
                if most:
                    limit.add_metric([*name, quota], most)
                    left.add_metric([*name, quota], max(0, most - calls))
        yield from (seq, at, is_ok, used, limit, left)

    def _age(self, times: list[datetime]) -> float:
        return max(0.0, (self._at - min(times)).total_seconds()) if times else 0.0


def _gauge(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(f"dingsweep_{name}", said, value=float(value))


def _family(name: str, said: str, *labels: str) -> GaugeMetricFamily:
    """One that each organisation has for itself; there the label is empty where there is only one."""
    return GaugeMetricFamily(f"dingsweep_{name}", said, labels=["organisation", *labels])
