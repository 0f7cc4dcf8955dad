"""Mails: text and HTML from one template each, in the colours of the organisation that they speak for."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from apps.accounts.models import Organization
from apps.accounts.selectors.branding import PLATFORM_COLOR, PLATFORM_NAME, branding_of, branding_present

_BREAKS = re.compile(r"[\x00-\x1f\x7f]+")


def page(*path: str, **query: str) -> str:
    """Return the address of a page of the dashboard."""
    address = "/".join([settings.PUBLIC_URL, *path])
    return f"{address}?{urlencode(query)}" if query else address


def mail_send(
    template: str, *, subject: str, to: str, context: Mapping[str, Any], organization: Organization | None = None
) -> None:
    """Send `emails/<template>` as text and HTML; `brand` in the templates is the organisation's or the platform's."""
    chosen = branding_present(branding_of(organization_id=organization.id) if organization else None)
    logo = chosen["logo_url"]
    brand = {
        "name": chosen["name"] or (organization.name if organization else PLATFORM_NAME),
        "color": chosen["primary_color"] or PLATFORM_COLOR,
        "logo": f"{settings.PUBLIC_URL}{logo}" if logo else None,
    }
    brand["ink"] = ink_on(str(brand["color"]))
    full = {**context, "brand": brand}
    message = EmailMultiAlternatives(
        # Names of organisations are in subjects, and a header has one line.
        subject=_BREAKS.sub(" ", subject),
        body=render_to_string(f"emails/{template}.txt", full),
        to=[to],
    )
    message.attach_alternative(render_to_string(f"emails/{template}.html", full), "text/html")
    message.send()


def ink_on(color: str) -> str:
    """Return white or near-black, whichever reads better on a colour `#rrggbb` (WCAG 2.2, relative luminance)."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]  # noqa: PLR2004 - sRGB's own numbers
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#ffffff" if 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 else "#111318"
