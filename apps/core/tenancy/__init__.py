"""Schema-per-organisation tenancy: the scope, the guarded database back end, schemas and their migrations.

The scope (a context variable) is the only truth about which schema a query reaches. Code never sets a search path.
"""
