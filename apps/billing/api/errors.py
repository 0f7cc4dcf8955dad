"""How the refusals of billing are answered."""

from apps.billing.exceptions import QuotaExceeded
from apps.core.api.errors import Problem, register_problems

register_problems({QuotaExceeded: Problem(402, "The plan's quota is used up")})
