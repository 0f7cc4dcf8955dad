"""What can be bought: plans, the features they include, and their prices. All of it is data that operators edit."""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone


class Feature(models.Model):
    """Something that plans differ in: an amount in a period, a rate, or a switch.

    Those that the code enforces are listed in `apps.billing.types.FeatureCode`; routes of modules may ask for others.
    """

    class Unit(models.TextChoices):
        BYTES = "bytes"
        CALLS = "calls"
        TOKENS = "tokens"
        PEOPLE = "people"
        MODULES = "modules"
        SWITCH = "", "none: a plan has it or not"

    class Period(models.TextChoices):
        HOUR = "hour"
        DAY = "day"
        MONTH = "month"
        TOTAL = "total", "total held"

    code = models.CharField(primary_key=True, max_length=40)
    name = models.CharField(max_length=60)
    description = models.CharField(max_length=200, blank=True)
    unit = models.CharField(max_length=10, choices=Unit, blank=True, default=Unit.SWITCH)
    period = models.CharField(max_length=10, choices=Period, default=Period.TOTAL)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.name


class Plan(models.Model):
    """What an organisation may use. What it includes are its `PlanFeature` rows."""

    code = models.SlugField(primary_key=True, max_length=30)
    name = models.CharField(max_length=50)
    description = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(help_text="From the smallest plan to the largest.")
    is_public = models.BooleanField(default=True, help_text="Whether it is shown and can be bought.")
    trial_days = models.PositiveSmallIntegerField(default=0, help_text="For those who never had a trial.")
    grace_days = models.PositiveSmallIntegerField(default=7, help_text="How long it holds after a payment has failed.")
    quota_grace_percent = models.PositiveSmallIntegerField(
        default=0, help_text="How far hard quotas may be passed before calls are refused."
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    stripe_product_id = models.CharField(max_length=255, blank=True, editable=False)

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.name


class PlanFeature(models.Model):
    """How much of a feature a plan includes; a feature without a row is not in the plan."""

    class Enforcement(models.TextChoices):
        HARD = "hard", "hard: refused above the limit"
        SOFT = "soft", "soft: goes on above the limit"

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="features")
    feature = models.ForeignKey(Feature, on_delete=models.PROTECT, related_name="+")
    limit = models.PositiveBigIntegerField(null=True, blank=True, help_text="Empty: without limit.")
    enforcement = models.CharField(max_length=4, choices=Enforcement, default=Enforcement.HARD)
    overage_cents_per_1000 = models.DecimalField(
        max_digits=12,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="What 1,000 units above a soft limit cost; empty: nothing.",
    )

    class Meta:
        ordering = ["feature__position"]
        constraints = [models.UniqueConstraint(fields=["plan", "feature"], name="plan_feature_once")]

    def __str__(self) -> str:
        return f"{self.plan_id}: {self.feature_id}"


class PlanModule(models.Model):
    """A module that a plan treats in a way of its own; modules without a row may be used like any other."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="module_limits")
    module_id = models.CharField(max_length=63)
    is_included = models.BooleanField(default=True)
    calls_per_month = models.PositiveBigIntegerField(null=True, blank=True, help_text="Empty: without limit.")

    class Meta:
        ordering = ["module_id"]
        constraints = [models.UniqueConstraint(fields=["plan", "module_id"], name="plan_module_once")]

    def __str__(self) -> str:
        return f"{self.plan_id}: {self.module_id}"


class PlanPrice(models.Model):
    """What a plan costs, or what is above a soft limit (`feature`). A price never changes: another one follows.

    `included` and `synced_amount_cents` are what the price at Stripe was made of; see `services.stripe_catalogue`.
    """

    class Interval(models.TextChoices):
        MONTH = "month"
        YEAR = "year"

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="prices")
    feature = models.ForeignKey(Feature, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    interval = models.CharField(max_length=5, choices=Interval)
    currency = models.CharField(max_length=3, default="usd")
    amount_cents = models.DecimalField(max_digits=16, decimal_places=4, validators=[MinValueValidator(0)])
    included = models.PositiveBigIntegerField(default=0, editable=False)
    synced_amount_cents = models.DecimalField(max_digits=16, decimal_places=4, null=True, editable=False)
    stripe_price_id = models.CharField(max_length=255, blank=True, editable=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["plan", "interval"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "feature", "interval", "currency"],
                condition=models.Q(is_active=True),
                name="plan_price_active_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.interval}"


class PlanVersion(models.Model):
    """What a plan was at one time; written whenever it changes, never changed."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    content = models.JSONField()
    changed_by = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["plan", "-version"]
        constraints = [models.UniqueConstraint(fields=["plan", "version"], name="plan_version_once")]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.version}"
