"""Run the dispatcher until a signal ends it."""

import asyncio
import signal
from typing import Any

from django.core.management.base import BaseCommand

from apps.webhooks.dispatcher import Dispatcher


class Command(BaseCommand):
    help = "Send events to webhooks; runs until it is stopped."

    def handle(self, **options: Any) -> None:
        del options
        asyncio.run(_run())


async def _run() -> None:
    dispatcher = Dispatcher()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, dispatcher.stop)
    await dispatcher.run()
