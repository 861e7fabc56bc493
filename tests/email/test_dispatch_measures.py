"""What whoever runs the product sees of the queue: in /metrics, and by the doctor."""

from datetime import timedelta

from prometheus_client import CollectorRegistry, generate_latest

from bg_graph.cli.doctor import queue_findings
from bg_graph.email.dispatch.measures import DispatchMeasures, Waiting, waiting
from bg_graph.email.rules.deliveries import DeliveryStatus
from tests.conftest import NOW
from tests.email.sending_world import PROVIDER, sending
from tests.world import World


async def test_what_waits_is_counted_for_all_tenants_together(world: World, other_world: World) -> None:
    for each in (world, other_world):
        given = await sending(each, members=3)
        send_id = await given.send()
        first, second, _ = await given.deliveries(send_id)
        await given.put(first.id, "UNKNOWN", updated_at=NOW - timedelta(hours=2))
        await given.put(second.id, "SENT")
    found = {(each.provider, each.status.value): (each.count, each.oldest) for each in await waiting(world.database)}
    assert found == {(PROVIDER, "QUEUED"): (2, NOW), (PROVIDER, "UNKNOWN"): (2, NOW - timedelta(hours=2))}


def test_the_metrics_tell_outcomes_length_and_age_and_forget_what_waits_no_more() -> None:
    registry = CollectorRegistry()
    measures = DispatchMeasures(registry)
    measures.count({DeliveryStatus.SENT: 3})
    measures.show([Waiting("smtp", DeliveryStatus.UNKNOWN, 2, NOW - timedelta(minutes=1))], NOW)
    page = generate_latest(registry).decode()
    assert 'bg_graph_deliveries_total{status="SENT"} 3.0' in page
    assert 'bg_graph_deliveries_waiting{provider="smtp",status="UNKNOWN"} 2.0' in page
    assert 'bg_graph_deliveries_oldest_seconds{provider="smtp",status="UNKNOWN"} 60.0' in page
    measures.show([], NOW)
    assert "UNKNOWN" not in generate_latest(registry).decode()


def test_the_doctor_names_what_is_unknown_and_what_a_provider_that_is_set_no_more_has_left() -> None:
    found = [
        Waiting("smtp", DeliveryStatus.UNKNOWN, 2, NOW),
        Waiting("outbox", DeliveryStatus.QUEUED, 5, NOW),
        Waiting("smtp", DeliveryStatus.QUEUED, 7, NOW),
    ]
    unknown, left_over, queued = queue_findings(found, ["smtp"])
    assert not unknown.is_well
    assert "resolveDelivery" in (unknown.remedy or "")
    assert not left_over.is_well
    assert "enable the plugin, by [plugins.outbox] in the settings" in (left_over.remedy or "")
    assert queued.is_well
