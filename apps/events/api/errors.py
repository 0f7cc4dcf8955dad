from apps.core.api.errors import Problem, register_problems
from apps.events.exceptions import CursorExpired

register_problems({CursorExpired: Problem(410, "What follows this cursor is no longer kept")})
