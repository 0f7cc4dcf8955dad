"""Run the relay until a signal ends it."""

import signal
from typing import Any

from django.core.management.base import BaseCommand

from apps.events.relay import Relay


class Command(BaseCommand):
    help = "Give events their places and bring them to those who act on them; runs until it is stopped."

    def handle(self, **options: Any) -> None:
        del options
        relay = Relay()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: relay.stop())
        relay.run()
