"""Operators' pages for people and organisations.

Rights of people inside an organisation are changed through services, so that tokens issued before stop working.
"""

from apps.accounts.admin import access, organizations, people

__all__ = ["access", "organizations", "people"]
