"""Run the stand-in until a signal ends it. Its secrets come by the environment: command lines are seen by everybody."""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from deploy.dev.stripe.server import StripeServer


def main() -> int:
    parser = argparse.ArgumentParser(prog="deploy.dev.stripe", description="A stand-in for Stripe")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="the folder that keeps everything")
    parser.add_argument("--webhook-url", default="", help="where events are sent")
    arguments = parser.parse_args()
    key, secret = os.environ.get("STRIPE_SECRET_KEY", ""), os.environ.get("STRIPE_WEBHOOK_SECRET", "")
    if not key.startswith("sk_test_") or not secret:
        sys.stderr.write("STRIPE_SECRET_KEY (sk_test_...) and STRIPE_WEBHOOK_SECRET are needed.\n")
        return 1
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    server = StripeServer(
        arguments.state, port=arguments.port, secret_key=key, webhook_secret=secret, webhook_url=arguments.webhook_url
    )
    server.start()
    ended.wait()
    server.stop()
    return 0


sys.exit(main())
