from apps.billing.exceptions import (
    AlreadySubscribed,
    BillingRefused,
    BillingUnavailable,
    InvalidSignature,
    NotSubscribed,
    PaymentFailed,
    QuotaExceeded,
    SamePlan,
)
from apps.core.api.errors import Problem, register_problems

register_problems(
    {
        QuotaExceeded: Problem(402, "The plan's quota is used up"),
        AlreadySubscribed: Problem(409, "The organisation has a subscription already"),
        NotSubscribed: Problem(409, "The organisation has no subscription"),
        SamePlan: Problem(409, "The organisation has this plan already"),
        PaymentFailed: Problem(402, "The payment was refused"),
        BillingRefused: Problem(409, "This does not fit what is known of the payments"),
        BillingUnavailable: Problem(503, "Payments are not available at present"),
        InvalidSignature: Problem(400, "The signature of the webhook is not valid"),
    }
)
