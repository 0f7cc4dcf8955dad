"""An organisation's memories, laid out in arrays for searching. Pure; its owner feeds it rows and keeps it current.

Memories and their passages ("units") are numbered by position in the order in which they are added. Nothing is moved:
a memory that changes or goes is marked gone, and its new version is added at the end.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from apps.memory.engine.attention import spread
from apps.memory.engine.growing import Growing
from apps.memory.engine.names_index import IndexedEntity, KnownName, NamesIndex
from apps.memory.engine.ports import MINILM_SCALE, Scale
from apps.memory.engine.postings import Postings
from apps.memory.engine.sequences import Sequences

# How many hits a channel hands to fusion.
CANDIDATES = 100
# BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009), over a unit with its neighbours.
_K1, _B = 1.2, 0.65
# Weights of the sparse encoder are stored as bytes, in this many steps to the unit.
SPARSE_STEPS = 64
# Cosines of sketches run higher than MiniLM's for texts that are equally near.
SKETCH_SCALE = Scale(unit=1.25)
# Attention is spread over orders of magnitude: a memory with 1/1000 of the best one's is worth next to nothing.
_ATTENTION_RANGE = 7.0

Floats = NDArray[np.float32]
Scores = NDArray[np.float64]
Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]
# Positions of memories with the channel's own score of each, best first.
Ranked = tuple[Positions, Scores]

NOBODY: Ranked = (np.empty(0, dtype=np.int64), np.empty(0))


@dataclass(frozen=True, slots=True, eq=False)
class IndexedUnit:
    """A passage `content[start:end]` with what the channels need.

    `terms` uint64 (t,) and `counts` uint8 (t,) from `count_terms`; `sparse` uint16 (s,) and `weights` uint8 (s,) from
    the sparse encoder; `vector` float32 (d,) of length 1. These three are None until the models have read the passage;
    till then `sketch` float32 (w,) of length 1 stands in.
    """

    start: int
    end: int
    terms: NDArray[np.uint64]
    counts: NDArray[np.uint8]
    sparse: NDArray[np.uint16] | None
    weights: NDArray[np.uint8] | None
    vector: Floats | None
    sketch: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class IndexedMemory:
    """A memory with at least one unit. Times are seconds since 1970; `expires` may be infinite.

    `module` and `memory_type` are its kind. `thread` is 0 or names the series it stands in (a conversation); `concepts`
    float32 (k,); `entities` uint32 (e,) with `entity_counts` uint8 (e,) and `subjects` bool (e,); `times` float64
    (t, 2) are the times its text names.
    """

    number: int
    memory_id: UUID
    module: str
    memory_type: str
    thread: int
    occurred: float
    occurred_given: bool
    expires: float
    superseded: bool
    concepts: Floats
    entities: NDArray[np.uint32]
    entity_counts: NDArray[np.uint8]
    subjects: NDArray[np.bool_]
    times: NDArray[np.float64]
    units: Sequence[IndexedUnit]


class MemoryIndex:
    """The searchable form of one organisation's memories. Not safe for use by several threads at once.

    All vectors, those of questions too, are of one model, and `scale` is that model's.
    """

    def __init__(self, *, dimension: int, sketch_dimension: int, concepts: int, scale: Scale = MINILM_SCALE) -> None:
        self._scale = scale
        self._positions: dict[int, int] = {}
        self.ids: list[UUID] = []
        self._number = Growing(np.int64)
        self._kinds: dict[tuple[str, str], int] = {}
        self._kind = Growing(np.int32)
        self._gone = Growing(np.bool_)
        self._occurred = Growing(np.float64)
        self._given = Growing(np.bool_)
        self._expires = Growing(np.float64)
        self._superseded = Growing(np.bool_)
        self._concepts = Growing(np.float32, width=concepts)
        self._threaded = Growing(np.bool_)
        # Times that texts name: the memory, the begin and the end of each.
        self._times = Growing(np.float64, width=3)
        self._owner = Growing(np.int64)
        self._spans = Growing(np.int64, width=2)
        self._vectors = Growing(np.float32, width=dimension)
        # Units that the models have not read yet, and their sketches.
        self._sketched = Growing(np.int64)
        self._sketches = Growing(np.float32, width=sketch_dimension)
        self._terms = Postings(key_type=np.uint64)
        self._sparse = Postings(key_type=np.uint16, scale=1 / SPARSE_STEPS)
        self._sequences = Sequences()
        self._names = NamesIndex()
        # How many units are present; and those of the whole that this is a part of, with how many hold which word.
        self._units = 0
        self._units_beside = 0
        self._holders_beside: Mapping[int, int] = {}

    def __len__(self) -> int:
        return len(self._positions)

    @property
    def numbers(self) -> list[int]:
        return list(self._positions)

    @property
    def nbytes(self) -> int:
        """Return about how much memory the index takes."""
        times = (self._occurred, self._given, self._expires, self._superseded)
        columns = (self._number, self._kind, self._gone, *times, self._concepts, self._threaded)
        units = (self._times, self._owner, self._spans, self._vectors, self._sketches, self._terms, self._sparse)
        return sum(one.nbytes for one in (*columns, *units, self._sequences, self._names)) + 200 * len(self.ids)

    def add_entities(self, entities: Sequence[IndexedEntity]) -> None:
        self._names.add_entities(entities)

    def remove(self, numbers: Sequence[int]) -> None:
        """Take memories out; unknown numbers are no error."""
        found = [self._positions.pop(number, None) for number in numbers]
        positions = np.array([position for position in found if position is not None], dtype=np.int64)
        if not len(positions):
            return
        self._gone.rows[positions] = True
        for position in positions.tolist():
            self._names.drop_memory(position)
        units = np.flatnonzero(np.isin(self._owner.rows, positions))
        self._sequences.drop(units)
        # Words are rare or common among what is there, and names by the uses that are there.
        self._terms.drop(units)
        self._units -= len(units)

    def add(self, memories: Sequence[IndexedMemory]) -> None:
        """Add memories; one whose number is known takes the place of its former version."""
        self.remove([one.number for one in memories])
        first = len(self.ids)
        positions = np.arange(first, first + len(memories))
        self.ids += [one.memory_id for one in memories]
        self._positions.update((one.number, int(position)) for one, position in zip(memories, positions, strict=True))
        self._number.extend([one.number for one in memories])
        self._kind.extend([self._kinds.setdefault((one.module, one.memory_type), len(self._kinds)) for one in memories])
        self._gone.extend(np.zeros(len(memories), dtype=np.bool_))
        self._occurred.extend([one.occurred for one in memories])
        self._given.extend([one.occurred_given for one in memories])
        self._expires.extend([one.expires for one in memories])
        self._superseded.extend([one.superseded for one in memories])
        # A place in another space than the present one compares with nothing.
        width = self._concepts.rows.shape[1]
        nowhere = np.full(width, np.nan, dtype=np.float32)
        self._concepts.extend([one.concepts if len(one.concepts) == width else nowhere for one in memories])
        self._threaded.extend([bool(one.thread) for one in memories])
        for one, position in zip(memories, positions, strict=True):
            if len(one.times):
                self._times.extend(np.column_stack([np.full(len(one.times), position), one.times]))
        self._names.add_memories([(one.entities, one.entity_counts, one.subjects) for one in memories])
        self._add_units(memories, positions)

    def _add_units(self, memories: Sequence[IndexedMemory], positions: Positions) -> None:
        units = [unit for one in memories for unit in one.units]
        lengths = [len(one.units) for one in memories]
        first = len(self._owner)
        self._units += len(units)
        self._owner.extend(np.repeat(positions, lengths))
        self._spans.extend([(unit.start, unit.end) for unit in units])
        nothing = np.zeros(self._vectors.rows.shape[1], dtype=np.float32)
        self._vectors.extend([nothing if unit.vector is None else unit.vector for unit in units])
        sketched = [(first + place, unit.sketch) for place, unit in enumerate(units) if unit.vector is None]
        self._sketched.extend([place for place, sketch in sketched if sketch is not None])
        self._sketches.extend([sketch for _, sketch in sketched if sketch is not None])
        self._terms.extend([unit.terms for unit in units], [unit.counts for unit in units])
        no_keys, no_weights = np.empty(0, dtype=np.uint16), np.empty(0, dtype=np.uint8)
        self._sparse.extend(
            [no_keys if unit.sparse is None else unit.sparse for unit in units],
            [no_weights if unit.weights is None else unit.weights for unit in units],
        )
        self._sequences.add(
            # Without a thread a memory is a sequence of its own: its number, made negative, names it.
            threads=np.repeat([one.thread or -one.number for one in memories], lengths),
            moments=np.repeat([one.occurred for one in memories], lengths),
            places=np.repeat([one.number for one in memories], lengths),
            ordinals=np.concatenate([np.arange(length) for length in lengths]) if lengths else [],
            lengths=[int(unit.counts.sum()) for unit in units],
        )

    def holders(self, terms: Sequence[int]) -> dict[int, int]:
        """Return how many units hold each of these words."""
        counts = self._terms.lengths(np.fromiter(terms, dtype=np.uint64, count=len(terms)))
        return dict(zip(terms, counts.tolist(), strict=True))

    @property
    def units(self) -> int:
        return self._units

    def stand_beside(self, *, units: int, holders: Mapping[int, int]) -> None:
        """Take words for as rare as they are here and in a larger index together, of which these numbers are.

        Among few memories that share words with a question no word of it is rare.
        """
        self._units_beside, self._holders_beside = units, holders

    # --- who takes part -------------------------------------------------------------------------------------------

    def of_kinds(self, is_open: Callable[[str, str], bool], *, also: Sequence[int] = ()) -> Mask:
        """Return a mask over all positions: of a module and type that are open, or with a number in `also`."""
        opened = np.array([is_open(*kind) for kind in self._kinds], dtype=np.bool_)
        mask: Mask = opened[self._kind.rows] if len(opened) else np.zeros(len(self.ids), dtype=np.bool_)
        mask[[self._positions[number] for number in also if number in self._positions]] = True
        return mask

    def visible(self, *, now: float, among: Sequence[int] | None = None) -> Mask:
        """Return a mask over all positions: with a number in `among` if given, else what is live."""
        mask: Mask = ~self._gone.rows
        if among is None:
            mask &= (self._expires.rows > now) & ~self._superseded.rows
            return mask
        chosen = np.zeros(len(mask), dtype=np.bool_)
        chosen[[self._positions[number] for number in among if number in self._positions]] = True
        mask &= chosen
        return mask

    def occurred(self, positions: Positions) -> Scores:
        moments: Scores = self._occurred.rows[positions]
        return moments

    def threaded_share(self, positions: Positions) -> float:
        """Return which share of the memories stand in a thread, 0 for none."""
        return float(self._threaded.rows[positions].mean()) if len(positions) else 0.0

    # --- channels -------------------------------------------------------------------------------------------------

    def lexical(self, terms: Mapping[int, int], *, visible: Mask) -> Ranked:
        """Rank by BM25 of the best unit, its neighbours' words counting as its own to a lesser degree."""
        return self._best(self._lexical_scores(terms), visible, least=0.0)

    def sparse(self, keys: NDArray[np.uint16], weights: Floats, *, visible: Mask) -> Ranked:
        """Rank by the inner product with the query's sparse vector."""
        return self._best(self._sparse_scores(keys, weights), visible, least=0.0)

    def neural(self, vector: Floats, sketch: Floats, *, visible: Mask) -> Ranked:
        """Rank by the cosine of the best unit, by that of its sketch if it has no more; in a thread, neighbours count.

        Cosines are on the engine's scale.
        `vector` float32 (d,) and `sketch` float32 (w,) are those of the query.
        """
        return self._best(self._neural_scores(vector, sketch), visible, least=-math.inf)

    def conceptual(self, target: Floats, weight: Floats, *, visible: Mask) -> Ranked:
        """Rank by nearness to a place in the conceptual space: one minus the weighted city-block distance."""
        nearness = np.asarray(1.0 - np.abs(self._concepts.rows - target) @ weight, dtype=np.float64)
        return _top(np.clip(nearness, 0, 1), visible & np.isfinite(nearness))

    def known_names(self, question: str) -> tuple[list[KnownName], int]:
        """Return the names in a question that memories know, and the number of its content words."""
        return self._names.known_names(question, memories=len(self), terms=self._terms)

    def knowledge(self, names: Sequence[KnownName], *, prior: Ranked, visible: Mask) -> Ranked:
        """Rank by the attention that spreads from the names, and from what other channels found, over the graph.

        A score is 1 for the memory with most attention, and falls by 1/7 for each factor of e.
        """
        if not names or not visible.any():
            return NOBODY
        numbers = np.array([name.number for name in names], dtype=np.int64)
        found, priors = prior
        part, memories, entities = self._names.neighbourhood(numbers, found, visible=visible, terms=self._terms)
        if not len(memories):
            return NOBODY
        start = np.zeros(len(entities))
        start[np.searchsorted(entities, numbers)] = 1 / np.maximum(self._names.degrees(numbers), 1)
        before = np.zeros(len(memories))
        order = np.argsort(memories, kind="stable")
        before[order[np.searchsorted(memories[order], found)]] = priors
        attention = spread(part, names=start, prior=before)
        most = float(attention.max())
        if most <= 0:
            return NOBODY
        scores = 1 + np.log(np.maximum(attention / most, 1e-12)) / _ATTENTION_RANGE
        kept = scores > 0
        return _first(memories[kept], scores[kept])

    def in_window(self, begins: float, ends: float, *, visible: Mask) -> tuple[Positions, Scores]:
        """Return the memories of a time, with scores.

        1 for those that happened in it or whose text names just it, 0.7 for those whose text names a part of it.
        """
        scores = np.zeros(len(visible))
        moments = self._times.rows
        named = (moments[:, 1] < ends) & (moments[:, 2] > begins) & (moments[:, 2] - moments[:, 1] <= ends - begins)
        scores[moments[named, 0].astype(np.int64)] = 0.7
        exactly = (moments[:, 1] == begins) & (moments[:, 2] == ends)
        scores[moments[exactly, 0].astype(np.int64)] = 1.0
        scores[self._given.rows & (self._occurred.rows >= begins) & (self._occurred.rows < ends)] = 1.0
        positions = np.flatnonzero((scores > 0) & visible)
        return positions, scores[positions]

    def moment_of(self, terms: Sequence[int], *, visible: Mask) -> float | None:
        """Return when that happened of which a text has all these words and says little else; None if none does."""
        units = None
        for term in terms:
            holding, _ = self._terms.find(term)
            units = holding if units is None else np.intersect1d(units, holding)
        owners = self._owner.rows
        if units is None or not len(units := units[(visible & self._given.rows)[owners[units]]]):
            return None
        scores = self._lexical_scores(dict.fromkeys(terms, 1), spread_out=False)[units]
        moments = self._occurred.rows[owners[units]]
        # Of texts that say it alike, the one that happened first told of it.
        return float(moments[np.lexsort((moments, -scores))[0]])

    def telling_times(self, positions: Positions) -> Mask:
        """Tell which memories' texts name a time."""
        telling = np.zeros(len(self.ids), dtype=np.bool_)
        telling[self._times.rows[:, 0].astype(np.int64)] = True
        return telling[positions]

    # --- answers --------------------------------------------------------------------------------------------------

    def passages(self, positions: Positions, *, terms: Mapping[int, int], vector: Floats) -> dict[int, tuple[int, int]]:
        """Return the span of each memory's unit that fits the query best, in words and meaning alike."""
        units = np.flatnonzero(np.isin(self._owner.rows, positions))
        lexical = self._lexical_scores(terms, spread_out=False)[units]
        near = self._vectors.rows[units] @ vector / self._scale.unit
        fit = lexical / max(float(lexical.max(initial=0.0)), 1e-9) + near
        best: dict[int, tuple[int, int]] = {}
        for unit in units[np.lexsort((units, -fit))]:
            best.setdefault(
                int(self._owner.rows[unit]), (int(self._spans.rows[unit, 0]), int(self._spans.rows[unit, 1]))
            )
        return best

    def place(self, position: int) -> Floats:
        """Return where a memory stands in the conceptual space, float32 (k,); NaN if that was in another one."""
        coordinates: Floats = self._concepts.rows[position].copy()
        return coordinates

    def shared_names(self, position: int, names: Sequence[int]) -> list[int]:
        """Return those of the names that a memory holds, in their order."""
        return self._names.shared(position, names)

    def path_to(self, position: int, names: Sequence[int], *, among: Mask) -> list[int]:
        """Return the entities from one of `names` to a memory, over another of `among`; empty if none lead there."""
        return self._names.path_to(position, names, present=among & ~self._gone.rows)

    # --- scores of units ------------------------------------------------------------------------------------------

    def _lexical_scores(self, terms: Mapping[int, int], *, spread_out: bool = True) -> Scores:
        count = len(self._owner)
        scores = np.zeros(count)
        lengths, mean = self._sequences.lengths()
        norm = _K1 * (1 - _B + _B * lengths / max(mean, 1e-9))
        holders = self._terms.lengths(np.fromiter(terms, dtype=np.uint64, count=len(terms))).tolist()
        for (term, times), holding in zip(terms.items(), holders, strict=True):
            if not holding:
                continue
            units, found = self._terms.find(term)
            whole, everywhere = self._units + self._units_beside, holding + self._holders_beside.get(term, 0)
            rarity = math.log(1 + max(whole - everywhere + 0.5, 0.5) / (everywhere + 0.5))
            held = np.bincount(units, found, count).astype(np.float64)
            if spread_out:
                held = self._sequences.spread(held, units, found)
            at = np.flatnonzero(held)
            scores[at] += times * rarity * held[at] / (held[at] + norm[at])
        return scores

    def _sparse_scores(self, keys: NDArray[np.uint16], weights: Floats) -> Scores:
        places, units, found = self._sparse.find_many(keys)
        return np.bincount(units, found * weights[places], len(self._owner)).astype(np.float64)

    def _neural_scores(self, vector: Floats, sketch: Floats) -> Scores:
        scores = _scaled(self._vectors.rows @ vector, self._scale)
        if len(self._sketched):
            scores[self._sketched.rows] = _scaled(self._sketches.rows @ sketch, SKETCH_SCALE)
        return self._sequences.blend(scores)

    def _best(self, scores: Scores, visible: Mask, *, least: float) -> Ranked:
        """Return the best memories by their best unit."""
        owners = self._owner.rows
        shown = np.flatnonzero(visible[owners] & (scores > least))
        best = np.full(len(visible), -math.inf)
        np.maximum.at(best, owners[shown], scores[shown])
        return _top(best, best > -math.inf)


def _scaled(cosines: Floats, scale: Scale) -> Scores:
    return np.asarray((cosines.astype(np.float64) - scale.zero) / scale.unit)


def _top(scores: Scores, shown: Mask) -> Ranked:
    positions = np.flatnonzero(shown)
    return _first(positions, scores[positions])


def _first(positions: Positions, scores: Scores) -> Ranked:
    """Return the `CANDIDATES` greatest, greatest first, ties by position; the same for the same input."""
    if len(positions) > CANDIDATES:
        bound = np.partition(scores, len(scores) - CANDIDATES)[len(scores) - CANDIDATES]
        kept = scores >= bound
        positions, scores = positions[kept], scores[kept]
    order = np.lexsort((positions, -scores))[:CANDIDATES]
    return positions[order], scores[order]
