"""The problems that only the gateway answers."""

from apps.core.api.errors import PROBLEMS, Problem

GATEWAY_PROBLEMS = {
    "malformed_path": Problem(400, "The path can be read in more than one way"),
    "malformed_headers": Problem(400, "The headers can be read in more than one way"),
    "plan_required": Problem(403, "The plan does not include this"),
    "websocket_unsupported": Problem(501, "WebSockets are not supported here"),
    "upstream_failed": Problem(502, "The module failed"),
    "module_unavailable": Problem(503, "The module is not available"),
    "module_busy": Problem(503, "The module has too many calls at once"),
    "upstream_timeout": Problem(504, "The module did not answer in time"),
}


def register() -> None:
    for code, problem in GATEWAY_PROBLEMS.items():
        PROBLEMS.setdefault(code, problem)
