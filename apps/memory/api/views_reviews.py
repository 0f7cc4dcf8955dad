"""The review queue over HTTP, and the digest of what changed."""

from functools import partial
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Permission
from apps.core.api.pagination import page_of
from apps.core.exceptions import InvalidInput
from apps.memory.api import serializers_reviews as io
from apps.memory.api.base import MemoryApiView
from apps.memory.engine.reader import Reader
from apps.memory.selectors.digest import digest_present
from apps.memory.selectors.reviews import review_get, review_present, review_summary, reviews_matching
from apps.memory.services.deciding import review_decide, review_undo
from apps.memory.types import ReviewDecision, ReviewKind, ReviewStatus


class ReviewsView(MemoryApiView):
    access = {"GET": Permission.MEMORY_READ}

    @extend_schema(operation_id="memory_reviews", parameters=[io.ReviewsQuery], responses=io.ReviewPage)
    def get(self, request: Request) -> Response:
        """Pairs of memories that may say the same or contradict each other; without a status those to decide about."""
        query, now = self.valid_query(request, io.ReviewsQuery), timezone.now()
        rows = reviews_matching(
            status=None if query["status"] == "any" else ReviewStatus(query["status"]),
            reader=self.reader,
            kind=ReviewKind(query["kind"]) if "kind" in query else None,
            entity_id=query.get("entity"),
            now=now,
        )
        page = page_of(
            rows,
            order="-opened_at",
            cursor=query.get("cursor"),
            limit=query["limit"],
            present=partial(review_summary, now=now),
        )
        return Response(page)


class ReviewView(MemoryApiView):
    access = {"GET": Permission.MEMORY_READ}

    @extend_schema(operation_id="memory_review", responses=io.ReviewOutput)
    def get(self, request: Request, review_id: UUID) -> Response:
        """A pair with both texts, and where they contradict each other."""
        return _answer(review_id, self.reader)


class ReviewDecideView(MemoryApiView):
    access = {"POST": Permission.MEMORY_WRITE}

    @extend_schema(operation_id="memory_review_decide", request=io.DecideInput, responses=io.ReviewOutput)
    def post(self, request: Request, review_id: UUID) -> Response:
        """Decide about a pair: one replaces the other, or both may stand."""
        fields = self.valid_body(request, io.DecideInput)
        review_decide(
            organization_id=self.principal.organization_id,
            review_id=review_id,
            reader=self.reader,
            decision=ReviewDecision(fields["decision"]),
            keep=fields.get("keep"),
            reason=fields.get("reason", ""),
            user_id=self.principal.user_id,
            now=timezone.now(),
        )
        return _answer(review_id, self.reader)


class ReviewUndoView(MemoryApiView):
    access = {"POST": Permission.MEMORY_WRITE}

    @extend_schema(operation_id="memory_review_undo", request=None, responses=io.ReviewOutput)
    def post(self, request: Request, review_id: UUID) -> Response:
        """Take back what was decided, unless a memory of the pair has changed since."""
        review_undo(
            organization_id=self.principal.organization_id,
            review_id=review_id,
            reader=self.reader,
            user_id=self.principal.user_id,
            now=timezone.now(),
        )
        return _answer(review_id, self.reader)


def _answer(review_id: UUID, reader: Reader) -> Response:
    return Response(review_present(review_get(review_id=review_id, reader=reader), now=timezone.now()))


class DigestView(MemoryApiView):
    access = {"GET": Permission.MEMORY_READ}

    @extend_schema(operation_id="memory_digest", parameters=[io.DigestQuery], responses=io.DigestOutput)
    def get(self, request: Request) -> Response:
        """What changed since a moment: counts, and the latest of each kind."""
        query, now = self.valid_query(request, io.DigestQuery), timezone.now()
        until = min(query.get("until", now), now)
        if query["since"] > until:
            raise InvalidInput("It ends before it begins.", pointer="/since", item_code="ends_before_it_begins")
        return Response(
            digest_present(
                reader=self.reader,
                since=query["since"],
                until=until,
                entity_id=query.get("entity"),
                limit=query["limit"],
            )
        )
