"""The KSE contract of `kse-memory-sdk`, implemented on an organisation's memory in PostgreSQL.

For programs that speak the SDK's interfaces; the product's own code uses services and selectors. Every object is bound
to one organisation when it is made, and each call opens that organisation's scope itself.
"""
