"""The gateway's Prometheus instruments."""

from prometheus_client import Counter, Gauge, Histogram

calls = Counter("gateway_calls", "Calls that came to the gateway.", ["module_id", "status"])
refusals = Counter("gateway_refusals", "Calls that the gateway refused itself.", ["gate"])
seconds = Histogram(
    "gateway_call_duration_seconds",
    "How long calls took, the module included.",
    ["module_id"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0),
)
running = Gauge("gateway_calls_running", "Calls that are being made.", ["module_id"], multiprocess_mode="livesum")
streams = Gauge("event_streams_open", "Streams of live events that are open.", multiprocess_mode="livesum")
retries = Counter("gateway_retries", "Calls that were made again.", ["module_id"])
