from apps.core.api.errors import Problem, register_problems
from apps.webhooks.exceptions import AlreadyPending, EventGone, NotPending, TooManyWebhooks

register_problems(
    {
        TooManyWebhooks: Problem(409, "There are as many webhooks as there may be"),
        NotPending: Problem(409, "The delivery is not pending"),
        AlreadyPending: Problem(409, "The delivery is pending already"),
        EventGone: Problem(409, "The event is no longer kept"),
    }
)
