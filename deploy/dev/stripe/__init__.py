"""A stand-in for Stripe on one machine: what `make dev` and the tests bill with, where no account is at hand.

It answers as API version 2026-05-27.dahlia does, with its own clock, so that months pass in a moment; it moves no
money, listens on the loopback interface only, and keeps all it knows in one SQLite file. Where it is simpler than
Stripe: renewals are finalised at once instead of an hour after they are drafted, usage counts at once, there are no
taxes, and what it does not know it refuses as an unknown parameter.
"""
